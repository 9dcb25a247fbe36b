"""Measures of latent structure, from codes and what is known of the examples that they stand for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from genbench.core.errors import DataError, Unsupported
from genbench.core.values import Kind, Value
from genbench.metrics import codes as statistics
from genbench.metrics import disentanglement, diversity
from genbench.metrics.codes import LabelledCodes
from genbench.metrics.drawing import Shared, by_content, draw, named
from genbench.metrics.duplicates import same_place
from genbench.metrics.features import FeatureInputs
from genbench.metrics.measure import Sizes, measured
from genbench.metrics.two_sample import Hits
from genbench.metrics.values import class_values, mean_value, share_value, value

POINTS = 2_000
"""At most this many points enter the neighbourhood metrics, whose cost is quadratic."""
WHOLE = "no interval: it is fitted on the whole set"


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """Codes `test` (n, latent) of the reference, with what each metric needs beside them.

    `train` codes and labels `train_y`, `test_y` for probes and clusters; `data` (n, ...) the examples themselves;
    `kl` (n,) of each posterior from the model's prior, nats, or `variance` (n, latent) of a diagonal posterior where
    that prior is N(0, I); `factors` (n, F) ground truth; `paths` (P, 11, d) features along latent interpolations;
    `midpoints`: features of decoded latent midpoints against the reference's.
    """

    test: Tensor
    test_y: Tensor | None = None
    train: Tensor | None = None
    train_y: Tensor | None = None
    data: Tensor | None = None
    kl: Tensor | None = None
    variance: Tensor | None = None
    factors: Tensor | None = None
    paths: Tensor | None = None
    midpoints: FeatureInputs | None = None


@dataclass(frozen=True, kw_only=True)
class CodeInputs:
    """Codes on the CPU, float64, and a `generator` for measures that draw."""

    codes: Codes
    generator: torch.Generator
    shared: Shared = field(default_factory=Shared, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.shared.once("generator", lambda: self.generator)

    @property
    def gives(self) -> frozenset[str]:
        """Codes; with labels or ground-truth factors where there are any."""
        more = {"labelled-codes": self.codes.test_y, "factor-codes": self.codes.factors}
        return frozenset({"codes", *(need for need, tensor in more.items() if tensor is not None)})

    @property
    def sizes(self) -> Sizes:
        """Codes of the reference."""
        return Sizes(len(self.codes.test))

    @property
    def seed(self) -> int:
        """A seed for scikit-learn, drawn once for all measures."""
        return self.shared.once("seed", self._draw_seed)

    def _draw_seed(self) -> int:
        first = self.shared.once("generator", lambda: self.generator)
        return int(torch.randint(2**31 - 1, (1,), generator=named(first, "seed")))

    @property
    def order(self) -> Tensor:
        """(n,): row numbers of the reference's codes in an order that their contents give."""
        return self.shared.once("order", lambda: by_content(self.codes.test))

    @property
    def labels(self) -> Tensor:
        """Classes (n,) of the reference."""
        return _asked(self.codes.test_y, "labels")

    @property
    def factors(self) -> Tensor:
        """Ground-truth factors (n, F) of the reference."""
        return _asked(self.codes.factors, "ground-truth factors")

    @property
    def clusters(self) -> Tensor:
        """(n,): k-means clusters with the true number of classes."""
        return self.shared.once("clusters", self._cluster)

    def _cluster(self) -> Tensor:
        _several(self.labels, "labels")
        found = torch.empty(len(self.order), dtype=torch.int64)
        found[self.order] = statistics.clustering(
            self.codes.test[self.order], len(torch.unique(self.labels)), self.seed
        )
        return found

    @property
    def read_linearly(self) -> Tensor:
        """(n,): whether the linear probe reads the class of each code right."""
        return self.shared.once("linear", lambda: statistics.probe_linear(*_labelled(self)))

    @property
    def distances(self) -> tuple[Tensor, Tensor]:
        """(n, n) each: between some of the examples themselves, and between their codes."""
        return self.shared.once("distances", self._distances)

    def _distances(self) -> tuple[Tensor, Tensor]:
        data = _asked(self.codes.data, "the examples themselves")
        rows = draw(self.order, POINTS, torch.Generator().manual_seed(self.seed))
        return statistics.distances(data[rows]), statistics.distances(self.codes.test[rows])

    @property
    def dci(self) -> disentanglement.Dci:
        """The three scores of Eastwood & Williams from one set of fits."""
        return self.shared.once("dci", self._dci)

    def _dci(self) -> disentanglement.Dci:
        rows = by_content(torch.cat([self.codes.test, self.factors.double()], 1))
        return disentanglement.dci(self.codes.test[rows], self.factors[rows], self.seed)


def latent_metrics(codes: Codes, *, metrics: Sequence[str], generator: torch.Generator) -> dict[str, Value]:
    """Each metric of `metrics` from codes; what was not given makes a value with that reason.

    Raises `DataError` for codes that are not finite.
    """
    if not bool(torch.isfinite(codes.test).all()):
        raise DataError(f"codes hold {int((~torch.isfinite(codes.test)).sum())} NaN or inf.")
    return measured(CodeInputs(codes=_on_cpu(codes), generator=generator), metrics)


def _on_cpu(codes: Codes) -> Codes:
    def moved(tensor: Tensor | None, *, to: torch.dtype | None = None) -> Tensor | None:
        return None if tensor is None else tensor.detach().cpu().to(to or tensor.dtype)

    return Codes(
        test=codes.test.detach().cpu().double(),
        test_y=moved(codes.test_y),
        train=moved(codes.train, to=torch.float64),
        train_y=moved(codes.train_y),
        data=moved(codes.data, to=torch.float64),
        kl=moved(codes.kl),
        variance=moved(codes.variance),
        factors=moved(codes.factors),
        paths=moved(codes.paths),
        midpoints=codes.midpoints,
    )


def _asked(tensor: Tensor | None, what: str) -> Tensor:
    if tensor is None:
        raise Unsupported(f"it needs {what}, and there are none")
    return tensor


def _labelled(inputs: CodeInputs) -> tuple[LabelledCodes, LabelledCodes]:
    """Train and test codes."""
    codes = inputs.codes
    train = LabelledCodes(_asked(codes.train, "training codes"), _asked(codes.train_y, "training labels"))
    _several(train.y, "training labels")
    return train, LabelledCodes(codes.test, inputs.labels)


def _several(y: Tensor, what: str) -> None:
    """Raise `Unsupported` where there is nothing to tell apart."""
    if len(torch.unique(y)) < 2:
        raise Unsupported(f"the {what} hold one class alone")


def probe_linear(inputs: CodeInputs) -> Value:
    """`probe-linear`, with a binomial interval."""
    return _share_right(inputs.read_linearly)


def probe_linear_by_class(inputs: CodeInputs) -> dict[str, Value]:
    """`probe-linear-by-class`: the interval of `probe-linear`, of each class's examples."""
    right = inputs.read_linearly
    return class_values(inputs.labels, lambda rows: _share_right(right[rows]))


def _share_right(right: Tensor) -> Value:
    return share_value(Hits(int(right.sum()), len(right)))


def probe_knn(inputs: CodeInputs) -> Value:
    """`probe-knn`, with a binomial interval."""
    train, test = _labelled(inputs)
    if len(train.y) < statistics.PROBE_K:
        raise Unsupported(f"it needs {statistics.PROBE_K} training codes, got {len(train.y)}")
    return _share_right(statistics.probe_knn(train, test))


def nmi(inputs: CodeInputs) -> Value:
    """`nmi` of k-means clusters with the classes."""
    return _of_clusters(statistics.nmi, inputs)


def ari(inputs: CodeInputs) -> Value:
    """`ari` of k-means clusters with the classes."""
    return _of_clusters(statistics.ari, inputs)


def _of_clusters(agreement: Callable[[Tensor, Tensor], float], inputs: CodeInputs) -> Value:
    number = agreement(inputs.clusters, inputs.labels)
    return value(number, kind=Kind.ESTIMATE, reason="no interval: clusters of the whole set")


def cluster_accuracy(inputs: CodeInputs) -> Value:
    """`cluster-accuracy`, with a binomial interval: narrow (92 %), as it holds the clusters fixed."""
    return share_value(statistics.cluster_accuracy(inputs.clusters, inputs.labels), kind=Kind.ESTIMATE)


def trustworthiness(inputs: CodeInputs) -> Value:
    """`trustworthiness`, without an interval."""
    return _of_neighbourhoods(statistics.trustworthiness, inputs)


def continuity(inputs: CodeInputs) -> Value:
    """`continuity`, without an interval."""
    return _of_neighbourhoods(statistics.continuity, inputs)


def _of_neighbourhoods(kept: Callable[[Tensor, Tensor], float], inputs: CodeInputs) -> Value:
    data, codes = inputs.distances
    number = kept(data, codes)
    return value(number, reason="no interval: neighbourhoods overlap", details={"points": len(data), "k": 10})


def mig(inputs: CodeInputs) -> Value:
    """`mig`, without an interval."""
    return value(disentanglement.mig(inputs.codes.test, inputs.factors), kind=Kind.ESTIMATE, reason=WHOLE)


def sap(inputs: CodeInputs) -> Value:
    """`sap`, without an interval."""
    return value(disentanglement.sap(inputs.codes.test, inputs.factors), kind=Kind.ESTIMATE, reason=WHOLE)


def dci_disentanglement(inputs: CodeInputs) -> Value:
    """`dci-disentanglement`, without an interval."""
    return value(inputs.dci.disentanglement, kind=Kind.ESTIMATE, reason=WHOLE)


def dci_completeness(inputs: CodeInputs) -> Value:
    """`dci-completeness`, without an interval."""
    return value(inputs.dci.completeness, kind=Kind.ESTIMATE, reason=WHOLE)


def dci_informativeness(inputs: CodeInputs) -> Value:
    """`dci-informativeness`, without an interval."""
    return value(inputs.dci.informativeness, kind=Kind.ESTIMATE, reason=WHOLE)


def active_units(inputs: CodeInputs) -> Value:
    """`active-units`, and of how many."""
    z = inputs.codes.test
    return value(statistics.active_units(z), reason="no interval: a count", details={"of": z.shape[1]})


def collapsed_share(inputs: CodeInputs) -> Value:
    """`collapsed-share`, and of how many latents."""
    z = inputs.codes.test
    return value(statistics.collapsed_share(z), reason="no interval: a count", details={"of": z.shape[1]})


def rate(inputs: CodeInputs) -> Value:
    """`rate`, the interval from the spread over examples."""
    if inputs.codes.kl is not None:
        return mean_value(inputs.codes.kl.double(), high=float("inf"))
    variance = _asked(inputs.codes.variance, "a posterior's KL or variances")
    flat = (variance <= 0).any(0)
    if bool(flat.any()):
        raise Unsupported(
            f"infinite: {int(flat.sum())} of {len(flat)} latents have a posterior variance of 0 somewhere"
        )
    return mean_value(statistics.rate(inputs.codes.test, variance), high=float("inf"))


def path_ratio(inputs: CodeInputs) -> Value:
    """`path-ratio`, the interval from the spread over paths: a little narrow (92 %) for few paths.

    Ends as near to each other as duplicates of the reference are one place: no path leads anywhere.
    """
    paths = _asked(inputs.codes.paths, "features along latent paths")
    midpoints, least = inputs.codes.midpoints, 0.0
    if midpoints is not None and len(midpoints.real) > midpoints.real.k:
        least = same_place(midpoints.real.neighbours.nearest2)
    ratios = statistics.path_ratio(paths, least)
    if not len(ratios):
        raise Unsupported("every path ends where it starts")
    return mean_value(ratios, low=1.0, high=float("inf"), details={"paths": len(ratios), "of": len(paths)})


def midpoint_precision(inputs: CodeInputs) -> Value:
    """`midpoint-precision`: `precision` of decoded latent midpoints, whose number is m."""
    midpoints = inputs.codes.midpoints
    if midpoints is None:
        raise Unsupported("it needs features of decoded latent midpoints, and there are none")
    return replace(diversity.precision(midpoints), n=len(midpoints.real), m=len(midpoints.generated))

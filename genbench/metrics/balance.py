"""Attribute shares of samples against a target: is a rare attribute still there?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import torch
from scipy.optimize import nnls
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.core.values import Value
from genbench.metrics.intervals import bootstrap, wilson
from genbench.metrics.measure import Sizes, measured
from genbench.metrics.values import value

ACCURATE = 0.95
"""Below this accuracy of the attribute classifier a value says so."""

FEW = 10
"""Samples of an attribute below which a bootstrap says too little."""

BINS = 10
"""Of the histogram of each latent."""


def corrected_shares(read: Tensor, confusion: Tensor) -> Tensor:
    """(K,): true shares p from attributes as `read` (m,), given P(read | true) as rows of `confusion` (K, K).

    The non-negative least-squares solution of confusionᵀ p = read shares, normalised; exact for a known mixture.
    """
    shares = torch.bincount(read, minlength=len(confusion)).double() / len(read)
    return unmix(shares, confusion)


def unmix(shares: Tensor, confusion: Tensor) -> Tensor:
    """True shares (K,) behind read shares (K,). Raises `Unsupported` for a classifier that cannot tell."""
    if float(torch.linalg.cond(confusion.double())) > 1e6:
        raise Unsupported("the attribute classifier mixes up attributes, so shares cannot be corrected")
    solution = torch.from_numpy(nnls(confusion.double().T.numpy(), shares.double().numpy())[0])
    return solution / solution.sum()


def attribute_tv(p: Tensor, q: Tensor) -> float:
    """½ Σ |p − q| between shares of samples and target; ↓ [0, 1]."""
    return 0.5 * float((p - q).abs().sum())


def attribute_kl(p: Tensor, q: Tensor, m: int) -> float:
    """KL(p ‖ q), nats, of shares over m samples with Laplace ½ in each cell; ↓ [0, ∞)."""
    smooth = (p * m + 0.5) / (m + 0.5 * len(p))
    target = (q * m + 0.5) / (m + 0.5 * len(q))
    return max(0.0, float((smooth * (smooth / target).log()).sum()))


def minority_recall(p: Tensor, q: Tensor) -> float:
    """Share of the data's rarest attribute among samples over its share in the data; → 1."""
    rare = int(q.argmin())
    return float(p[rare] / q[rare])


def worst_recall(p: Tensor, q: Tensor) -> float:
    """The same for the attribute that is missed most; → 1."""
    kept = q > 0
    return float((p[kept] / q[kept]).min())


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """Attributes of samples as read (m,), P(read | true) (K, K), the data's shares (K,), the classifier's accuracy."""

    read: Tensor
    confusion: Tensor
    data: Tensor
    accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeInputs:
    """What a classifier read of samples, and what is known of it. `generator`: for measures that draw."""

    attributes: Attributes
    generator: torch.Generator

    gives: ClassVar[frozenset[str]] = frozenset({"labels"})

    @property
    def sizes(self) -> Sizes:
        """Samples."""
        return Sizes(m=len(self.attributes.read))

    def targets(self) -> dict[str, Tensor]:
        """The shares (K,) to compare with: the data's, and equal ones."""
        k = len(self.attributes.data)
        return {"data": self.attributes.data.double(), "uniform": torch.full((k,), 1 / k, dtype=torch.float64)}


def balance_metrics(attributes: Attributes, *, metrics: Sequence[str], generator: torch.Generator) -> dict[str, Value]:
    """`attribute-tv`, `attribute-kl` (targets `data`, `uniform`), `minority-recall` and `minority-recall:worst`."""
    return measured(AttributeInputs(attributes=attributes, generator=generator), metrics)


def share_distance(inputs: AttributeInputs) -> dict[str, Value]:
    """`attribute-tv` against each target, with a bootstrap interval over samples."""
    return {name: _compared(inputs, attribute_tv, shares) for name, shares in inputs.targets().items()}


def share_divergence(inputs: AttributeInputs) -> dict[str, Value]:
    """`attribute-kl` against each target, with a bootstrap interval over samples."""
    divergence = partial(attribute_kl, m=len(inputs.attributes.read))
    return {name: _compared(inputs, divergence, shares) for name, shares in inputs.targets().items()}


def rare_share(inputs: AttributeInputs) -> dict[str, Value]:
    """`minority-recall` of the rarest attribute, and of that missed most, whose interval is a little wide."""
    data = inputs.targets()["data"]
    none = "the data hold no example of some attribute, so there is no share to compare with"
    rare = Value.unsupported(none) if float(data.min()) == 0 else _recalled(inputs, minority_recall, data)
    return {"": rare, "worst": _recalled(inputs, worst_recall, data)}


def _recalled(inputs: AttributeInputs, recall: Callable[[Tensor, Tensor], float], data: Tensor) -> Value:
    """The bootstrap's interval, no narrower upwards than Wilson's where none or few of the samples are of the
    attribute: resampling none gives none."""
    found, m = _compared(inputs, recall, data), len(inputs.attributes.read)
    assert found.value is not None and found.ci_high is not None
    share = float(data[data > 0].min())
    hits = found.value * share * m
    if hits >= FEW:
        return found
    return replace(found, ci_high=max(found.ci_high, wilson(hits, m)[1] / share))


def resampling_weights(codes: Tensor, alpha: float) -> Tensor:
    """How often each training example is drawn: w ∝ Π_j 1/(Q̂_j(z_j) + α), mean 1; codes (N, latent) -> (N,).

    Q̂_j is the share of the codes in each of ten equal bins between the smallest and the largest value of latent j; a
    latent that is constant weighs all alike (Amini et al. 2019, doi:10.1145/3306618.3314243).
    """
    z = codes.double()
    low, high = z.amin(0), z.amax(0)
    bins = ((z - low) / (high - low).clamp_min(1e-300) * BINS).long().clamp(0, BINS - 1)
    counts = torch.zeros(z.shape[1], BINS, dtype=torch.float64).scatter_add_(1, bins.T, torch.ones_like(z.T))
    density = (counts / len(z)).gather(1, bins.T).T
    return torch.softmax(-(density + alpha).log().sum(1), 0) * len(z)


def effective_share(weights: Tensor) -> float:
    """Kish's effective sample size over the number of examples, in (0, 1]: (Σw)² / (N Σw²)."""
    w = weights.double()
    return float(w.sum().square() / (len(w) * w.square().sum()))


def _compared(inputs: AttributeInputs, comparison: Callable[[Tensor, Tensor], float], target: Tensor) -> Value:
    """The corrected shares of the samples compared with a target's."""
    seen = inputs.attributes
    m = len(seen.read)

    def of(rows: Tensor) -> float:
        return comparison(corrected_shares(seen.read[rows], seen.confusion), target)

    interval = bootstrap(of, m, inputs.generator)
    sure = seen.accuracy >= ACCURATE
    reason = None if sure else f"read with an accuracy of {seen.accuracy:.1%}, less than {ACCURATE:.0%}: take with care"
    return value(of(torch.arange(m)), interval, reason=reason, details={"classifier_accuracy": seen.accuracy})

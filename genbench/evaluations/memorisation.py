"""Memorisation: whether samples are copies of training examples. It can show copying, never prove its absence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from genbench.evaluations.known_answers import CEILING, COPY, FAR, FLOOR, TOP
from genbench.protocols.evaluation import Evaluation, FeatureConfig
from genbench.protocols.results import Copying, Results, Summary, Table

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.core.values import Measurement
    from genbench.evaluations.evidence import Evidence
    from genbench.evaluations.outcome import Image, Outcome
    from genbench.protocols.dataset import Dataset


class MemorisationConfig(FeatureConfig):
    pass


EVALUATION = Evaluation(
    name="memorisation",
    summary="Whether the samples are copies of training examples.",
    config=MemorisationConfig,
    function="genbench.evaluations.memorisation:evaluate",
    capabilities=("samples",),
    inputs=("features", "training-features"),
    metrics=(
        "authenticity",
        "ct",
        "nn-distance-ratio",
        "membership-auc",
        "train-test-gap",
        "copy-rate",
        "frechet",  # without which a train-test gap cannot be read
    ),
    headline="authenticity",
    ranked=False,
    against="held-out data",
    floor=(FLOOR,),
    ceiling=TOP,
    verdict="Copies of training data",
    sanity="genbench.evaluations.memorisation:sanity",
    copying="genbench.evaluations.memorisation:copying",
    pictures={"neighbours": "Nearest training examples"},
    version=2,
)

SHOWN = 16
IN_PIXELS = frozenset({"copy-rate"})
"""Copies are looked for in pixels."""

SIDES = {"authenticity": -1, "nn-distance-ratio": -1, "train-test-gap": -1, "membership-auc": 1, "copy-rate": 1}
"""On which side of the ceiling row a metric speaks of copying."""

BLIND = {"membership-auc": 0.5}
"""What a model gives that has seen no example, for targets that the ceiling row has no number of."""

WEAK = frozenset({"train-test-gap"})
"""What may miss a replay of the training set: of a set larger than the sample that is nearly a fresh one."""

ERRORS = 3
"""So many standard errors away from the ceiling row is flagged."""


def evaluate(evidence: Evidence, config: MemorisationConfig) -> Outcome:
    """Nearest-training distances of n samples against those of n reference examples."""
    from genbench.evaluations import comparison
    from genbench.evaluations.context import equal_n
    from genbench.evaluations.outcome import Outcome

    data = evidence.dataset
    asked = config.metrics or EVALUATION.metrics_on(data.kind)
    found = []
    for encoder, metrics in _by_encoder(asked, config.encoder, data).items():
        own = config.model_copy(update={"encoder": encoder})
        found += comparison.feature_measurements(evidence, own, metrics, purpose="memorisation", split="train")
    n = equal_n(data, config.samples)
    if "membership-auc" in asked:
        found += _membership(evidence, n)
    return Outcome(found, _neighbours(evidence.samples(min(n, SHOWN)), data))


def _membership(evidence: Evidence, most: int) -> list[Measurement]:
    """`membership-auc` of the likelihood and of the reconstruction error: members against as many others."""
    from genbench.core.errors import Unsupported
    from genbench.core.values import Measurement, Value
    from genbench.evaluations.context import reference_part
    from genbench.metrics.copying import membership

    data = evidence.dataset
    n = min(most, len(data.train))
    others, members = (
        reference_part(data, n).x,
        evidence.context.once(("members", data.fingerprint, n), lambda: _members(data, n)),
    )
    found = []
    for target, score in {"nll": _likelihood, "reconstruction": _restored}.items():
        try:
            one = replace(membership(score(evidence, members), score(evidence, others)), n=n, m=n)
        except Unsupported as reason:
            one = Value.unsupported(reason)
        likelihood = str(evidence.model.likelihood) if target == "nll" and one.value is not None else ""
        found.append(
            Measurement(metric="membership-auc", target=target, value=one, split="train", likelihood=likelihood)
        )
    return found


def _members(data: Dataset, n: int) -> Tensor:
    """n training examples, the same for every model."""
    import torch

    from genbench.data.splits import shuffled

    return data.train.x[torch.from_numpy(shuffled(len(data.train), "members", data.fingerprint)[:n])]


def _likelihood(evidence: Evidence, x: Tensor) -> Tensor:
    """The log-likelihood of each example, where the model has one that its samples follow."""
    from genbench.core.errors import Unsupported

    evidence.need("density")
    if evidence.resampled:
        raise Unsupported(f"its likelihood is not that of samples by {evidence.sampler}")
    return evidence.log_likelihoods(x)


def _restored(evidence: Evidence, x: Tensor) -> Tensor:
    """Minus the squared error of each example's reconstruction."""
    evidence.need("reconstructs")
    made = evidence.restored(x)
    return -(made - x.to(made.device)).square().flatten(1).mean(1)


def _by_encoder(metrics: tuple[str, ...], encoder: str, data: Dataset) -> dict[str, list[str]]:
    """Which metrics stand on which encoder."""
    groups: dict[str, list[str]] = {}
    for metric in metrics:
        own = "pixels" if metric in IN_PIXELS and data.spec.is_image else encoder
        groups.setdefault(own, []).append(metric)
    return groups


def _neighbours(samples: Tensor, data: Dataset) -> list[Image]:
    """Each of 16 samples beside its three nearest training examples, four such groups to a row, a gap between them."""
    import torch

    from genbench.evaluations.outcome import Image
    from genbench.evaluations.pictures import grid

    if not data.spec.is_image:
        return []
    shown = samples[:SHOWN].cpu()
    nearest = torch.cdist(shown.flatten(1), data.train.x.flatten(1)).topk(3, largest=False).indices
    gap = torch.full_like(shown, (data.spec.value_range or (0.0, float(shown.max())))[1])
    rows = torch.cat([shown[:, None], data.train.x[nearest], gap[:, None]], 1).flatten(0, 1)
    caption = f"{len(shown)} samples, each followed by its three nearest training examples (in pixels)"
    return [Image("neighbours", grid(rows, data.spec, columns=20), caption)]


def copying(results: Results, table: Table) -> Mapping[str, Copying]:
    """For each row which tests flag it, by section 6 of the metrics' specification."""
    ceiling = table.controls.get(CEILING)
    found: dict[str, Copying] = {}
    for label in (*table.models, *table.controls.values()):
        judged: dict[str, bool] = {}
        poor = _is_poor(results, label, ceiling)
        for metric, target in table.columns:
            verdict = _flagged(
                metric, table.cell(label, metric, target), table.cell(ceiling, metric, target), poor=poor
            )
            if verdict is not None:
                judged[metric] = judged.get(metric, False) or verdict
        flagged = frozenset(metric for metric, bad in judged.items() if bad)
        found[label] = Copying(frozenset(judged), flagged, memorises=_memorises(judged, flagged))
    return found


def _memorises(judged: Mapping[str, bool], flagged: frozenset[str]) -> bool:
    """Flagged by `ct` and by `authenticity`; by authenticity and distances where `ct` could not be measured."""
    second = "ct" if "ct" in judged else "nn-distance-ratio"
    return {"authenticity", second} <= flagged


def _flagged(metric: str, cell: Summary | None, ceiling: Summary | None, *, poor: bool) -> bool | None:
    """Whether this metric flags the row; None where it cannot tell."""
    if cell is None or cell.mean is None:
        return None
    if metric == "ct":
        return cell.mean < -ERRORS
    expected, error = BLIND.get(metric), 0.0
    if ceiling is not None and ceiling.mean is not None:
        expected, error = ceiling.mean, ceiling.error or 0.0
    if metric not in SIDES or expected is None:
        return None
    beyond = SIDES[metric] * (cell.mean - expected) > ERRORS * math.hypot(cell.error or 0.0, error)
    return beyond and not (metric == "train-test-gap" and poor)


def _is_poor(results: Results, label: str, ceiling: str | None) -> bool:
    """Whether the row's `frechet` is twice the ceiling row's or more: its train-test gap then says nothing."""
    for table in results.tables:
        own, top = table.cell(label, "frechet"), table.cell(ceiling, "frechet")
        if own is not None and top is not None and own.mean is not None and top.mean is not None:
            return own.mean >= 2 * top.mean
    return True


def sanity(results: Results, table: Table) -> Iterator[str]:
    """Played-back training data are caught by every test, held-out data and floors by none."""
    if CEILING not in table.controls:
        return
    for control, label in table.controls.items():
        verdict = results.copying.get(label)
        if verdict is None or not verdict.judged:
            continue
        missed = sorted(verdict.judged - verdict.flagged - WEAK)
        if control == COPY and missed:
            yield f"{label} is made of training examples, but is not flagged by {', '.join(missed)}."
        if control in (CEILING, *FAR) and verdict.memorises:
            yield f"{label} is flagged: copies its training data, which it cannot."
        elif control == CEILING and verdict.flagged:
            yield f"{label} is flagged by {', '.join(sorted(verdict.flagged))}, but is made of held-out examples."

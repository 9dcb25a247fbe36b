"""Memorisation: whether samples are copies of training examples. It can show copying, never prove its absence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from genbench.evaluations.known_answers import CEILING, COPY, FAR, FLOOR, TOP
from genbench.protocols.evaluation import Evaluation, FeatureConfig
from genbench.protocols.results import Copying, Results, Summary, Table

if TYPE_CHECKING:
    from torch import Tensor

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
    metrics=("authenticity", "ct", "nn-distance-ratio", "copy-rate"),
    headline="authenticity",
    ranked=False,
    against="held-out data",
    floor=(FLOOR,),
    ceiling=TOP,
    sanity="genbench.evaluations.memorisation:sanity",
    copying="genbench.evaluations.memorisation:copying",
    pictures={"neighbours": "Nearest training examples"},
)

SHOWN = 16
IN_PIXELS = frozenset({"copy-rate"})
"""Copies are looked for in pixels."""

SIDES = {"authenticity": -1, "nn-distance-ratio": -1, "train-test-gap": -1, "membership-auc": 1, "copy-rate": 1}
"""On which side of the ceiling row a metric speaks of copying."""

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
    return Outcome(found, _neighbours(evidence.samples(min(n, SHOWN)), data))


def _by_encoder(metrics: tuple[str, ...], encoder: str, data: Dataset) -> dict[str, list[str]]:
    """Which metrics stand on which encoder."""
    groups: dict[str, list[str]] = {}
    for metric in metrics:
        own = "pixels" if metric in IN_PIXELS and data.spec.is_image else encoder
        groups.setdefault(own, []).append(metric)
    return groups


def _neighbours(samples: Tensor, data: Dataset) -> list[Image]:
    """Each of 16 samples beside its three nearest training examples, four to a row."""
    import torch

    from genbench.evaluations.outcome import Image
    from genbench.evaluations.pictures import grid

    if not data.spec.is_image:
        return []
    shown = samples[:SHOWN].cpu()
    nearest = torch.cdist(shown.flatten(1), data.train.x.flatten(1)).topk(3, largest=False).indices
    rows = torch.cat([shown.unsqueeze(1), data.train.x[nearest]], 1).flatten(0, 1)
    caption = f"{len(shown)} samples, each followed by its three nearest training examples (in pixels)"
    return [Image("neighbours", grid(rows, data.spec, columns=16), caption)]


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
    if metric not in SIDES or ceiling is None or ceiling.mean is None:
        return None
    margin = ERRORS * math.hypot(cell.error or 0.0, ceiling.error or 0.0)
    beyond = SIDES[metric] * (cell.mean - ceiling.mean) > margin
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
        missed = sorted(verdict.judged - verdict.flagged)
        if control == COPY and missed:
            yield f"{label} is made of training examples, but is not flagged by {', '.join(missed)}."
        if control in (CEILING, *FAR) and verdict.memorises:
            yield f"{label} is flagged: copies its training data, which it cannot."

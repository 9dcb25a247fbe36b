"""Outlier detection: whether strange data score higher than ordinary data, for each score that a model can give.

Scores are fixed before any outlier is seen: higher = stranger, never flipped, each a column of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

import torch
from torch import Tensor

from genbench.core.errors import Diverged, Unsupported
from genbench.core.values import Measurement
from genbench.evaluations.bench import reference_part
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.outcome import Outcome, measurements
from genbench.evaluations.settings import OutlierDetection
from genbench.metrics.outliers import outlier_metrics
from genbench.protocols.model import Encodes, EstimatesDensity, Reconstructs, ScoresOutliers

DEFAULT = ("auroc", "aupr-out", "aupr-in", "fpr95", "recall-at-5")

Score = Callable[[Tensor], Tensor]


def evaluate(evidence: Evidence, settings: OutlierDetection) -> Outcome:
    """Each score on the reference against each outlier set; `target` names the set."""
    data = evidence.dataset
    if not data.outliers:
        raise Unsupported(f"{data.name} has no outlier sets.")
    names = settings.outliers or tuple(data.outliers)
    for name in names:
        if name not in data.outliers:
            raise Unsupported(f"{data.name} has no outlier set {name!r}; it has {', '.join(data.outliers)}.")
    ordinary = reference_part(data, settings.samples).x
    found: list[Measurement] = []
    for score_name, score in scores(evidence):
        usual = _finite(evidence.through(score, ordinary), score_name)
        for name in names:
            strange = _finite(evidence.through(score, data.outliers[name].x[: len(ordinary)]), score_name)
            values = outlier_metrics(
                usual,
                strange,
                metrics=list(settings.metrics or DEFAULT),
                generator=evidence.generator("outliers", score_name, name),
            )
            found += [
                Measurement(metric=m.metric, target=name, score=score_name, split="reference", value=m.value)
                for m in measurements(values)
            ]
    if not found:
        raise Unsupported(f"{type(evidence.model).__name__} gives no outlier score.")
    return Outcome(found)


def scores(evidence: Evidence) -> Iterator[tuple[str, Score]]:
    """Every score that the model can give, by name: its own, and those that follow from its capabilities."""
    model = evidence.model
    if evidence.can("outliers"):
        own = cast(ScoresOutliers, model)
        yield own.outlier_score_name, own.outlier_score
    if evidence.can("reconstructs"):
        yield "reconstruction", lambda x: (x - cast(Reconstructs, model).reconstruct(x)).square().flatten(1).mean(1)
    if evidence.can("density"):
        yield "nll", lambda x: -cast(EstimatesDensity, model).log_prob(x)
    if evidence.can("encodes"):
        yield "latent-distance", _latent_distance(evidence)


def _latent_distance(evidence: Evidence) -> Score:
    """Mahalanobis distance of the code to the training codes, with a shrinkage covariance (Ledoit-Wolf)."""
    from sklearn.covariance import LedoitWolf

    encode = cast(Encodes, evidence.model).encode
    fitted = LedoitWolf().fit(evidence.codes("train").double().cpu().numpy())
    mean, precision = torch.from_numpy(fitted.location_), torch.from_numpy(fitted.precision_)

    def score(x: Tensor) -> Tensor:
        z = encode(x).double().cpu() - mean
        squared: Tensor = (z @ precision * z).sum(1)
        return squared.clamp_min(0).sqrt()

    return score


def _finite(score: Tensor, name: str) -> Tensor:
    bad = int((~torch.isfinite(score)).sum())
    if bad:
        raise Diverged(f"the outlier score {name!r} is NaN or inf for {bad} of {len(score)} examples.")
    return score.cpu()

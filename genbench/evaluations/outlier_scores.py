"""The outlier scores that a model can give, by name: its own, and those that follow from its capabilities."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

import torch
from torch import Tensor

from genbench.core.errors import Diverged
from genbench.evaluations.evidence import Evidence
from genbench.protocols.model import Encodes, EstimatesDensity, Reconstructs, ScoresOutliers

Score = Callable[[Tensor], Tensor]


def scores(evidence: Evidence) -> Iterator[tuple[str, Score]]:
    """Every score that the model can give, by name; higher = more unusual."""
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


def finite(score: Tensor, name: str) -> Tensor:
    """The scores on the CPU; raises `Diverged` where one is not finite."""
    bad = int((~torch.isfinite(score)).sum())
    if bad:
        raise Diverged(f"the outlier score {name!r} is NaN or inf for {bad} of {len(score)} examples.")
    return score.cpu()

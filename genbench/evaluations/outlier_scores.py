"""The outlier scores that a model can give, by name: its own, and those that follow from what it can do.

All are oriented: higher = more unusual. None is chosen or turned around by looking at outliers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
from torch import Tensor

from genbench.core import seeds
from genbench.core.errors import Diverged
from genbench.evaluations.evidence import BATCH, Evidence, log_prob_by, takes_draws
from genbench.evaluations.latent_search import BUDGET, latent_search
from genbench.models.confounds import png_bytes
from genbench.models.samplers import fit_sampler
from genbench.protocols.model import (
    Encodes,
    EstimatesDensity,
    HasCritic,
    Reconstructs,
    Renoises,
    ScoresFeatures,
    ScoresOutliers,
    Variational,
)

IN_DOMAIN = "in-domain"
"""The encoder that is a classifier of the dataset's own classes."""

BOUND = 16
"""k of the importance-weighted bound behind `nll`, where the model's likelihood is one."""

MOST_TRAINING = 10_000
"""Training examples behind the mean of `typicality`."""


@dataclass(frozen=True)
class Examples:
    """A set to be scored. `name`: its own in the dataset, so that what several scores read of it is made once."""

    name: str
    x: Tensor


Rule = Callable[[Examples], Tensor]
"""Examples -> (n,) scores, not yet looked at."""


class Score(NamedTuple):
    """An outlier score: what it is called and how it is made."""

    name: str
    rule: Rule


def scores(evidence: Evidence, asked: Sequence[str]) -> Iterator[Score]:
    """Those of the scores `asked` for (keys of `SCORES`) that the model can give, in their order there."""
    for key, make in SCORES.items():
        score = make(evidence) if key in asked else None
        if score is not None:
            yield score


def scored(score: Score, examples: Examples) -> Tensor:
    """(n,) on the CPU. Raises `Diverged` where one is not finite, `Unsupported` where the model cannot after all."""
    found = score.rule(examples)
    bad = int((~torch.isfinite(found)).sum())
    if bad:
        raise Diverged(f"the outlier score {score.name!r} is NaN or inf for {bad} of {len(found)} examples.")
    return found.cpu()


def _own(evidence: Evidence) -> Score | None:
    if not evidence.can("outliers"):
        return None
    model = cast(ScoresOutliers, evidence.model)
    return Score(model.outlier_score_name, lambda examples: evidence.through(model.outlier_score, examples.x))


def _own_features(evidence: Evidence) -> Score | None:
    """The same rule in the features of the dataset's own classifier, where it has one."""
    model, data, context = evidence.model, evidence.dataset, evidence.context
    if not isinstance(model, ScoresFeatures) or data.facts.lacks(("images", "labels")) is not None:
        return None
    if context.encoder_name("auto", data) != IN_DOMAIN:
        return None

    def rule(examples: Examples) -> Tensor:
        encoder = context.encoder(IN_DOMAIN, data)
        train = context.training(data, encoder).features
        features = encoder.features(examples.x)
        parts = torch.split(features, BATCH)
        return torch.cat([model.outlier_score_in(train.to(part), part) for part in parts])

    return Score(f"{model.outlier_score_name} @ {IN_DOMAIN}", rule)


def _reconstruction(evidence: Evidence) -> Score | None:
    if not evidence.can("reconstructs"):
        return None
    model = cast(Reconstructs, evidence.model)
    error = lambda x: (x - model.reconstruct(x)).square().flatten(1).mean(1)
    return Score("reconstruction", lambda examples: evidence.through(error, examples.x))


def _nll(evidence: Evidence) -> Score | None:
    if not evidence.can("density"):
        return None
    model = cast(EstimatesDensity, evidence.model)
    name = f"nll, iwae-{BOUND}" if takes_draws(model) else "nll"
    log_prob = log_prob_by(model, BOUND)

    def rule(examples: Examples) -> Tensor:
        return evidence.of_model(("nll", examples.name), lambda: -evidence.through(log_prob, examples.x).double())

    return Score(name, rule)


def _kl(evidence: Evidence) -> Score | None:
    model = evidence.model
    if not isinstance(model, Variational):
        return None
    return Score("kl", lambda examples: evidence.through(model.kl, examples.x))


def _typicality(evidence: Evidence) -> Score | None:
    """|nll(x) - mean training nll| (Nalisnick et al. 2019, arXiv:1906.02994, one example)."""
    nll = _nll(evidence)
    if nll is None:
        return None
    train = evidence.dataset.train.x
    order = torch.randperm(len(train), generator=seeds.generator("typicality", evidence.dataset.fingerprint))
    some = Examples("train", train[order[:MOST_TRAINING]])
    return Score("typicality", lambda examples: (nll.rule(examples) - nll.rule(some).mean()).abs())


def _complexity_corrected(evidence: Evidence) -> Score | None:
    """nll - ln 2 × the bits of the image as PNG (Serrà et al. 2020, arXiv:1909.11480), on images in [0, 1]."""
    nll, spec = _nll(evidence), evidence.dataset.spec
    if nll is None or not (spec.is_image and spec.unit_range):
        return None

    def rule(examples: Examples) -> Tensor:
        key = ("png bits", evidence.dataset.fingerprint, examples.name)
        found = nll.rule(examples)
        return found - math.log(2) * evidence.context.once(key, lambda: png_bits(examples.x)).to(found)

    return Score("complexity-corrected", rule)


def png_bits(x: Tensor) -> Tensor:
    """The bits of each image (N, C, H, W) in [0, 1] as an 8-bit PNG: (N,) float64."""
    pixels = (x.clamp(0, 1) * 255).round().to(torch.uint8).cpu()
    return torch.tensor([8.0 * png_bytes(image) for image in pixels], dtype=torch.float64)


def _latent_distance(evidence: Evidence) -> Score | None:
    """Mahalanobis distance of the code to the training codes, with a shrinkage covariance (Ledoit-Wolf)."""
    if not evidence.can("encodes"):
        return None

    def rule(examples: Examples) -> Tensor:
        mean, precision = evidence.once("code normal", lambda: _normal_of(evidence.codes("train")))
        z = _codes(evidence, examples).double().cpu() - mean
        squared: Tensor = (z @ precision * z).sum(1)
        return squared.clamp_min(0).sqrt()

    return Score("latent-distance", rule)


def _normal_of(codes: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and precision of codes (N, latent), float64 on the CPU."""
    from sklearn.covariance import LedoitWolf

    fitted = LedoitWolf().fit(codes.double().cpu().numpy())
    return torch.from_numpy(fitted.location_), torch.from_numpy(fitted.precision_)


def _latent_density(evidence: Evidence) -> Score | None:
    """-log p(z) of ten Gaussians that were fitted to the training codes."""
    if not evidence.can("encodes"):
        return None

    def fit() -> torch.nn.Module:
        codes = evidence.codes("train")
        generator = seeds.generator("evaluation", evidence.seed, "latent-density", device=codes.device)
        return fit_sampler("gmm10", codes, generator=generator)

    def rule(examples: Examples) -> Tensor:
        density = cast(EstimatesDensity, evidence.once("code density", fit))
        return -density.log_prob(_codes(evidence, examples))

    return Score("latent-density", rule)


def _codes(evidence: Evidence, examples: Examples) -> Tensor:
    encode = cast(Encodes, evidence.model).encode
    return evidence.once(("codes", examples.name), lambda: evidence.through(encode, examples.x))


def _partial(evidence: Evidence) -> Score | None:
    model = evidence.model
    if not isinstance(model, Renoises):
        return None
    error = lambda x: (x - model.partial_reconstruction(x)).square().flatten(1).mean(1)
    return Score("partial-reconstruction", lambda examples: evidence.through(error, examples.x))


def _anogan(evidence: Evidence) -> Score | None:
    """0.9 ‖x - G(z)‖₁ + 0.1 ‖f(x) - f(G(z))‖₁, z by search (Schlegl et al. 2017, arXiv:1703.05921, eq. 5).

    For generators without an encoder; f are the critic's features.
    """
    model = evidence.model
    if not isinstance(model, HasCritic) or evidence.can("encodes"):
        return None
    decode, size = model.decode, model.code_size

    def residual(x: Tensor) -> Tensor:
        generator = seeds.generator("evaluation", evidence.seed, "anogan", device=x.device)
        made = latent_search(decode, x, size, generator=generator).x
        values = (x - made).abs().flatten(1).sum(1)
        features = (model.critic_features(x) - model.critic_features(made)).abs().flatten(1).sum(1)
        return 0.9 * values + 0.1 * features

    return Score(f"anogan-{BUDGET}", lambda examples: evidence.through(residual, examples.x))


SCORES: dict[str, Callable[[Evidence], Score | None]] = {
    "own": _own,
    "own-features": _own_features,
    "reconstruction": _reconstruction,
    "nll": _nll,
    "kl": _kl,
    "typicality": _typicality,
    "complexity-corrected": _complexity_corrected,
    "latent-distance": _latent_distance,
    "latent-density": _latent_density,
    "partial-reconstruction": _partial,
    "anogan": _anogan,
}
"""How each score is made, None where the model cannot give it. The first ones stand first in a table's headline."""

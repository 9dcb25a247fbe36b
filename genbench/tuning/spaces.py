"""What may be tried: a model's space, the first trial (the defaults) and the seeded draws that follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from genbench import registry
from genbench.core import seeds
from genbench.core.errors import UsageError, nearest
from genbench.protocols.dataset import DataSpec
from genbench.protocols.space import Choice, Domain, Range
from genbench.runs.suite import ModelUse

Space = Mapping[str, Domain]

COMMON: Space = {"lr": Range(1e-4, 1e-2), "ema": Choice(0.99, 0.995, 0.999)}
"""Options that mean the same in every model that has them."""

LATENT_OF_IMAGES, LATENT_OF_POINTS = Choice(8, 16, 32, 64), Choice(2, 4, 8)


def model_space(name: str, *, is_image: bool = True) -> dict[str, Domain]:
    """The space of a model: the common options that it has, and those that its card declares.

    `net` and `width` are in none: they size the network, which is the same for all. Raises `UsageError` where a card
    declares a space for an option that the model does not have.
    """
    entry = registry.models.get(name)
    options, own = entry.options(), entry.card.space
    for option, domain in own.items():
        if option not in options:
            near = nearest(option, options)
            hint = f"did you mean {near!r}?" if near else f"it has {', '.join(options) or 'none'}."
            raise UsageError(f"the model {name!r} declares a space for {option!r}, which is no option of it: {hint}")
        if not isinstance(domain, Range | Choice):
            raise UsageError(f"the space of {name!r}: {option} is a Range or a Choice, got {domain!r}.")
    common = {**COMMON, "latent": LATENT_OF_IMAGES if is_image else LATENT_OF_POINTS}
    return {option: domain for option, domain in common.items() if option in options} | dict(own)


def row_space(use: ModelUse, spec: DataSpec, evaluation: str) -> dict[str, Domain]:
    """The space of a row that is tuned for a metric of this evaluation: its model's, less the options that the row or
    the evaluation fixes."""
    tuning = registry.evaluations.get(evaluation).card.tuning
    fixed = {*use.options, *(tuning.fixed if tuning else ())}
    return {k: v for k, v in model_space(use.model, is_image=spec.is_image).items() if k not in fixed}


def draw(space: Space, seed: int, trial: int) -> dict[str, Any]:
    """The options of a trial; the first, trial 0, changes none.

    A value depends on the seed, the trial and the option's name alone: the same for every model that has the option,
    however many models, options or trials there are.
    """
    if trial == 0:
        return {}
    return {option: domain.at(_share("tune", seed, trial, option)) for option, domain in space.items()}


def _share(*parts: str | int) -> float:
    """A number in [0, 1) that depends on the parts only."""
    return (seeds.derive(*parts) >> 10) / 2**53

"""The grammar of samplers: latent densities by name, solvers by kind and steps, `edm+heun18`. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Iterable

from genbench.core.errors import SuiteError, Unsupported, nearest
from genbench.protocols.card import ModelCard

SAMPLERS = ("prior", "gaussian", "gmm10", "flow")
"""Latent samplers. `prior` is N(0, I), for models that encode and have no prior of their own."""


def parse_solver(name: str, kinds: Iterable[str]) -> tuple[str, int]:
    """Kind and steps of a solver's name, such as `heun18`. Raises `Unsupported` with the nearest name."""
    kinds = tuple(kinds)
    found = re.fullmatch(r"([a-z]+)([1-9]\d*)(?: \(\d+ evaluations?\))?", name)
    if found is None or found[1] not in kinds:
        raise Unsupported(f"no sampler is called {name!r}: {_instead(name, kinds)}")
    return found[1], int(found[2])


def check_sampler(card: ModelCard, sampler: str, place: str) -> None:
    """Raise `SuiteError` where no model, or not this one, knows a sampler of this name."""
    if not sampler or sampler in SAMPLERS or sampler == card.sampler:
        return
    try:
        parse_solver(sampler, card.solvers)
    except Unsupported as error:
        raise SuiteError(f"{place}: {error}") from error


def _instead(name: str, kinds: Iterable[str]) -> str:
    digits = "".join(c for c in name if c.isdigit()).lstrip("0") or "20"
    known = [f"{kind}{digits}" for kind in kinds] + list(SAMPLERS)
    near = nearest(name, known)
    if near:
        return f"did you mean {near!r}?"
    steps = [f"{kind}N (N steps)" for kind in kinds]
    return f"there are {', '.join([*SAMPLERS, *steps])}."

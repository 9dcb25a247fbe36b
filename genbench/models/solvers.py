"""Solvers as samplers: a model that samples in steps is asked for more or fewer, `edm+heun18`, `ddpm+ddim20`."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from genbench.core.errors import Unsupported
from genbench.models.sampler_names import parse_solver
from genbench.protocols.model import Solves


@dataclass(frozen=True, slots=True)
class Solver:
    """A way to solve the model's equation, its number of steps, and how often the network is evaluated for a sample."""

    kind: str
    steps: int
    evaluations: int

    def __str__(self) -> str:
        return f"{self.kind}{self.steps} ({self.evaluations} evaluation{'s' * (self.evaluations != 1)})"


class Solved(nn.Module):
    """A model whose `sample` takes the steps of this solver."""

    def __init__(self, model: Solves, solver: Solver) -> None:
        super().__init__()
        self.model, self.solver = model, solver

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        kind, steps = self.solver.kind, self.solver.steps
        return self.model.solve(n, kind=kind, steps=steps, generator=generator)


def solver(model: Solves | type, name: str) -> Solver:
    """The solver of this name, such as `heun18`, for a model or its class. Raises `Unsupported` with the nearest."""
    solvers = getattr(model, "solvers", {})
    kind, steps = parse_solver(name, solvers)
    chosen = Solver(kind, steps, solvers[kind](steps))
    if name not in (f"{chosen.kind}{steps}", str(chosen)):
        raise Unsupported(f"no sampler is called {name!r}: did you mean {str(chosen)!r}?")
    return chosen

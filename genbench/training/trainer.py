"""Fit a model: the trainer knows objectives and budgets, and nothing of families."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from genbench.errors import Diverged, UsageError
from genbench.protocols.dataset import Dataset, DataSpec
from genbench.protocols.model import Budget, FitsItself, ModelBuilder, Objective
from genbench.seeds import generator, seeded
from genbench.training.loop import Game, Ledger, Progress, rounds_of, train
from genbench.training.order import Order
from genbench.training.player import Player, optimizer_for
from genbench.training.record import Training

__all__ = ["Training", "build", "fit", "fit_stack"]


def build(builder: ModelBuilder, spec: DataSpec, options: Mapping[str, Any], *, seed: int) -> nn.Module:
    """A model of this seed on the CPU: its initial weights depend on the seed only."""
    with seeded("init", seed):
        return builder(spec, **options)


def fit(
    model: nn.Module,
    data: Dataset,
    budget: Budget,
    *,
    seed: int,
    device: torch.device,
    progress: Progress | None = None,
) -> Training:
    """Train `model` in place on `data.train`; it ends on `device`, in `eval()`.

    The order of the data and the noise in the losses depend on the seed only. Raises `Diverged` where a loss or a
    weight becomes NaN or inf; the model then holds its last finite state.
    """
    model.to(device).train()
    try:
        if isinstance(model, FitsItself):
            return _fit_itself(model, data, budget, seed=seed, device=device)
        return _fit_by_gradients(model, data, budget, seed=seed, progress=progress, device=device)
    finally:
        model.eval()


def fit_stack(
    build: Callable[[], nn.Module],
    data: Dataset,
    budget: Budget,
    *,
    seeds: tuple[int, ...],
    device: torch.device,
    progress: Progress | None = None,
) -> list[tuple[nn.Module, Training]]:
    """Train one model a seed. `build` is called once a seed, under that seed. A seed that diverges says so in its
    `Training`, the others go on."""
    done = []
    for seed in seeds:
        with seeded("init", seed):
            model = build()
        done.append((model, _fit_or_diverged(model, data, budget, seed=seed, device=device, progress=progress)))
    return done


def _fit_or_diverged(
    model: nn.Module, data: Dataset, budget: Budget, *, seed: int, device: torch.device, progress: Progress | None
) -> Training:
    try:
        return fit(model, data, budget, seed=seed, device=device, progress=progress)
    except Diverged as error:
        return Training(seconds=0.0, images=0, steps=0, images_per_second=0.0, trained="plain", diverged=str(error))


def _fit_itself(model: FitsItself, data: Dataset, budget: Budget, *, seed: int, device: torch.device) -> Training:
    there = replace(data, train=data.train.to(device))
    began = time.perf_counter()
    with seeded("fit", seed, device=device), torch.no_grad():
        model.fit(there, budget, generator("fit", seed, device=device))
    seconds = time.perf_counter() - began
    assert isinstance(model, nn.Module)
    bad = [name for name, t in model.state_dict().items() if not bool(torch.isfinite(t).all())]
    if bad:
        raise Diverged(f"{type(model).__name__}.fit left NaN or inf in {', '.join(bad)}.")
    n = len(data.train)
    return Training(seconds=seconds, images=n, steps=0, images_per_second=n / max(seconds, 1e-9), trained="closed form")


def _fit_by_gradients(
    model: nn.Module, data: Dataset, budget: Budget, *, seed: int, progress: Progress | None, device: torch.device
) -> Training:
    players = [_player(objective) for objective in objectives_of(model)]
    game = Game(players, data.train.to(device), budget.batch, [Order(len(data.train), seed)])
    ledger, keeper = Ledger(), _Keeper(model, game)
    total = rounds_of(budget, game.images_a_round) * game.images_a_round

    def after() -> None:
        keeper.check(ledger)
        if progress is not None:
            progress(int(ledger.images[-1]), total)

    with seeded("noise", seed, device=device):
        train(game, budget, ledger, play=game.play, after=after)
    return _training(game, ledger, seed=0)


def objectives_of(model: nn.Module) -> list[Objective]:
    """The model's players, or a sentence that says what is wrong with them."""
    give = getattr(model, "objectives", None)
    if give is None:
        raise UsageError(f"{type(model).__name__} has neither objectives() nor fit(data, budget, generator).")
    found: list[Objective] = list(give())
    name = type(model).__name__
    if not found:
        raise UsageError(f"{name}.objectives() is empty: give at least one Objective, or fit(data, budget, generator).")
    if len({o.name for o in found}) < len(found):
        raise UsageError(f"{name}.objectives() has two of one name: {[o.name for o in found]}.")
    for objective in found:
        if not any(p.requires_grad for p in objective.parameters):
            raise UsageError(f"objective {objective.name!r} of {name} has no parameter that requires a gradient.")
    return found


def _player(objective: Objective) -> Player:
    parameters: list[Tensor] = [p for p in objective.parameters if p.requires_grad]
    return Player(objective, objective.loss, parameters, optimizer_for(objective.optimizer, parameters))


class _Keeper:
    """Keeps the last finite state of a model, and stops a training that has left it."""

    def __init__(self, model: nn.Module, game: Game) -> None:
        self.tensors = list(model.state_dict().values())
        self.kept = [t.clone() for t in self.tensors]
        self.game = game

    def check(self, ledger: Ledger) -> None:
        """Keep the state if losses and weights are finite; else put the kept one back and raise `Diverged`."""
        for player, values in zip(self.game.players, ledger.losses[-1], strict=True):
            if not all(map(_finite, values)):
                self._stop(f"the loss {player.name!r} became NaN or inf", ledger)
        if not bool(self.game.finite()):
            self._stop("a weight became NaN or inf", ledger)
        for kept, tensor in zip(self.kept, self.tensors, strict=True):
            kept.copy_(tensor)

    def _stop(self, what: str, ledger: Ledger) -> None:
        with torch.no_grad():
            for kept, tensor in zip(self.kept, self.tensors, strict=True):
                tensor.copy_(kept)
        before = int(ledger.images[-2]) if len(ledger.images) > 1 else 0
        raise Diverged(f"{what} between {before:,} and {int(ledger.images[-1]):,} images; the state before is kept.")


def _finite(x: float) -> bool:
    return x - x == 0.0


def _training(game: Game, ledger: Ledger, *, seed: int) -> Training:
    curve = {"images": ledger.images}
    details = {"images per second": ledger.rates}
    for i, player in enumerate(game.players):
        curve[player.name] = [point[i][seed] for point in ledger.losses]
        details[f"gradient norm of {player.name}"] = [point[i][seed] for point in ledger.norms]
    images = ledger.rounds * game.images_a_round
    return Training(
        seconds=ledger.seconds,
        images=images,
        steps=ledger.rounds * game.moves,
        images_per_second=images * max(1, game.players[0].seeds) / max(ledger.seconds, 1e-9),
        trained="plain",
        curve=curve,
        details=details,
    )

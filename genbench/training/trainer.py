"""Fit a model: the trainer knows objectives and budgets, and nothing of families."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from genbench.core.errors import Diverged, Unsupported
from genbench.core.seeds import generator, seeded
from genbench.protocols.dataset import Dataset, DataSpec
from genbench.protocols.model import Budget, FitsItself, ModelBuilder
from genbench.training.capture import captured
from genbench.training.checkpoint import Journal
from genbench.training.game import Game, One, Team
from genbench.training.keeper import Keeper
from genbench.training.loop import Play, done, run, spent, total_rounds
from genbench.training.order import Order
from genbench.training.placing import placed
from genbench.training.player import multiplies_bfloat16
from genbench.training.record import Engine, Progress, Training
from genbench.training.stack import Stack
from genbench.training.stacking import stack_size

__all__ = ["Engine", "Training", "build", "fit", "fit_stack"]


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
    engine: Engine = Engine(),  # noqa: B008 (frozen)
) -> Training:
    """Train `model` in place on `data.train`; it ends on `device`, in `eval()`.

    The order of the data and the noise in the losses depend on the seed only. Raises `Diverged` where a loss or a
    weight becomes NaN or inf; the model then holds its last finite state.
    """
    model.to(device)
    if isinstance(model, FitsItself):
        return _fit_itself(model, data, budget, seed=seed, device=device)
    (training,) = _fit_team(One(model), data, budget, (seed,), progress, engine)
    if training.diverged is not None:
        raise Diverged(training.diverged)
    return training


def fit_stack(
    build: Callable[[], nn.Module],
    data: Dataset,
    budget: Budget,
    *,
    seeds: Sequence[int],
    device: torch.device,
    progress: Progress | None = None,
    engine: Engine = Engine(),  # noqa: B008 (frozen)
) -> list[tuple[nn.Module, Training]]:
    """Train one model a seed. `build` is called once a seed, under that seed.

    A seed that diverges says so in its `Training`; the others go on.
    """
    models = []
    for seed in seeds:
        with seeded("init", seed):
            models.append(build().to(device).train())
    data = replace(data, train=placed(data.train, device, engine))  # once for all parts
    size, remark = stack_size(models, data.train, budget.batch, engine)
    results: list[tuple[nn.Module, Training]] = []
    parts: list[Path] = []
    for start in range(0, len(seeds), size):
        members, chosen = models[start : start + size], seeds[start : start + size]
        own = _part(engine, chosen)
        parts += [own.checkpoint] if own.checkpoint else []
        if isinstance(members[0], FitsItself):
            records = [_fit_itself(members[0], data, budget, seed=chosen[0], device=device)]
        else:
            team = One(members[0]) if len(members) == 1 else Stack(members)
            records = _fit_team(team, data, budget, chosen, progress, own)
        results += [(m, replace(r, remark=r.remark or remark)) for m, r in zip(members, records, strict=True)]
    for path in parts:
        path.unlink(missing_ok=True)
    return results


def _part(engine: Engine, seeds: Sequence[int]) -> Engine:
    """The engine with a checkpoint of these seeds' own, which is kept when they end: the others may not have."""
    if engine.checkpoint is None:
        return engine
    path = engine.checkpoint
    return replace(engine, checkpoint=path.with_name(f"{path.stem}-{seeds[0]}-{seeds[-1]}{path.suffix}"), keep=True)


def _fit_itself(model: FitsItself, data: Dataset, budget: Budget, *, seed: int, device: torch.device) -> Training:
    module = cast(nn.Module, model).train()
    there = replace(data, train=data.train.to(device))
    began = time.perf_counter()
    with seeded("fit", seed, device=device), torch.no_grad():
        model.fit(there, budget, generator("fit", seed, device=device))
    module.to(device)
    seconds = time.perf_counter() - began
    module.eval()
    bad = [name for name, t in module.state_dict().items() if not bool(torch.isfinite(t).all())]
    if bad:
        raise Diverged(f"{type(model).__name__}.fit left NaN or inf in {', '.join(bad)}.")
    n = len(data.train)
    return Training(seconds=seconds, images=n, steps=0, images_per_second=n / max(seconds, 1e-9), trained="closed form")


def _fit_team(
    team: Team, data: Dataset, budget: Budget, seeds: Sequence[int], progress: Progress | None, engine: Engine
) -> list[Training]:
    """Train a team, one record a seed; the models end in `eval()`, with their averages where they have them."""
    began = time.perf_counter()
    device = team.players[0].device
    orders, group = [Order(len(data.train), seed) for seed in seeds], engine.processes
    train = placed(data.train, device, engine)
    game = Game(team, train, budget.batch, orders, group, binarised=data.bernoulli)
    group.copy_first(list(team.weights().values()))
    for player in game.players:
        player.split = engine.out_of_memory == "split"
        player.reduced |= engine.precision == "bfloat16" and multiplies_bfloat16(device)
    for model in team.models:
        model.train()
    try:
        own = () if group.rank == 0 else (f"process {group.rank}",)
        with seeded("noise", *seeds, *own, device=device), torch.enable_grad():
            journal = Journal(game, budget, seeds, engine)
            keeper = Keeper(game)
            play, trained, remark = _way(game, engine)
            journal.ledger.setup += time.perf_counter() - began

            def after() -> bool:
                alive = keeper.look(journal.ledger, last=spent(budget, journal.ledger, total_rounds(budget, game)))
                journal.after()
                if progress is not None:
                    progress(*done(budget, journal.ledger, game))
                return alive

            run(game, budget, journal.ledger, play=play, after=after)
    finally:
        for model in team.models:
            model.eval()
    journal.close(finite=not any(keeper.diverged))
    for player in game.players:
        player.adopt_average()
    keeper.restore()
    group.copy_first(list(team.weights().values()))
    team.hand_out()
    if group.size > 1:
        trained = f"{trained} over {group.size} processes"
    name = trained if not game.seeds else f"{trained} stack of seeds {_span(seeds)}".removeprefix("plain ")
    name += ", bfloat16" if any(player.reduced for player in game.players) else ""
    remark = "; ".join(filter(None, (remark, _parts(game), _feeding(game))))
    return [
        replace(journal.ledger.training(game, name, seed=i, remark=remark), diverged=why)
        for i, why in enumerate(keeper.diverged)
    ]


def _way(game: Game, engine: Engine) -> tuple[Play, str, str]:
    """How rounds are played: captured where that works; the name of the way, and why it is not the fast one."""
    if game.device.type != "cuda" or engine.capture == "never":
        return game.play, "plain", ""
    if game.processes.size > 1:
        return game.play, "plain", "not captured: gradients are averaged between processes"
    try:
        return captured(game), "captured", ""
    except Unsupported as error:
        return game.play, "plain", f"not captured: {error}"


def _span(seeds: Sequence[int]) -> str:
    """Seeds in words: `0-7` where they follow each other, else `0, 2, 5`."""
    if list(seeds) == list(range(seeds[0], seeds[0] + len(seeds))):
        return f"{seeds[0]}-{seeds[-1]}"
    return ", ".join(map(str, seeds))


def _parts(game: Game) -> str:
    parts = max(player.parts for player in game.players)
    return f"batches were split in {parts}, gradients added up, to fit into memory" if parts > 1 else ""


def _feeding(game: Game) -> str:
    return "the training set stays in main memory: batches are copied to the device" if game.fed else ""

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
from genbench.core.records import ELSEWHERE
from genbench.core.seeds import generator, seeded
from genbench.protocols.dataset import Dataset, DataSpec
from genbench.protocols.model import Budget, FitsItself, ModelBuilder
from genbench.training.capture import captured
from genbench.training.checkpoint import Checkpointer
from genbench.training.config import Progress, TrainConfig
from genbench.training.cost import iteration_cost
from genbench.training.divergence import DivergenceGuard
from genbench.training.indices import ShuffledIndices
from genbench.training.loop import TrainStep, done, run, spent, total_iterations
from genbench.training.objective_optimizer import multiplies_bfloat16
from genbench.training.placement import placed
from genbench.training.replicas import Replicas, SingleModel
from genbench.training.result import TrainResult
from genbench.training.stack_size import stack_size
from genbench.training.stacked import stacked
from genbench.training.train_state import TrainState

__all__ = ["TrainConfig", "TrainResult", "build", "fit", "fit_stack", "fit_together", "given_result"]


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
    config: TrainConfig = TrainConfig(),  # noqa: B008 (frozen)
) -> TrainResult:
    """Train `model` in place on `data.train`; it ends on `device`, in `eval()`.

    The order of the data and the noise in the losses depend on the seed only. Raises `Diverged` where a loss or a
    weight becomes NaN or inf; the model then holds its last finite state.
    """
    model.to(device)
    if isinstance(model, FitsItself):
        return _fit_itself(model, data, budget, seed=seed, device=device)
    (result,) = _fit_replicas(SingleModel(model), data, budget, (seed,), progress, config)
    if result.diverged is not None:
        raise Diverged(result.diverged)
    return result


def fit_stack(
    build: Callable[[], nn.Module],
    data: Dataset,
    budget: Budget,
    *,
    seeds: Sequence[int],
    device: torch.device,
    progress: Progress | None = None,
    config: TrainConfig = TrainConfig(),  # noqa: B008 (frozen)
) -> list[tuple[nn.Module, TrainResult]]:
    """Train one model a seed. `build` is called once a seed, under that seed.

    A seed that diverges says so in its `TrainResult`; the others go on.
    """
    models = []
    for seed in seeds:
        with seeded("init", seed):
            models.append(build())
    return fit_together(models, data, budget, seeds=seeds, device=device, progress=progress, config=config)


def fit_together(
    models: Sequence[nn.Module],
    data: Dataset,
    budget: Budget,
    *,
    seeds: Sequence[int],
    device: torch.device,
    progress: Progress | None = None,
    config: TrainConfig = TrainConfig(),  # noqa: B008 (frozen)
    most: tuple[int, str] | None = None,
) -> list[tuple[nn.Module, TrainResult]]:
    """Train models of one class and size, each with its seed, in stacks as large as fit, or of `most` models with a
    remark, as `stack_size` gives it.

    They may differ in seeds, or in numbers among their options, or in both. Models of one seed are shown the same
    batches and draw the same noise, so that each ends where it would alone, up to rounding.
    """
    models = [model.to(device).train() for model in models]
    data = replace(data, train=placed(data.train, device, config))  # once for all parts
    size, remark = most or stack_size(models, data.train, budget.batch, config, one_seed=len(set(seeds)) == 1)
    results: list[tuple[nn.Module, TrainResult]] = []
    parts: list[Path] = []
    for start in range(0, len(seeds), size):
        members, chosen = models[start : start + size], seeds[start : start + size]
        own = _part(config, start, start + len(members))
        parts += [own.checkpoint] if own.checkpoint else []
        if isinstance(members[0], FitsItself):
            records = [_fit_itself(members[0], data, budget, seed=chosen[0], device=device)]
        else:
            replicas = SingleModel(members[0]) if len(members) == 1 else stacked(members, len(set(chosen)) == 1)
            records = _fit_replicas(replicas, data, budget, chosen, progress, own)
        results += [(m, replace(r, remark=r.remark or remark)) for m, r in zip(members, records, strict=True)]
    for path in parts:
        path.unlink(missing_ok=True)
    return results


def _part(config: TrainConfig, start: int, stop: int) -> TrainConfig:
    """The config with a checkpoint of these models' own, which is kept when they end: the others may not have."""
    if config.checkpoint is None:
        return config
    path = config.checkpoint
    return replace(config, checkpoint=path.with_name(f"{path.stem}-{start}-{stop - 1}{path.suffix}"), keep=True)


def _fit_itself(model: FitsItself, data: Dataset, budget: Budget, *, seed: int, device: torch.device) -> TrainResult:
    module = cast(nn.Module, model).train()
    given = data.for_fitting(frozenset(getattr(model, "sees", ())))
    there = replace(given, train=given.train.to(device))
    began = time.perf_counter()
    with seeded("fit", seed, device=device), torch.no_grad():
        model.fit(there, budget, generator("fit", seed, device=device))
    module.to(device)
    seconds = time.perf_counter() - began
    module.eval()
    bad = [name for name, t in module.state_dict().items() if not bool(torch.isfinite(t).all())]
    if bad:
        raise Diverged(f"{type(model).__name__}.fit left NaN or inf in {', '.join(bad)}.")
    if getattr(model, "trained_elsewhere", False):
        return given_result(seconds)
    n = len(data.train)
    return TrainResult(
        seconds=seconds, images=n, steps=0, images_per_second=n / max(seconds, 1e-9), trained="closed form"
    )


def given_result(seconds: float = 0.0) -> TrainResult:
    """Of a model that was trained elsewhere: nothing was read, and what it took nobody here knows."""
    return TrainResult(seconds=seconds, images=0, steps=0, images_per_second=0.0, trained=ELSEWHERE, weights="given")


def _fit_replicas(
    replicas: Replicas,
    data: Dataset,
    budget: Budget,
    seeds: Sequence[int],
    progress: Progress | None,
    config: TrainConfig,
) -> list[TrainResult]:
    """Train replicas, one result a seed; the models end in `eval()`, with their averages where they have them."""
    began = time.perf_counter()
    device = replicas.optimizers[0].device
    different = list(dict.fromkeys(seeds))
    indices, group = (
        [ShuffledIndices(len(data.train), s) for s in (different if len(different) == 1 else seeds)],
        config.processes,
    )
    train = placed(data.train, device, config)
    state = TrainState(replicas, train, budget.batch, indices, group, binarised=data.bernoulli)
    group.copy_first(list(replicas.weights().values()))
    for optimizer in state.optimizers:
        optimizer.split = config.out_of_memory == "split"
        optimizer.reduced |= config.precision == "bfloat16" and multiplies_bfloat16(device)
    for model in replicas.models:
        model.train()
    try:
        own = () if group.rank == 0 else (f"process {group.rank}",)
        with seeded("noise", *different, *own, device=device), torch.enable_grad():
            state.cost = iteration_cost(state)
            budget = replace(budget, seconds=budget.seconds * max(1, state.seeds))  # a stack trains for all its seeds
            checkpointer = Checkpointer(state, budget, seeds, config)
            guard = DivergenceGuard(state)
            train_step, trained, remark = _train_step(state, config)
            checkpointer.history.setup += time.perf_counter() - began

            def after() -> bool:
                last = spent(budget, checkpointer.history, total_iterations(budget, state))
                alive = guard.check(checkpointer.history, last=last)
                checkpointer.save_if_due()
                if progress is not None:
                    progress(*done(budget, checkpointer.history, state))
                return alive

            run(state, budget, checkpointer.history, train_step=train_step, after=after)
    finally:
        for model in replicas.models:
            model.eval()
    checkpointer.close(finite=not any(guard.diverged))
    for optimizer in state.optimizers:
        optimizer.adopt_average()
    guard.restore()
    group.copy_first(list(replicas.weights().values()))
    replicas.copy_to_models()
    if group.size > 1:
        trained = f"{trained} over {group.size} processes"
    name = trained if not state.seeds else f"{trained} stack of {_members(seeds)}".removeprefix("plain ")
    name += ", bfloat16" if any(optimizer.reduced for optimizer in state.optimizers) else ""
    remark = "; ".join(filter(None, (remark, _split_remark(state), _host_remark(state), _cost_remark(state))))
    return [
        replace(checkpointer.history.result(state, name, seed=i, remark=remark), diverged=why)
        for i, why in enumerate(guard.diverged)
    ]


def _train_step(state: TrainState, config: TrainConfig) -> tuple[TrainStep, str, str]:
    """The step: captured where that works; the name of the way, and why it is not the fast one."""
    if state.device.type != "cuda" or config.capture == "never":
        return state.train_step, "plain", ""
    if state.processes.size > 1:
        return state.train_step, "plain", "not captured: gradients are averaged between processes"
    try:
        return captured(state), "captured", ""
    except Unsupported as error:
        return state.train_step, "plain", f"not captured: {error}"


def _members(seeds: Sequence[int]) -> str:
    """A stack in words: `seeds 0-7` where they follow each other, else `seeds 0, 2, 5`; `5 settings` of one seed."""
    different = list(dict.fromkeys(seeds))
    if len(different) == 1:
        return f"{len(seeds)} settings"
    return f"seeds {_span(different)}" + (f" in {len(seeds)} settings" if len(different) < len(seeds) else "")


def _span(seeds: Sequence[int]) -> str:
    if list(seeds) == list(range(seeds[0], seeds[0] + len(seeds))):
        return f"{seeds[0]}-{seeds[-1]}"
    return ", ".join(map(str, seeds))


def _split_remark(state: TrainState) -> str:
    parts = max(optimizer.parts for optimizer in state.optimizers)
    return f"batches were split in {parts}, gradients added up, to fit into memory" if parts > 1 else ""


def _cost_remark(state: TrainState) -> str:
    return f"operations not counted: {state.cost.reason}" if state.cost.reason else ""


def _host_remark(state: TrainState) -> str:
    return "the training set stays in main memory: batches are copied to the device" if state.from_host else ""

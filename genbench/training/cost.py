"""What an iteration costs one seed: its operations, the images that it reads, updates of the network that samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from genbench.protocols.model import Objective
from genbench.training.dry_run import first_sentence, restored
from genbench.training.parallel import Alone
from genbench.training.replicas import SingleModel
from genbench.training.train_state import IterationCost, TrainState


class OperationCounter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts floating-point operations by torch's own formulas: products, convolutions and attention, a multiply-add
    counting 2; what is done element by element counts nothing.

    Torch's `FlopCounterMode` watches modules too, which fails where a loss takes gradients of its own.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.total = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """No: nothing is compiled here, and to skip its compiler torch imports it, which takes as long as torch."""
        return False

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        formula = flop_registry.get(func._overloadpacket)
        if formula is not None:
            self.total += int(formula(*args, **(kwargs or {}), out_val=out))
        return out


def iteration_cost(state: TrainState) -> IterationCost:
    """The cost of one iteration of one seed, by a dry run of one model that is undone."""
    alone = state if not state.seeds else _alone(state)
    objectives = [optimizer.objective for optimizer in alone.optimizers]
    model = alone.replicas.models[0]
    with restored(alone):
        updates = sampling_updates(model, objectives)
        flops, reason = _operations(alone)
    if alone is not state:
        alone.replicas.copy_to_models()
    read = state.batch * sum(o.steps for o in objectives if o.reads_data)
    return IterationCost(images=read, updates=updates, flops=flops, reason=reason)


def _alone(state: TrainState) -> TrainState:
    """The first seed of a stack by itself: torch's formulas overcount the convolutions of a stack."""
    first = SingleModel(state.replicas.models[0])
    return TrainState(first, state.data, state.batch, state.indices[:1], state.processes, state.binarised)


def _operations(state: TrainState) -> tuple[int | None, str]:
    """Operations of an iteration over all processes; None with the reason where they cannot be counted."""
    for optimizer in state.optimizers:
        optimizer.processes = Alone()  # what is undone need not be agreed upon
    try:
        with OperationCounter() as counter:
            state.train_step(state.rows(0, 1)[0])
    except Exception as error:  # the training itself will say what is wrong
        return None, first_sentence(error)
    finally:
        for optimizer in state.optimizers:
            optimizer.processes = state.processes
    if not counter.total:
        return None, "torch knows no formula for what it does"
    return counter.total * state.processes.size, ""


def sampling_updates(model: nn.Module, objectives: Sequence[Objective]) -> int | None:
    """Optimiser steps that an iteration makes on the network that samples (where none does, the one that decodes):
    those of the objectives that train most of it. None where the model can do neither, or nothing of it is trained.
    """
    draw = _draw(model)
    if draw is None:
        return None
    if len(objectives) == 1:
        return objectives[0].steps
    used = _parameters_used(model, draw)
    trained = [(o.steps, {id(p) for p in o.parameters}) for o in objectives]
    sizes: Counter[int] = Counter()
    for parameter in used:
        sizes[sum(steps for steps, own in trained if id(parameter) in own)] += parameter.numel()
    del sizes[0]
    return max(sizes, key=lambda steps: sizes[steps]) if sizes else None


def _draw(model: nn.Module) -> Callable[[], Tensor] | None:
    """One sample, or one code decoded."""
    device = next(model.parameters()).device
    sample, decode, latent = (getattr(model, name, None) for name in ("sample", "decode", "latent"))
    if callable(sample):
        return lambda: sample(1, generator=torch.Generator(device).manual_seed(0))
    if callable(decode) and isinstance(latent, int):
        return lambda: decode(torch.zeros(1, latent, device=device))
    return None


def _parameters_used(model: nn.Module, draw: Callable[[], Tensor]) -> list[nn.Parameter]:
    """Parameters of the modules that are called while the model draws; none where it can't yet."""
    called: dict[nn.Module, None] = {}
    modes = {module: module.training for module in model.modules()}
    handles = [module.register_forward_hook(lambda module, *_: called.setdefault(module)) for module in modes]
    model.eval()
    try:
        with torch.no_grad():
            draw()
    except Exception:  # what cannot sample is said where samples are asked for
        return []
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes.items():
            module.training = training
    return [p for module in called for p in module.parameters(recurse=False)]

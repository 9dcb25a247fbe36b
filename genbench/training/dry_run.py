"""A dry run: an iteration whose effects are undone, to learn whether a way of training works and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from genbench.core.errors import Unsupported
from genbench.training.train_state import TrainState


@contextmanager
def restored(state: TrainState) -> Iterator[None]:
    """Afterwards tensors, random states and the models' plain attributes are as they were before."""
    kept = {name: tensor.detach().clone() for name, tensor in _tensors(state).items()}
    attributes = [plain_attributes(model) for model in state.replicas.models]
    cuda = state.device.type == "cuda"
    random, random_cuda = torch.get_rng_state(), torch.cuda.get_rng_state() if cuda else None
    try:
        yield
    finally:
        with torch.no_grad():
            for name, tensor in _tensors(state).items():
                tensor.copy_(kept[name])
        for model, before in zip(state.replicas.models, attributes, strict=True):
            _restore(model, before)
        torch.set_rng_state(random)
        if random_cuda is not None:
            torch.cuda.set_rng_state(random_cuda)


def _tensors(state: TrainState) -> dict[str, Tensor]:
    """The state's tensors, and the models' buffers: those that no checkpoint holds, too."""
    models = enumerate(state.replicas.models)
    return state.tensors() | {f"{i}.{name}": b for i, model in models for name, b in model.named_buffers()}


def dry_run(state: TrainState) -> None:
    """Run an iteration and undo it. Raises `Unsupported` with the first sentence of what went wrong."""
    with restored(state):
        try:
            state.train_step(state.rows(0, 1)[0])
        except Exception as error:
            raise Unsupported(first_sentence(error)) from error


def changed_attributes(model: nn.Module, before: dict[str, dict[str, object]]) -> list[str]:
    """Names of plain attributes (numbers, strings, flags) that differ from before: state that no tensor holds."""
    now = plain_attributes(model)
    return [f"{m}.{k}".strip(".") for m, own in now.items() for k, v in own.items() if before[m].get(k, None) != v]


def plain_attributes(model: nn.Module) -> dict[str, dict[str, object]]:
    """Numbers, strings and flags of each submodule: what a loss might count in."""
    plain = (bool, int, float, str, type(None))
    return {name: {k: v for k, v in vars(m).items() if isinstance(v, plain)} for name, m in model.named_modules()}


def first_sentence(error: BaseException) -> str:
    """What an error says, cut to its first sentence and 160 characters."""
    text = str(error).strip().split("\n")[0].split(". ")[0].rstrip(".")
    return f"{type(error).__name__}: {text[:160]}" if text else type(error).__name__


def _restore(model: nn.Module, before: dict[str, dict[str, object]]) -> None:
    for name, module in model.named_modules():
        for key, value in before.get(name, {}).items():
            object.__setattr__(module, key, value)

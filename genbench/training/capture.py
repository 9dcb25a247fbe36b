"""A training iteration captured as a CUDA graph: one launch instead of hundreds."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.training.dry_run import changed_attributes, first_sentence, plain_attributes, restored
from genbench.training.train_state import TrainState

WARM_UP = 3

Iteration = Callable[[], Tensor]
Load = Callable[[Tensor], object]


def captured(state: TrainState) -> Callable[[Tensor], Tensor]:
    """`state.train_step` as the replay of a graph. Raises `Unsupported` with the reason where it cannot be captured.

    The iterations that warm up leave no trace. A loss that keeps state outside tensors (a Python counter),
    gives a buffer a new tensor, or waits for the device would be wrong when replayed: it is refused.
    """
    if state.device.type != "cuda":
        raise Unsupported("CUDA graphs need a CUDA device")
    iteration, load = _staged(state) if state.from_host else _from_rows(state)
    with restored(state):
        _warm_up(state, iteration)
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                losses = iteration()
        except Exception as error:
            torch.cuda.synchronize()
            raise Unsupported(first_sentence(error)) from error

    def train_step(rows: Tensor) -> Tensor:
        load(rows)
        graph.replay()
        return losses.clone()

    return train_step


def _from_rows(state: TrainState) -> tuple[Iteration, Load]:
    """An iteration that gathers its batches by row numbers in a tensor of its own, and how to load new numbers."""
    static = state.rows(0, 1)[0].clone()
    return lambda: state.train_step(static), static.copy_


def _staged(state: TrainState) -> tuple[Iteration, Load]:
    """An iteration on batches in tensors of its own, and how to load them from main memory."""
    static = [state.fetch(rows) for rows in state.rows(0, 1)[0]]

    def load(rows: Tensor) -> None:
        for batch, own in zip(static, rows, strict=True):
            new = state.fetch(own)
            batch.x.copy_(new.x)
            if batch.y is not None and new.y is not None:
                batch.y.copy_(new.y)

    return lambda: state.train_step_on(iter(static)), load


def _warm_up(state: TrainState, iteration: Iteration) -> None:
    """A few eager iterations on a side stream, watched for what a graph cannot repeat."""
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    buffers = {name: tensor.data_ptr() for name, tensor in state.tensors().items()}
    mode = torch.cuda.get_sync_debug_mode()
    with torch.cuda.stream(stream):
        iteration()
        before = [plain_attributes(model) for model in state.replicas.models]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the mode warns that it is a prototype
                torch.cuda.set_sync_debug_mode("error")
            for _ in range(WARM_UP - 1):
                iteration()
        except Exception as error:
            raise Unsupported(first_sentence(error)) from error
        finally:
            torch.cuda.set_sync_debug_mode(mode)
    torch.cuda.current_stream().wait_stream(stream)
    replaced = [name for name, tensor in state.tensors().items() if buffers[name] != tensor.data_ptr()]
    counted = [a for m, b in zip(state.replicas.models, before, strict=True) for a in changed_attributes(m, b)]
    if replaced or counted:
        names = ", ".join([*replaced, *counted])
        raise Unsupported(f"a replay would not change {names}: change buffers in place, keep no state in attributes")

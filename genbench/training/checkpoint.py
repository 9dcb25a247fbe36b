"""Checkpoints in mid-training: every tensor, every random state and the history, in one safetensors file."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from genbench.core import paths, tensor_files
from genbench.core.errors import DataError
from genbench.core.seeds import derive
from genbench.protocols.model import Budget
from genbench.training.config import TrainConfig
from genbench.training.history import TrainHistory
from genbench.training.train_state import TrainState

VERSION = "2"


class Checkpointer:
    """Keeps a checkpoint of a training up to date, where one is asked for; begins from it, where there is one.

    Of several processes the first writes; the others' noise starts afresh when a training is resumed.
    """

    def __init__(self, state: TrainState, budget: Budget, seeds: Sequence[int], config: TrainConfig) -> None:
        self._state, self._path, self._every = state, config.checkpoint, config.every
        self._identity = {"seeds": repr(tuple(seeds)), "budget": repr(budget), "rows": str(len(state.data))}
        self.history = load(self._path, state, self._identity) if self._path else TrainHistory()
        self._keep, self._first = config.keep, state.processes.rank == 0
        if not self._first and self.history.iterations:
            torch.manual_seed(derive("noise", *seeds, state.processes.rank, self.history.iterations))
        self._saved = time.perf_counter()

    def save_if_due(self) -> None:
        """Save, if the last checkpoint is old enough."""
        if self._path and self._first and time.perf_counter() - self._saved >= self._every:
            save(self._path, self._state, self.history, self._identity)
            self._saved = time.perf_counter()

    def close(self, *, finite: bool) -> None:
        """The training has ended: its checkpoint is of no more use, or is kept whole for the seeds that go on."""
        if not self._path or not self._first:
            return
        if self._keep and finite:
            save(self._path, self._state, self.history, self._identity)
        else:
            self._path.unlink(missing_ok=True)


def save(path: Path, state: TrainState, history: TrainHistory, identity: Mapping[str, str]) -> None:
    """Write all of a training's state, whole or not at all."""
    tensors = state.tensors() | {f"random.{name}": t for name, t in _random_states().items()}
    metadata = {**identity, "version": VERSION, "history": history.to_json()}
    tensor_files.write(path, tensors, metadata)


def load(path: Path, state: TrainState, identity: Mapping[str, str]) -> TrainHistory:
    """Restore the tensors of the state and torch's generators; an empty history where there is no file, or a broken
    one, which is set aside: the training starts again.

    Raises `DataError` where the file belongs to another training.
    """
    if not path.exists():
        return TrainHistory()
    try:
        tensors, metadata = tensor_files.read(path)
    except DataError:
        paths.set_aside(path)
        return TrainHistory()
    expected = {**identity, "version": VERSION}
    wrong = [key for key, value in expected.items() if metadata.get(key) != value]
    live = state.tensors()
    if wrong or set(live) != {name for name in tensors if not name.startswith("random.")}:
        raise DataError(f"{path} is of another training ({', '.join(wrong) or 'other tensors'}): delete it.")
    with torch.no_grad():
        for name, tensor in live.items():
            tensor.copy_(tensors[name])
    _set_random_states({n.removeprefix("random."): t for n, t in tensors.items() if n.startswith("random.")})
    return TrainHistory(**json.loads(metadata["history"]))


def _random_states() -> dict[str, Tensor]:
    states = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state()
    return states


def _set_random_states(states: Mapping[str, Tensor]) -> None:
    torch.set_rng_state(states["cpu"])
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"])

"""A round of the game captured as a CUDA graph: one launch instead of hundreds."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch import Tensor

from genbench.errors import Unsupported
from genbench.training.game import Game
from genbench.training.rehearsal import changed_attributes, first_sentence, plain_attributes, undone

WARM_UP = 3


def captured(game: Game) -> Callable[[Tensor], Tensor]:
    """`game.play` as the replay of a graph. Raises `Unsupported` with the reason where the round cannot be captured.

    The rounds that are played to warm up leave no trace. A loss that keeps state outside tensors (a Python counter),
    gives a buffer a new tensor, or waits for the device would be wrong when replayed: it is refused.
    """
    if game.device.type != "cuda":
        raise Unsupported("CUDA graphs need a CUDA device")
    rows = game.rows(0, 1)[0].clone()
    with undone(game):
        _warm_up(game, rows)
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                losses = game.play(rows)
        except Exception as error:
            torch.cuda.synchronize()
            raise Unsupported(first_sentence(error)) from error

    def play(next_rows: Tensor) -> Tensor:
        rows.copy_(next_rows)
        graph.replay()
        return losses.clone()

    return play


def _warm_up(game: Game, rows: Tensor) -> None:
    """A few eager rounds on a side stream, watched for what a graph cannot repeat."""
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    buffers = {name: tensor.data_ptr() for name, tensor in game.state().items()}
    mode = torch.cuda.get_sync_debug_mode()
    with torch.cuda.stream(stream):
        game.play(rows)
        before = [plain_attributes(model) for model in game.team.models]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the mode warns that it is a prototype
                torch.cuda.set_sync_debug_mode("error")
            for _ in range(WARM_UP - 1):
                game.play(rows)
        except Exception as error:
            raise Unsupported(first_sentence(error)) from error
        finally:
            torch.cuda.set_sync_debug_mode(mode)
    torch.cuda.current_stream().wait_stream(stream)
    moved = [name for name, tensor in game.state().items() if buffers[name] != tensor.data_ptr()]
    counted = [a for m, b in zip(game.team.models, before, strict=True) for a in changed_attributes(m, b)]
    if moved or counted:
        names = ", ".join([*moved, *counted])
        raise Unsupported(f"a replay would not change {names}: change buffers in place, keep no state in attributes")

"""A round of the game captured as a CUDA graph: one launch instead of hundreds."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.training.game import Game
from genbench.training.rehearsal import changed_attributes, first_sentence, plain_attributes, undone

WARM_UP = 3

Round = Callable[[], Tensor]
Load = Callable[[Tensor], object]


def captured(game: Game) -> Callable[[Tensor], Tensor]:
    """`game.play` as the replay of a graph. Raises `Unsupported` with the reason where the round cannot be captured.

    The rounds that are played to warm up leave no trace. A loss that keeps state outside tensors (a Python counter),
    gives a buffer a new tensor, or waits for the device would be wrong when replayed: it is refused.
    """
    if game.device.type != "cuda":
        raise Unsupported("CUDA graphs need a CUDA device")
    round_, load = _staged(game) if game.fed else _from_rows(game)
    with undone(game):
        _warm_up(game, round_)
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                losses = round_()
        except Exception as error:
            torch.cuda.synchronize()
            raise Unsupported(first_sentence(error)) from error

    def play(rows: Tensor) -> Tensor:
        load(rows)
        graph.replay()
        return losses.clone()

    return play


def _from_rows(game: Game) -> tuple[Round, Load]:
    """A round that gathers its batches itself, by row numbers in a tensor of its own, and how to load new numbers."""
    held = game.rows(0, 1)[0].clone()
    return lambda: game.play(held), held.copy_


def _staged(game: Game) -> tuple[Round, Load]:
    """A round on batches in tensors of its own, and how to load them from main memory."""
    held = [game.fetch(rows) for rows in game.rows(0, 1)[0]]

    def load(rows: Tensor) -> None:
        for batch, own in zip(held, rows, strict=True):
            new = game.fetch(own)
            batch.x.copy_(new.x)
            if batch.y is not None and new.y is not None:
                batch.y.copy_(new.y)

    return lambda: game.play_on(iter(held)), load


def _warm_up(game: Game, round_: Round) -> None:
    """A few eager rounds on a side stream, watched for what a graph cannot repeat."""
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    buffers = {name: tensor.data_ptr() for name, tensor in game.state().items()}
    mode = torch.cuda.get_sync_debug_mode()
    with torch.cuda.stream(stream):
        round_()
        before = [plain_attributes(model) for model in game.team.models]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the mode warns that it is a prototype
                torch.cuda.set_sync_debug_mode("error")
            for _ in range(WARM_UP - 1):
                round_()
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

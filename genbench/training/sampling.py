"""Sampling in chunks, on a GPU as the replay of one captured chunk: the same samples as without, sooner.

A chunk of a diffusion sampler is thousands of small launches; replayed as a CUDA graph they are one.
"""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from genbench.core import seeds
from genbench.core.errors import Unsupported
from genbench.training.dry_run import first_sentence

WORTH = 3
"""Chunks from which a capture, which costs about two of them, can pay."""

CAPTURE = 0.03
"""Seconds that a capture costs besides: what is drawn in one pass is drawn sooner than captured."""

Sample = Callable[..., Tensor]


def chunks(
    sample: Sample,
    n: int,
    *parts: str | int,
    device: torch.device | str = "cpu",
    chunk: int = seeds.CHUNK,
    first: int = 0,
) -> Iterator[Tensor]:
    """What `seeds.chunks` gives, captured where the device is a GPU, n is worth it and the sampler allows it."""
    eager = seeds.chunks(sample, n, *parts, device=device, chunk=chunk, first=first)
    left = -(-n // chunk) - first
    if torch.device(device).type != "cuda" or left <= WORTH:
        return eager
    return _sooner(sample, eager, _Rest(n, parts, chunk, first + 1), torch.device(device))


class _Rest(NamedTuple):
    """What is drawn after the first chunk."""

    n: int
    parts: tuple[str | int, ...]
    chunk: int
    first: int


def _sooner(sample: Sample, eager: Iterator[Tensor], rest: _Rest, device: torch.device) -> Iterator[Tensor]:
    """One chunk by the clock, then the others captured where they would take longer than that."""
    x, seconds = _timed(eager, device)
    yield x
    left = -(-rest.n // rest.chunk) - rest.first
    if (left - WORTH + 1) * seconds > CAPTURE:
        with contextlib.suppress(Unsupported):
            replay = captured(sample, rest.chunk, device)
            eager = (replay(seeds.derive(*rest.parts, i)) for i in range(rest.first, rest.first + left))
    yield from eager


def _timed(chunks: Iterator[Tensor], device: torch.device) -> tuple[Tensor, float]:
    """The next chunk, and the seconds that it took."""
    torch.cuda.synchronize(device)
    began = time.perf_counter()
    x = next(chunks)
    torch.cuda.synchronize(device)
    return x, time.perf_counter() - began


def captured(sample: Sample, chunk: int, device: torch.device) -> Callable[[int], Tensor]:
    """`seed -> sample(chunk, generator=that seed's)` as a replay. Raises `Unsupported` where it cannot be captured."""
    generator = torch.Generator(device).manual_seed(0)
    graph = torch.cuda.CUDAGraph()
    graph.register_generator_state(generator)
    mode = torch.cuda.get_sync_debug_mode()
    with torch.random.fork_rng(devices=[device]), torch.no_grad():
        try:
            _warm_up(sample, chunk, device)
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                x = sample(chunk, generator=generator)
        except Exception as error:
            torch.cuda.synchronize()
            raise Unsupported(first_sentence(error)) from error
        finally:
            torch.cuda.set_sync_debug_mode(mode)

    def replay(seed: int) -> Tensor:
        generator.manual_seed(seed)
        graph.replay()
        return x.clone()

    return replay


def _warm_up(sample: Sample, chunk: int, device: torch.device) -> None:
    """A chunk on a side stream, a second one watched for waits, which a graph cannot repeat."""
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        sample(chunk, generator=torch.Generator(device).manual_seed(0))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the mode warns that it is a prototype
            torch.cuda.set_sync_debug_mode("error")
        sample(2, generator=torch.Generator(device).manual_seed(0))
    torch.cuda.set_sync_debug_mode("default")
    torch.cuda.current_stream().wait_stream(stream)

"""Sampling in chunks, on a GPU as the replay of one captured chunk: the same samples as without, sooner.

A chunk of a diffusion sampler is thousands of small launches; replayed as a CUDA graph they are one.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from genbench.core import seeds
from genbench.core.errors import Unsupported
from genbench.training.dry_run import first_sentence

WORTH = 3
"""Chunks from which a capture, which costs about two of them, pays."""

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
    if torch.device(device).type == "cuda" and n - first * chunk > WORTH * chunk:
        with contextlib.suppress(Unsupported):
            return _replayed(captured(sample, chunk, torch.device(device)), n, parts, chunk, first)
    return seeds.chunks(sample, n, *parts, device=device, chunk=chunk, first=first)


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


def _replayed(
    replay: Callable[[int], Tensor], n: int, parts: tuple[str | int, ...], chunk: int, first: int
) -> Iterator[Tensor]:
    for i in range(first, (n + chunk - 1) // chunk):
        yield replay(seeds.derive(*parts, i))

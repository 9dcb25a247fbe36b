"""Sampling in chunks: the same as `seeds.draw`, captured or not."""

from __future__ import annotations

import pytest
import torch
from training_toys import TinyVAE, toy_data

from genbench.core import seeds
from genbench.core.errors import Unsupported
from genbench.training import sampling


def draw(sample, n, *, device="cpu"):
    return torch.cat(list(sampling.chunks(sample, n, "samples", 0, device=device, chunk=8)))[:n]


def test_without_a_gpu_it_is_seeds_draw():
    model = TinyVAE(toy_data().spec).eval()
    with torch.no_grad():
        ours = draw(model.sample, 40)
        assert torch.equal(ours, seeds.draw(model.sample, 40, "samples", 0, chunk=8))


@pytest.mark.parametrize("seconds, tries", [(1.0, [8]), (1e-4, [])])
def test_what_cannot_be_captured_is_drawn_as_it_is(monkeypatch, seconds, tries):
    """On a GPU whose capture fails, the sampler is called chunk by chunk; one that is done sooner is not captured."""
    tried: list[int] = []

    def refuse(sample, chunk, device):
        tried.append(chunk)
        raise Unsupported("RuntimeError: called a synchronizing CUDA operation")

    monkeypatch.setattr(sampling, "captured", refuse)
    monkeypatch.setattr(sampling, "_timed", lambda chunks, device: (next(chunks), seconds))
    monkeypatch.setattr(seeds, "generator", lambda *parts, device: torch.Generator().manual_seed(seeds.derive(*parts)))

    def sample(n, *, generator):
        return torch.rand(n, 2, generator=generator)

    drawn = draw(sample, 40, device="cuda")
    assert tried == tries and torch.equal(drawn, draw(sample, 40))
    draw(sample, 24, device="cuda")
    assert tried == tries, "three chunks are not worth a capture"


def test_replayed_chunks_follow_the_first_in_its_order(monkeypatch):
    """A capture is given the seeds of the chunks that are left."""
    sample = lambda n, *, generator: torch.rand(n, 2, generator=generator)
    given = lambda seed: sample(8, generator=torch.Generator().manual_seed(seed))
    monkeypatch.setattr(sampling, "captured", lambda sample, chunk, device: given)
    monkeypatch.setattr(sampling, "_timed", lambda chunks, device: (next(chunks), 1.0))
    monkeypatch.setattr(seeds, "generator", lambda *parts, device: torch.Generator().manual_seed(seeds.derive(*parts)))
    assert torch.equal(draw(sample, 45, device="cuda"), draw(sample, 45))
    later = sampling.chunks(sample, 45, "samples", 0, device="cuda", chunk=8, first=1)
    assert torch.equal(torch.cat(list(later)), draw(sample, 48)[8:])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_captured_samples_are_the_very_same():
    model = TinyVAE(toy_data().spec).cuda().eval()
    with torch.no_grad():
        ours = draw(model.sample, 100, device="cuda")
        assert torch.equal(ours, seeds.draw(model.sample, 100, "samples", 0, device="cuda", chunk=8))

"""The search for a code without an encoder: against a linear decoder's exact answer, and its independence."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genbench.evaluations.latent_search import latent_search


def linear(latent: int = 3, size: int = 8) -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(latent, size)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_linear_decoder_is_inverted_as_by_least_squares() -> None:
    decode = linear()
    x = torch.randn(20, 8, generator=seeded(1))
    exact = torch.linalg.lstsq(decode.weight, (x - decode.bias).T).solution.T
    with torch.no_grad():
        found = latent_search(decode, x, 3, generator=seeded())
        best = (decode(exact) - x).square().mean(1)
    error = (found.x - x).square().mean(1)
    assert found.z.shape == (20, 3) and found.x.shape == x.shape
    assert bool((error >= best - 1e-6).all()) and torch.allclose(error, best, atol=2e-3)
    assert all(p.grad is None for p in decode.parameters())


def test_what_the_decoder_can_make_is_found_and_nothing_else_is() -> None:
    decode = nn.Sequential(linear(2, 8), nn.Tanh())
    with torch.no_grad():
        inside = decode(torch.randn(16, 2, generator=seeded(2)))
    outside = inside + torch.randn(16, 8, generator=seeded(3))
    errors = [(latent_search(decode, x, 2, generator=seeded()).x - x).square().mean(1) for x in (inside, outside)]
    assert float(errors[0].max()) < 1e-3 < float(errors[1].min())


def test_one_by_one_equals_batched_and_more_restarts_are_never_worse() -> None:
    decode = nn.Sequential(linear(2, 6), nn.Sigmoid())
    x = torch.rand(5, 6, generator=seeded(4))

    def errors(x: Tensor, **budget: int) -> Tensor:
        return (latent_search(decode, x, 2, generator=seeded(), steps=30, **budget).x - x).square().mean(1)

    single = torch.cat([errors(one[None]) for one in x])
    assert torch.allclose(errors(x), single, atol=1e-6)
    assert bool((errors(x, restarts=4) <= errors(x, restarts=1) + 1e-7).all())


def test_batch_norm_in_eval_is_left_alone() -> None:
    decode = nn.Sequential(linear(2, 4), nn.BatchNorm1d(4)).eval()
    before = {name: value.clone() for name, value in decode.state_dict().items()}
    latent_search(decode, torch.randn(4, 4, generator=seeded(5)), 2, generator=seeded(), steps=5)
    assert all(torch.equal(before[name], value) for name, value in decode.state_dict().items())

"""The fused Adam is torch's, bit for bit; where there is no kernel torch's own stands behind it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from genbench.protocols.model import Adam
from genbench.training import adam as module
from genbench.training.adam import FusedAdam

SETTINGS = [Adam(lr=0.02), Adam(lr=0.02, betas=(0.0, 0.9), eps=1e-6), Adam(lr=0.02, weight_decay=0.1)]


def parameters() -> list[nn.Parameter]:
    g = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(shape, generator=g)) for shape in ((7, 5), (5,), ())]


def walk(optimizer, weights, *, skip: int | None = None, steps: int = 20) -> None:
    """Gradients that are the same for the same weights; `skip` never gets one."""
    for step in range(steps):
        for i, weight in enumerate(weights):
            weight.grad = None if i == skip else torch.sin(weight.detach() * (i + 1) + step)
        optimizer.step()


def theirs(settings: Adam, weights, **options) -> torch.optim.Optimizer:
    kind = torch.optim.AdamW if settings.weight_decay else torch.optim.Adam
    return kind(
        weights,
        lr=settings.lr,
        betas=settings.betas,
        eps=settings.eps,
        weight_decay=settings.weight_decay,
        **options,
    )


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("skip", [None, 1])
def test_it_is_torchs_fused_adam_bit_for_bit(settings, skip):
    ours, expected = parameters(), parameters()
    walk(FusedAdam(settings, ours), ours, skip=skip)
    walk(theirs(settings, expected, fused=True), expected, skip=skip)
    assert all(torch.equal(a, b) for a, b in zip(ours, expected, strict=True))
    assert not torch.equal(ours[0], parameters()[0])


@pytest.mark.parametrize("settings", SETTINGS)
def test_without_a_kernel_torchs_own_moves_and_shows_its_state(settings, monkeypatch):
    monkeypatch.setattr(module, "FUSED", ())
    ours, expected = parameters(), parameters()
    optimizer = FusedAdam(settings, ours)
    walk(optimizer, ours)
    walk(theirs(settings, expected), expected)
    assert all(torch.equal(a, b) for a, b in zip(ours, expected, strict=True))
    assert optimizer.state()["step.0"] == 20 and optimizer.state()["exp_avg.0"].abs().sum() > 0
    optimizer.set_lr(0.0)
    before = ours[1].clone()
    if not settings.weight_decay:
        walk(optimizer, ours, steps=1)
        assert torch.equal(ours[1], before)


def test_a_new_learning_rate_takes_effect_at_once():
    weights = parameters()
    optimizer = FusedAdam(Adam(lr=0.1), weights)
    optimizer.set_lr(0.0)
    walk(optimizer, weights)
    assert all(torch.equal(a, b) for a, b in zip(weights, parameters(), strict=True))

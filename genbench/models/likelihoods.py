"""p(x|z) of decoders: Bernoulli on [0, 1], Gaussian with a stated or learned scale elsewhere. Pure functions."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional


def bernoulli_log_prob(logits: Tensor, x: Tensor) -> Tensor:
    """Σ x log p + (1 - x) log(1 - p), p = sigmoid(logits): (B, *shape) twice -> (B,) nats.

    For grey values inside (0, 1) this is the usual cross-entropy, not a normalised density: its name says `bernoulli`.
    """
    return -functional.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").flatten(1).sum(1)


def gaussian_log_prob(mean: Tensor, x: Tensor, log_scale: Tensor | float) -> Tensor:
    """log N(x; mean, scale² I): (B, *shape) twice, log scale broadcastable -> (B,) nats."""
    log_scale = torch.as_tensor(log_scale, dtype=mean.dtype, device=mean.device)
    term = ((x - mean) * torch.exp(-log_scale)) ** 2 + 2 * log_scale + math.log(2 * math.pi)
    return -0.5 * term.flatten(1).sum(1)


def gaussian_kl(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mean, diag exp(log_var)) ‖ N(0, I)) a latent: (B, latent) twice -> (B, latent) nats."""
    return 0.5 * (mean**2 + log_var.exp() - log_var - 1)


def diagonal_log_prob(z: Tensor, mean: Tensor, log_var: Tensor) -> Tensor:
    """log N(z; mean, diag exp(log_var)) summed over the last axis."""
    return -0.5 * ((z - mean) ** 2 / log_var.exp() + log_var + math.log(2 * math.pi)).sum(-1)


def standard_log_prob(z: Tensor) -> Tensor:
    """log N(z; 0, I) summed over the last axis."""
    return -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)

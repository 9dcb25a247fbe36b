"""Maximum mean discrepancy between codes and a prior: the kernels of WAE and InfoVAE."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def inverse_multiquadratic(squares: Tensor, latent: int) -> Tensor:
    """Σ_s C/(C + ‖a - b‖²), C = 2 · latent · s, s in 0.1 … 10: WAE's kernel (section 4) at the scales of its code."""
    scales = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
    return torch.stack([2 * latent * s / (2 * latent * s + squares) for s in scales]).sum(0)


def radial(squares: Tensor, latent: int) -> Tensor:
    """exp(-‖a - b‖² / latent²), InfoVAE's Gaussian kernel: its authors' code divides the mean square by the latents."""
    return torch.exp(-squares / latent**2)


def mmd(a: Tensor, b: Tensor, kernel: Callable[[Tensor, int], Tensor]) -> Tensor:
    """Unbiased MMD² of two samples (n, latent) each; may be slightly negative."""
    n, latent = a.shape
    within = kernel(_squares(a, a), latent) + kernel(_squares(b, b), latent)
    off = 1 - torch.eye(n, dtype=a.dtype, device=a.device)
    return (within * off).sum() / (n * (n - 1)) - 2 * kernel(_squares(a, b), latent).mean()


def _squares(a: Tensor, b: Tensor) -> Tensor:
    return (a[:, None] - b[None]).square().sum(2)

"""Gradients with respect to a network's input, in a form that works plain, captured and stacked."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def input_gradient(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """∇_x f(x) for each example: f maps (B, *shape) to (B,), example by example; the result is (B, *shape).

    Differentiable with respect to f's own parameters. `torch.func.grad` works inside `torch.func.vmap`, where
    `torch.autograd.grad` and `requires_grad_()` raise.
    """
    gradient: Tensor = torch.func.grad(lambda v: f(v).sum())(x)
    return gradient

"""Gradients with respect to an input, inside a loss: penalties, contractive terms, score matching.

Built on `torch.func`, they are part of the graph (a loss made of them has gradients for the parameters) and work when
the step is captured as a CUDA graph and when seeds are stacked, where `torch.autograd.grad` and `requires_grad_()`
fail.
A function that changes buffers in place (BatchNorm in training mode) cannot be differentiated this way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor

Function = Callable[[Tensor], Tensor]


def input_gradient(function: Function, x: Tensor) -> Tensor:
    """The gradient of the sum of `function(x)` with respect to `x`, of x's shape.

    Where each example's value depends on that example alone, row i is the gradient of value i.
    """
    return cast(Tensor, torch.func.grad(lambda v: function(v).sum())(x))


def value_and_input_gradient(function: Function, x: Tensor) -> tuple[Tensor, Tensor]:
    """`function(x)` and the gradient of its sum with respect to `x`, from one pass."""

    def total(v: Tensor) -> tuple[Tensor, Tensor]:
        value = function(v)
        return value.sum(), value

    gradient, value = torch.func.grad(total, has_aux=True)(x)
    return value, gradient


def vector_jacobian(function: Function, x: Tensor, v: Tensor) -> Tensor:
    """Jᵀv at `x`, of x's shape, for `v` of the shape of `function(x)`."""
    return input_gradient(lambda u: function(u) * v, x)


def jacobian_norms(function: Function, x: Tensor) -> Tensor:
    """The squared Frobenius norm of each example's Jacobian, (B, ...) -> (B,), exact: one backward pass an output.

    `function`: (B, ...) -> (B, K), each row depending on its own example. The contractive penalty of Rifai et al.
    (ICML 2011).
    """
    value, back = torch.func.vjp(function, x)[:2]
    outputs = torch.eye(value.shape[1], dtype=value.dtype, device=value.device)
    rows = [back(e.expand_as(value))[0].flatten(1).square().sum(1) for e in outputs]
    return torch.stack(rows).sum(0)

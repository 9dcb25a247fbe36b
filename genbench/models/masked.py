"""MADE (Germain et al. 2015, arXiv:1502.03509): one network whose output block i sees input blocks before i only."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class MaskedLinear(nn.Linear):
    """A linear layer whose weights are multiplied by a fixed mask (outputs, inputs)."""

    def __init__(self, mask: Tensor) -> None:
        super().__init__(mask.shape[1], mask.shape[0])
        self.mask: Tensor
        self.register_buffer("mask", mask.float(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight * self.mask, self.bias)


class MADE(nn.Module):
    """(B, blocks * size) and an optional context (B, context) -> (B, blocks, outputs); two hidden layers.

    Output block i depends on input blocks 0 … i-1 and on the context; block 0 on the context alone.
    """

    def __init__(self, blocks: int, outputs: int, *, hidden: int, size: int = 1, context: int = 0) -> None:
        super().__init__()
        self.blocks, self.outputs = blocks, outputs
        order = torch.arange(blocks)
        inputs, outs = order.repeat_interleave(size), order.repeat_interleave(outputs)
        degrees = torch.arange(hidden) % max(1, blocks - 1)
        self.first = MaskedLinear(degrees[:, None] >= inputs[None])
        self.middle = MaskedLinear(degrees[:, None] >= degrees[None])
        self.last = MaskedLinear(outs[:, None] > degrees[None])
        self.conditioner = nn.Linear(context, hidden + blocks * outputs) if context else None

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        hidden, shift = 0.0, 0.0
        if self.conditioner is not None and context is not None:
            both = self.conditioner(context)
            hidden, shift = both[:, : self.first.out_features], both[:, self.first.out_features :]
        h = functional.silu(self.first(x) + hidden)
        h = h + functional.silu(self.middle(h))
        out: Tensor = self.last(h) + shift
        return out.view(len(x), self.blocks, self.outputs)

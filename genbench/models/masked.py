"""MADE (Germain et al. 2015, arXiv:1502.03509): one network whose output block i sees input blocks before i only."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

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
        return functional.linear(x, self.masked(), self.bias)

    def masked(self) -> Tensor:
        """The weights that count: (outputs, inputs)."""
        return self.weight * self.mask


Block = Callable[[slice, Tensor], Tensor]
"""A stretch of inputs (B, length) of what the network says before it: these output blocks, (B, length, outputs)."""


class MADE(nn.Module):
    """(B, blocks * size) and an optional context (B, context) -> (B, blocks, outputs); two hidden layers.

    Output block i depends on input blocks 0 … i-1 and on the context; block 0 on the context alone. A hidden unit of
    degree d sees blocks 0 … d; degrees are spread over all blocks, also where units are fewer than these.
    """

    def __init__(self, blocks: int, outputs: int, *, hidden: int, size: int = 1, context: int = 0) -> None:
        super().__init__()
        self.blocks, self.outputs = blocks, outputs
        order = torch.arange(blocks)
        inputs, outs = order.repeat_interleave(size), order.repeat_interleave(outputs)
        most = max(1, blocks - 1)
        degree = [unit * most // min(hidden, most) % most for unit in range(hidden)]
        degrees = torch.tensor(degree)
        self.by_degree: Tensor
        self.register_buffer("by_degree", torch.tensor(sorted(range(hidden), key=degree.__getitem__)), persistent=False)
        ascending = sorted(degree)
        self.stretches = [(stop, bisect_left(ascending, stop)) for stop in sorted({d + 1 for d in degree} | {blocks})]
        self.first = MaskedLinear(degrees[:, None] >= inputs[None])
        self.middle = MaskedLinear(degrees[:, None] >= degrees[None])
        self.last = MaskedLinear(outs[:, None] > degrees[None])
        self.conditioner = nn.Linear(context, hidden + blocks * outputs) if context else None

    def forward(self, x: Tensor, context: Tensor | None = None, *, block: Block | None = None) -> Tensor:
        """With `block` the inputs (B, blocks) that it makes, given the outputs that depend on those before; x says only
        how many. Each hidden unit is computed once, as soon as all that it sees is there, and inputs that no unit
        stands between are made at once: it is the work of one pass. Blocks are of size 1 then, without a context."""
        if block is not None:
            return self._unrolled(len(x), block)
        hidden, shift = 0.0, 0.0
        if self.conditioner is not None and context is not None:
            both = self.conditioner(context)
            hidden, shift = both[:, : self.first.out_features], both[:, self.first.out_features :]
        h = functional.silu(self.first(x) + hidden)
        h = h + functional.silu(self.middle(h))
        out: Tensor = self.last(h) + shift
        return out.view(len(x), self.blocks, self.outputs)

    def _unrolled(self, rows: int, block: Block) -> Tensor:
        first, middle = self.first.masked()[self.by_degree], self.middle.masked()[self.by_degree][:, self.by_degree]
        starts, mixes = self.first.bias[self.by_degree], self.middle.bias[self.by_degree]
        last = self.last.masked()[:, self.by_degree].view(self.blocks, self.outputs, -1)
        ends = self.last.bias.view(self.blocks, self.outputs)
        x = first.new_empty(rows, self.blocks)
        low, high = first.new_empty(rows, len(first)), first.new_empty(rows, len(first))
        begun = there = 0
        for stop, then in self.stretches:
            part = slice(begun, stop)
            said = functional.linear(high[:, :there], last[part, :, :there].flatten(0, 1), ends[part].flatten())
            x[:, part] = block(part, said.view(rows, stop - begun, self.outputs))
            new = slice(there, then)
            low[:, new] = functional.silu(functional.linear(x[:, :stop], first[new, :stop], starts[new]))
            mixed = functional.linear(low[:, :then], middle[new, :then], mixes[new])
            high[:, new] = low[:, new] + functional.silu(mixed)
            begun, there = stop, then
        return x

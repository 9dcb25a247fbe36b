"""Adam over a stack whose members have settings of their own: each member's slice is updated by its own kernel."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.protocols.model import Adam
from genbench.training.adam import FUSED, fused_step


class MemberAdam:
    """What `FusedAdam` does, for stacked parameters (S, *shape) and S settings: a member ends where it would alone.

    One launch a member and step: a captured iteration hides them. On a GPU the rates are one tensor (S,), so that a
    captured step can be rescheduled. Raises `Unsupported` where torch has no fused kernel.
    """

    def __init__(self, settings: Sequence[Adam], parameters: Sequence[Tensor]) -> None:
        self.settings, self.parameters = list(settings), list(parameters)
        device = self.parameters[0].device
        if device.type not in FUSED or len({p.dtype for p in self.parameters}) > 1:
            raise Unsupported("members of a stack with rates of their own need torch's fused Adam")
        self._rates = torch.tensor([s.lr for s in self.settings], dtype=torch.float64, device=device)
        self._lr = self._rates.clone() if device.type == "cpu" else self._rates.float()
        self._steps = [torch.zeros((), device=device) for _ in self.parameters]
        self._first = [torch.zeros_like(p) for p in self.parameters]
        self._second = [torch.zeros_like(p) for p in self.parameters]

    @torch.no_grad()
    def step(self) -> None:
        """Update every parameter that has a gradient."""
        moving = [i for i, p in enumerate(self.parameters) if p.grad is not None]
        steps = [self._steps[i] for i in moving]
        torch._foreach_add_(steps, 1)
        stacked = (
            [self.parameters[i] for i in moving],
            [grad for p in self.parameters if (grad := p.grad) is not None],
            [self._first[i] for i in moving],
            [self._second[i] for i in moving],
        )
        for member, settings in enumerate(self.settings):
            parameters, grads, first, second = ([t.detach()[member] for t in tensors] for tensors in stacked)
            fused_step(settings, self._rate(member), parameters, grads, (steps, first, second))

    def set_factor(self, factor: float) -> None:
        """Take steps of each member's rate times this factor, without a wait for the device."""
        self._lr.copy_(self._rates * factor)

    def state(self) -> dict[str, Tensor]:
        """The live tensors by name, as `FusedAdam` names them; moments (S, *shape)."""
        named = {"step": self._steps, "exp_avg": self._first, "exp_avg_sq": self._second}
        return {f"{name}.{i}": tensor for name, tensors in named.items() for i, tensor in enumerate(tensors)}

    def _rate(self, member: int) -> float | Tensor:
        """On a GPU a place in a tensor, which is read when the step is taken."""
        return float(self._lr[member]) if self._lr.device.type == "cpu" else self._lr[member]

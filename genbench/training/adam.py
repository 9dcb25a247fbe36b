"""Adam in one fused kernel a step, without the bookkeeping that `torch.optim` does in Python around it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import torch
from torch import Tensor

from genbench.protocols.model import Adam

FUSED = ("cpu", "cuda")
"""Devices whose fused kernel torch has."""


class FusedAdam:
    """Adam, or AdamW where weight decay is not 0 (Kingma & Ba 2015, arXiv:1412.6980; arXiv:1711.05101).

    The kernels are those of `torch.optim.Adam(fused=True)`, and so are the results, bit for bit. All state is made at
    once, `lr` is a tensor on a GPU, so that a captured step can be saved, restored and rescheduled. On other devices
    torch's own optimiser takes the steps.
    """

    def __init__(self, settings: Adam, parameters: Sequence[Tensor]) -> None:
        self.settings, self.parameters = settings, list(parameters)
        device = self.parameters[0].device
        self.lr: float | Tensor = torch.tensor(settings.lr, device=device) if device.type == "cuda" else settings.lr
        self._steps = [torch.zeros((), device=device) for _ in self.parameters]
        self._first = [torch.zeros_like(p) for p in self.parameters]
        self._second = [torch.zeros_like(p) for p in self.parameters]
        alike = len({p.dtype for p in self.parameters}) == 1
        self._fallback = None if device.type in FUSED and alike else self._torch_optimizer()

    def step(self) -> None:
        """Update every parameter that has a gradient."""
        if self._fallback is not None:
            self._fallback.step()
            return
        grads = [p.grad for p in self.parameters if p.grad is not None]
        if len(grads) == len(self.parameters):
            self._update(self.parameters, grads, *self._moments())
            return
        has = [p.grad is not None for p in self.parameters]
        parameters, *moments = (list(compress(values, has)) for values in (self.parameters, *self._moments()))
        self._update(parameters, grads, *moments)

    def set_factor(self, factor: float) -> None:
        """Take steps of the settings' rate times this factor."""
        self.set_lr(self.settings.lr * factor)

    def set_lr(self, lr: float) -> None:
        """Change the learning rate, without a wait for the device."""
        if isinstance(self.lr, Tensor):
            self.lr.fill_(lr)
        else:
            self.lr = lr
        if self._fallback is not None:
            for group in self._fallback.param_groups:
                group["lr"] = lr

    def state(self) -> dict[str, Tensor]:
        """The live tensors by name: steps taken and both moments of each parameter."""
        named = zip(("step", "exp_avg", "exp_avg_sq"), self._moments(), strict=True)
        return {f"{name}.{i}": tensor for name, tensors in named for i, tensor in enumerate(tensors)}

    def _moments(self) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        return self._steps, self._first, self._second

    @torch.no_grad()
    def _update(
        self,
        parameters: list[Tensor],
        grads: list[Tensor],
        steps: list[Tensor],
        first: list[Tensor],
        second: list[Tensor],
    ) -> None:
        torch._foreach_add_(steps, 1)
        fused_step(self.settings, self.lr, parameters, grads, (steps, first, second))

    def _torch_optimizer(self) -> torch.optim.Optimizer:
        settings = self.settings
        kind = torch.optim.AdamW if settings.weight_decay else torch.optim.Adam
        optimizer = kind(
            self.parameters, lr=settings.lr, betas=settings.betas, eps=settings.eps, weight_decay=settings.weight_decay
        )
        self._steps = [torch.zeros(()) for _ in self.parameters]
        for parameter, step, first, second in zip(self.parameters, *self._moments(), strict=True):
            optimizer.state[parameter] = {"step": step, "exp_avg": first, "exp_avg_sq": second}
        return optimizer


def fused_step(
    settings: Adam,
    lr: float | Tensor,
    parameters: list[Tensor],
    grads: list[Tensor],
    moments: tuple[list[Tensor], list[Tensor], list[Tensor]],
) -> None:
    """Torch's kernel over all parameters; `moments`: steps taken, this one included, and both averages of each."""
    steps, first, second = moments
    kernel = torch._fused_adamw_ if settings.weight_decay else torch._fused_adam_
    kernel(
        parameters,
        grads,
        first,
        second,
        [],
        steps,
        lr=lr,
        beta1=settings.betas[0],
        beta2=settings.betas[1],
        weight_decay=settings.weight_decay,
        eps=settings.eps,
        amsgrad=False,
        maximize=False,
    )

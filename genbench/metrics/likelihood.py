"""Negative log-likelihood in nats an example and in bits a dimension."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from genbench.core.values import Kind, Status, Value
from genbench.metrics.intervals import from_error, mean_error
from genbench.metrics.measure import Sizes, measured


def bits_per_dim(nats: float, size: int) -> float:
    """nll/(D ln 2) + 8 for 8-bit pixels dequantised to [0, 1] as (u + U[0, 1))/256; the uniform density has 8."""
    return nats / (size * math.log(2)) + 8


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelihoodInputs:
    """`log_prob` (n,) over the reference, nats; `size` is D; `kind` says what the model's number is; `pixels`: whether
    the data are dequantised 8-bit pixels; `floor`: the entropy of the data, nats, where their law is known."""

    log_prob: Tensor
    size: int
    kind: Kind
    pixels: bool = False
    floor: float | None = None

    gives: ClassVar[frozenset[str]] = frozenset({"likelihood"})

    @property
    def sizes(self) -> Sizes:
        """Reference examples."""
        return Sizes(len(self.log_prob))


def nll_metrics(
    log_prob: Tensor,
    *,
    size: int,
    kind: Kind,
    pixels: bool = False,
    floor: float | None = None,
    metrics: Sequence[str] = ("nll",),
) -> dict[str, Value]:
    """`nll` (nats an example) and, where the data are dequantised 8-bit `pixels`, `nll:bits-per-dim`.

    `log_prob` (n,) over the reference; `size` is D; `kind` says what the model's number is; `floor` is the entropy of
    the data where that is known, which no model is under but by chance. Values that are not finite make the status
    `diverged` with the count.
    """
    flat = log_prob.detach().cpu().flatten()
    return measured(LikelihoodInputs(log_prob=flat, size=size, kind=kind, pixels=pixels, floor=floor), metrics)


def negative_log_likelihood(inputs: LikelihoodInputs) -> dict[str, Value]:
    """`nll`: −mean log p, and the same in bits a dimension for pixels."""
    terms = -inputs.log_prob.double()
    bad = int((~torch.isfinite(terms)).sum())
    if bad:
        reason = f"{bad} of {len(terms)} log-likelihoods are NaN or inf"
        return {"": Value.missing(Status.DIVERGED, reason)}
    found = {"": _above(inputs.floor, _mean(terms, inputs.kind))}
    if inputs.pixels:
        found["bits-per-dim"] = _mean(terms / (inputs.size * math.log(2)) + 8, inputs.kind)
    return found


def _above(floor: float | None, nll: Value) -> Value:
    """The value with the entropy of the data beside it."""
    if floor is None:
        return nll
    remark = f"the least that any model can have is the entropy of the data, {floor:.4g} nats"
    return replace(nll, details={"entropy": floor}, reason=remark)


def _mean(terms: Tensor, kind: Kind) -> Value:
    mean = float(terms.mean())
    low, high = from_error(mean, mean_error(terms)) if len(terms) > 1 else (None, None)
    return Value(value=mean, ci_low=low, ci_high=high, kind=kind)

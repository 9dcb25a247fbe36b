"""Negative log-likelihood in nats an example and in bits a dimension."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from genbench.core.values import Kind, Status, Value
from genbench.metrics.case import Answer, mean_value


def nll(log_prob: Tensor) -> Tensor:
    """(n,): −log p of each example, nats; ↓."""
    return -log_prob.double()


def bits_per_dim(nats: float, size: int) -> float:
    """nll/(D ln 2) + 8 for 8-bit pixels dequantised to [0, 1] as (u + U[0, 1))/256; the uniform density has 8."""
    return nats / (size * math.log(2)) + 8


def nll_metrics(log_prob: Tensor, *, size: int, kind: Kind, pixels: bool = False) -> Answer:
    """`nll` (nats an example) and, where the data are dequantised 8-bit `pixels`, `nll:bits-per-dim`.

    `log_prob` (n,) over the reference; `size` is D; `kind` says what the model's number is. Values that are not
    finite make the status `diverged` with the count.
    """
    terms = nll(log_prob.detach().cpu().flatten())
    bad = int((~torch.isfinite(terms)).sum())
    if bad or not len(terms):
        reason = f"{bad} of {len(terms)} log-likelihoods are NaN or inf" if bad else "no log-likelihood was given"
        return {"nll": Value.missing(Status.DIVERGED if bad else Status.UNSUPPORTED, reason, n=len(terms))}
    nats = mean_value(terms, low=-math.inf, high=math.inf)
    found = {"nll": nats}
    if pixels:
        found["nll:bits-per-dim"] = mean_value(terms / (size * math.log(2)) + 8, low=-math.inf, high=math.inf)
    return {
        key: Value(value=v.value, ci_low=v.ci_low, ci_high=v.ci_high, n=len(terms), kind=kind)
        for key, v in found.items()
    }

"""Timings as values: the median of rounds with its quartiles."""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.core.values import Value
from genbench.metrics.case import value


def summary(rounds: Tensor) -> Value:
    """Median of timings or counts (r,), with the quartiles in the details; no interval over samples applies."""
    ordered = rounds.double()
    low, middle, high = torch.quantile(ordered, torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)).tolist()
    details = {"rounds": len(rounds), "quartile_low": low, "quartile_high": high}
    return value(middle, reason="no interval: quartiles are in the details", details=details)

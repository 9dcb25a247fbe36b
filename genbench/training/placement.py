"""Where the training set lies: on the device, or in main memory where it does not fit on the device."""

from __future__ import annotations

import torch

from genbench.protocols.dataset import Split
from genbench.training.config import TrainConfig

SHARE = 0.5
"""The share of a GPU's free memory that a training set may take."""


def placed(split: Split, device: torch.device, config: TrainConfig) -> Split:
    """The split on the device, or as it is where it is there already, the config says so or it does not fit."""
    if (
        split.x.device.type == device.type
        or config.data == "host"
        or byte_size(split) > config.share * available_bytes(device)
    ):
        return split
    return split.to(device)


def byte_size(split: Split) -> int:
    """Bytes of what a training reads of the split."""
    return sum(t.numel() * t.element_size() for t in (split.x, split.y) if t is not None)


def available_bytes(device: torch.device) -> float:
    """Bytes that a training set may take on this device; no bound where it is no GPU."""
    if device.type != "cuda":
        return float("inf")
    cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)  # torch's own, free to use again
    return SHARE * (torch.cuda.mem_get_info(device)[0] + cached)

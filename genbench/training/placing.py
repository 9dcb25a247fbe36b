"""Where the training set lies: on the device, or in main memory where the device has no room for it."""

from __future__ import annotations

import torch

from genbench.protocols.dataset import Split
from genbench.training.record import Engine

SHARE = 0.5
"""The share of a GPU's free memory that a training set may take."""


def placed(split: Split, device: torch.device, engine: Engine) -> Split:
    """The split on the device, or as it is where it is there already, the engine says so or the GPU has no room."""
    if split.x.device.type == device.type or engine.data == "host" or size(split) > room(device):
        return split
    return split.to(device)


def size(split: Split) -> int:
    """Bytes of what a training reads of the split."""
    return sum(t.numel() * t.element_size() for t in (split.x, split.y) if t is not None)


def room(device: torch.device) -> float:
    """Bytes that a training set may take on this device; no bound where it is no GPU."""
    if device.type != "cuda":
        return float("inf")
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)  # torch's own, free to use again
    return SHARE * (torch.cuda.mem_get_info(device)[0] + kept)

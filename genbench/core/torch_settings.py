"""Settings of torch's libraries that decide the digits of every product after them: how they are read and set again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

TINY = 5e-324
"""The smallest float64, which is no normal number."""

_DEVICES = ("cpu", "cuda")

_MATMUL, _CUDNN, _MKLDNN = torch.backends.cuda.matmul, torch.backends.cudnn, torch.backends.mkldnn

_PLACES: tuple[tuple[Any, str], ...] = (
    *((_CUDNN, name) for name in ("enabled", "benchmark", "deterministic", "allow_tf32")),
    (_MATMUL, "allow_tf32"),
    *((_MATMUL, f"allow_{kind}_reduced_precision_reduction") for kind in ("fp16", "bf16")),
    *((place, "fp32_precision") for place in (torch.backends, _CUDNN, _MKLDNN, _MATMUL)),
    *((getattr(_CUDNN, part, None), "fp32_precision") for part in ("conv", "rnn")),
    *((getattr(_MKLDNN, part, None), "fp32_precision") for part in ("matmul", "conv", "rnn")),
)
"""Settings in the order in which they are put back: a coarse one changes finer ones. An older torch lacks some."""


def precision() -> list[Any]:
    """The precision and the kernels of products: torch's word for all, then each; None for what there is not."""
    return [_told(torch.get_float32_matmul_precision), *(_told(getattr, *place, None) for place in _PLACES)]


def _told(get: Callable[..., Any], *of: Any) -> Any:
    """torch refuses to tell a coarse setting whose parts were set apart."""
    try:
        return get(*of)
    except RuntimeError:
        return None


def set_precision(values: list[Any]) -> None:
    """Make it what `precision` gave."""
    whole, *each = values
    if whole is not None:
        torch.set_float32_matmul_precision(whole)
    for (place, name), value in zip(_PLACES, each, strict=True):
        if value is not None:
            setattr(place, name, value)


def casts() -> list[tuple[bool, torch.dtype]]:
    """Whether numbers are cast automatically, and to what, for each kind of device."""
    return [(torch.is_autocast_enabled(device), torch.get_autocast_dtype(device)) for device in _DEVICES]


def set_casts(values: list[tuple[bool, torch.dtype]]) -> None:
    """Make it what `casts` gave."""
    for device, (enabled, dtype) in zip(_DEVICES, values, strict=True):
        torch.set_autocast_enabled(device, enabled)
        torch.set_autocast_dtype(device, dtype)


def flushes() -> bool:
    """Whether numbers that are no normal ones count as 0, which torch can only set."""
    return not bool((torch.tensor(TINY, dtype=torch.float64, device="cpu") * 1.0).view(torch.int64))

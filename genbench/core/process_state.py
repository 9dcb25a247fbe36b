"""What belongs to the whole process and not to a model: noted before its code runs, put back afterwards.

A model that sets the default dtype or changes the folder would otherwise decide the numbers of every model after it.
"""

from __future__ import annotations

import gc
import locale
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from genbench.core import torch_settings

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM") if hasattr(signal, name)]


@dataclass(frozen=True, slots=True)
class _Part:
    """One thing of the process: how it is read and set. `told`: whether a change is worth a word."""

    name: str
    get: Callable[[], Any]
    set: Callable[[Any], object]
    told: bool = True


def _folder() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 (a string that chdir takes)
    except OSError:  # it is gone
        return None


def _change_folder(path: str | None) -> None:
    if path is not None:
        os.chdir(path)


OF_LIBRARIES = frozenset({"KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK", "TORCHINDUCTOR_CACHE_DIR"})
"""Variables that scikit-learn and torch set when a part of them is first imported: no model's doing."""


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in OF_LIBRARIES}


def _set_environment(environment: dict[str, str]) -> None:
    for name in set(os.environ) - set(environment) - OF_LIBRARIES:
        del os.environ[name]
    os.environ.update(environment)


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _handlers() -> dict[int, Any]:
    return {number: signal.getsignal(number) for number in _SIGNALS}


def _set_handlers(handlers: dict[int, Any]) -> None:
    if threading.current_thread() is threading.main_thread():
        for number, handler in handlers.items():
            if handler is not None:  # set by C code, which Python cannot give back
                signal.signal(number, handler)


def _default_device() -> str:
    return str(torch.get_default_device())


def _set_default_device(device: str) -> None:
    torch.set_default_device(None if device == "cpu" else device)


def _filters() -> list[Any]:
    return list(warnings.filters)


def _set_filters(filters: list[Any]) -> None:
    warnings.filters[:] = filters  # type: ignore[index]
    warnings._filters_mutated()  # type: ignore[attr-defined]


def _streams() -> tuple[Any, Any]:
    return sys.stdout, sys.stderr


def _set_streams(streams: tuple[Any, Any]) -> None:
    sys.stdout, sys.stderr = streams


def _numpy_errors() -> dict[str, Any]:
    return dict(np.geterr())


_PARTS = (
    _Part("torch's default dtype", torch.get_default_dtype, torch.set_default_dtype),
    _Part("torch's default device", _default_device, _set_default_device),
    _Part("torch's number of threads", torch.get_num_threads, torch.set_num_threads),
    _Part("torch's number of interop threads", torch.get_num_interop_threads, torch.set_num_interop_threads),
    _Part("whether gradients are recorded", torch.is_grad_enabled, torch.set_grad_enabled),
    _Part("inference mode", torch.is_inference_mode_enabled, lambda _: None),
    _Part("deterministic algorithms", torch.are_deterministic_algorithms_enabled, torch.use_deterministic_algorithms),
    _Part("anomaly detection", torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly),
    _Part("the precision or the kernels of torch", torch_settings.precision, torch_settings.set_precision),
    _Part("automatic casts", torch_settings.casts, torch_settings.set_casts),
    _Part("how the tiniest numbers count", torch_settings.flushes, torch.set_flush_denormal),
    _Part("the collection of garbage", gc.isenabled, lambda is_on: gc.enable() if is_on else gc.disable()),
    _Part("the locale", partial(locale.setlocale, locale.LC_ALL), partial(locale.setlocale, locale.LC_ALL)),
    _Part("the current folder", _folder, _change_folder),
    _Part("environment variables", _environment, _set_environment),
    _Part("the mask of new files", _mask, os.umask),
    _Part("handlers of signals", _handlers, _set_handlers),
    _Part("standard output or error", _streams, _set_streams),
    _Part("the recursion limit", sys.getrecursionlimit, sys.setrecursionlimit),
    _Part("NumPy's treatment of errors", _numpy_errors, lambda how: np.seterr(**how)),
    _Part("filters of warnings", _filters, _set_filters, told=False),
    _Part("Python's random state", random.getstate, random.setstate, told=False),
)
"""Packages that are imported late add filters, and whoever draws moves a random state: nothing is said of these."""


class ProcessState:
    """The state of this process, as it was when this was made."""

    def __init__(self) -> None:
        self._values = [part.get() for part in _PARTS]
        self._torch, self._numpy = torch.get_rng_state(), np.random.get_state()
        self._threads = set(threading.enumerate())

    def restore(self) -> tuple[list[str], list[str]]:
        """Put everything back: (what had changed, in words; those of it that could not be put back)."""
        changed, stuck = [], []
        for part, before in zip(_PARTS, self._values, strict=True):
            if part.get() == before:
                continue
            if part.told:
                changed.append(part.name)
            with suppress(Exception):  # whatever the setter objects to
                part.set(before)
            if part.get() != before:
                stuck.append(part.name)
        if any(thread.is_alive() for thread in set(threading.enumerate()) - self._threads):
            changed.append("threads")
            stuck.append("threads")  # nobody can end one: what it does later would hit whoever comes next
        torch.set_rng_state(self._torch)
        np.random.set_state(self._numpy)
        return changed, stuck

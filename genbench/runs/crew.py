"""How many workers a run has, and on which devices: all GPUs of the machine, several workers on each where it pays."""

from __future__ import annotations

from dataclasses import dataclass

from genbench.core.errors import UsageError
from genbench.executors import mps
from genbench.executors.config import cores, named_gpus
from genbench.runs.options import Options
from genbench.runs.suite import Suite

SIDE_BY_SIDE = 3
"""Workers on one GPU: a small model leaves most of it idle (`bench/side_by_side.py` measures how many pay)."""

AT_ONCE = 12
"""Workers on one GPU where they need not take turns."""

ROOM = 8 * 2**30
"""Bytes of a GPU for each of them: torch itself, a training set, a stack, samples and their features."""


@dataclass(frozen=True, slots=True)
class Crew:
    """`workers` in all, 0 for as many as a cluster holds; `places`: GPUs over which they are spread, as
    `CUDA_VISIBLE_DEVICES` names them; `a_device`: how many share one."""

    workers: int
    places: tuple[str, ...] = ()
    a_device: int = 1


def crew_of(suite: Suite, options: Options, executor: str, device: str) -> Crew:
    """The workers of a run. Raises `UsageError` where what is asked of a GPU's workers finds no GPU or no workers."""
    if options.nvidia_mps:
        if executor != "local" or not device.startswith("cuda"):
            raise UsageError(
                f"--nvidia-mps is for worker processes on GPUs of this machine; got the executor {executor} on the "
                f"device {device}: leave it out, or take --device cuda --executor local."
            )
        mps.check()
    if executor == "ray":
        return Crew(options.workers or 0, a_device=round(1 / options.gpus))
    if not device.startswith("cuda"):
        if options.workers_per_device is not None:
            raise UsageError(f"--workers-per-device is for GPUs: on the device {device} take --workers.")
        return Crew(options.workers or (max(1, cores() // suite.threads) if device == "cpu" else 1))
    if executor == "inline":
        return Crew(1)
    places = gpus() if device == "cuda" else ()
    devices = max(1, len(places))
    each = options.workers_per_device or _that_pay(suite, devices, AT_ONCE if options.nvidia_mps else SIDE_BY_SIDE)
    workers = options.workers or each * devices
    return Crew(workers, places, -(-workers // devices))


def gpus() -> tuple[str, ...]:
    """The GPUs that this process sees, as `CUDA_VISIBLE_DEVICES` names them."""
    import torch

    count = torch.cuda.device_count()
    named = named_gpus()
    return tuple(named[:count] if named else map(str, range(count)))


def _that_pay(suite: Suite, devices: int, most: int) -> int:
    """How many on a GPU unless somebody says so: as memory and cores allow, alone where the clock is the budget."""
    if suite.budget.seconds:
        return 1
    import torch

    fit = min(torch.cuda.get_device_properties(i).total_memory for i in range(torch.cuda.device_count())) // ROOM
    return max(1, min(most, fit, cores() // devices))

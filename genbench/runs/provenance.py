"""Where numbers come from: versions, hardware, data, encoders. Everything that a reader needs to do it again.

Torch is imported where a device must be asked: what it is built for stands in a file of its own.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import genbench
from genbench.core.errors import Unsupported, UsageError, nearest
from genbench.registry.plugins import loaded

if TYPE_CHECKING:
    from genbench.evaluations.context import RunContext

PACKAGES = ("torch", "torchvision", "torchmetrics", "numpy", "scipy", "scikit-learn", "pandas")


def versions() -> dict[str, str]:
    """Versions of genbench, Python and the packages that numbers depend on."""
    found = {"genbench": genbench.__version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "missing"
    return found


def plugins() -> dict[str, str]:
    """The SHA-256 of each plugin file that was loaded."""
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in loaded() if path.is_file()}


def hardware(device: str) -> dict[str, str | int]:
    """The processor, memory and, where one is used, the GPU."""
    found: dict[str, str | int] = {"system": platform.system(), "processor": _processor(), "cores": os.cpu_count() or 1}
    memory = _memory()
    if memory:
        found["memory GiB"] = memory
    if device.startswith("cuda"):
        import torch

        found["gpu"] = torch.cuda.get_device_name()
        found["cuda"] = str(torch.version.cuda)
    return found


def machine(device: str) -> str:
    """One line that names what speed depends on: speeds are ranked together only if it agrees."""
    parts: Mapping[str, str | int] = hardware(device)
    return ", ".join(f"{parts[key]}" for key in ("processor", "cores", "gpu") if key in parts) + f", torch {_torch()}"


DEVICES = ("auto", "cpu", "cuda", "mps")


def pick_device(asked: str) -> str:
    """`auto` is CUDA, else MPS, else the CPU."""
    if asked == "cpu" or (asked == "auto" and _has_cpu_alone()):
        return "cpu"
    import torch

    if asked != "auto":
        return _checked(asked)
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _has_cpu_alone() -> bool:
    """Whether there can be no accelerator, as torch's build and the system's devices say; False where that is not
    sure."""
    if sys.platform != "linux":
        return False
    build = _build()
    devices = ("nvidia*", "nvhost*", "nvgpu*", "nvmap", "dxg", "kfd")  # NVIDIA's, Tegra's, WSL's, AMD's
    return bool(build) and (
        not (build.get("cuda") or build.get("hip")) or not any(any(Path("/dev").glob(name)) for name in devices)
    )


@cache
def _build() -> dict[str, Any]:
    """What torch's own `version.py` says of it, without importing torch; empty where it is not to be read."""
    spec = importlib.util.find_spec("torch")
    path = Path(spec.origin).with_name("version.py") if spec and spec.origin else None
    if path is None or not path.is_file():
        return {}
    found = {}
    for line in ast.parse(path.read_text(encoding="utf-8")).body:
        target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
        if isinstance(target, ast.Name) and isinstance(value := getattr(line, "value", None), ast.Constant):
            found[target.id] = value.value
    return found


def _checked(device: str) -> str:
    import torch

    try:
        torch.device(device)
    except RuntimeError as error:
        near = {"gpu": "cuda"}.get(device.lower()) or nearest(device, DEVICES)
        hint = f"did you mean {near!r}?" if near else "take cpu, or auto."
        raise UsageError(f"--device is {', '.join(DEVICES)} or cuda:N; got {device!r}: {hint}") from error
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        why = str(error).strip().splitlines()[0]
        raise UsageError(f"--device {device!r} cannot be used here ({why}): take cpu, or auto.") from error
    return device


def dataset_entry(dataset: Any) -> dict[str, Any]:
    """What the report says of a dataset."""
    splits = {name: len(getattr(dataset, name)) for name in ("train", "val", "reference", "ceiling")}
    return {
        "fingerprint": dataset.fingerprint,
        "shape": list(dataset.spec.shape),
        "splits": splits,
        "outliers": {name: len(split) for name, split in dataset.outliers.items()},
        "title": dataset.title,
        "licence": dataset.licence,
        "source": dataset.source,
        "notes": list(dataset.notes),
    }


def encoder_entry(context: RunContext, dataset: str, name: str) -> tuple[str, dict[str, Any]]:
    """What the report says of an encoder for a dataset, and under which heading; the reason where it can't be had."""
    try:
        encoder: Any = context.encoder(name, context.dataset(dataset))
    except Unsupported as error:
        return f"{name} for {dataset}", {"name": name, "missing": str(error)}
    about = {"name": encoder.name, "fingerprint": encoder.fingerprint, "dim": encoder.dim}
    return f"{encoder.name} for {dataset}", about | {"accuracy": getattr(encoder, "accuracy", None)}


def _torch() -> str:
    """Torch's version as it says it itself."""
    found = _build().get("__version__")
    if found is None:
        import torch

        found = torch.__version__
    return str(found)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _memory() -> int | None:
    info = Path("/proc/meminfo")
    if not info.exists():
        return None
    return round(int(info.read_text().split()[1]) / 2**20)

"""Runs every check on a model; a broken promise is a finding, never an exception."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from genbench import registry
from genbench.conformance import boundaries, names, promises, training
from genbench.conformance.subject import Check, Finding, Subject
from genbench.core.errors import GenbenchError, Unsupported, contained
from genbench.core.process_state import ProcessState
from genbench.core.text import safe_text
from genbench.data.loading import load_dataset
from genbench.protocols.dataset import Dataset
from genbench.protocols.model import Budget, FitsItself
from genbench.training.trainer import build, fit

CHECKS = names.CHECKS | training.CHECKS | promises.CHECKS | boundaries.CHECKS

DATASETS = ("digits", "ring8")
"""What a model is tried on unless another is named: the first that it can be built for."""


def check_model(name: str, *, datasets: Sequence[str] = DATASETS, device: torch.device | None = None) -> list[Finding]:
    """Every check on the registered model `name`, in seconds, on the first of `datasets` that it can be built for; on
    the CPU unless a device is named."""
    where = device or torch.device("cpu")
    try:
        subject = Subject(name, _dataset_for(name, datasets), where)
    except Unsupported as error:
        return [Finding("builds", "note", str(error))]
    with torch.random.fork_rng(devices=[where] if where.type == "cuda" else []):
        return [finding for title, check in CHECKS.items() for finding in _findings(title, check, subject)]


def _dataset_for(name: str, datasets: Sequence[str]) -> Dataset:
    entry, reasons = registry.models.get(name), []
    for dataset in map(load_dataset, datasets):
        try:
            with contained():
                model = build(entry.load(), dataset.spec, {}, seed=0)
                if isinstance(model, FitsItself):
                    fit(model, dataset, Budget(images=1), seed=0, device=torch.device("cpu"))
        except Unsupported as error:
            reasons.append(str(error))
            continue
        except Exception:  # the first check will say what is wrong
            return dataset
        return dataset
    raise Unsupported(" ".join(reasons))


def _findings(title: str, check: Check, subject: Subject) -> list[Finding]:
    """What a check finds; what the model's code changes of the process meanwhile is put back."""
    before = ProcessState()
    try:
        return _found(title, check, subject)
    finally:
        subject.turned_over += before.restore()[0]


def _found(title: str, check: Check, subject: Subject) -> list[Finding]:
    try:
        with contained(), torch.set_grad_enabled(title in training.CHECKS):
            wrong = list(check(subject))
    except Unsupported as error:
        return [Finding(title, "note", str(error))]
    except GenbenchError as error:
        wrong = [str(error)]
    except Exception as error:
        wrong = [f"{type(error).__name__}: {safe_text(error)}{_place(error, subject)}"]
    return [Finding(title, "wrong", sentence) for sentence in wrong] or [Finding(title, "ok")]


def _place(error: Exception, subject: Subject) -> str:
    """` (file:line)` of the innermost frame in the model's own file, else of the frame that raised."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    own = {_file(kind) for kind in _classes(subject.entry.load())}
    frame = next((f for f in reversed(frames) if Path(f.filename).resolve() in own), frames[-1])
    path = Path(frame.filename)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f" ({shown}:{frame.lineno})"


def _classes(target: Any) -> list[Any]:
    """The registered class; its bases count only where they are not torch's or genbench's."""
    bases = target.__mro__[1:] if isinstance(target, type) else ()
    return [target, *(b for b in bases if b.__module__.partition(".")[0] not in ("torch", "genbench", "builtins"))]


def _file(kind: Any) -> Path | None:
    try:
        return Path(inspect.getfile(kind)).resolve()
    except (TypeError, OSError):
        return None

"""Runs every check on a model; a broken promise is a finding, never an exception."""

from __future__ import annotations

import torch

from genbench import registry
from genbench.conformance import names, promises, training
from genbench.conformance.subject import Check, Finding, Subject
from genbench.data.loading import load_dataset
from genbench.errors import GenbenchError, Unsupported
from genbench.protocols.dataset import Dataset
from genbench.protocols.model import Budget, FitsItself
from genbench.training.trainer import build, fit

CHECKS = names.CHECKS | training.CHECKS | promises.CHECKS

DATASETS = ("digits", "ring8")
"""What a model is tried on: the first that it can be built for."""


def check_model(name: str, *, device: torch.device | None = None) -> list[Finding]:
    """Every check on the registered model `name`, in seconds; on the CPU unless a device is named."""
    where = device or torch.device("cpu")
    try:
        subject = Subject(name, _dataset_for(name), where)
    except Unsupported as error:
        return [Finding("builds", "note", str(error))]
    with torch.random.fork_rng(devices=[where] if where.type == "cuda" else []):
        return [finding for title, check in CHECKS.items() for finding in _findings(title, check, subject)]


def _dataset_for(name: str) -> Dataset:
    entry, reasons = registry.models.get(name), []
    for dataset in map(load_dataset, DATASETS):
        try:
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
    try:
        with torch.set_grad_enabled(title in training.CHECKS):
            wrong = list(check(subject))
    except Unsupported as error:
        return [Finding(title, "note", str(error))]
    except GenbenchError as error:
        wrong = [str(error)]
    except Exception as error:
        wrong = [f"{type(error).__name__}: {error}"]
    return [Finding(title, "wrong", sentence) for sentence in wrong] or [Finding(title, "ok")]

"""Fitted models: trained now, several together where that pays, or loaded because they were trained before."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from genbench.core import paths
from genbench.core.errors import Diverged, GenbenchError, Unsupported, contained
from genbench.core.jobs import Fit, FitsLeft, content_key
from genbench.core.records import FitRecord
from genbench.core.text import safe_text
from genbench.core.values import Status
from genbench.evaluations.context import RunContext
from genbench.runs.folder import RunFolder
from genbench.runs.train import Training, budget_of, build_model, data_of
from genbench.training.result import TrainResult
from genbench.training.trainer import fit
from genbench.training.weights import load_weights, save_weights


@dataclass(frozen=True, slots=True)
class FittedModel:
    """A model in `eval()` on the device and its record; no model where it could not be fitted, with the error."""

    fit: Fit
    record: FitRecord
    model: nn.Module | None = None
    error: Exception | None = None


def fitted(fits: Sequence[Fit], context: RunContext, folder: RunFolder) -> Iterator[FittedModel]:
    """Fits of one model on one dataset that differ in seeds and numbers; what is on disk and whole is loaded, the rest
    trained."""
    return (one for one in _fitted(fits, context, folder) if isinstance(one, FittedModel))


def fitted_beside(fits: Sequence[Fit], context: RunContext, folder: RunFolder) -> Iterator[FittedModel | FitsLeft]:
    """The same among others who see the folder: one group is trained here, and one of its models given; the rest is
    left to whoever is idle."""
    ours, others = _divided(fits, folder)
    yield from _left([wanted] for wanted in others)
    yield from _fitted(ours, context, folder, share=True)


def _fitted(
    fits: Sequence[Fit], context: RunContext, folder: RunFolder, *, share: bool = False
) -> Iterator[FittedModel | FitsLeft]:
    missing = []
    for wanted in fits:
        loaded = _loaded(wanted, context, folder)
        if loaded is None:
            missing.append(wanted)
        else:
            yield loaded
    if missing:
        yield from _trained(missing, context, folder, share=share)


def _divided(fits: Sequence[Fit], folder: RunFolder) -> tuple[Sequence[Fit], Sequence[Fit]]:
    """What is to be trained, or one of the fits that are on disk where nothing is; and the other fits on disk."""
    there = [wanted for wanted in fits if folder.weights(wanted.key).is_file()]
    missing = [wanted for wanted in fits if wanted not in there]
    return (missing, there) if missing else (there[:1], there[1:])


def _left(groups: Iterable[Sequence[Fit]]) -> Iterator[FitsLeft]:
    """Nothing where no group is left."""
    found = tuple(map(tuple, groups))
    if found:
        yield FitsLeft(found)


NO_MEMORY = (
    "the processes on this GPU share its memory. Run the same command again with fewer of them (--workers-per-device): "
    "what is done is kept."
)


def status_of(error: Exception) -> tuple[Status, str]:
    """How an error ends a job, and the sentence that its row shows."""
    said = safe_text(error)
    if isinstance(error, Unsupported):
        return Status.UNSUPPORTED, said
    if isinstance(error, Diverged):
        return Status.DIVERGED, said
    if isinstance(error, GenbenchError):
        return Status.FAILED, said
    if isinstance(error, torch.OutOfMemoryError):
        return Status.FAILED, f"{said.partition('.')[0]}: {NO_MEMORY}"
    return Status.FAILED, f"{type(error).__name__}: {said}" if said else type(error).__name__


@dataclass(frozen=True, slots=True)
class Refit:
    """Trains a fitted model anew with a share of its budget; nothing is kept."""

    fit: Fit
    context: RunContext

    def __call__(self, share: float) -> tuple[nn.Module, TrainResult]:
        """The new model in `eval()`, and how it was trained."""
        data, budget = self.context.dataset(self.fit.dataset), budget_of(self.fit.budget, share)
        model = build_model(self.fit, data)
        with torch.enable_grad():
            result = fit(model, data, budget, seed=self.fit.seed, device=self.context.device)
        return model.eval(), result


def _loaded(wanted: Fit, context: RunContext, folder: RunFolder) -> FittedModel | None:
    """The model from disk; None where there is none, or where its file is broken, which is then removed."""
    path = folder.weights(wanted.key)
    if not path.is_file():
        return None
    try:
        with contained():
            model = build_model(wanted, data_of(wanted, context)).to(context.device)
    except Exception as error:
        return _not_fitted(wanted, error, 0.0, context)
    try:
        with contained():
            metadata = load_weights(model, path)
            return FittedModel(wanted, FitRecord(**json.loads(metadata["fit"])), model.eval())
    except Exception:  # whatever is wrong with the file: it is set aside and made again
        paths.set_aside(path)
        return None


def _trained(
    fits: Sequence[Fit], context: RunContext, folder: RunFolder, *, share: bool = False
) -> Iterator[FittedModel | FitsLeft]:
    began = time.perf_counter()
    try:
        with contained():
            work = Training.of(fits, context, folder)
        if share:
            yield from _left(fits[i : i + work.size] for i in range(work.size, len(fits), work.size))
            work = work.first(folder)
            fits = work.fits
        with contained():
            pairs = work.train()
    except Exception as error:
        parts = _by_options(fits)
        if len(parts) > 1:  # whose options were too much for it?
            if share:
                yield from _left(parts[1:])
            for part in parts[:1] if share else parts:
                yield from _trained(part, context, folder, share=share)
            return
        spent = time.perf_counter() - began
        yield from (_not_fitted(wanted, error, spent / len(fits), context) for wanted in fits)
        return
    ended = [_kept(*one, context, folder) for one in zip(work.fits, pairs, strict=True)]
    if share:
        others = [one.fit for one in ended if one.model is not None][1:]
        yield from _left([wanted] for wanted in others)
        ended = [one for one in ended if one.fit not in others]
    yield from ended


def _kept(wanted: Fit, trained: tuple[nn.Module, TrainResult], context: RunContext, folder: RunFolder) -> FittedModel:
    """The model with its record, once both are on disk."""
    model, training = trained
    spent = training.seconds / training.seeds
    if training.diverged is not None:
        return _not_fitted(wanted, Diverged(training.diverged), spent, context)
    try:
        with contained():
            record = _record(wanted, model, training, context)
            save_weights(model, folder.weights(wanted.key), {"fit": json.dumps(dataclasses.asdict(record))})
    except Exception as error:
        return _not_fitted(wanted, _unkept(error), spent, context)
    return FittedModel(wanted, record, model.eval())


def _unkept(error: Exception) -> Exception:
    """The error of weights that could not be kept, with what it was about."""
    if not isinstance(error, OSError):
        return error
    kept = GenbenchError(f"its weights could not be kept: {error.strerror or safe_text(error)}.")
    kept.__cause__ = error
    return kept


def _by_options(fits: Sequence[Fit]) -> list[list[Fit]]:
    """The fits in parts of the same options."""
    parts: dict[str, list[Fit]] = {}
    for wanted in fits:
        parts.setdefault(content_key(options=wanted.options), []).append(wanted)
    return list(parts.values())


def _common(wanted: Fit, device: torch.device) -> dict[str, Any]:
    return {
        "key": wanted.key,
        "model": wanted.model,
        "dataset": wanted.dataset,
        "seed": wanted.seed,
        "options": dict(wanted.options),
        "device": str(device),
    }


def _record(wanted: Fit, model: nn.Module, training: TrainResult, context: RunContext) -> FitRecord:
    """A stack's seconds are shared by its seeds."""
    return FitRecord(
        **_common(wanted, context.device),
        status=Status.OK,
        seconds=training.seconds / training.seeds,
        parameters=sum(p.numel() for p in model.parameters()),
        images=training.images,
        updates=training.updates,
        flops=training.flops,
        trained=training.trained,
        weights=training.weights,
        remark=training.remark,
        curve=training.curve,
        details=training.details,
    )


def _not_fitted(wanted: Fit, error: Exception, seconds: float, context: RunContext) -> FittedModel:
    status, reason = status_of(error)
    record = FitRecord(**_common(wanted, context.device), status=status, reason=reason, seconds=seconds)
    return FittedModel(wanted, record, error=error)

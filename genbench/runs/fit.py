"""Fitted models: trained now, several together where that pays, or loaded because they were trained before."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from genbench import registry
from genbench.core import paths
from genbench.core.errors import DataError, Diverged, GenbenchError, Unsupported, contained
from genbench.core.jobs import BudgetConfig, Fit, content_key
from genbench.core.records import FitRecord
from genbench.core.text import safe_text
from genbench.core.values import Status
from genbench.evaluations.context import RunContext
from genbench.protocols.dataset import Dataset, DataSpec, Split
from genbench.protocols.model import Budget, FitsItself
from genbench.runs.folder import RunFolder
from genbench.training.config import TrainConfig
from genbench.training.placement import placed
from genbench.training.result import TrainResult
from genbench.training.trainer import build, fit, fit_together, given_result
from genbench.training.weights import load_checkpoint, load_weights, save_weights


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
    missing = []
    for wanted in fits:
        loaded = _loaded(wanted, context, folder)
        if loaded is None:
            missing.append(wanted)
        else:
            yield loaded
    if missing:
        yield from _trained(missing, context, folder)


def status_of(error: Exception) -> tuple[Status, str]:
    """How an error ends a job, and the sentence that its row shows."""
    said = safe_text(error)
    if isinstance(error, Unsupported):
        return Status.UNSUPPORTED, said
    if isinstance(error, Diverged):
        return Status.DIVERGED, said
    if isinstance(error, GenbenchError):
        return Status.FAILED, said
    return Status.FAILED, f"{type(error).__name__}: {said}" if said else type(error).__name__


def data_of(wanted: Fit, context: RunContext) -> Dataset:
    """The dataset of a fit. Raises `DataError` where it is not what it was when the run was planned."""
    data = context.dataset(wanted.dataset)
    if wanted.data not in ("", data.fingerprint):
        raise DataError(
            f"the data of {wanted.dataset} are not what they were when this run was planned (fingerprint "
            f"{data.fingerprint}, expected {wanted.data}): run the same command again, and leave its files alone."
        )
    return data


def build_model(wanted: Fit, data: Dataset) -> nn.Module:
    """The model of a fit with its initial weights."""
    return build(lambda spec: _made(wanted, spec), data.spec, {}, seed=wanted.seed)


@dataclass(frozen=True, slots=True)
class Refit:
    """Trains a fitted model anew with a share of its budget; nothing is kept."""

    fit: Fit
    context: RunContext

    def __call__(self, share: float) -> tuple[nn.Module, TrainResult]:
        """The new model in `eval()`, and how it was trained."""
        data, budget = self.context.dataset(self.fit.dataset), _budget(self.fit.budget, share)
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


def _trained(fits: Sequence[Fit], context: RunContext, folder: RunFolder) -> Iterator[FittedModel]:
    began = time.perf_counter()
    try:
        with contained():
            pairs = _train(fits, context, folder)
    except Exception as error:
        parts = _by_options(fits)
        if len(parts) > 1:  # whose options were too much for it?
            for part in parts:
                yield from _trained(part, context, folder)
            return
        spent = time.perf_counter() - began
        yield from (_not_fitted(wanted, error, spent / len(fits), context) for wanted in fits)
        return
    for wanted, (model, training) in zip(fits, pairs, strict=True):
        if training.diverged is not None:
            yield _not_fitted(wanted, Diverged(training.diverged), training.seconds / training.seeds, context)
            continue
        try:
            with contained():
                record = _record(wanted, model, training, context)
                save_weights(model, folder.weights(wanted.key), {"fit": json.dumps(dataclasses.asdict(record))})
        except Exception as error:
            yield _not_fitted(wanted, _unkept(error), training.seconds / training.seeds, context)
            continue
        yield FittedModel(wanted, record, model.eval())


def _unkept(error: Exception) -> Exception:
    """The error of weights that could not be kept, with what it was about."""
    if not isinstance(error, OSError):
        return error
    kept = GenbenchError(f"its weights could not be kept: {error.strerror or safe_text(error)}.")
    kept.__cause__ = error
    return kept


def _train(fits: Sequence[Fit], context: RunContext, folder: RunFolder) -> Sequence[tuple[nn.Module, TrainResult]]:
    first = fits[0]
    data = data_of(first, context)
    if first.checkpoint:
        return [(_from_checkpoint(wanted, data, context), given_result()) for wanted in fits]
    budget = _budget(first.budget)
    name = first.key if len(fits) == 1 else content_key(fits=[wanted.key for wanted in fits])
    config = TrainConfig(
        checkpoint=folder.checkpoint(name),
        out_of_memory=first.out_of_memory,
        precision=first.precision,
        stack=None if context.device.type == "cuda" else len(fits),  # elsewhere it pays only where it was asked for
        share=context.share,
    )
    models = [build_model(wanted, data) for wanted in fits]
    if context.device.type != "cpu" and not isinstance(models[0], FitsItself):  # which are given copies
        data = dataclasses.replace(data, train=_on_device(data, context))
    if len(fits) == 1:
        return [(models[0], fit(models[0], data, budget, seed=first.seed, device=context.device, config=config))]
    seeds = [wanted.seed for wanted in fits]
    return fit_together(models, data, budget, seeds=seeds, device=context.device, config=config)


def _on_device(data: Dataset, context: RunContext) -> Split:
    """The training set where it fits, which is copied there once for all models that follow each other on it."""
    kept: dict[str, Split] = context.once("training set on the device", dict)
    if data.fingerprint not in kept:
        kept.clear()
        kept[data.fingerprint] = placed(data.train, context.device, TrainConfig(share=context.share))
    return kept[data.fingerprint]


def _by_options(fits: Sequence[Fit]) -> list[list[Fit]]:
    """The fits in parts of the same options."""
    parts: dict[str, list[Fit]] = {}
    for wanted in fits:
        parts.setdefault(content_key(options=wanted.options), []).append(wanted)
    return list(parts.values())


def _from_checkpoint(wanted: Fit, data: Dataset, context: RunContext) -> nn.Module:
    """The model with the weights of its checkpoint, which are not trained any further."""
    model = build_model(wanted, data)
    load_checkpoint(model, Path(wanted.checkpoint))
    return model.to(context.device).eval()


def _budget(config: BudgetConfig, share: float = 1.0) -> Budget:
    return Budget(
        images=round(config.images * share),
        steps=round(config.steps * share),
        seconds=config.seconds * share,
        flops=config.flops * share,
        batch=config.batch,
    )


def _made(wanted: Fit, spec: DataSpec) -> nn.Module:
    """The model with its options, which an error in making it names."""
    try:
        model: nn.Module = registry.models.get(wanted.model).load()(spec, **wanted.options)
        return model
    except GenbenchError:
        raise
    except Exception as error:
        if not wanted.options:
            raise
        chosen = ", ".join(f"{name} = {value!r}" for name, value in wanted.options.items())
        raise GenbenchError(
            f"{wanted.model} could not be built with {chosen}: {type(error).__name__}: {safe_text(error)}"
        ) from error


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

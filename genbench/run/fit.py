"""Fitted models: trained now, several seeds together where that pays, or loaded because they were trained before."""

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
from genbench.core.errors import Diverged, GenbenchError, Unsupported
from genbench.core.records import FitRecord
from genbench.core.values import Status
from genbench.evaluations.bench import Bench
from genbench.protocols.dataset import Dataset, DataSpec
from genbench.protocols.model import Budget
from genbench.run.plan import Fit, content_key
from genbench.training.record import Engine, Training
from genbench.training.trainer import build, fit, fit_stack
from genbench.training.weights import load_weights, save_weights


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model in `eval()` on the device and its record; no model where it could not be fitted, with the error."""

    fit: Fit
    record: FitRecord
    model: nn.Module | None = None
    error: Exception | None = None


def weights_path(folder: Path, key: str) -> Path:
    """Where the weights of a fit are kept."""
    return folder / "artifacts" / "fits" / f"{key}.safetensors"


def fitted(fits: Sequence[Fit], bench: Bench, folder: Path) -> Iterator[Fitted]:
    """Every fit of one model on one dataset, one a seed; what is on disk is loaded, the rest trained."""
    known = [wanted for wanted in fits if weights_path(folder, wanted.key).exists()]
    for wanted in known:
        yield _loaded(wanted, bench, folder)
    missing = [wanted for wanted in fits if wanted not in known]
    if missing:
        yield from _trained(missing, bench, folder)


def status_of(error: Exception) -> tuple[Status, str]:
    """How an error ends a job, and the sentence that its row shows."""
    if isinstance(error, Unsupported):
        return Status.UNSUPPORTED, str(error)
    if isinstance(error, Diverged):
        return Status.DIVERGED, str(error)
    if isinstance(error, GenbenchError):
        return Status.FAILED, str(error)
    return Status.FAILED, f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _loaded(wanted: Fit, bench: Bench, folder: Path) -> Fitted:
    try:
        model = _build(wanted, bench.dataset(wanted.dataset)).to(bench.device)
        metadata = load_weights(model, weights_path(folder, wanted.key))
        return Fitted(wanted, FitRecord(**json.loads(metadata["fit"])), model.eval())
    except Exception as error:
        return _not_fitted(wanted, error, 0.0, bench)


def _trained(fits: Sequence[Fit], bench: Bench, folder: Path) -> Iterator[Fitted]:
    began = time.perf_counter()
    try:
        pairs = _train(fits, bench, folder)
    except Exception as error:
        spent = time.perf_counter() - began
        yield from (_not_fitted(wanted, error, spent / len(fits), bench) for wanted in fits)
        return
    for wanted, (model, training) in zip(fits, pairs, strict=True):
        if training.diverged is not None:
            yield _not_fitted(wanted, Diverged(training.diverged), training.seconds / len(fits), bench)
            continue
        record = _record(wanted, model, training, bench, share=len(fits))
        save_weights(model, weights_path(folder, wanted.key), {"fit": json.dumps(dataclasses.asdict(record))})
        yield Fitted(wanted, record, model.eval())


def _train(fits: Sequence[Fit], bench: Bench, folder: Path) -> Sequence[tuple[nn.Module, Training]]:
    first = fits[0]
    data = bench.dataset(first.dataset)
    budget = Budget(**first.budget.model_dump())
    name = first.key if len(fits) == 1 else content_key(fits=[wanted.key for wanted in fits])
    checkpoint = folder / "artifacts" / "checkpoints" / f"{name}.safetensors"
    engine = Engine(checkpoint=checkpoint, out_of_memory=first.out_of_memory, precision=first.precision)
    if len(fits) == 1:
        model = _build(first, data)
        return [(model, fit(model, data, budget, seed=first.seed, device=bench.device, engine=engine))]
    return fit_stack(
        lambda: _made(first, data.spec),
        data,
        budget,
        seeds=[wanted.seed for wanted in fits],
        device=bench.device,
        engine=engine,
    )


def _build(wanted: Fit, data: Dataset) -> nn.Module:
    return build(lambda spec: _made(wanted, spec), data.spec, {}, seed=wanted.seed)


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
            f"{wanted.model} could not be built with {chosen}: {type(error).__name__}: {error}"
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


def _record(wanted: Fit, model: nn.Module, training: Training, bench: Bench, *, share: int) -> FitRecord:
    """A stack's seconds are shared by its seeds."""
    return FitRecord(
        **_common(wanted, bench.device),
        status=Status.OK,
        seconds=training.seconds / share,
        parameters=sum(p.numel() for p in model.parameters()),
        images=training.images,
        trained=training.trained,
        weights=training.weights,
        remark=training.remark,
        curve=training.curve,
        details=training.details,
    )


def _not_fitted(wanted: Fit, error: Exception, seconds: float, bench: Bench) -> Fitted:
    status, reason = status_of(error)
    record = FitRecord(**_common(wanted, bench.device), status=status, reason=reason, seconds=seconds)
    return Fitted(wanted, record, error=error)

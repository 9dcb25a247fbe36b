"""Training the models of a task: their data, their initial weights, their budget, and how many are trained together."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from genbench import registry
from genbench.core.errors import DataError, GenbenchError
from genbench.core.jobs import BudgetConfig, Fit, content_key
from genbench.core.text import safe_text
from genbench.evaluations.context import RunContext
from genbench.protocols.dataset import Dataset, DataSpec, Split
from genbench.protocols.model import Budget, FitsItself
from genbench.runs.folder import RunFolder
from genbench.training.config import TrainConfig
from genbench.training.placement import placed
from genbench.training.result import TrainResult
from genbench.training.stack_size import stack_size
from genbench.training.trainer import build, fit, fit_together, given_result
from genbench.training.weights import load_checkpoint


@dataclass(frozen=True, slots=True)
class Training:
    """Models with their initial weights and all that training them takes. `size`: how many are trained together, and
    `remark` what stands in the way of more."""

    fits: Sequence[Fit]
    models: Sequence[nn.Module]
    data: Dataset
    config: TrainConfig
    device: torch.device
    size: int = 1
    remark: str = ""

    @classmethod
    def of(cls, fits: Sequence[Fit], context: RunContext, folder: RunFolder) -> Training:
        """Of these fits, on the context's device."""
        first, device = fits[0], context.device
        data = data_of(first, context)
        if first.checkpoint:
            models = [_from_checkpoint(wanted, data, context) for wanted in fits]
            return cls(fits, models, data, TrainConfig(), device)
        config = TrainConfig(
            checkpoint=_checkpoint(fits, folder),
            out_of_memory=first.out_of_memory,
            precision=first.precision,
            stack=None if device.type == "cuda" else len(fits),  # elsewhere it pays only where it was asked for
            share=context.share,
        )
        models = [build_model(wanted, data) for wanted in fits]
        if device.type != "cpu" and not isinstance(models[0], FitsItself):  # which are given copies
            data = dataclasses.replace(data, train=_on_device(data, context))
        models = [model.to(device).train() for model in models]
        one_seed = len({wanted.seed for wanted in fits}) == 1
        size, remark = stack_size(models, data.train, first.budget.batch, config, one_seed=one_seed)
        return cls(fits, models, data, config, device, size, remark)

    @property
    def budget(self) -> Budget:
        """What each model gets."""
        return budget_of(self.fits[0].budget)

    @property
    def seeds(self) -> list[int]:
        """Of each fit."""
        return [wanted.seed for wanted in self.fits]

    def first(self, folder: RunFolder) -> Training:
        """The first that are trained together."""
        fits = self.fits[: self.size]
        config = dataclasses.replace(self.config, checkpoint=_checkpoint(fits, folder))
        return dataclasses.replace(self, fits=fits, models=self.models[: self.size], config=config)

    def train(self) -> Sequence[tuple[nn.Module, TrainResult]]:
        """The trained models, and how it went."""
        if self.fits[0].checkpoint:
            return [(model, given_result()) for model in self.models]
        data, budget, device, config = self.data, self.budget, self.device, self.config
        if len(self.fits) == 1:
            (model,) = self.models
            alone = fit(model, data, budget, seed=self.seeds[0], device=device, config=config)
            return [(model, dataclasses.replace(alone, remark=alone.remark or self.remark))]
        most = self.size, self.remark
        return fit_together(self.models, data, budget, seeds=self.seeds, device=device, config=config, most=most)


def _checkpoint(fits: Sequence[Fit], folder: RunFolder) -> Path:
    """Where a training of these fits keeps its state."""
    return folder.checkpoint(fits[0].key if len(fits) == 1 else content_key(fits=[wanted.key for wanted in fits]))


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


def budget_of(config: BudgetConfig, share: float = 1.0) -> Budget:
    """The budget that a suite's table says, or a share of it."""
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


def _from_checkpoint(wanted: Fit, data: Dataset, context: RunContext) -> nn.Module:
    """The model with the weights of its checkpoint, which are not trained any further."""
    model = build_model(wanted, data)
    load_checkpoint(model, Path(wanted.checkpoint))
    return model.to(context.device).eval()


def _on_device(data: Dataset, context: RunContext) -> Split:
    """The training set where it fits, which is copied there once for all models that follow each other on it."""
    kept: dict[str, Split] = context.once("training set on the device", dict)
    if data.fingerprint not in kept:
        kept.clear()
        kept[data.fingerprint] = placed(data.train, context.device, TrainConfig(share=context.share))
    return kept[data.fingerprint]

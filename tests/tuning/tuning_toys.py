"""A dataset whose `val` and `reference` disagree, models that count how often they are fitted, and a suite of them."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from genbench.core.errors import Diverged
from genbench.protocols.dataset import Dataset, DataSpec, Split
from genbench.protocols.model import Budget
from genbench.protocols.space import Choice, Range
from genbench.registry import register_dataset, register_model
from genbench.runs.options import Options
from genbench.runs.suite import Suite
from genbench.tuning.records import Search, Tuning
from genbench.tuning.search import tune

VAL_AT, REFERENCE_AT = 0.0, 10.0
FITTED: list[float] = []


def _points(centre: float, seed: int) -> Split:
    return Split(centre + torch.randn(200, 2, generator=torch.Generator().manual_seed(seed)))


@register_dataset("two-places", summary="`val` is around 0, everything of the test around 10.", kind="points")
def two_places(*, root: str | None = None) -> Dataset:
    del root
    train, val = _points(VAL_AT, 0), _points(VAL_AT, 1)
    reference, ceiling = _points(REFERENCE_AT, 2), _points(REFERENCE_AT, 3)
    strange = {"far": _points(-50.0, 4)}
    return Dataset("two-places", DataSpec((2,)), train, val, reference, ceiling, outliers=strange)


class _Toy(nn.Module):
    def __init__(self, data: DataSpec, *, shift: float = 3.0, scale: float = 1.0) -> None:
        super().__init__()
        del data
        self.shift, self.scale = shift, scale
        self.register_buffer("place", torch.zeros(()))

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        FITTED.append(self.shift)
        self.place = torch.tensor(float(self.shift))

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.place + self.scale * torch.randn(n, 2, generator=generator)


@register_model(
    "tune-toy",
    family="classical",
    summary="Draws around `shift`.",
    space={"shift": Choice(VAL_AT, 3.0, REFERENCE_AT), "scale": Range(0.5, 2.0)},
)
class TuneToy(_Toy):
    pass


@register_model(
    "tune-fragile", family="classical", summary="Its fit explodes except at 3.", space={"shift": Choice(3.0, 4.0)}
)
class TuneFragile(_Toy):
    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        super().fit(data, budget, generator)
        if self.shift != 3.0:
            raise Diverged("the loss became NaN.")


@register_model(
    "tune-misspelt", family="classical", summary="Declares no such option.", space={"shfit": Range(1.0, 2.0)}
)
class TuneMisspelt(_Toy):
    pass


@register_model("tune-idle", family="classical", summary="Declares nothing.")
class TuneIdle(_Toy):
    pass


def suite_of(*models: object, **changes: object) -> Suite:
    content = {
        "schema": 1,
        "name": "toys",
        "models": list(models),
        "datasets": ["two-places"],
        "budget": {"images": 256},
        "evaluations": [{"name": "sample-quality", "headline": "sliced-wasserstein", "samples": 100}],
    }
    return Suite.model_validate(content | changes)


class Silent:
    def planned(self, prepared: object) -> None: ...

    def event(self, event: object) -> None: ...


def tuned(folder: Path, suite: Suite, **search: object) -> Tuning:
    return tune(suite, Options(out=folder, executor="inline", device="cpu"), Search(**search), Silent())  # type: ignore[arg-type]

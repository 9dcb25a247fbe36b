"""How a fit that cannot be is told."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from genbench.core.values import Status
from genbench.evaluations.bench import Bench
from genbench.run.fit import fitted
from genbench.run.plan import Fit
from genbench.run.suite import BudgetSettings


@pytest.mark.parametrize("seeds", [(0,), (0, 1)])
def test_an_option_that_a_model_cannot_be_built_with_is_named(tmp_path: Path, seeds: tuple[int, ...]) -> None:
    bench = Bench(root=None, cache=tmp_path, device=torch.device("cpu"))
    budget = BudgetSettings(images=128)
    fits = [
        Fit(key=f"k{s}", model="vae", options={"latent": -4}, dataset="ring8", seed=s, budget=budget) for s in seeds
    ]
    for ended in fitted(fits, bench, tmp_path):
        assert ended.record.status is Status.FAILED
        assert ended.record.reason.startswith("vae could not be built with latent = -4: RuntimeError")

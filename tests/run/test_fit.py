"""How a fit that cannot be is told."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from genbench.core.jobs import BudgetConfig, Fit
from genbench.core.values import Status
from genbench.evaluations.context import RunContext
from genbench.runs.fit import fitted
from genbench.runs.folder import RunFolder


def context(folder: Path) -> RunContext:
    return RunContext(root=None, cache=folder, device=torch.device("cpu"))


def fit(seed: int, **options: int) -> Fit:
    return Fit(
        key=f"{seed:020x}",
        stack_key="s",
        model="vae",
        options=options,
        dataset="ring8",
        seed=seed,
        budget=BudgetConfig(images=1_280),
    )


@pytest.mark.parametrize("seeds", [(0,), (0, 1)])
def test_an_option_that_a_model_cannot_be_built_with_is_named(tmp_path: Path, seeds: tuple[int, ...]) -> None:
    for ended in fitted([fit(s, latent=-4) for s in seeds], context(tmp_path), RunFolder.to_make(tmp_path)):
        assert ended.record.status is Status.FAILED
        assert ended.record.reason.startswith("vae could not be built with latent = -4: RuntimeError")


@pytest.mark.parametrize("broken", [b"", b"nonsense", "half"])
def test_weights_that_are_broken_are_made_again(tmp_path: Path, broken: bytes | str) -> None:
    folder = RunFolder.to_make(tmp_path)
    (first,) = fitted([fit(0)], context(tmp_path), folder)
    path = folder.weights(fit(0).key)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if isinstance(broken, str) else broken)
    (again,) = fitted([fit(0)], context(tmp_path), folder)
    assert again.record.status is Status.OK and len(path.read_bytes()) > len(whole) // 2
    assert first.model is not None and again.model is not None
    for key, value in first.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[key])

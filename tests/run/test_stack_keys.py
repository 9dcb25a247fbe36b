"""Which fits are trained together: those that differ in seeds and in numbers, and in nothing that makes a shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from test_fit import context
from test_plan import plan

from genbench import registry
from genbench.core.jobs import BudgetConfig, Fit, tasks
from genbench.core.values import Status
from genbench.registry import register_model
from genbench.runs.fit import fitted
from genbench.runs.folder import RunFolder


def stack_keys(*rows: dict[str, Any]) -> list[str]:
    """Of rows of one dataset and seed."""
    named = [{"use": "beta-vae", "as": f"row{i}"} | row for i, row in enumerate(rows)]
    made = plan(models=named, datasets=["digits"], seeds=1, evaluations=[{"name": "sample-quality"}])
    return [job.fit.stack_key for job in made.jobs]


@pytest.mark.parametrize(
    "rows, groups",
    [
        ([{}, {"lr": 0.1}, {"beta": 3.0, "lr": 0.01}], 1),
        ([{}, {"latent": 4}, {"latent": 4, "beta": 9.0}, {"latent": 8}], 3),
        ([{"use": "ddpm"}, {"use": "ddpm", "ema": 0.9}, {"use": "ddpm", "schedule": "linear"}], 1),
        ([{"use": "ddpm"}, {"use": "ddpm", "steps": 100}], 2),
        ([{"use": "iwae", "k": 2}, {"use": "iwae", "k": 5}], 2),
        ([{"use": "maf", "lr": 0.1}, {"use": "maf", "lr": 0.2}], 1),
        ([{"use": "vae"}, {"use": "beta-vae"}], 2),
    ],
)
def test_numbers_share_a_stack_and_shapes_do_not(rows: list[dict[str, Any]], groups: int) -> None:
    assert len(set(stack_keys(*rows))) == groups


@pytest.fixture
def third_party() -> Iterator[str]:
    """A model of somebody else: without `ema` it keeps no average, and `weight` is a number by its own word."""

    @register_model("stack-third", family="test", summary="Somebody's.")
    class Third:
        numbers = ("weight",)

        def __init__(self, data: object, *, weight: float = 1.0, depth: float = 1.0, ema: float | None = None) -> None:
            del data, weight, depth, ema

    yield "stack-third"
    registry.models._own.pop("stack-third")


def test_third_parties_say_which_options_are_numbers(third_party: str) -> None:
    row = {"use": third_party}
    assert len(set(stack_keys(row | {"weight": 1.0}, row | {"weight": 2.0}))) == 1
    assert len(set(stack_keys(row | {"depth": 1.0}, row | {"depth": 2.0}))) == 2
    averages = stack_keys(row, row | {"weight": 3.0}, row | {"ema": 0.9}, row | {"ema": 0.99})
    assert averages[0] == averages[1] != averages[2] == averages[3], "no average is no number"


def test_keys_of_fits_still_tell_numbers_apart() -> None:
    made = plan(models=[{"use": "vae", "as": "a"}, {"use": "vae", "as": "b", "lr": 0.1}], datasets=["digits"])
    assert len({job.fit.key for job in made.jobs}) == 4 and len({job.fit.stack_key for job in made.jobs}) == 1
    (task, *alone) = tasks(made.jobs, together=True)
    assert len(task.fits) == 4 and all(one.alone for one in alone)


def test_numbers_of_the_zoo_are_options() -> None:
    for entry in registry.models:
        assert set(entry.card.numbers) <= set(entry.options()), entry.card.name


def fits_of(*options: dict[str, Any]) -> list[Fit]:
    base = Fit(key="", stack_key="s", model="vae", options={}, dataset="ring8", seed=0, budget=BudgetConfig(images=640))
    return [replace(base, key=f"{i:020x}", options=own) for i, own in enumerate(options)]


def test_trials_of_one_task_are_trained_together_and_found_again(tmp_path: Path) -> None:
    folder, fits = RunFolder.to_make(tmp_path), fits_of({}, {"lr": 1e-2}, {"lr": 1e-4})
    made = list(fitted(fits, context(tmp_path), folder))
    assert [one.record.trained for one in made] == ["stack of 3 settings"] * 3
    assert [one.record.options for one in made] == [dict(f.options) for f in fits]
    again = list(fitted(fits, context(tmp_path), folder))
    for one, other in zip(made, again, strict=True):
        assert one.record == other.record and one.model is not None and other.model is not None
        for key, value in one.model.state_dict().items():
            assert torch.equal(value, other.model.state_dict()[key])


def test_options_that_break_a_stack_are_tried_by_themselves(tmp_path: Path) -> None:
    """Of three trials one cannot be built: the others are trained."""
    fits = fits_of({}, {"latent": -4}, {"lr": 1e-2})
    made = list(fitted(fits, context(tmp_path), RunFolder.to_make(tmp_path)))
    assert [one.record.status for one in made] == [Status.OK, Status.FAILED, Status.OK]
    assert "latent = -4" in (made[1].record.reason or "")

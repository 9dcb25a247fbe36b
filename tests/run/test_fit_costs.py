"""What a training cost reaches its record, the speed evaluation and, as `budget.flops`, the plan."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from genbench.core.jobs import BudgetConfig, Fit
from genbench.core.records import DataFacts, DataKind
from genbench.evaluations.context import RunContext
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.speed import SpeedConfig, evaluate
from genbench.runs import suite_file
from genbench.runs.fit import FittedModel, Refit, fitted
from genbench.runs.folder import RunFolder
from genbench.runs.plan import Conditions, make_plan

FACTS = DataFacts(
    name="digits", fingerprint="aaaa", kind=DataKind.IMAGES, has=frozenset({"images", "unit-images", "labels"})
)


def wanted(model: str, budget: BudgetConfig) -> Fit:
    return Fit(
        key=f"{model}-{budget.flops:g}-{budget.images}",
        stack_key=model,
        model=model,
        options={"width": 32},
        dataset="digits",
        seed=0,
        budget=budget,
    )


def trained(model: str, budget: BudgetConfig, root: Path) -> tuple[FittedModel, RunContext]:
    context = RunContext(root=None, cache=root, device=torch.device("cpu"))
    (one,) = fitted([wanted(model, budget)], context, RunFolder.to_make(root))
    return one, context


def test_the_suite_of_equal_operations_makes_a_plan() -> None:
    suite = suite_file.read(suite_file.find("equal-flops"))
    plan = make_plan(suite, Conditions(datasets={"digits": FACTS}))
    assert len({job.row.label for job in plan.jobs}) > 6
    assert all(job.fit.budget.flops == 1e11 and job.fit.budget.shown == 0 for job in plan.jobs)
    other = suite.model_copy(update={"budget": BudgetConfig(flops=2e11)})
    assert not {job.key for job in plan.jobs} & {
        job.key for job in make_plan(other, Conditions(datasets={"digits": FACTS})).jobs
    }


def test_two_models_of_one_budget_are_trained_with_nearly_equal_operations(tmp_path: Path) -> None:
    budget = BudgetConfig(flops=2e8, batch=32)
    records = [trained(model, budget, tmp_path)[0].record for model in ("vae", "wgan-gp")]
    assert all(record.flops == pytest.approx(2e8, rel=0.1) and record.flops <= 2e8 for record in records)
    assert records[0].updates > 5 * records[1].updates > 0


def test_updates_are_measured_as_they_were_made_and_survive_loading(tmp_path: Path) -> None:
    budget = BudgetConfig(images=1_280, batch=128)
    for again in range(2):
        one, context = trained("gan", budget, tmp_path)
        assert (one.record.updates, one.record.images) == (5, 640), again
        refit = Refit(one.fit, context)
        evidence = Evidence(one.model, "", "digits", 0, context, record=one.record, refit=refit)
        with torch.no_grad():
            outcome = evaluate(evidence, SpeedConfig(name="speed", metrics=("updates", "flops"), images=128))
        found = {m.metric: m.value.value for m in outcome.measurements if m.target in ("", "train-step")}
        assert found["updates"] == 5 and found["flops"] > 0


def test_a_budget_is_one_thing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one of images, steps, seconds and flops; got images and flops"):
        BudgetConfig(images=1, flops=1.0)
    assert BudgetConfig(flops=0, images=3).images == 3 and BudgetConfig().images == 100_000

"""Metrics on trial: the rule, a few cells of the page, and the column of docs/metrics.md that is taken from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from genbench import registry
from genbench.cli.app import app
from genbench.conformance import trials
from genbench.conformance.trial_page import failures, page
from genbench.conformance.trials import DIMENSIONS, ROLES, TRIALS, Outcome, moved, run_trials
from genbench.metrics.catalogue import METRICS

DOCS = Path(__file__).resolve().parents[2] / "docs"
PASSED = {"✓": True, "✗": False, "–": None}


def known() -> list[Outcome]:
    """The outcomes of docs/metrics-on-trial.md, without their numbers."""
    found = []
    for line in (DOCS / "metrics-on-trial.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != len(TRIALS) + 2 or not cells[0].startswith("`"):
            continue
        for trial, marks in zip(TRIALS, cells[2:], strict=True):
            for d, mark in zip(DIMENSIONS, marks.split(), strict=True):
                if mark != "·":
                    at = {"metric": cells[0].strip("`"), "trial": trial.name, "d": d, "expected": ""}
                    found.append(Outcome(**at, passed=PASSED[mark]))
    return found


def test_every_metric_of_features_is_tried() -> None:
    groups = ("sample-quality", "diversity")
    assert set(ROLES) == {m.name for m in METRICS if m.group in groups and m.needs == "features"}
    assert {o.metric for o in known()} == set(ROLES)


def test_a_few_cells_of_the_page_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    few = ("coverage", "frechet", "kid", "vendi", "rke", "c2st")
    monkeypatch.setattr(trials, "ROLES", {name: ROLES[name] for name in few})
    chosen = [t for t in TRIALS if t.name in ("mean shift", "unequal n", "duplicates")]
    text = (DOCS / "metrics-on-trial.md").read_text(encoding="utf-8")
    marks = {(o.metric, o.trial, o.d): o.passed for o in known()}
    for outcome in run_trials(chosen, (8,)):
        assert marks[outcome.metric, outcome.trial, 8] == outcome.passed, outcome
        assert outcome.before is not None and f"{outcome.before:.3g} → {outcome.after:.3g}" in text, outcome


def test_the_metrics_page_says_what_each_metric_fails() -> None:
    text, outcomes = (DOCS / "metrics.md").read_text(encoding="utf-8").splitlines(), known()
    for metric in ROLES:
        row = next(line for line in text if line.startswith(f"| `{metric}`"))
        assert row.strip("|").split("|")[-1].strip() == (failures(metric, outcomes) or "nothing"), metric


@pytest.mark.parametrize(
    ("metric", "after", "where"),
    [
        ("coverage", [0.9, 0.91], "same"),
        ("coverage", [0.5, 0.51], "worse"),
        ("frechet", [9.0, 9.1], "worse"),
        ("frechet", [0.4, 0.41], "better"),
        ("c2st", [0.2, 0.21], "worse"),
    ],
)
def test_a_metric_moves_by_its_own_direction(metric: str, after: list[float], where: str) -> None:
    before = {"coverage": [0.92, 0.93], "frechet": [5.0, 5.01], "c2st": [0.5, 0.51]}[metric]
    assert moved(registry.metrics.get(metric).card, before, after) == where


def test_what_draws_may_do_is_no_move() -> None:
    assert moved(registry.metrics.get("frechet").card, [4.0, 6.0], [8.0, 9.0]) == "same"


def test_failures_name_the_dimensions_where_they_are_not_all() -> None:
    of = lambda d, passed: Outcome(metric="kid", trial="duplicates", d=d, expected="worse", passed=passed)
    assert failures("kid", [of(1, False), of(8, True), of(64, None)]) == "duplicates (d = 1)"
    assert failures("kid", [of(1, False), of(8, False)]) == "duplicates"
    assert failures("kid", [of(1, True)]) == ""


def test_the_command_prints_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = Outcome(metric="kid", trial="duplicates", d=1, expected="worse", before=0.1, after=0.2, passed=False)
    monkeypatch.setattr(trials, "run_trials", lambda: [outcome])
    done = CliRunner().invoke(app, ["check", "metrics", "--trials"], catch_exceptions=False)
    assert done.exit_code == 0 and done.output == page([outcome]) + "\n"
    assert "0.1 → 0.2 **fails**" in done.output
    wrong = CliRunner().invoke(app, ["check", "vae", "--trials"])
    assert wrong.exit_code != 0 and "--trials is for" in str(wrong.exception)

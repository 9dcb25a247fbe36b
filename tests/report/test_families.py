"""The mean over the sets of a family (each class left out, a collection of tables), as a record and in every output."""

from __future__ import annotations

import re
from statistics import fmean

import pandas as pd
import pytest
from synthetic import Maker

from genbench.cli.leaderboard import print_leaderboards
from genbench.core.records import PlanRecord
from genbench.data.derived import few, only_class, validation, without_class
from genbench.data.loading import load_dataset
from genbench.report.data import RunData
from genbench.report.export import export
from genbench.report.families import Family, families
from genbench.report.leaderboard import leaderboards
from genbench.report.page import render
from genbench.report.verdict import verdicts
from genbench.report.view import View
from genbench.stats.intervals import t_interval

SETS = ("0", "1", "2", "3")
SEEDS = 3


def auroc(label: str, number: int, seed: int) -> float:
    """Made-up values that differ by row, set and seed."""
    return {"ae": 0.90, "knn": 0.95, "control-noise": 0.5}[label] - 0.02 * number + 0.001 * seed * (label == "ae")


def table(sets: tuple[str, ...] = SETS) -> pd.DataFrame:
    maker = Maker()
    for k in sets:
        for label in ("ae", "knn", "control-noise"):
            for seed in range(SEEDS):
                at = {"dataset": f"digits-without-{k}", "split": "reference", "score": f"{label} score"}
                for target, value in ((f"class-{k}", auroc(label, int(k), seed)), ("uniform-noise", 1.0)):
                    maker.add(label, seed, "outlier-detection", "auroc", value, target=target, **at)
    return maker.frame()


def run(found: pd.DataFrame, family: str = "digits-without-*") -> RunData:
    names = dict.fromkeys(found["dataset"])
    known = {n: {"kind": "images", "near": [f"class-{n[-1]}"], "family": family} for n in names}
    plan = PlanRecord(id="p", suite="test", jobs=(), content={"datasets": known})
    return RunData(table=found, plan=plan)


def only(data: RunData) -> Family:
    (found,) = families(data, leaderboards(data))
    return found


def test_the_mean_is_over_the_hard_target_of_every_set_seed_by_seed() -> None:
    found = only(run(table()))
    assert found.name == "digits-without-*" and found.heads == SETS
    assert [row.name for row in found.rows] == [f"{of} · {of} score" for of in ("knn", "ae", "control-noise")]
    for row in found.rows:
        of = [[auroc(row.label, int(k), seed) for k in SETS] for seed in range(SEEDS)]
        assert [row.mean.values[seed] for seed in range(SEEDS)] == pytest.approx([fmean(sets) for sets in of])
        assert [cell.mean for cell in row.cells if cell] == pytest.approx([fmean(s) for s in zip(*of, strict=True)])
        expected = t_interval([fmean(s) for s in zip(*of, strict=True)])
        assert row.over_sets is not None and row.over_sets.low == pytest.approx(expected.low)
    halves = {row.label: row.mean.half for row in found.rows}
    assert halves["ae"] == pytest.approx(t_interval([0.0, 0.001, 0.002]).half) and halves["knn"] is None


FIVE = ("0", "1", "2", "3", "4")


def told(data: RunData) -> list[str]:
    """What the first screen says of the one family."""
    (found,), _ = verdicts(View(data))
    return [f"{s.lead}: {re.sub('<[^>]+>', '', str(s.text))}" for s in found.sentences]


def test_the_first_screen_says_the_mean_and_folds_what_is_many() -> None:
    found, alone = verdicts(View(run(table())))
    assert [(f.name, f.sets, f.members) for f in found] == [("digits-without-*", 4, [])] and len(alone) == 4
    assert told(run(table())) == [
        "Finds outliers best: best means: knn · knn score, 0.920; ae · ae score, 0.8710 ± 0.0025"
    ]
    found, alone = verdicts(View(run(table(FIVE))))
    assert len(found[0].members) == 5 and alone == []
    text = render(run(table(FIVE)))
    assert text.index("mean of 5 sets") < text.index('<details class="members">')
    assert text.index('<details class="members">') < text.index('data-dataset="digits-without-0"')


def test_what_folded_verdicts_warn_of_is_said_of_the_family() -> None:
    assert told(run(table(FIVE)))[1:] == [
        "Careful: 1 warning above its tables (in 5 of 5 sets)",
        "Caution: 3 seeds: wide intervals, few separations (in 5 of 5 sets)",
    ]
    failed = table(FIVE)
    failed.loc[(failed.label == "ae") & (failed.dataset == "digits-without-2"), ["status", "value"]] = ["failed", None]
    assert "Missing: 3 jobs failed (in 1 of 5 sets)" in told(run(failed))
    failed.loc[(failed.label == "knn") & (failed.dataset == "digits-without-1"), ["status", "value"]] = ["failed", None]
    assert verdicts(View(run(failed)))[0] == []  # nobody has a mean, so the sets stand alone
    failed = table(FIVE)
    for k in range(3):
        one = (failed.label == "ae") & (failed.dataset == f"digits-without-{k}") & (failed.seed <= k)
        failed.loc[one, ["status", "value"]] = ["failed", None]
    assert "Missing: said of 3 of 5 sets, below" in told(run(failed))


def test_who_may_not_lead_is_not_named_first() -> None:
    below = table().assign(value=lambda t: t.value - 0.6)
    assert verdicts(View(run(below)))[0] == []
    missing = table()
    missing.loc[(missing.label == "knn") & (missing.seed == 0), ["status", "value"]] = ["failed", None]
    assert told(run(missing))[0].endswith("best means: ae · ae score, 0.8710 ± 0.0025")


def test_a_model_leads_by_the_best_of_its_scores() -> None:
    worse = table().assign(score="another", value=lambda t: t.value - 0.06)
    found = only(run(pd.concat([table(), worse], ignore_index=True)))
    assert [row.name for row in found.leaders] == ["knn · knn score", "ae · ae score"]
    assert [row.label for row in found.rows[:3]] == ["knn", "ae", "knn"]


def test_an_interval_over_sets_ends_where_the_metric_does() -> None:
    apart = table().assign(value=lambda t: t.value.where(t.dataset != "digits-without-3", t.value - 0.3))
    ends = {row.label: row.over_sets for row in only(run(apart)).rows}
    assert ends["knn"] is not None and ends["knn"].high == 1.0 and 0 < ends["knn"].low < 0.7


def test_a_row_that_lacks_a_set_has_no_mean_and_says_why() -> None:
    whole = table()
    lacking = whole[~((whole.label == "ae") & (whole.dataset == "digits-without-2"))]
    rows = {row.label: row for row in only(run(lacking)).rows}
    assert rows["ae"].mean.mean is None and rows["ae"].over_sets is None
    assert rows["ae"].mean.reasons == ("no value on digits-without-2",) and rows["ae"].cells[2] is None
    assert rows["knn"].mean.mean is not None


def test_two_sets_have_a_mean_and_no_interval_over_sets_and_one_set_is_no_family() -> None:
    rows = only(run(table(("0", "1")))).rows
    assert all(row.over_sets is None and row.mean.mean is not None for row in rows)
    alone = run(table(("0",)))
    assert families(alone, leaderboards(alone)) == []
    assert families(run(table(), family=""), leaderboards(run(table()))) == []
    assert families(RunData(table=table()), leaderboards(RunData(table=table()))) == []


def test_rows_that_are_the_same_on_every_seed_show_their_interval_over_samples() -> None:
    found = table().assign(ci_low=lambda t: t.value - 0.02, ci_high=lambda t: t.value + 0.02)
    shown = {row.label: only(run(found)).mean(row) for row in only(run(found)).rows}
    assert shown["knn"] == "0.920 [0.900 to 0.940]" and shown["ae"] == "0.8710 ± 0.0025"


def test_every_output_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    data = run(table())
    page = render(data)
    assert "mean over digits-without-*" in page and "<small><bdi>ae score</bdi></small>" in page
    markdown, latex = (export(data, name).decode() for name in ("markdown", "latex"))
    assert "### Outlier detection on 4 sets digits-without-*: AUROC ↑" in markdown
    assert "| model | mean | over sets | 0 | 1 | 2 | 3 |" in markdown
    assert "Outlier detection on 4 sets digits-without-*" in latex and "0.8710 $\\pm$ 0.0025" in latex
    print_leaderboards(data)
    assert "4 sets digits-without-*" in capsys.readouterr().out


def test_derived_sets_name_their_family() -> None:
    digits = load_dataset("digits")
    assert digits.facts.family == ""
    without = without_class(digits, "3")
    assert without.facts.family == "digits-without-*" and only_class(digits, "3").facts.family == "digits-only-*"
    assert validation(without).family == "digits-without-*@val" and few(without, 100).family == "digits-without-*@100"
    assert validation(digits).family == ""

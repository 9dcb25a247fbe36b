"""Aggregates over datasets and the agreement of metrics, as records and as the page, exports and terminal show them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest
from synthetic import Maker

from genbench.cli.leaderboard import print_leaderboards
from genbench.report.agreement import agreements
from genbench.report.data import RunData
from genbench.report.export import export
from genbench.report.leaderboard import leaderboards
from genbench.report.over_datasets import OverDatasets, over_datasets
from genbench.report.page import render

LEVELS = {"a": 1.0, "b": 2.0, "c": 4.0, "d": 8.0, "e": 16.0}


def table(datasets: int, seeds: int = 3, levels: Mapping[str, float] = LEVELS, noise: float = 0.05) -> pd.DataFrame:
    """Fréchet distances of these levels on several datasets, with controls that bound them."""
    draw, maker = np.random.default_rng(0), Maker()
    for i in range(datasets):
        for label, level in {**levels, "control-test-half": 0.1, "control-marginals": 50.0}.items():
            for seed in range(seeds):
                value = level * float(np.exp(draw.normal(0, noise)))
                at = {"dataset": f"set-{i}", "encoder": "pixels", "split": "reference"}
                maker.add(label, seed, "sample-quality", "frechet", value, **at)
                maker.add(label, seed, "sample-quality", "kid", value / 1e4, **at)
                maker.add(label, seed, "diversity", "coverage", 1 / (1 + value), **at)
    return maker.frame()


def over(found: pd.DataFrame) -> dict[str, OverDatasets]:
    return {one.evaluation: one for one in over_datasets(leaderboards(RunData(table=found)))}


def test_clear_rows_are_in_order_with_all_that_is_asked() -> None:
    found = over(table(3))
    assert set(found) == {"sample-quality", "diversity"}
    quality = found["sample-quality"]
    assert [row.label for row in quality.rows] == list("abcde")
    assert [row.place_range for row in quality.rows] == ["1", "2", "3", "4", "5"]
    assert [row.leads for row in quality.rows] == [True, False, False, False, False]
    assert [row.rank.value for row in quality.rows] == pytest.approx([1, 2, 3, 4, 5])
    assert [row.wins.value for row in quality.rows] == pytest.approx([1, 0.75, 0.5, 0.25, 0])
    scores = [row.score.value for row in quality.rows if row.score]
    assert scores == pytest.approx([(50 - level) / 49.9 for level in LEVELS.values()], abs=0.02)
    for row in quality.rows:
        for one in (row.rank, row.wins, row.score):
            assert one is not None and one.interval is not None and one.interval.low <= one.value <= one.interval.high
    assert quality.critical is None and quality.left_out == () and quality.notes == ()
    assert quality.beats[0][1] is not None and quality.beats[0][1].value == 1 and quality.beats[0][1].is_sure
    assert quality.beats[0][0] is None


def test_higher_is_better_where_it_is() -> None:
    assert [row.label for row in over(table(2))["diversity"].rows] == list("abcde")


def test_one_dataset_is_no_aggregate_and_five_have_a_critical_difference() -> None:
    assert over(table(1)) == {}
    assert over(table(4))["sample-quality"].critical is None
    critical = over(table(5))["sample-quality"].critical
    assert critical is not None and critical.ranks == (1, 2, 3, 4, 5)


def test_incomplete_rows_are_left_out_counted_and_said() -> None:
    found = table(3)
    found.loc[(found.label == "a") & (found.dataset == "set-1") & (found.seed == 2), ["status", "value"]] = [
        "diverged",
        None,
    ]
    found = found[~((found.label == "b") & (found.dataset == "set-2"))]
    found.loc[(found.label == "c") & (found.dataset == "set-0"), "n"] = 100
    quality = over(found)["sample-quality"]
    assert [row.label for row in quality.rows] == ["d", "e"]
    assert set(quality.left_out) == {
        "a: 2 of 3 seeds on set-1", "b: no value on set-2", "c: not comparable on set-0",
    }  # fmt: skip
    assert "Left out, 3 of 5 rows" in quality.said[-1]


def test_what_no_row_is_complete_in_is_said() -> None:
    found = table(2, levels={"a": 1.0, "b": 2.0})
    found = found[~((found.label == "b") & (found.dataset == "set-1"))]
    quality = over(found)["sample-quality"]
    assert quality.rows == () and "Fewer than two rows" in quality.notes[0]
    assert "nothing to compare" in render(RunData(table=found))


def test_a_row_that_never_has_the_evaluation_is_not_missed() -> None:
    maker = Maker()
    for i in range(2):
        for seed in range(3):
            maker.missing("z", seed, "sample-quality", "unsupported", "it cannot sample", dataset=f"set-{i}")
    quality = over(pd.concat([table(2), maker.frame()]))["sample-quality"]
    assert quality.left_out == () and len(quality.rows) == 5


def test_a_dataset_that_nothing_could_be_measured_on_is_left_out_and_named() -> None:
    """One table with a single outlier left 16 of 16 rows incomplete."""
    maker, found = Maker(), table(3)
    for label in "abcde":
        for seed in range(3):
            maker.missing(label, seed, "sample-quality", "unsupported", "one outlier", dataset="set-9")
    quality = over(pd.concat([found, maker.frame()]))["sample-quality"]
    assert [row.label for row in quality.rows] == list("abcde") and set(quality.metrics) == {"set-0", "set-1", "set-2"}
    assert "Nothing could be measured on set-9." in quality.notes and not quality.left_out


def test_one_row_is_compared_with_none() -> None:
    assert over(table(3, levels={"a": 1.0})) == {}


def test_two_seeds_have_no_places_and_ties_are_said() -> None:
    two = over(table(3, seeds=2))["sample-quality"]
    assert {row.place_range for row in two.rows} == {""} and "need 3 seeds" in two.notes[0]
    tied = over(table(3, levels=dict.fromkeys("abc", 3.0)))["sample-quality"]
    assert not any(row.leads for row in tied.rows) and "3 seeds on 3 datasets can't separate these." in tied.notes


def test_no_row_under_the_floor_leads() -> None:
    bad = over(table(3, levels={"a": 60.0, "b": 90.0, "c": 200.0}))["sample-quality"]
    assert bad.rows[0].place_range == "1" and not any(row.leads for row in bad.rows)
    assert bad.notes == ("No row leads: the first are worse than the floor or than chance on a dataset.",)


def test_a_constant_row_has_wins_but_is_never_certain() -> None:
    quality = over(table(2, levels={"a": 1.0, "b": 2.0}, noise=0.0))["sample-quality"]
    assert quality.rows[0].wins.value == 1 and quality.rows[0].wins.interval is not None
    assert quality.rows[0].wins.interval.low < 0.8


def test_metrics_that_order_alike_agree() -> None:
    found = {one.title: one for one in agreements(leaderboards(RunData(table=table(2))))}
    assert set(found) == {"Headlines of the evaluations", "Sample quality"}
    tau = found["Sample quality"].taus[0][1]
    assert tau is not None and tau.tau == pytest.approx(1) and tau.interval.low < 1 and tau.rows == 5
    assert found["Sample quality"].taus[0][0] is None
    assert agreements(leaderboards(RunData(table=table(2, levels={"a": 1.0, "b": 2.0})))) == []


def test_rows_with_the_same_numbers_in_both_metrics_count_once() -> None:
    """`ae` and `ae+gmm10` in reconstruction and latent structure: τ was 0.25 over 35 rows, it is 0.33 over 29."""
    plain = table(1)
    again = plain[plain.label == "a"].assign(label="a+gmm10")
    (found,) = [
        one
        for one in agreements(leaderboards(RunData(table=pd.concat([plain, again]))))
        if one.title == "Sample quality"
    ]
    tau = found.taus[0][1]
    assert tau is not None and tau.rows == 5


def headings(html: str) -> Sequence[str]:
    return re.findall(r"<h[23][^>]*>([^<]+)</h[23]>", html)


def test_every_output_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    data = RunData(table=table(5))
    page = render(data)
    assert {"Over the datasets", "Do the metrics agree?"} <= set(headings(page))
    assert 'svg class="critical"' in page and "critical difference" in page
    assert '<b class="p f">1</b>' in page
    markdown, latex = (export(data, name).decode() for name in ("markdown", "latex"))
    assert "### Over 5 datasets: sample quality" in markdown and "| **1** | a | 1.00 (1.00 to " in markdown
    assert "\\textbf{1} & a & 1.00 (1.00 to " in latex
    print_leaderboards(data)
    assert "Over 5 datasets: sample quality" in capsys.readouterr().out
    alone = RunData(table=table(1))
    assert "Over the datasets" not in headings(render(alone)) and "Over " not in export(alone, "markdown").decode()


def test_hostile_names_stay_text() -> None:
    name = "<script>alert(1)</script>&"
    page = render(RunData(table=table(5, levels={name: 1.0, "b": 2.0, "c": 3.0})))
    assert "<script>alert" not in page

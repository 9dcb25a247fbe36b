"""The page's verdict, grid, costs and exports say what the numbers say."""

from __future__ import annotations

import io
import re
from html import unescape

import pandas as pd
import pytest
from synthetic import Maker, make_table, run_record, tiny

from genbench.evaluations.catalogue import CATALOGUE
from genbench.report import heat
from genbench.report.costs import Cost, axes, costs, front
from genbench.report.csvtext import neutral, written
from genbench.report.data import FITS, RunData
from genbench.report.page import packed_well, render
from genbench.report.verdict import verdict
from genbench.report.view import View


def said(data: RunData, dataset: int = 0) -> dict[str, str]:
    view = View(data)
    return {
        s.lead: unescape(re.sub(r"<[^>]+>", "", str(s.text))).replace("\N{NO-BREAK SPACE}", " ")
        for s in verdict(view, view.datasets[dataset])
    }


def test_one_leader_a_tie_and_nobody() -> None:
    apart = tiny(["a", "b", "control-test-half"], [[1.0, 1.1, 1.2], [9.0, 9.1, 9.2], [0.5, 0.5, 0.5]])
    assert said(RunData(table=apart))["Best samples"].startswith("a, 1.10 ± 0.25; real")
    tied = tiny(["a", "b", "c"], [[1.0, 1.1, 1.2], [1.05, 1.1, 1.3], [90.0, 91.0, 92.0]])
    assert said(RunData(table=tied))["Best samples"].endswith("not surely ahead of b")
    twins = tiny(["ae+gmm10", "ae", "b", "c"], [[1.0, 1.1, 1.2], [1.0, 1.1, 1.2], [1.05, 1.1, 1.3], [90.0, 91.0, 92.0]])
    twins["model"] = twins["label"].str.partition("+")[0]
    assert said(RunData(table=twins))["Best samples"].endswith("not surely ahead of b")
    nobody = tiny(["a", "b"], [[1.0, 2.0, 3.0], [1.5, 2.0, 3.1]])
    assert said(RunData(table=nobody))["Best samples"].startswith("3 seeds can't separate 2 models; best mean: a")
    single = said(RunData(table=tiny(["a", "b"], [[1.0], [2.0]])))
    assert single["Best samples"] == "a, 1 (1 seed, no places)" and "no places" in single["Caution"]


def test_the_verdict_follows_the_metrics_own_direction() -> None:
    table = tiny(["a", "b"], [[0.1, 0.11, 0.12], [0.9, 0.91, 0.92]], metric="coverage", direction="higher")
    assert next(iter(said(RunData(table=table)).values())).startswith("b, ")


def test_failures_and_controls_out_of_place_are_in_the_verdict() -> None:
    found = said(RunData(table=make_table(), runs=[run_record()]))
    assert found["Missing"] == "12 jobs failed" and found["Copies of training data"] == "no model is flagged"
    rows = {"vae": [0.1, 0.11, 0.12], "control-test-half": [1.0, 1.1, 1.2], "control-marginals": [50.0, 51.0, 52.0]}
    assert "above its tables" in said(RunData(table=tiny(list(rows), list(rows.values()))))["Careful"]


def test_a_dataset_without_any_number_says_why() -> None:
    table = tiny(["a", "b"], [[1.0, 1.1, 1.2], [9.0, 9.1, 9.2]])
    assert "Nothing measured" not in said(RunData(table=table))
    nothing = table.assign(status="unsupported", value=None, reason="it needs 2 outliers, got 1")
    assert said(RunData(table=nothing))["Nothing measured"] == "it needs 2 outliers, got 1"


def test_every_evaluation_has_words_for_its_leader() -> None:
    assert all(record.verdict and record.verdict[0].isupper() for record in CATALOGUE)


def fits(seconds: dict[str, list[float]]) -> pd.DataFrame:
    rows = [
        {"key": f"{model}{seed}", "model": model, "dataset": "digits", "seed": seed, "status": "ok", "seconds": value,
         "parameters": 1000}
        for model, of in seconds.items() for seed, value in enumerate(of)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=FITS)


def test_cost_is_the_median_of_a_rows_own_fits() -> None:
    table = tiny(["a", "b"], [[1.0, 1.1, 1.2], [9.0, 9.1, 9.2]])
    data = RunData(table=table, fits=fits({"a": [1.0, 2.0, 30.0], "b": [0.05, 0.05, 0.05]}))
    found = costs(data, View(data).found)["digits"]
    assert found == {"a": Cost(2.0, 1000.0), "b": Cost(0.05, 1000.0)}
    assert said(data)["Fastest to train"] == "b, 50 ms; slowest: a, 2.0 s"
    assert said(data)["Its cost"] == "training 2 s, parameters 1,000"
    assert [axis.title for axis in axes(found, [])] == ["training", "parameters"]


def test_the_leaders_cost_follows_its_sentence_with_what_sampling_takes() -> None:
    view = View(RunData(table=make_table(), runs=[run_record()]))
    leads = [sentence.lead for sentence in verdict(view, view.datasets[0])]
    assert leads.index("Its cost") == leads.index("Best samples") + 1
    assert said(view.data)["Its cost"] == "sample latency 4.8 ms, peak memory 350 thousand bytes"
    assert "Its cost" not in said(RunData(table=tiny(["a", "b"], [[1.0], [2.0]])))


def test_the_front_holds_what_nothing_beats_in_both() -> None:
    points = {"cheap": (1.0, 9.0), "worse": (2.0, 9.5), "middle": (3.0, 5.0), "same": (3.0, 5.0), "best": (9.0, 1.0)}
    assert front(points) == ["cheap", "middle", "best"]


def test_the_grid_counts_what_is_missing_as_nothing() -> None:
    view = View(RunData(table=make_table(), runs=[run_record()]))
    grid = heat.heat_grid(view)
    assert [r.mean for r in grid.rows] == sorted((r.mean for r in grid.rows), reverse=True)
    assert {r.row.label: r.mean for r in grid.rows}["broken"] == 0.0
    assert "sample throughput" in grid.left_out and grid.trained_on == 0
    assert heat.score_text(0.996) == "0.99" and heat.score_text(1.0) == "1.00" and heat.score_text(-0.2) == "< 0"


@pytest.mark.parametrize("text", ["=1+2", "+a", "-b", "@c", "\tx", "\rx"])
def test_text_that_a_spreadsheet_would_run_is_neutral(text: str) -> None:
    kept = "'" + text.replace("\r", "")  # no control characters leave
    assert neutral(text) == kept
    table = pd.DataFrame({"label": [text, 'a "b", c'], "value": [-1.5, None], "n": pd.array([3, None], "Int64")})
    again = pd.read_csv(io.StringIO(written(table)), keep_default_na=False, na_values={"value": [""], "n": [""]})
    assert again["label"].tolist() == [kept, 'a "b", c'] and again["value"][0] == -1.5
    assert again["value"].isna()[1] and again["n"][0] == 3


def test_a_huge_table_keeps_its_rows_and_six_digits() -> None:
    table = make_table()
    packed = pd.read_csv(io.StringIO(written(packed_well(table), digits=6)))
    keys = ["label", "dataset", "seed", "evaluation", "metric", "target", "score"]
    both = table.fillna({"target": "", "score": ""}).merge(packed.fillna({"target": "", "score": ""}), on=keys)
    good = both.dropna(subset=["value_x"])
    assert len(packed) == len(table) and len(good) == table["value"].notna().sum()
    assert ((good["value_x"] - good["value_y"]).abs() <= 5e-6 * good["value_x"].abs()).all()


def test_long_names_and_other_scripts_are_isolated() -> None:
    maker = Maker()
    for seed in range(3):
        maker.add("نموذج", seed, "sample-quality", "frechet", 114.0 + seed, encoder="in-domain")
        maker.add("b", seed, "sample-quality", "frechet", 17.0 + seed, encoder="in-domain")
    assert "<bdi>نموذج</bdi>" in render(RunData(table=maker.frame()))

"""Values by class stand in the panels of the models and in no leaderboard."""

from __future__ import annotations

import pytest
from synthetic import Maker
from test_page import Reader

from genbench.report.by_class import class_tables
from genbench.report.compare import compare
from genbench.report.data import RunData, read_rows
from genbench.report.leaderboard import leaderboards
from genbench.report.page import render

METRIC = "mse-by-class"


def a_run(worse: float = 1.0) -> RunData:
    maker = Maker()
    for seed in range(3):
        for label in ("vae", "ae"):
            maker.interval(label, seed, "reconstruction", "mse", 0.02 + 0.001 * seed, 0.001, split="reference")
            for name in ("10", "9", "2", "cat <b>"):
                value = (0.01 if name == "2" else 0.05 * worse) + 0.001 * seed
                maker.interval(label, seed, "reconstruction", METRIC, value, 0.002, target=name, split="reference")
        maker.missing("gan", seed, "reconstruction", "unsupported", "it has no encoder")
        maker.add("gan", seed, "reconstruction", METRIC, None, status="unsupported", reason="it has no encoder")
    return RunData(table=maker.frame())


def test_each_class_has_its_mean_and_interval_in_the_order_of_numbers() -> None:
    tables = class_tables(read_rows(a_run().table))
    assert set(tables) == {"vae", "ae"}
    (one,) = tables["vae"]
    assert list(one.rows) == ["2", "9", "10", "cat <b>"] and [c.metric for c in one.columns] == [METRIC]
    cell = one.rows["2"][0]
    assert cell.mean == pytest.approx(0.011) and cell.half_text and cell.n == 3


def test_leaderboards_and_comparisons_do_not_know_them() -> None:
    data = a_run()
    assert {c.metric for board in leaderboards(data) for c in board.columns} == {"mse"}
    changes = compare(data.table, a_run(worse=3.0).table)
    assert {c.metric for c in changes} == {"mse"} and not any(c.is_regression for c in changes)


def test_the_panel_of_a_model_shows_them_folded() -> None:
    html = render(a_run())
    Reader(html)
    assert html.count("By class on digits") == 2 and "cat &lt;b&gt;" in html
    panel = html.split('data-m="vae" data-label')[1].split("</details>")[0]
    assert "By class on digits" in panel and "0.0110" in panel

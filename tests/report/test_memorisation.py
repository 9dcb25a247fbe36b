"""Numbers that are read against held-out data are differences from it, without an arrow, with a verdict in words."""

from __future__ import annotations

import pandas as pd
import pytest
from synthetic import Maker

from genbench.report.data import RunData
from genbench.report.export import export
from genbench.report.leaderboard import leaderboards
from genbench.report.page import render
from genbench.report.types import Flag, Leaderboard

AUTHENTICITY = {"fine": 0.56, "one-flag": 0.40, "copies": 0.02, "control-test-half": 0.55, "control-train-copy": 0.0}


def table(*, ceiling: bool = True) -> pd.DataFrame:
    maker = Maker()
    for label, level in AUTHENTICITY.items():
        if label == "control-test-half" and not ceiling:
            continue
        is_copy = "cop" in label
        for seed in range(3):
            at = {"encoder": "in-domain", "split": "train"}
            value = level + 0.001 * seed
            maker.interval(label, seed, "memorisation", "authenticity", value, 0.02, **at)
            maker.add(label, seed, "memorisation", "ct", (-20.0 if is_copy else 0.2) + seed / 10, **at)
            ratio = 0.1 if is_copy else 1.0 + seed / 100
            maker.interval(label, seed, "memorisation", "nn-distance-ratio", ratio, 0.03, **at)
            maker.interval(label, seed, "memorisation", "copy-rate", float(is_copy), 0.01, **at | {"encoder": "pixels"})
            maker.interval(label, seed, "sample-quality", "frechet", 1.0 + seed / 10, 0.1, encoder="in-domain")
    return maker.frame()


@pytest.fixture(scope="module")
def boards() -> dict[str, Leaderboard]:
    return {board.evaluation: board for board in leaderboards(RunData(table=table()))}


def verdicts(board: Leaderboard) -> dict[str, tuple[str, ...]]:
    return {row.label: row.remarks for row in board.all_rows}


def test_numbers_are_differences_from_held_out_data(boards: dict[str, Leaderboard]) -> None:
    board = boards["memorisation"]
    column = next(c for c in board.columns if c.metric == "authenticity")
    cells = board.cells(column.key)
    assert cells["one-flag"].difference == pytest.approx(-0.15) and cells["one-flag"].mean == pytest.approx(0.401)
    assert cells["one-flag"].text.startswith("−0.15") and cells["fine"].text.startswith("+0.01")
    assert cells["control-test-half"].difference is None and cells["control-test-half"].text.startswith("0.55")
    assert "difference from held-out data" in column.subtitle


def test_it_has_no_arrow_and_other_evaluations_do(boards: dict[str, Leaderboard]) -> None:
    assert {column.sense.arrow for column in boards["memorisation"].columns} == {""}
    assert boards["sample-quality"].columns[0].sense.arrow == "↓" and not boards["sample-quality"].columns[0].against
    assert "less" not in boards["sample-quality"].columns[0].subtitle


def test_each_row_has_a_verdict(boards: dict[str, Leaderboard]) -> None:
    assert verdicts(boards["memorisation"]) == {
        "fine": ("no nearer than held-out data",),
        "one-flag": ("nearer than held-out data: 1 of 4 tests",),
        "copies": (Flag.MEMORISES, "4 of 4 tests"),
        "control-test-half": ("no nearer than held-out data",),
        "control-train-copy": (Flag.MEMORISES, "4 of 4 tests"),
    }


def test_a_single_flag_is_carried_to_the_overview_and_nowhere_else(boards: dict[str, Leaderboard]) -> None:
    assert verdicts(boards["overview"]) == {
        "fine": (), "control-test-half": (),
        "one-flag": ("nearer than held-out data: 1 of 4 tests",),
        "copies": (Flag.MEMORISES, "4 of 4 tests"),
        "control-train-copy": (Flag.MEMORISES, "4 of 4 tests"),
    }  # fmt: skip
    assert verdicts(boards["sample-quality"])["one-flag"] == ()


def test_without_the_ceiling_row_numbers_are_as_they_are() -> None:
    board = next(b for b in leaderboards(RunData(table=table(ceiling=False))) if b.evaluation == "memorisation")
    column = board.column(board.headline)
    assert not column.against and board.cells(column.key)["fine"].difference is None
    assert verdicts(board)["copies"] == ("nearer than held-out data: 1 of 1 test",)


def test_outputs_say_it() -> None:
    data = RunData(table=table())
    markdown = export(data, "markdown").decode()
    assert "| one-flag (nearer than held-out data: 1 of 4 tests) |" in markdown
    assert "nearer than held-out data: 1 of 4 tests" in export(data, "latex").decode()
    assert "no nearer than held-out data" in render(data)
    assert "0.401" in export(data, "csv").decode()  # the tidy table has the values themselves


def test_columns_of_which_the_nearest_is_best_sort_by_the_distance() -> None:
    maker = Maker()
    for label, value in {"low": 0.2, "near": 0.55, "high": 0.9}.items():
        for seed in range(3):
            maker.add(label, seed, "sample-quality", "c2st", value + seed / 1000, direction="nearest")
    board = next(b for b in leaderboards(RunData(table=maker.frame())) if not b.is_overview)
    assert [row.label for row in board.rows] == ["near", "low", "high"]
    column = board.columns[0]
    keys = {row.label: column.sense.loss(row.cells[column.key].mean or 0.0) for row in board.rows}
    assert sorted(keys, key=lambda label: keys[label] or 0.0) == ["near", "low", "high"]
    assert keys["low"] == pytest.approx(0.299)
    assert 'data-better="nearest" data-best="0.5"' in render(RunData(table=maker.frame()))

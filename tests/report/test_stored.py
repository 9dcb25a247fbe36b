"""Places on the numbers of a real run: `stored-quick.csv` is a part of the table that `genbench run quick` left behind
at 3 seeds (11 metrics; what failed or was unsupported is left out)."""

from __future__ import annotations

import io
import re
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from genbench.report.compare import Verdict, compare
from genbench.report.data import RunData
from genbench.report.export import export
from genbench.report.leaderboard import leaderboards
from genbench.report.over_datasets import over_datasets
from genbench.report.page import render
from genbench.report.ranking import mean_loss
from genbench.report.types import Cell, Column, Flag, Leaderboard


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_csv(Path(__file__).parent / "stored-quick.csv", keep_default_na=False, na_values={"value": [""]})


@pytest.fixture(scope="module")
def boards(table: pd.DataFrame) -> list[Leaderboard]:
    return leaderboards(RunData(table=table))


def placed(boards: list[Leaderboard]) -> list[tuple[Leaderboard, Column, list[Cell]]]:
    found = [
        (board, column, [row.cells[column.key] for row in board.rows if column.key in row.cells])
        for board in boards
        for column in board.columns
    ]
    return [(board, column, [cell for cell in cells if cell.place]) for board, column, cells in found]


def cell(boards: list[Leaderboard], dataset: str, metric: str, label: str) -> Cell:
    overview = next(b for b in boards if b.is_overview and b.dataset == dataset)
    column = next(c for c in overview.columns if c.metric == metric)
    return overview.cells(column.key)[label]


def test_the_stored_run_is_the_one_that_was_complained_of(boards: list[Leaderboard]) -> None:
    assert len(placed(boards)) > 20 and sum(len(cells) for *_, cells in placed(boards)) > 180
    wild = cell(boards, "digits-without-3", "auroc", "wgan-gp")
    assert wild.mean == pytest.approx(0.49, abs=0.005) and wild.half == pytest.approx(0.10, abs=0.005)


def test_no_row_under_the_floor_or_below_chance_leads(boards: list[Leaderboard]) -> None:
    under = 0
    for _, column, cells in placed(boards):
        for one in cells:
            is_bad = bool({Flag.UNDER_FLOOR, Flag.BELOW_CHANCE} & set(one.flags)) or (one.score or 0) < 0
            is_bad |= column.metric == "auroc" and one.mean is not None and one.mean <= 0.5
            assert not (one.leads and is_bad)
            assert not (one.place == 1 and Flag.UNDER_FLOOR in one.flags)
            under += is_bad
    assert under >= 5


def test_ranges_hold_the_order_of_the_means_and_no_worse_mean_leads_a_better(boards: list[Leaderboard]) -> None:
    for _, column, cells in placed(boards):
        losses = [mean_loss(one, column) or 0.0 for one in cells]
        for one, loss in zip(cells, losses, strict=True):
            assert 1 <= (one.place or 0) <= 1 + sum(other < loss for other in losses)
            assert (one.place or 0) <= (one.last_place or 0) <= len(cells)
        ordered = sorted(cells, key=lambda one: mean_loss(one, column) or 0.0)
        for first, second in pairwise(ordered):
            assert first.leads or not second.leads


def test_a_noisy_row_does_not_stand_beside_the_best(boards: list[Leaderboard]) -> None:
    """AUROC 0.49 ± 0.10 was 1= beside 0.986 ± 0.013, and Fréchet 28 was 1= beside 1.5 while 4.94 was 2nd."""
    assert (cell(boards, "digits-without-3", "auroc", "wgan-gp").place or 0) > 1
    assert cell(boards, "digits-without-3", "auroc", "ae").leads
    assert (cell(boards, "digits", "frechet", "gan").place or 0) > 2
    assert cell(boards, "digits", "frechet", "ae+gmm10").place_range == "1"
    assert (cell(boards, "digits", "frechet", "ae+gaussian").place or 0) == 2


def test_most_columns_are_decided(boards: list[Leaderboard]) -> None:
    """By the paired test, 379 of 489 placed cells were first."""
    cells = [one for board, _, group in placed(boards) for one in group if not board.is_overview]
    assert sum(one.place == 1 for one in cells) < 0.6 * len(cells)


def test_one_fit_is_one_row(boards: list[Leaderboard]) -> None:
    board = next(b for b in boards if (b.dataset, b.evaluation) == ("digits", "reconstruction"))
    found = board.cells(board.headline)
    assert {k: one.place_range for k, one in found.items() if one.place} == {
        "ae": "1", "ae+gaussian": "1", "ae+gmm10": "1", "vae": "2", "vae+gmm10": "2",
    }  # fmt: skip


def test_page_and_exports_show_the_same_leading_groups(table: pd.DataFrame, boards: list[Leaderboard]) -> None:
    leading = sum(one.leads for *_, cells in placed(boards) for one in cells)
    assert leading
    data = RunData(table=table)
    places = re.findall(r"<td[^>]*><b(?: class=(\w))?>([\d–]+)</b>", render(data))
    assert sum(kind == "f" for kind, _ in places) == leading
    assert sorted(text for _, text in places) == sorted(o.place_range for *_, cells in placed(boards) for o in cells)
    assert export(data, "latex").decode().count("\\mathbf{") == leading
    over = sum(row.leads for found in over_datasets(boards) for row in found.rows)
    assert over and len(re.findall(r"\*\*[^*]+\*\*", export(data, "markdown").decode())) == leading + over
    tidy = pd.read_csv(io.BytesIO(export(data, "csv")))
    names = ["label", "dataset", "evaluation", "metric", "target", "score", "encoder", "split"]
    first = tidy[tidy["place"].notna()].drop_duplicates(names)
    within = sum(one.leads for board, _, cells in placed(boards) if not board.is_overview for one in cells)
    assert first["leads"].astype(bool).sum() == within and (first["place"] <= first["last_place"]).all()
    assert not tidy.loc[tidy["family"] == "control", "place"].notna().any()


def test_a_run_compared_with_itself_and_with_other_seeds(table: pd.DataFrame) -> None:
    assert {c.verdict for c in compare(table, table)} == {Verdict.SAME}
    halves = table[table["label"] == "ae+gmm10"], table[table["label"] == "vae+gmm10"].assign(label="ae+gmm10")
    found = {(c.dataset, c.metric): c.verdict for c in compare(*halves)}
    assert found["digits", "frechet"] is found["digits", "mse"] is Verdict.WORSE
    assert found["ring8", "sliced-wasserstein"] is Verdict.UNCLEAR

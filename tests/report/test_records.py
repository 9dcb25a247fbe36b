"""Evaluations and metrics that are not ours, or that nobody knows: the report reads their records, or none."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from synthetic import Maker, draw_pictures, make_table, quality

from genbench import registry
from genbench.core.records import PlanRecord
from genbench.core.values import Direction
from genbench.protocols.evaluation import Evaluation
from genbench.protocols.metric import Metric
from genbench.protocols.results import Copying, Results, Table
from genbench.report import glossary
from genbench.report.data import RunData
from genbench.report.leaderboard import leaderboards
from genbench.report.page import render
from genbench.report.types import Cell, Flag, Leaderboard


def check(results: Results, table: Table) -> Iterator[str]:
    cell = table.cell(table.controls.get("worst"), "sharpness", "near")
    assert cell is not None and cell.mean is not None
    if cell.mean > 10:
        yield f"{table.controls['worst']} should not be sharp, but is at {cell.mean:.0f}."


def copying(results: Results, table: Table) -> dict[str, Copying]:
    return {"b": Copying(frozenset({"sharpness"}), frozenset({"sharpness"}), memorises=True)}


RECORD = Evaluation(
    name="look",
    summary="How it looks.",
    metrics=("sharpness",),
    headline="sharpness",
    floor=("worst",),
    ceiling=("best",),
    over_targets="all",
    sanity=check,
    copying=copying,
    pictures={"close-up": "Seen from near"},
)
METRIC = Metric(
    name="sharpness",
    summary="How sharp.",
    direction=Direction.HIGHER,
    low=0.0,
    high=100.0,
    chance=5.0,
    scale=0.01,
    titles={"lens": "Lens sharpness"},
)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Our own evaluation and metric, for one test."""
    register(monkeypatch, registry.evaluations, RECORD)
    register(monkeypatch, registry.metrics, METRIC)
    return monkeypatch


def register(monkeypatch: pytest.MonkeyPatch, where: Any, record: Any) -> None:
    where.names()
    monkeypatch.setitem(where._own, record.name, registry.Entry(record, None))


def made(worst: float = 4.0, **more: Any) -> Maker:
    maker = Maker()
    for seed in range(3):
        for label, value in (("a", 50.0), ("b", 30.0), ("c", 1.0), ("worst", worst), ("best", 90.0)):
            family = "control" if label in ("worst", "best") else "vae"
            for target, shift in (("near", 0.0), ("far", 1.0)):
                at = {"target": target, "family": family, "direction": "higher", **more}
                maker.interval(label, seed, "look", "sharpness", value + shift + seed / 10, 0.1, **at)
    return maker


def boards(maker: Maker) -> list[Leaderboard]:
    return leaderboards(RunData(table=maker.frame()))


def cells(board: Leaderboard) -> dict[str, Cell]:
    return board.cells(board.headline)


def test_a_third_partys_evaluation_is_read_like_our_own(known: pytest.MonkeyPatch) -> None:
    overview, board = boards(made())
    found = cells(board)
    assert board.summary == "How it looks."
    assert found["a"].score == pytest.approx((50 - 4) / (90 - 4)) and found["best"].score == 1
    assert Flag.UNDER_FLOOR in found["c"].flags and Flag.BELOW_CHANCE in found["c"].flags
    assert not {Flag.BELOW_CHANCE, Flag.UNDER_FLOOR} & set(found["b"].flags)
    assert Flag.COPIES in found["b"].flags and Flag.COPIES not in found["a"].flags
    assert [row.label for row in overview.rows if Flag.MEMORISES in row.flags] == ["b"]
    assert overview.columns[0].target == "mean of 2 sets" and overview.columns[0].scale.note == "× 10²"
    assert found["a"].text == "5\N{NARROW NO-BREAK SPACE}010"
    assert overview.warnings == ()


def test_its_check_speaks_and_its_titles_stand(known: pytest.MonkeyPatch) -> None:
    overview, board = boards(made(worst=20.0, encoder="lens"))
    assert overview.warnings == ("worst should not be sharp, but is at 20.",)
    assert {c.title for c in board.columns} == {"Lens sharpness"}
    html = render(RunData(table=made(worst=20.0).frame()))
    assert "worst should not be sharp" in html and html.count('class="ceiling"') and html.count('class="floor"')


def test_its_range_may_be_the_ceiling(known: pytest.MonkeyPatch) -> None:
    register(known, registry.evaluations, dataclasses.replace(RECORD, ceiling=("nobody", "exact"), copying=None))
    assert cells(boards(made())[1])["a"].score == pytest.approx((50 - 4) / (100 - 4), abs=2e-3)


def test_it_may_be_unranked_timed_and_of_one_target(known: pytest.MonkeyPatch) -> None:
    register(known, registry.evaluations, dataclasses.replace(RECORD, ranked=False, over_targets="", timed=True))
    maker = made()
    for row in maker.rows:
        row["n"] = row["seed"] + 7
    overview, board = boards(maker)
    assert overview.columns[0].target == "near" and "ceiling" in board.notes[0]
    assert {cell.place for cell in cells(board).values()} == {None} == {cell.score for cell in cells(board).values()}
    assert all(cell.comparable for cell in cells(board).values()) and board.columns[0].about == ("cpu",)


def raising(results: Results, table: Table) -> list[str]:
    raise LookupError("no such row")


def nonsense(results: Results, table: Table) -> Any:
    return {"a": "yes"}


@pytest.mark.parametrize(
    ("field", "function", "said"),
    [
        ("sanity", raising, "look could not check its controls: LookupError: no such row"),
        ("sanity", "nowhere.to_be:found", "look could not check its controls: ModuleNotFoundError"),
        ("copying", raising, "look could not judge which rows copy their training data: LookupError"),
        ("copying", nonsense, "look could not judge which rows copy their training data: AttributeError"),
    ],
)
def test_a_check_that_raises_is_one_warning(known: pytest.MonkeyPatch, field: str, function: Any, said: str) -> None:
    register(known, registry.evaluations, dataclasses.replace(RECORD, **{field: function}))
    (warning,) = boards(made())[0].warnings
    assert warning.startswith(said)


def test_its_pictures_have_its_titles_after_ours(known: pytest.MonkeyPatch, tmp_path: Path) -> None:
    maker = made(dataset="digits")
    for seed in range(3):
        quality(maker, "a", seed)
    pictures = draw_pictures(tmp_path, maker.frame())
    own = pictures[pictures["name"] == "samples"].assign(evaluation="look", name="close-up")
    stray = own.assign(evaluation="unheard-of", name="odd-one")
    table = pd.concat([stray, own, pictures])
    html = render(RunData(table=maker.frame(), pictures=table, root=tmp_path))
    titles = ["<h3>Samples</h3>", "<h3>Nearest training examples</h3>", "<h3>Seen from near</h3>", "<h3>Odd one</h3>"]
    places = [html.index(title) for title in titles]
    assert places == sorted(places)


def test_an_evaluation_that_nobody_knows_is_shown_neutrally() -> None:
    assert glossary.evaluation("unheard-of") == Evaluation(name="unheard-of", summary="")
    table = make_table().replace({"evaluation": {"memorisation": "unheard-of", "speed": "never-seen"}})
    found = leaderboards(RunData(table=table))
    board = next(b for b in found if b.evaluation == "unheard-of")
    assert board.title == "Unheard of" and board.summary == ""
    assert not any(row.flags for b in found for row in b.all_rows)
    assert all(cell.score is None for row in board.rows for cell in row.cells.values())
    assert any(cell.place for row in board.rows for cell in row.cells.values())
    render(RunData(table=table))


def test_hard_targets_are_the_headline_and_the_others_stand_beside_them(known: pytest.MonkeyPatch) -> None:
    register(known, registry.evaluations, dataclasses.replace(RECORD, over_targets="near"))
    maker = made()
    plan = PlanRecord(id="p", suite="s", jobs=(), content={"datasets": {maker.rows[0]["dataset"]: {"near": ["near"]}}})
    overview = leaderboards(RunData(table=maker.frame(), plan=plan))[0]
    assert [c.target for c in overview.columns] == ["near", "far"] and overview.headline == overview.columns[0].key
    hard, far = (overview.cells(c.key)["a"].mean for c in overview.columns)
    assert (hard, far) == pytest.approx((50.1, 51.1))
    assert [c.target for c in boards(maker)[0].columns] == ["mean of 2 sets"]  # nothing is known of which are hard


def test_a_mean_over_targets_keeps_its_sampling_error(known: pytest.MonkeyPatch) -> None:
    cell = cells(boards(made())[0])["a"]
    low, high = cell.sample
    assert (high - low) / 2 == pytest.approx(0.1)  # the mean of the half-widths, for the targets share ordinary data
    assert (low + high) / 2 == pytest.approx(cell.mean)


def test_a_mean_just_under_chance_is_not_flagged(known: pytest.MonkeyPatch) -> None:
    maker = Maker()
    for seed in range(3):
        for target in ("near", "far"):
            maker.interval("c", seed, "look", "sharpness", 4.99, 0.1, target=target, direction="higher")
            maker.interval("d", seed, "look", "sharpness", 4.7, 0.1, target=target, direction="higher")
    found = cells(boards(maker)[0])
    assert Flag.BELOW_CHANCE not in found["c"].flags and Flag.BELOW_CHANCE in found["d"].flags

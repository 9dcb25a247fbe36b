from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic import Maker

from genbench.report.data import RunData, read_rows
from genbench.report.identity import agree, comparable, difference, distinct, identity_of, unlike_column
from genbench.report.leaderboard import leaderboards
from genbench.report.types import Identity

BASE = Identity(
    n=449, m=449, kind="exact", likelihood="", metric_version=1, encoder="in-domain", encoder_fingerprint="77aa",
    budget="100,000 images", device="cpu",
)  # fmt: skip

identities = st.builds(
    Identity,
    n=st.sampled_from([None, 100, 449]),
    kind=st.sampled_from(["exact", "bound"]),
    metric_version=st.sampled_from([None, 1, 2]),
    budget=st.sampled_from(["", "500 images", "60 seconds"]),
    device=st.sampled_from(["cpu", "cuda"]),
)


@pytest.mark.parametrize(
    ("field", "other", "words"),
    [
        ("n", 100, "n = 449 against n = 100"),
        ("m", None, "m = 449 against nothing said"),
        ("kind", "bound", "exact against bound"),
        ("likelihood", "gaussian", "nothing said against gaussian"),
        ("metric_version", 2, "version 1 against version 2"),
        ("encoder_fingerprint", "88bb", "in-domain 77aa against in-domain 88bb"),
        ("budget", "1e+11 operations", "100,000 images against 1e+11 operations"),
    ],
)
def test_each_field_must_agree_and_is_said(field: str, other: Any, words: str) -> None:
    change = dataclasses.replace(BASE, **{field: other})
    assert not comparable(BASE, change)
    assert difference(BASE, change) == words


def test_what_has_no_budget_goes_with_any_and_devices_do_not_count() -> None:
    for change in ({"budget": ""}, {"device": "cuda"}):
        assert comparable(BASE, dataclasses.replace(BASE, **change))
        assert comparable(dataclasses.replace(BASE, **change), BASE)


def test_times_depend_on_device_and_version_only() -> None:
    timed = dataclasses.replace(BASE, timed=True)
    assert comparable(
        timed, dataclasses.replace(timed, n=3, m=None, kind="estimate", budget="500 images", likelihood="x")
    )
    assert difference(timed, dataclasses.replace(timed, device="cuda", n=3)) == "cpu against cuda"
    assert difference(timed, dataclasses.replace(timed, metric_version=2)) == "version 1 against version 2"


@given(identities, identities)
def test_comparable_is_symmetric_and_words_say_no_more(a: Identity, b: Identity) -> None:
    assert comparable(a, a) and difference(a, a) == ""
    assert comparable(a, b) == comparable(b, a) == (difference(a, b) == "")


@given(st.lists(identities, max_size=5))
def test_distinct_identities_do_not_depend_on_their_order(found: list[Identity]) -> None:
    found = [dataclasses.replace(one, budget="") for one in found]
    assert agree(distinct(found), distinct(found[::-1]))
    assert agree(distinct(found), distinct([*found, *found]))


def test_an_identity_is_read_from_the_table_and_the_record() -> None:
    maker = Maker()
    maker.add("vae", 0, "sample-quality", "frechet", 1.0, encoder="in-domain")
    maker.add("control-noise", 0, "sample-quality", "frechet", 1.0, encoder="in-domain")
    maker.add("vae", 0, "speed", "parameters", 1.0)
    model, control, speed = map(identity_of, read_rows(maker.frame()))
    assert (model.n, model.encoder, model.budget, model.timed) == (449, "in-domain", "100,000 images", False)
    assert control.budget == "" and speed.timed


def test_a_cell_says_how_it_differs_from_its_column() -> None:
    maker = Maker()
    for label, sizes in (("a", (449,) * 3), ("b", (449,) * 3), ("few", (100,) * 3), ("mixed", (449, 449, 100))):
        for seed, n in enumerate(sizes):
            maker.add(label, seed, "sample-quality", "frechet", 1.0 + seed, n=n)
    board = leaderboards(RunData(table=maker.frame()))[1]
    found = board.cells(board.headline)
    column = board.column(board.headline)
    assert unlike_column(found["few"], column) == "n = 100 against n = 449"
    assert unlike_column(found["mixed"], column) == "its seeds differ, n = 100 against n = 449"
    assert not found["mixed"].comparable and found["a"].comparable

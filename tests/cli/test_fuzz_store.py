"""Whatever stands in a store's rows or pages, what reads them gives a result or a sentence."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_fuzz import answered, cases, spoilt

from genbench import api
from genbench.cli import show
from genbench.core.errors import StoreError
from genbench.report.benchmark import benchmark_json
from genbench.runs.folder import RunFolder
from genbench.runs.options import Options
from genbench.runs.upkeep import condition, merge
from genbench.store import Store, schema

SUITE = {
    "schema": 1,
    "name": "rows",
    "models": ["gaussian", "vae", "control-train-copy"],
    "datasets": ["ring8"],
    "seeds": 2,
    "budget": {"images": 640},
    "evaluations": [
        {"name": "sample-quality", "samples": 100, "density_samples": 1_000, "metrics": ["frechet", "kid"]},
        {"name": "reconstruction"},
        {"name": "memorisation", "samples": 100},
    ],
}
TABLES = [name for name in schema.metadata.tables if name not in ("meta", "claims")]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder that is as it should be."""
    folder = tmp_path_factory.mktemp("rows") / "run"
    api.run(SUITE, Options(out=folder, device="cpu", executor="inline"))
    with closing(sqlite3.connect(folder / "genbench.db")) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    return folder


def _all_columns() -> list[tuple[str, str]]:
    return [(name, column.name) for name in TABLES for column in schema.metadata.tables[name].columns]


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["", "[]", "{}", "NaN", "nan", "<b>", "\0", "../../x", "failed", "ok", "a" * 5_000, "[" * 3_000]),
)
CELLS = SCALARS | st.binary(max_size=8) | st.builds(json.dumps, st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
))  # fmt: skip


@st.composite
def twisted(draw: st.DrawFn, text: str) -> str:
    """An object in JSON with another value somewhere."""
    content = json.loads(text)
    place: Any = content
    while isinstance(place, dict | list) and place:
        key = draw(st.sampled_from(sorted(place, key=str) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or not place[key] or draw(st.integers(0, 2)) == 0:
            place[key] = draw(SCALARS | st.just([]) | st.just({}) | st.just([1, "a", None]) | st.just({"a": [1]}))
            break
        place = place[key]
    return json.dumps(content)


def change_a_cell(connection: sqlite3.Connection, table: str, column: str, data: st.DataObject) -> None:
    """Another value in some of the rows."""
    rows = connection.execute(f"SELECT rowid, {column} FROM {table} ORDER BY rowid").fetchall()
    if not rows:
        return
    row, before = data.draw(st.sampled_from(rows))
    own = isinstance(before, str) and before.startswith("{")
    value = data.draw(twisted(before) if own and data.draw(st.booleans()) else CELLS)
    where = "" if data.draw(st.booleans()) else f" WHERE rowid = {row}"
    try:
        connection.execute(f"UPDATE {table} SET {column} = ?{where}", (value,))
    except (sqlite3.Error, UnicodeEncodeError, OverflowError):
        return


def page(folder: Path) -> object:
    return api.load(folder).report(folder / "page.html")


def exports(form: str) -> Callable[[Path], object]:
    return lambda folder: api.load(folder).export(form)


def looked_at(folder: Path) -> object:
    run = api.load(folder)
    return (
        repr(run),
        run.failed,
        run.curves(),
        run.leaderboard(),
        api.board_records(run.data()),
        benchmark_json(run.data()),
    )


def compared(folder: Path) -> object:
    return api.load(folder).compare(folder.parent / "run")


def merged(folder: Path) -> object:
    target = folder.parent / "target"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder.parent / "run", target)
    return merge(RunFolder.find(str(target)), RunFolder.find(str(folder)))


READERS: list[Callable[[Path], object]] = [
    page,
    looked_at,
    compared,
    merged,
    lambda folder: condition(RunFolder.find(str(folder))),
    lambda folder: show._show_run(str(folder), as_json=True),
    lambda folder: show._show_run(str(folder), as_json=False),
    lambda folder: api.load(folder).clean(),
    *(exports(form) for form in ("csv", "json", "latex", "markdown")),
]


@cases(150)
@given(data=st.data(), reader=st.sampled_from(READERS))
def test_any_value_in_any_row(whole: Path, data: st.DataObject, reader: Callable[[Path], object]) -> None:
    folder = whole.with_name("changed")
    folder.mkdir(exist_ok=True)
    for name in ("genbench.db", "run.json"):
        shutil.copyfile(whole / name, folder / name)
    with closing(sqlite3.connect(folder / "genbench.db")) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        for _ in range(data.draw(st.integers(1, 2))):
            table, column = data.draw(st.sampled_from(_all_columns()))
            if data.draw(st.integers(0, 9)) == 0:
                connection.execute(f"DELETE FROM {table} WHERE rowid % 2 = {data.draw(st.integers(0, 1))}")
            else:
                change_a_cell(connection, table, column, data)
        connection.commit()
    answered(lambda: reader(folder))


@cases(40)
@given(data=st.data(), reader=st.sampled_from(READERS))
def test_spoilt_pages_of_a_store(whole: Path, data: st.DataObject, reader: Callable[[Path], object]) -> None:
    folder = whole.with_name("spoilt")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copyfile(whole / "run.json", folder / "run.json")
    (folder / "genbench.db").write_bytes(data.draw(spoilt((whole / "genbench.db").read_bytes())))
    answered(lambda: reader(folder))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE measurements SET value = 'much' WHERE value IS NOT NULL", "a finite number in value"),
        ("UPDATE measurements SET ci_low = 9e999", "a finite number in ci_low"),
        ("UPDATE measurements SET value = NULL WHERE status = 'ok'", "a value exactly where the status is ok"),
        ("UPDATE jobs SET status = 'splendid'", "one of 'ok', 'unsupported'"),
        ("UPDATE jobs SET label = x'00'", "a text in label"),
        ("UPDATE jobs SET seed = 1.5", "a whole number in seed"),
        ("UPDATE runs SET provenance = '[]'", "an object in JSON"),
        (
            "UPDATE runs SET provenance = json_set(provenance, '$.suite', 5)",
            "suite: input should be a valid dictionary",
        ),
        ("UPDATE plans SET content = json_set(content, '$.datasets', json('null'))", "datasets: input should be"),
        (
            "UPDATE plans SET content = json_set(content, '$.datasets.ring8.near[0]', 5)",
            r"datasets\.ring8\.near\.0: input",
        ),
    ],
)
def test_what_genbench_would_not_write_is_named(whole: Path, tmp_path: Path, change: str, words: str) -> None:
    shutil.copyfile(whole / "genbench.db", tmp_path / "genbench.db")
    with closing(sqlite3.connect(tmp_path / "genbench.db")) as connection:
        connection.execute(change)
        connection.commit()
    with pytest.raises(StoreError, match=words), Store(tmp_path / "genbench.db", existing=True) as store:
        store.runs(), store.plans()

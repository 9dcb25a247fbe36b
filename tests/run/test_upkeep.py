"""`genbench store`: every planted damage is found, and two runs become one without a loss or a double."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from genbench import api
from genbench.cli.app import app
from genbench.cli.main import COMMANDS
from genbench.core.errors import UsageError
from genbench.runs.folder import RunFolder
from genbench.runs.options import Options
from genbench.runs.upkeep import condition, merge

SUITE = {
    "schema": 1,
    "name": "upkeep",
    "models": ["gaussian", "control-test-half"],
    "datasets": ["digits"],
    "seeds": 1,
    "evaluations": [{"name": "sample-quality", "samples": 100, "metrics": ["frechet"], "encoder": "pixels"}],
}


def run(out: Path, *models: str) -> api.Run:
    return api.run(SUITE, Options(out=out, models=models, controls=not models, device="cpu", executor="inline"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("upkeep") / "run"
    assert run(folder).ok
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "copy"))


def found(folder: Path) -> RunFolder:
    return RunFolder.find(str(folder))


def call(*arguments: str) -> Result:
    assert COMMANDS
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def one(folder: Path, pattern: str) -> Path:
    return sorted((folder / "artifacts").glob(pattern))[0]


def test_a_whole_run_has_no_faults(whole: Path) -> None:
    seen = condition(found(whole))
    assert (seen.jobs, seen.faults, seen.loose, seen.notes) == (2, (), (), ()) and seen.files >= 4


@pytest.mark.parametrize("pattern", ["fits/*", "pictures/*"])
@pytest.mark.parametrize("damage", ["flipped", "cut", "gone"])
def test_a_damaged_file_is_named(copy: Path, pattern: str, damage: str) -> None:
    path = one(copy, pattern)
    content = bytearray(path.read_bytes())
    content[len(content) * 2 // 3] ^= 1
    path.write_bytes(content if damage == "flipped" else content[: len(content) // 2])
    if damage == "gone":
        path.unlink()
    (fault,) = condition(found(copy)).faults
    assert path.stem in fault


def test_a_picture_packed_as_webp_is_whole_goes_with_a_merge_and_is_named_where_it_is_cut(
    copy: Path, tmp_path: Path
) -> None:
    png = one(copy, "pictures/*.png")
    path = png.with_suffix(".webp")
    with Image.open(png) as image:
        image.convert("RGB").save(path)
    png.unlink()
    old, new = (one.relative_to(copy).as_posix() for one in (png, path))
    with closing(sqlite3.connect(copy / "genbench.db")) as connection:
        connection.execute("UPDATE pictures SET path = ? WHERE path = ?", (new, old))
        connection.commit()
    seen = condition(found(copy))
    assert (seen.faults, seen.loose) == ((), ())
    into = RunFolder.to_make(tmp_path / "into")
    into.open(existing=False).close()
    merge(into, found(copy))
    assert (into.root / new).read_bytes() == path.read_bytes()
    path.write_bytes(path.read_bytes()[:-2])
    (fault,) = condition(found(copy)).faults
    assert path.stem in fault and "not written whole" in fault


def test_weights_of_another_fit_are_named(copy: Path) -> None:
    first, second = sorted((copy / "artifacts" / "fits").iterdir())
    first.write_bytes(second.read_bytes())
    (fault,) = condition(found(copy)).faults
    assert "another fit" in fault and second.stem in fault


def test_rows_that_belong_to_nothing_are_counted(copy: Path) -> None:
    with closing(sqlite3.connect(copy / "genbench.db")) as connection:
        key = connection.execute("SELECT key FROM jobs").fetchone()[0]
        connection.execute("DELETE FROM measurements WHERE job = ?", (key,))
        connection.execute("UPDATE pictures SET job = 'nobody' WHERE job = ?", (key,))
        connection.commit()
    faults = " ".join(condition(found(copy)).faults)
    assert "of pictures belong to nothing in jobs" in faults and f"job {key} ended well" in faults


def test_a_link_out_of_the_folder_is_a_fault(copy: Path, tmp_path: Path) -> None:
    path = one(copy, "pictures/*")
    shutil.move(path, tmp_path / "secret.png")
    path.symlink_to(tmp_path / "secret.png")
    assert "outside" in condition(found(copy)).faults[0]


def test_loose_files_are_counted_and_are_no_fault(copy: Path) -> None:
    (copy / "artifacts" / "fits" / f"{'a' * 20}.safetensors").write_bytes(b"old")
    done = call("store", "verify", str(copy), "--json")
    said = json.loads(done.output)
    assert done.exit_code == 0 and said["size"] == 3 and said["loose"] == [f"artifacts/fits/{'a' * 20}.safetensors"]
    assert "genbench clean" in call("store", "verify", str(copy)).output


def test_the_command_exits_with_1_where_something_is_wrong(copy: Path) -> None:
    assert call("store", "verify", str(copy)).exit_code == 0
    one(copy, "pictures/*").unlink()
    done = call("store", "verify", str(copy))
    assert done.exit_code == 1 and "1 faults" in done.output and "is missing" in done.output


# --- merge


def values(place: Path) -> pd.DataFrame:
    table = api.load(place).table()
    return table.drop(columns=["seconds"]).sort_values(["label", "metric"], ignore_index=True)


def test_two_halves_become_the_whole_and_nothing_is_done_again(whole: Path, tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    run(a, "gaussian")
    run(b, "control-test-half")
    assert "taken: 1 jobs, 1 fits, 1 plans" in call("store", "merge", str(a), str(b)).output
    assert condition(found(a)).faults == condition(found(b)).faults == ()
    assert api.load(a).table().label.unique().tolist() == ["gaussian"]  # the plan that was asked for last stays it
    assert run(a).done == 0
    pd.testing.assert_frame_equal(values(a), values(whole), check_exact=True)
    assert len(api.load(a).samples("control-test-half", 5)) == 5


def test_merging_twice_adds_nothing(copy: Path, tmp_path: Path) -> None:
    a = tmp_path / "a"
    run(a, "gaussian")
    first, again = merge(found(a), found(copy)), merge(found(a), found(copy))
    assert (len(first.jobs), first.both) == (1, 1)
    assert (again.jobs, again.fits, again.plans, again.runs, again.both) == ((), (), (), (), 2)
    with found(a).open() as store:
        assert not store.table().duplicated(["job", "metric"]).any() and len(store.plans()) == 2


def test_what_settled_takes_the_place_of_what_did_not_with_its_cost(copy: Path, tmp_path: Path) -> None:
    a = Path(shutil.copytree(copy, tmp_path / "a"))
    with closing(sqlite3.connect(a / "genbench.db")) as connection:
        connection.execute("UPDATE jobs SET status = 'failed', settled = 0, seconds = 100.0")
        connection.execute("UPDATE measurements SET status = 'failed', value = NULL")
        connection.commit()
    assert len(merge(found(a), found(copy)).jobs) == 2
    pd.testing.assert_frame_equal(values(a), values(copy), check_exact=True)
    assert (api.load(a).table().seconds > 100).all()
    assert merge(found(copy), found(a)).jobs == ()  # what did not settle never takes the place of what did


def test_what_is_broken_is_not_copied(copy: Path, tmp_path: Path) -> None:
    a = tmp_path / "a"
    run(a, "gaussian")
    mine = {path.name for path in (a / "artifacts" / "fits").iterdir()}
    path = next(path for path in (copy / "artifacts" / "fits").iterdir() if path.name not in mine)
    path.write_bytes(path.read_bytes()[:-3])
    merge(found(a), found(copy))
    assert "are missing" in condition(found(a)).faults[0]


def test_what_cannot_be_merged_is_a_sentence(copy: Path) -> None:
    with pytest.raises(UsageError, match="the same store"):
        merge(found(copy), found(copy))
    for given, words in (
        (("store", "verfy", "x"), "take 'verify'"),
        (("store", "merge", "x"), "takes two runs"),
        (("store", "verify", "x", "y"), "takes one run"),
    ):
        with pytest.raises(UsageError, match=words):
            call(*given)

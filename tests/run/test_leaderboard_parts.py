"""The reference leaderboard: its parts select what they say, are packed, and come together as one plan."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from genbench import registry
from genbench.api import load
from genbench.core.errors import UsageError
from genbench.protocols.card import NETS
from genbench.runs import suite_file
from genbench.runs.options import chosen_suite
from genbench.runs.suite import Suite

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from board import pages, parts, runner, stores
from board.parts import Asked, Part
from board.pictures import repacked

sys.path.pop(0)  # names of its files are those of packages

ALL = parts.parts()


def ids(part: Part) -> str:
    return part.name


@pytest.mark.parametrize("part", ALL, ids=ids)
def test_every_part_is_something_of_its_suite_in_each_profile(part: Part, tmp_path: Path) -> None:
    for profile in part.profiles:
        for asked in (Asked(out=tmp_path, packed=tmp_path), Asked(out=tmp_path, packed=tmp_path, tiny=True)):
            options = parts.options(part, profile, asked, tmp_path)
            assert options is not None
            suite = chosen_suite(part.suite, options)
            assert suite.rows == tuple(options.models) and suite.seeds == (1 if asked.tiny else suite.seeds)


@pytest.mark.parametrize("name", stores.suites())
def test_the_parts_of_a_suite_are_all_of_it_and_nothing_twice(name: str) -> None:
    suite = suite_file.read(suite_file.find(name))
    pairs = [pair for part in ALL if part.suite == name and "" in part.profiles for pair in _pairs(part, suite)]
    assert sorted(pairs) == sorted((row, d) for row in suite.rows for d in suite.all_datasets())
    of_profiles = [(profile, pair) for part in ALL if part.suite == name for profile in part.profiles if profile
                   for pair in _pairs(part, suite, profile)]  # fmt: skip
    assert len(of_profiles) == len(set(of_profiles))


def _pairs(part: Part, suite: Suite, profile: str = "") -> list[tuple[str, str]]:
    options = parts.options(part, profile, Asked(out=Path(), packed=Path()), Path())
    assert options is not None
    return [(row, dataset) for row in options.models for dataset in options.datasets]


def test_the_boards_hold_every_trained_model() -> None:
    trained = {
        e.card.name for e in registry.models if e.card.family in ("autoencoder", "vae", "gan", "diffusion", "flow")
    }
    uses = {name: {use.model for use in suite_file.read(suite_file.find(name)).models} for name in stores.suites()}
    assert trained <= uses["board-mnist"]
    assert trained - {"maf"} <= uses["board-mnist-conv"]  # which works on flat vectors
    assert trained - {"ganomaly"} <= uses["board-mnist-flops"]  # which cannot sample


def test_every_board_has_its_controls() -> None:
    for name in stores.suites():
        suite = suite_file.read(suite_file.find(name))
        if name.startswith("board-"):
            assert "control-test-half" in suite.rows and suite.seeds == 5, name


def test_an_unknown_part_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'mnist-vaes'"):
        parts.chosen(["mnist-vae"])


SUITE = """
schema = 1
name = "tiny-board"
models = ["gaussian", "gmm", "control-test-half", "control-marginals"]
datasets = ["ring8"]
seeds = 3
[budget]
images = 1_000
[[evaluations]]
name = "sample-quality"
metrics = ["frechet"]
samples = 200
"""


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Asked, list[Part]]:
    """Two parts of a tiny suite, run and packed."""
    place = tmp_path_factory.mktemp("parts")
    file = place / "tiny.toml"
    file.write_text(SUITE)
    asked = Asked(out=place / "out", packed=place / "packed", device="cpu", executor="inline")
    made = [
        Part(name="models", suite=str(file), families=("classical",), minutes=1),
        Part(name="controls", suite=str(file), families=("control",), minutes=1),
    ]
    assert all(runner.run_part(part, asked) for part in made)
    return asked, made


def test_parts_come_together_as_one_plan_with_a_report(two: tuple[Asked, list[Part]], tmp_path: Path) -> None:
    asked, made = two
    packed = [runner.packed(part.name, asked.packed) for part in made]
    assert all(file.stat().st_size < 300_000 for file in packed)
    notes = stores.gather(packed, tmp_path / "whole")
    assert [note["whole"] for note in notes] == [True, True]
    assert all(note["machine"].endswith("CPU cores") for note in notes)
    run = load(tmp_path / "whole")
    table = run.table()
    assert set(table["label"]) == {"gaussian", "gmm", "control-test-half", "control-marginals"}
    assert len(run.plan.jobs) == 12 and run.plan.suite == "tiny-board"  # type: ignore[union-attr]
    board = run.leaderboard("sample-quality")
    assert len(board) == 4
    text = run.report(tmp_path / "report.html").read_text()
    assert "make leaderboard" in text
    twice = stores.gather(packed, tmp_path / "whole")
    assert len(twice) == 2 and len(load(tmp_path / "whole").table()) == len(table)


def test_a_part_goes_on_from_what_was_packed(two: tuple[Asked, list[Part]], tmp_path: Path) -> None:
    asked, made = two
    target = runner.packed("models", asked.packed)
    before = stores.note_of(target)
    elsewhere = tmp_path / "elsewhere"
    moved = runner.packed("models", elsewhere)
    moved.parent.mkdir(parents=True)
    moved.write_bytes(target.read_bytes())
    assert runner.run_part(made[0], Asked(out=tmp_path / "out", packed=elsewhere, device="cpu", executor="inline"))
    after = stores.note_of(moved)
    assert after["spent"] == {} and after["plans"] == before["plans"] and after["jobs"] == before["jobs"] == {"ok": 6}
    assert after["seconds"] >= before["seconds"]


def test_only_whole_parts_are_on_the_pages(
    two: tuple[Asked, list[Part]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, made = two
    monkeypatch.chdir(Path(made[0].suite).parent)
    made = [replace(part, suite=Path(part.suite).name) for part in made]
    monkeypatch.setattr(pages, "parts", lambda: made)
    folder = tmp_path / "pages"
    shutil.copytree(asked.packed, folder / "packed")
    short = Asked(out=tmp_path / "short", packed=folder / "packed", device="cpu", executor="inline", limit=-1.0)
    runner.packed("models", folder / "packed").unlink()
    assert not runner.run_part(made[0], short)
    (folder / "board-gone.html").touch()
    pages.write_pages(tmp_path / "out", folder)
    assert not (folder / "board-gone.html").exists()
    assert set(load(tmp_path / "out" / "suites" / made[0].suite).table()["label"]) == {
        "control-test-half",
        "control-marginals",
    }
    text = (folder / "README.md").read_text()
    assert "in part" in text and "1 of 2 parts are whole" in text


def test_a_packed_curve_has_few_points_and_the_first_seed_its_details(two: tuple[Asked, list[Part]]) -> None:
    curve = {"images": [float(128 * k) for k in range(1, 121)], "loss": [None, *(1 / k for k in range(2, 121))]}
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE fits (key, seed, curve, details)")
        database.executemany("INSERT INTO fits VALUES (?, ?, ?, '[1]')", [(k, k, json.dumps(curve)) for k in range(2)])
        stores._lighten_fits(database)
        kept = database.execute("SELECT curve, details FROM fits ORDER BY seed").fetchall()
    assert [details for _, details in kept] == ["[1]", "{}"]
    lighter = json.loads(kept[1][0])
    assert lighter["images"] == curve["images"][2::3] and lighter["loss"][:2] == [0.3333, 0.1667]
    assert lighter["loss"] == pytest.approx(curve["loss"][2::3], rel=1e-3)


def test_the_state_of_a_part_is_that_of_its_jobs_and_versions(
    two: tuple[Asked, list[Part]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, made = two
    note = stores.note_of(runner.packed("models", asked.packed))
    assert note is not None and parts.state(made[0], note) == "whole"
    assert parts.state(made[0], note | {"whole": False}) == "in part"
    assert parts.state(made[0], stores.note_of(asked.packed / "other.zip")) == "missing"
    with monkeypatch.context() as patch:
        patch.setattr(parts.genbench, "__version__", "99")
        assert parts.state(made[0], note) == "outdated"


def test_a_part_with_a_backbone_is_outdated_by_its_next_version(monkeypatch: pytest.MonkeyPatch) -> None:
    flat, mixed = parts.chosen(["mnist-vaes", "deep-svdd"])
    before = {part.name: {"made by": parts.made_by(part), "whole": True} for part in (flat, mixed)}
    monkeypatch.setitem(NETS, "conv", 99)
    assert [parts.state(part, before[part.name]) for part in (flat, mixed)] == ["whole", "outdated"]


def test_a_part_that_is_out_of_time_keeps_what_has_ended(two: tuple[Asked, list[Part]], tmp_path: Path) -> None:
    _, made = two
    asked = Asked(out=tmp_path / "short", packed=tmp_path, device="cpu", executor="inline")
    assert not runner.run_part(made[0], replace(asked, limit=-1.0))
    note = stores.note_of(runner.packed("models", asked.packed))
    assert not note["whole"]
    assert runner.run_part(made[0], asked)
    note = stores.note_of(runner.packed("models", asked.packed))
    assert note["whole"]


def test_parts_are_run_while_there_is_time(two: tuple[Asked, list[Part]], tmp_path: Path) -> None:
    _, made = two
    asked = Asked(out=tmp_path / "out", packed=tmp_path, copies=tmp_path / "copies", device="cpu", executor="inline")
    assert runner.run_parts(made, asked, minutes=runner.LEAST / 60 - 0.01) == ["models", "controls"]
    assert not list(tmp_path.glob("**/*.zip"))
    assert runner.run_parts(made, asked, minutes=9) == []
    for part in made:
        assert (
            runner.packed(part.name, tmp_path / "copies").read_bytes() == (tmp_path / f"{part.name}.zip").read_bytes()
        )


def drawn(folder: Path, draw: np.random.Generator, shape: tuple[int, ...], name: str) -> tuple[str, str]:
    """A picture of noise in a folder, and as what it is known."""
    path = f"artifacts/pictures/{name}.png"
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(draw.integers(0, 256, shape, dtype=np.uint8)).save(folder / path)
    return name.partition("-")[0], path


def test_pictures_get_fewer_greys_and_kinds_that_do_not_fit_are_left_out(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    files = [drawn(tmp_path, draw, (64, 64), f"{name}-{k}") for name in ("samples", "confused") for k in range(2)]
    kept = repacked(tmp_path, files, tmp_path / "lighter", 10**6)
    assert kept == {kind: {path: path for name, path in files if name == kind} for kind in ("samples", "confused")}
    sizes = [(tmp_path / "lighter" / path).stat().st_size for _, path in files]
    assert all(size < 0.7 * (tmp_path / path).stat().st_size for size, (_, path) in zip(sizes, files, strict=True))
    assert [*repacked(tmp_path, files, tmp_path / "fewer", sum(sizes) - 1)] == ["samples"]
    assert not (tmp_path / "fewer" / files[3][1]).exists() and (tmp_path / "fewer" / files[0][1]).exists()


def test_pictures_in_colour_are_lighter_yet_alike_and_packed_again_as_they_are(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    smooth = np.asarray(Image.fromarray(draw.integers(0, 256, (8, 8, 3), dtype=np.uint8)).resize((128, 128)))
    name, path = drawn(tmp_path, draw, (128, 128, 3), "samples-0")
    Image.fromarray(smooth).save(tmp_path / path)
    made = repacked(tmp_path, [(name, path)], tmp_path / "once", 10**6)[name][path]
    with Image.open(tmp_path / "once" / made) as image:
        assert image.format == "WEBP" and made.endswith(".webp")
        assert np.abs(np.asarray(image, float) - smooth).mean() < 5
    assert (tmp_path / "once" / made).stat().st_size < 0.5 * (tmp_path / path).stat().st_size
    assert repacked(tmp_path / "once", [(name, made)], tmp_path / "twice", 10**6) == {name: {made: made}}
    assert (tmp_path / "twice" / made).read_bytes() == (tmp_path / "once" / made).read_bytes()


def test_kinds_of_pictures_once_left_out_stay_out_when_a_part_goes_on(
    two: tuple[Asked, list[Part]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, _ = two
    folder, whole = asked.out / "parts" / "models", stores.note_of(asked.packed / "models.zip")
    assert whole is not None and whole[stores.LEFT_OUT] == []
    monkeypatch.setattr(stores, "MOST_PICTURES", 0)
    stores.pack(folder, tmp_path / "first.zip", whole, {})
    first = stores.note_of(tmp_path / "first.zip")
    assert first is not None and "samples" in first[stores.LEFT_OUT]
    monkeypatch.setattr(stores, "MOST_PICTURES", 10**9)
    stores.pack(folder, tmp_path / "second.zip", whole, first)
    assert stores.note_of(tmp_path / "second.zip") == first
    stores.unpack(tmp_path / "second.zip", tmp_path / "second")
    assert not list((tmp_path / "second").glob("**/*.png"))


def test_what_is_kept_of_a_run_to_compare_with_is_its_numbers(two: tuple[Asked, list[Part]], tmp_path: Path) -> None:
    asked, _ = two
    folder = asked.out / "parts" / "models"
    size = stores.keep_small(folder, tmp_path / "small")
    assert size < 200_000
    pd.testing.assert_frame_equal(
        load(tmp_path / "small").table().drop(columns="details"), load(folder).table().drop(columns="details")
    )

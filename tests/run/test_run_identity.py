"""One folder, many commands: each shows its own plan's numbers, to the last digit."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from genbench import api
from genbench.core.errors import UsageError
from genbench.runs.options import Options

SUITE = """
schema = 1
name = "identity"
models = ["vae", "control-test-half"]
datasets = ["ring8"]
seeds = 2
[budget]
images = 2_560
[[evaluations]]
name = "sample-quality"
samples = 200
metrics = ["frechet"]
[[evaluations]]
name = "reconstruction"
"""
PLUGIN = """
import torch
from genbench import Metric, Unavailable, register_metric

@register_metric(Metric(name="needs-a-package", summary="A test.", direction="lower"))
def measure(inputs):
    try:
        import not_installed_yet
    except ImportError as error:
        raise Unavailable("pip install not_installed_yet") from error
    return not_installed_yet.answer
"""


@pytest.fixture
def suite(tmp_path: Path) -> str:
    path = tmp_path / "identity.toml"
    path.write_text(SUITE)
    return str(path)


def run(suite: str, folder: Path, *settings: str, seeds: int | None = None, force: bool = False, **more) -> api.Run:
    given = Options(
        out=folder, device="cpu", executor="inline", settings=settings, seeds=seeds, force=force, command="x", **more
    )
    return api.run(suite, given)


def numbers(folder: Path, plan: str | None = None) -> pd.DataFrame:
    """The values of a plan, without what is allowed to differ: time spent."""
    return api.load(folder, plan=plan).table().drop(columns=["seconds"])


def alone(suite: str, folder: Path, *settings: str, seeds: int | None = None) -> pd.DataFrame:
    """What the command prints in a folder of its own."""
    run(suite, folder, *settings, seeds=seeds)
    return numbers(folder)


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_each_command_prints_its_own_plans_numbers(tmp_path: Path, suite: str) -> None:
    first, small, more = (), ("budget.images=1280",), ("budget.images=3840",)
    wanted = {
        "first": alone(suite, tmp_path / "a", *first),
        "small": alone(suite, tmp_path / "b", *small),
        "more seeds": alone(suite, tmp_path / "c", *more, seeds=3),
    }
    folder = tmp_path / "shared"
    assert run(suite, folder).done == 8
    assert run(suite, folder, *small).done == 8
    same(numbers(folder), wanted["small"])
    again = run(suite, folder)
    assert again.done == 0
    same(numbers(folder), wanted["first"])
    assert run(suite, folder, *more, seeds=3).done == 12
    same(numbers(folder), wanted["more seeds"])
    run(suite, folder)
    same(numbers(folder), wanted["first"])
    for name, plan in zip(("small", "more seeds", "first"), api.load(folder).plans(), strict=True):
        same(numbers(folder, plan.id), wanted[name])


def test_no_cell_averages_two_budgets(tmp_path: Path, suite: str) -> None:
    run(suite, tmp_path, "budget.images=1280", seeds=3)
    run(suite, tmp_path, seeds=1)
    assert set(numbers(tmp_path)["budget"]) == {2_560} and set(numbers(tmp_path)["seed"]) == {0}


def test_a_variant_that_fails_hides_nothing(tmp_path: Path, suite: str) -> None:
    run(suite, tmp_path)
    before = numbers(tmp_path)
    assert not run(suite, tmp_path, "options.ring8.vae.latent=1_000_000_000_000").ok  # more than memory holds
    assert set(numbers(tmp_path).query("model == 'vae'")["status"]) == {"failed"}
    assert run(suite, tmp_path).ok
    same(numbers(tmp_path), before)


def test_force_removes_what_was_made_and_makes_it_again(tmp_path: Path, suite: str) -> None:
    run(suite, tmp_path)
    before, weights = numbers(tmp_path), sorted((tmp_path / "artifacts" / "fits").iterdir())
    made = {path: path.stat().st_mtime_ns for path in weights}
    weights[0].write_bytes(weights[0].read_bytes()[:100])
    assert run(suite, tmp_path, force=True).done == 8
    assert sorted((tmp_path / "artifacts" / "fits").iterdir()) == weights
    assert all(path.stat().st_mtime_ns > made[path] for path in weights)
    same(numbers(tmp_path), before)


def test_truncated_weights_do_no_harm_where_a_new_evaluation_needs_them(tmp_path: Path, suite: str) -> None:
    whole = alone(suite, tmp_path / "whole")
    folder = tmp_path / "run"
    run(suite, folder, "evaluations=[{name = 'reconstruction'}]")
    for path in (folder / "artifacts" / "fits").iterdir():
        path.write_bytes(path.read_bytes()[:50])
    assert run(suite, folder).ok
    same(numbers(folder), whole)


def test_a_package_that_is_installed_later_is_tried_again(
    tmp_path: Path, suite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = tmp_path / "package_metric.py"
    plugin.write_text(PLUGIN)
    asked = "evaluations=[{name = 'sample-quality', samples = 100, metrics = ['frechet', 'needs-a-package']}]"
    more = {"plugins": (str(plugin),)}
    assert run(suite, tmp_path / "run", asked, **more).ok
    missing = numbers(tmp_path / "run").query("metric == 'needs-a-package'")
    assert set(missing["status"]) == {"unsupported"} and "pip install" in missing["reason"].iloc[0]
    assert run(suite, tmp_path / "run", asked, **more).done == 4  # still not there: tried again
    package = tmp_path / "site"
    package.mkdir()
    (package / "not_installed_yet.py").write_text("answer = 42.0\n")
    monkeypatch.syspath_prepend(package)
    importlib.invalidate_caches()
    assert run(suite, tmp_path / "run", asked, **more).done == 4
    assert set(numbers(tmp_path / "run").query("metric == 'needs-a-package'")["value"]) == {42.0}
    assert run(suite, tmp_path / "run", asked, **more).done == 0
    sys.modules.pop("not_installed_yet", None)


def test_what_cannot_be_by_nature_is_settled(tmp_path: Path, suite: str) -> None:
    asked = "evaluations=[{name = 'reconstruction'}]"
    assert run(suite, tmp_path, asked, models=["gan"], controls=False).done == 2
    assert run(suite, tmp_path, asked, models=["gan"], controls=False).done == 0


def test_clean_keeps_every_plans_files_and_sample_draws_from_each(tmp_path: Path, suite: str) -> None:
    run(suite, tmp_path, "budget.images=1280")
    small = api.load(tmp_path).plan
    run(suite, tmp_path)
    assert api.load(tmp_path).clean() == (0, 0)
    drawn = [api.load(tmp_path, plan=p).model("vae", dataset="ring8").sample(8) for p in (small.id, None)]
    assert not drawn[0].equal(drawn[1])
    before = numbers(tmp_path)
    dropped, size = api.load(tmp_path).clean(keep_last=True)
    assert dropped >= 2 and size > 0 and len(api.load(tmp_path).plans()) == 1
    same(numbers(tmp_path), before)
    assert run(suite, tmp_path).done == 0
    with pytest.raises(UsageError, match="0 plans"):
        api.load(tmp_path, plan=small.id).table()


def test_the_record_says_which_run_made_what(tmp_path: Path, suite: str) -> None:
    run(suite, tmp_path, seeds=1)
    first = json.loads((tmp_path / "run.json").read_text())["id"]
    run(suite, tmp_path, seeds=2)
    runs = api.load(tmp_path).data().runs
    assert runs[0].id == first and len(runs) == 2

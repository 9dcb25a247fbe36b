"""What is installed can find its suites and templates: from a wheel, and from a checkout."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import importlib.util
import inspect
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

import genbench
from genbench.core import paths

ROOT = Path(genbench.__file__).resolve().parent.parent


def test_a_checkout_finds_its_folders() -> None:
    assert (paths.folder("suites") / "quick.toml").is_file()
    assert paths.folder("templates").is_dir()


def test_a_missing_folder_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="nosuch"):
        paths.folder("nosuch")


def _script() -> ModuleType:
    """What `make wheel` runs, as a module."""
    spec = importlib.util.spec_from_file_location("bench_installed", ROOT / "bench" / "installed.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


installed = _script()


def python(*arguments: str, cwd: Path, site: Path | None = None) -> str:
    """What Python prints; with `site` alone before its own packages, and no network."""
    environment = os.environ | ({} if site is None else {"PYTHONPATH": str(site)})
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that was built from it and not from the checkout."""
    pytest.importorskip("hatchling")
    place = tmp_path_factory.mktemp("built")
    installed.build(place)
    return place


@pytest.fixture(scope="module")
def site(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the wheel is installed, and where no process reaches the network."""
    place = tmp_path_factory.mktemp("site")
    wheel = str(next(built.glob("*.whl")))
    python("-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target", str(place), wheel, cwd=built)
    installed.block(place)
    return place


def test_a_wheel_carries_suites_templates_types_licences_and_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as archive:
        names = archive.namelist()
    for name in ("_resources/suites/quick.toml", "_resources/templates/report.html.j2", "py.typed"):
        assert f"genbench/{name}" in names
    assert any(name.endswith("licenses/NOTICE.md") for name in names)
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"genbench"}
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        source = {name.partition("/")[2] for name in archive.getnames()}
    assert {"CITATION.cff", "NOTICE.md", "LICENSE", "CHANGELOG.md", "suites/quick.toml"} <= source
    assert {name.split("/")[0] for name in source} & {".git", ".github", ".venv", "runs"} == set()


@pytest.mark.slow
def test_the_installed_wheel_runs_outside_the_checkout_without_network(site: Path, tmp_path: Path) -> None:
    python("-c", installed.OUTSIDE, str(site), cwd=tmp_path, site=site)
    assert "quick" in python("-m", "genbench", "list", "suites", cwd=tmp_path, site=site)
    narrowed = ["--models", "gaussian,control-test-half", "--seeds", "1", "--executor", "inline", "--device", "cpu"]
    said = python("-m", "genbench", "run", "quick", *narrowed, cwd=tmp_path, site=site)
    assert "gaussian" in said and (tmp_path / "runs" / "quick" / "report.html").stat().st_size > 10_000


def test_the_script_of_the_wheel_is_the_module(site: Path) -> None:
    entry = next(site.glob("genbench-*.dist-info")) / "entry_points.txt"
    assert "genbench = genbench.cli:main" in entry.read_text()


def test_every_extra_that_a_sentence_names_is_there() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    texts = [path.read_text() for folder in ("genbench", "docs") for path in (ROOT / folder).rglob("*.[pm][yd]")]
    named = {name for text in texts for name in re.findall(r"genbench\[(\w+)\]", text)}
    assert named and named <= extras.keys()


def _requirements() -> dict[str, list[Requirement]]:
    """What is needed, and what each extra adds."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = {"": project["dependencies"], **project["optional-dependencies"]}
    return {name: [Requirement(line) for line in lines] for name, lines in groups.items()}


def test_what_is_installed_here_is_what_the_extras_ask_for() -> None:
    looked_at = 0
    for group, needed in _requirements().items():
        for one in needed:
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                found = importlib.metadata.version(one.name)
                looked_at += 1
                assert one.specifier.contains(found, prereleases=True), (group, str(one), found)
    assert looked_at > 20


def test_an_extra_that_tests_use_is_in_the_extra_for_tests() -> None:
    extras = _requirements()
    tried = {one.name for one in extras["test"]}
    for name in (
        "mlflow",
        "wandb",
        "tensorboard",
        "diffusers",
        "pythae",
        "notebook",
        "docs",
        "ray",
        "postgres",
        "tune",
    ):
        assert {one.name for one in extras[name]} <= tried, name


def test_every_package_that_may_be_installed_has_its_notice() -> None:
    text = (ROOT / "NOTICE.md").read_text()
    names = {one.name for needed in _requirements().values() for one in needed}
    assert not {name for name in names if not re.search(rf"\b{re.escape(name)}\b", text)}


def test_citation_and_changelog_name_the_version_that_is_built() -> None:
    yaml = pytest.importorskip("yaml")
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert cited["version"] == genbench.__version__ and cited["license"] == "MIT" and cited["cff-version"] == "1.2.0"


def test_the_workflow_and_the_image_say_what_the_command_line_takes() -> None:
    yaml = pytest.importorskip("yaml")
    flow = yaml.safe_load((ROOT / ".github" / "workflows" / "regression.yml").read_text())
    steps = "\n".join(step.get("run", "") for step in flow["jobs"]["compare"]["steps"])
    assert "genbench compare runs/before runs/after --fail-on-regression" in steps
    image = (ROOT / "Dockerfile").read_text()
    for folder in re.findall(r"^COPY (\w+) /src", image, re.MULTILINE):
        assert (ROOT / folder).exists() and f"!{folder}" in (ROOT / ".dockerignore").read_text()
    assert "ARG TORCH=cpu" in image


def test_shells_complete_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("_GENBENCH_COMPLETE", "complete_bash"), ("COMP_WORDS", "genbench comp"), ("COMP_CWORD", "1")):
        monkeypatch.setenv(name, value)
    assert python("-m", "genbench", cwd=tmp_path).split() == ["compare"]


@pytest.mark.parametrize("name", ["run", "tune", "load"])
def test_a_public_function_is_hidden_by_no_module(name: str) -> None:
    importlib.import_module("genbench.runs.execution")
    importlib.import_module("genbench.tuning.search")
    assert inspect.isfunction(getattr(genbench, name)) and inspect.isfunction(getattr(genbench, name))

"""The image and the workflow do what they say: their files are there, their commands run."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "Dockerfile"


# --- the image


def instructions() -> list[tuple[str, str]]:
    """(instruction, arguments) of the Dockerfile, in order."""
    text = re.sub(r"\\\n", " ", DOCKERFILE.read_text(encoding="utf-8"))
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines)]


def copied() -> list[str]:
    """What is copied from the checkout."""
    return [name for kind, rest in instructions() if kind == "COPY" for name in shlex.split(rest)[:-1]]


def sent(name: str) -> bool:
    """Whether .dockerignore lets a file or folder of the checkout through: the last pattern that matches decides."""
    allowed = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").split():
        if fnmatch(name, line.removeprefix("!")):
            allowed = line.startswith("!")
    return allowed


def test_the_image_has_only_known_instructions_in_their_order() -> None:
    kinds = [kind for kind, _ in instructions()]
    assert set(kinds) <= {"ARG", "FROM", "COPY", "RUN", "USER", "WORKDIR", "ENV", "ENTRYPOINT", "CMD"}
    assert kinds.index("FROM") < kinds.index("COPY") < kinds.index("RUN") < kinds.index("USER")
    assert json.loads(dict(instructions())["ENTRYPOINT"]) == ["genbench"]


def test_the_image_is_for_the_cpu_unless_cuda_is_asked_for() -> None:
    given = dict(line.split("=", 1) for kind, line in instructions() if kind == "ARG")
    assert given["TORCH"] == "cpu"
    steps = " ".join(rest for kind, rest in instructions() if kind == "RUN")
    assert 'download.pytorch.org/whl/${TORCH}"' in steps and "EXTRAS" in steps
    version = tuple(map(int, given["PYTHON"].split(".")))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert version >= tuple(map(int, project["requires-python"].removeprefix(">=").split(".")))
    builds = re.findall(r"TORCH=(cu\d+)", DOCKERFILE.read_text() + (ROOT / "docs/install.md").read_text())
    assert builds and all(re.fullmatch(r"cu1[2-9]\d", build) for build in builds)


def test_what_the_image_copies_is_enough_to_build_the_wheel(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    source = tmp_path / "src"
    source.mkdir()
    for name in copied():
        assert sent(name), f".dockerignore keeps {name} back"
        path = ROOT / name
        skipped = shutil.ignore_patterns("__pycache__")
        shutil.copytree(path, source / name, ignore=skipped) if path.is_dir() else shutil.copy(path, source)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(build, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and list(tmp_path.glob("*.whl")), done.stdout + done.stderr


# --- the workflow


def workflow() -> dict[str, Any]:
    yaml = pytest.importorskip("yaml")
    found: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/regression.yml").read_text(encoding="utf-8"))
    return found


SUITE = """
schema = 1
name = "tiny"
models = ["gaussian"]
datasets = ["ring8"]
seeds = 3
[[evaluations]]
name = "sample-quality"
samples = 200
metrics = ["sliced-wasserstein"]
"""


def run_step(name: str, folder: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    """The commands of a step, less those of pip, which are checked by themselves."""
    flow = workflow()
    step = next(step for step in flow["jobs"]["compare"]["steps"] if step.get("name") == name)
    lines = [line for line in step["run"].splitlines() if not line.startswith("pip install ")]
    given = {key: str(value) for key, value in flow["env"].items()} | changed
    given |= {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_STEP_SUMMARY": str(folder / "said.md"),
    }
    script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", "\n".join(lines)]
    return subprocess.run(script, cwd=folder, env=os.environ | given, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_workflow_s_commands_pass_unchanged_code_and_fail_where_a_number_got_worse(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    shim = tmp_path / "bin" / "genbench"
    shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m genbench "$@"\n')
    shim.chmod(0o755)
    (tmp_path / "tiny.toml").write_text(SUITE)
    own = {"SUITE": "tiny.toml", "MODELS": "gaussian,control-test-half"}
    for step in ("Before", "After", "Compare"):
        done = run_step(step, tmp_path, **own)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "gaussian" in (tmp_path / "said.md").read_text()
    worse = {"SUITE": "tiny.toml", "MODELS": "gaussian,control-test-half"}
    (tmp_path / "tiny.toml").write_text(SUITE.replace('"gaussian"', '{ use = "control-mean-image", as = "gaussian" }'))
    shutil.rmtree(tmp_path / "runs" / "after")
    done = run_step("After", tmp_path, **worse)
    assert done.returncode == 0, done.stderr
    assert run_step("Compare", tmp_path, **worse).returncode == 1


def test_the_workflow_installs_what_the_checkout_is() -> None:
    steps = workflow()["jobs"]["compare"]["steps"]
    pips = [line for step in steps for line in step.get("run", "").splitlines() if line.startswith("pip install ")]
    folders = {step["with"]["path"] for step in steps if step.get("uses", "").startswith("actions/checkout")}
    assert len(pips) == 3 and {f"./{folder}" for folder in folders} == {"./before", "./after"}
    assert all(any(f"./{folder}" in line for line in pips) for folder in folders)

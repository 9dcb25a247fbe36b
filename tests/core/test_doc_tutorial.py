"""The tutorial, word for word: its files are saved, its commands and its Python run in its order."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from genbench import registry
from genbench.cli.app import app
from genbench.cli.main import COMMANDS
from genbench.tuning.spaces import model_space

ROOT = Path(__file__).resolve().parents[2]
PAGE = "docs/tutorial.md"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_tutorial_has_the_same_blocks_in_vietnamese() -> None:
    pages = [(ROOT / name).read_text(encoding="utf-8") for name in (PAGE, "docs/tutorial.vi.md")]
    assert FENCE.findall(pages[0]) == FENCE.findall(pages[1])


@pytest.mark.slow
def test_the_tutorial_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "tutorial"}
    said = []
    before = registry.models.names()
    try:
        for language, body in FENCE.findall((ROOT / PAGE).read_text(encoding="utf-8")):
            file = re.match(r"# (\w+\.\w+)\n", body)
            if file:
                assert len(body.splitlines()) < 40  # of a stranger's own
                Path(file[1]).write_text(body, encoding="utf-8")
            elif language == "python":
                exec(compile(body, PAGE, "exec"), names)
            elif not language:
                said += [command(line) for line in body.splitlines()]
    finally:
        for name in set(registry.models.names()) - set(before):
            registry.models.remove(name)
    assert "12 fits" in said[0] or "15 fits" in said[0]
    assert Path("vae.png").is_file() and Path("runs/first/report.html").is_file()
    assert set(names["tidy"].label) > {"neighbours", "vae", "control-test-half"}
    assert names["x"].shape == (16, 1, 8, 8)
    assert "copies its training data" in said[-1]


def test_the_checkpoint_of_the_page_becomes_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs/howto/own-model.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "checkpoint"}
    try:
        for block in (body for language, body in FENCE.findall(text) if language == "python"):
            exec(compile(block, "own-model.md", "exec"), names)
        board = names["run"].leaderboard("sample-quality")
        assert board.frechet["my-checkpoint"] > board.frechet["control-test-half"]
    finally:
        registry.models.remove("my-checkpoint")


@pytest.fixture
def plugin_of(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """The Python of a page as a plugin file; what it registers is forgotten afterwards."""
    before = registry.models.names()

    def written(page: str) -> Path:
        blocks = [body for language, body in FENCE.findall((ROOT / page).read_text("utf-8")) if language == "python"]
        file = tmp_path / "my_vae.py"
        file.write_text("\n".join(blocks), encoding="utf-8")
        return file

    yield written
    for name in set(registry.models.names()) - set(before):
        registry.models.remove(name)


def test_the_model_of_the_readme_keeps_its_promises(plugin_of: Callable[[str], Path]) -> None:
    file = plugin_of("README.md")
    said = command(f"genbench check my-vae --plugin {file.as_posix()}")
    assert "0 wrong" in said


def test_the_space_of_the_page_of_tuning_is_read(plugin_of: Callable[[str], Path]) -> None:
    registry.load_plugin(plugin_of("docs/tuning.md"))
    assert {"beta", "depth"} <= set(model_space("my-vae"))


def command(line: str) -> str:
    """What a command prints; it must end well."""
    words = shlex.split(line)
    assert COMMANDS and words[0] == "genbench"
    done = CliRunner().invoke(app, words[1:], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output

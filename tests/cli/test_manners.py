"""How much is said, by which switches; what a dry run tells; the order of the commands."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner, Result

from genbench.cli import console
from genbench.cli.app import app
from genbench.cli.main import COMMANDS
from genbench.core.errors import UsageError
from genbench.runs.options import EXECUTORS

cli = importlib.import_module("genbench.cli.main")
SUITE = """
schema = 1
name = "small"
models = ["vae", "gaussian", "control-marginals"]
datasets = ["ring8"]
seeds = 2
[budget]
images = 640
[[evaluations]]
name = "sample-quality"
samples = 200
metrics = ["sliced-wasserstein"]
"""


@pytest.fixture(autouse=True)
def said_as_usual() -> Iterator[None]:
    yield
    console.choose_level(quiet=False, verbose=False)
    console.show_traces(shown=False)


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SUITE)
    return path


def genbench(*words: object) -> Result:
    assert COMMANDS
    return CliRunner().invoke(app, list(map(str, words)))


def run(suite: Path, *words: str, out: str = "run") -> Result:
    done = genbench("run", suite, "--executor", "inline", "--device", "cpu", "--out", suite.parent / out, *words)
    assert done.exit_code == 0, done.output
    return done


# --- how much is said


def test_quiet_says_results_alone_and_verbose_every_fit_and_job(suite: Path) -> None:
    quiet = run(suite, "-q", out="quiet")
    assert quiet.stderr == "" and "vae" in quiet.stdout and "Report:" in quiet.stdout
    usual, verbose = run(suite, out="usual").stderr, run(suite, "-v", out="verbose").stderr
    assert "6 of 6 jobs to do, on 6 fits" in usual and "fitted in" not in usual
    assert len(re.findall("fitted in", verbose)) == 6 and len(re.findall(r"^\d/6", verbose, re.MULTILINE)) == 6


def test_quiet_and_verbose_are_opposites(suite: Path) -> None:
    done = genbench("run", suite, "-q", "--verbose", "--dry-run")
    assert isinstance(done.exception, UsageError) and "give one of them" in str(done.exception)


def test_a_traceback_is_printed_where_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli.stopping, "install", lambda: None)
    for words, shown in ((["run", "quik"], False), (["--debug", "run", "quik"], True)):
        monkeypatch.setattr("sys.argv", ["genbench", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capfd.readouterr().err
        assert ended.value.code == 2 and "did you mean 'quick'" in said and ("Traceback" in said) is shown


def test_a_failure_of_all_evaluations_of_a_row_is_said_once(suite: Path, tmp_path: Path) -> None:
    plugin = tmp_path / "broken.py"
    plugin.write_text(
        "from genbench import GenerativeModel, register_model\n"
        '@register_model("broken", family="vae", summary="It cannot be fitted.")\n'
        "class Broken(GenerativeModel):\n"
        "    def __init__(self, data):\n"
        "        super().__init__()\n"
        "    def fit(self, data, budget, generator):\n"
        '        raise RuntimeError("no way")\n'
        "    def sample(self, n, *, generator): ...\n"
        "    def reconstruct(self, x): ...\n"
    )
    suite.write_text(SUITE + '[[evaluations]]\nname = "diversity"\n[[evaluations]]\nname = "memorisation"\n')
    words = ("--plugin", plugin, "--models", "broken", "--seeds", "1", "--executor", "inline", "--device", "cpu")
    done = genbench("run", suite, "--no-controls", "--out", tmp_path / "run", *words)
    assert done.exit_code == 1
    assert done.stderr.count("no way") == 2, done.stderr  # as it happens, and in the list at the end
    assert "sample-quality, diversity, memorisation: failed: RuntimeError: no way" in done.stderr.replace("\n", " ")


# --- what help says


def test_every_command_has_a_short_way_to_its_help_and_a_whole_line() -> None:
    assert COMMANDS
    group = typer.main.get_command(app)
    for name in group.commands:  # type: ignore[attr-defined]
        assert genbench(name, "-h").exit_code == 0
    listed = genbench("-h").output.partition("Commands:")[2]
    assert "..." not in listed


def test_commands_stand_in_the_order_in_which_they_are_needed() -> None:
    listed = genbench("-h").output.partition("Commands:")[2]
    names = re.findall(r"^ +([a-z]+)  ", listed, re.MULTILINE)
    assert names == [module.__name__.rpartition(".")[2] for module in COMMANDS]
    order = ["doctor", "list", "show", "run", "report", "compare", "export", "clean"]
    assert [name for name in names if name in order] == order


def test_help_names_the_choices_of_the_executor() -> None:
    assert "|".join(EXECUTORS) in genbench("run", "--help").output


@pytest.mark.parametrize("given", ["2", "0,1", "0, 1"])
def test_seeds_are_a_number_or_the_first_of_them(suite: Path, given: str) -> None:
    said = json.loads(genbench("run", suite, "--seeds", given, "--dry-run", "--json").stdout)
    assert said["settings"]["seeds"] == 2


# --- a dry run


def test_a_dry_run_prints_every_setting_with_time_and_disk_and_writes_nothing(suite: Path) -> None:
    done = genbench("run", suite, "--dry-run", "--executor", "inline", "--device", "cpu", "--out", suite.parent / "run")
    assert done.exit_code == 0 and not (suite.parent / "run").exists()
    said = " ".join(done.stdout.split())
    for words in (
        "6 of 6 jobs are missing, on 6 fits",
        "Time: ",
        "Disk: about",
        "seeds 2",
        "budget images = 640, batch = 128",
        "executor inline",
        "time limit none",
        'evaluation sample-quality metrics = ["sliced-wasserstein"], samples = 200',
        "row vae ",
        "lr = 0.001",
    ):
        assert words in said, (words, done.stdout)


def test_the_time_of_what_has_run_here_before_is_known(suite: Path) -> None:
    before = json.loads(genbench("run", suite, "--set", "seeds=3", "--dry-run", "--json").stdout)["estimate"]
    run(suite)
    after = json.loads(genbench("run", suite, "--set", "seeds=4", "--dry-run", "--json").stdout)["estimate"]
    assert after["measured"] == pytest.approx(1) and after["seconds"] > 0
    assert before["bytes"] > 100_000 and before["seconds"] > 0


# --- a terminal that knows ASCII only


def test_signs_have_plain_forms_where_a_stream_knows_no_others() -> None:
    error = UnicodeEncodeError("ascii", "1.2 ± 0.1, − 3, 数", 4, 5, "")
    assert console._plainly(error) == ("+/-", 5)
    assert "1.2 ± 0.1 – −3 ↓ 数".encode("ascii", errors=_registered()).decode() == "1.2 +/- 0.1 - -3 v ?"


def _registered() -> str:
    console.prepare_streams()
    return "genbench-plain"

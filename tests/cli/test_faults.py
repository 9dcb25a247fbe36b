"""Hostile input and a hostile surrounding end in one sentence and an exit status, never in a traceback or a hang."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from genbench.cli import options as cli_options
from genbench.core.errors import Stopped, UsageError
from genbench.data.own_tables import csv
from genbench.runs.options import Options, chosen_suite
from genbench.store import Place

cli = importlib.import_module("genbench.cli.main")

SUITE = 'schema = 1\nname = "{name}"\nmodels = ["gaussian"]\ndatasets = ["digits"]\nseeds = {seeds}\n{more}'
SPEED = '[[evaluations]]\nname = "speed"\n'


def command(*arguments: str, cwd: Path, **surrounding: str) -> subprocess.CompletedProcess[str]:
    whole = [sys.executable, "-c", "from genbench.cli import main; main()", *arguments]
    return subprocess.run(
        whole, cwd=cwd, capture_output=True, text=True, errors="replace", check=False, env=os.environ | surrounding
    )


def refused(folder: Path, *, name: str = "m", seeds: str = "1", more: str = SPEED, **options: object) -> str:
    """What is said against a suite; it must be said against it."""
    path = folder / "mine.toml"
    path.write_text(SUITE.format(name=name, seeds=seeds, more=more), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        chosen_suite(str(path), Options(**options))  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize("name", ["../../x", "/abs", "..", "a/b", "x" * 200, "a\\u0000b"])
def test_a_suites_name_makes_no_folder_elsewhere(tmp_path: Path, name: str) -> None:
    assert "mine.toml: name" in refused(tmp_path, name=name)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (f"budget = {{ batch = 100_000_000_000 }}\n{SPEED}", "budget.batch"),
        (f"budget = {{ steps = 1_000_000_000_000_000_000 }}\n{SPEED}", "budget.steps"),
        (f"budget = {{ images = 9_223_372_036_854_775_808 }}\n{SPEED}", "budget.images"),
        (f"budget = {{ seconds = inf }}\n{SPEED}", "budget.seconds"),
        (f"{SPEED}images = 9_223_372_036_854_775_808\n", "at most 1,000,000,000"),
        (f"x = {'[' * 3_000}\n{SPEED}", "not a TOML file"),
        (f"x = {'9' * 5_000}\n{SPEED}", "mine.toml"),
        (f"{'a.' * 30_000}b = 1\n{SPEED}", "nested too deeply"),
        ('"a" . ' * 30_000 + f"b = 1\n{SPEED}", "nested too deeply"),
        (f"x = {'[' * 200}{']' * 200}\n{SPEED}", "mine.toml"),
    ],
)
def test_absurd_sizes_are_named(tmp_path: Path, more: str, words: str) -> None:
    assert words in refused(tmp_path, more=more)


@pytest.mark.parametrize("limit", ["time_limit", "memory_limit"])
@pytest.mark.parametrize("value", [1e300, float("inf"), float("nan"), 0.0, -1.0])
def test_limits_that_none_can_have_are_named(limit: str, value: float) -> None:
    with pytest.raises(UsageError, match=rf"--{limit.replace('_', '-')} is a number of .* above 0, at most"):
        chosen_suite("quick", Options(**{limit: value}))  # type: ignore[arg-type]


def test_absurd_plans_are_refused_with_their_size(tmp_path: Path) -> None:
    assert "10000" in refused(tmp_path, seeds="1_000_000")
    with pytest.raises(UsageError, match="from 1 to 10,000; got 1,000,000"):
        chosen_suite("quick", Options(seeds=1_000_000))
    with pytest.raises(UsageError, match="jobs on .* fits; a plan holds at most 100,000"):
        chosen_suite("quick", Options(seeds=10_000))


def test_absurd_numbers_of_trials_and_samples_are_refused_with_their_size(tmp_path: Path) -> None:
    from genbench.runs.trained import TrainedModel
    from genbench.tuning.records import Search
    from genbench.tuning.search import tune

    suite = chosen_suite("quick", Options())
    with pytest.raises(UsageError, match=r"--trials is from 1.* to .*1,000,000,000"):
        tune(suite, Options(out=tmp_path), Search(trials=10**9), cast(Any, None))
    spec = SimpleNamespace(dataset=SimpleNamespace(spec=SimpleNamespace(size=64)))
    model = cast(Any, SimpleNamespace(label="vae", _evidence=spec))
    with pytest.raises(UsageError, match=r"100,000,000,000 samples of vae would take .* GiB"):
        TrainedModel.sample(model, 10**11)


def test_what_is_no_suite_is_a_sentence(tmp_path: Path) -> None:
    for name in ("a\0b.toml", "x" * 5_000 + ".toml"):
        with pytest.raises(UsageError, match="no suite file"):
            chosen_suite(name, Options())
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe9"')
    with pytest.raises(UsageError, match="not a TOML file"):
        chosen_suite(str(tmp_path / "latin.toml"), Options())


def test_names_that_are_no_unicode_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no UTF-8"):
        chosen_suite("quick", Options(datasets=["npz:caf\udce9.npz"]))
    with pytest.raises(UsageError, match="no UTF-8"):
        chosen_suite("quick", Options(out=tmp_path / "caf\udce9"))


def test_the_folder_of_a_run_is_where_it_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = Options(out=Path("mine"))
    before = Path.cwd()
    monkeypatch.chdir(tmp_path)
    assert options.folder("x") == before / "mine" and Options().folder("x") == tmp_path / "runs" / "x"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:pa/ss@here/db",
        "postgresql://me:pa@ss@here/db",
        "postgresql://me:pa ss@here/db",
        "postgresql://here/db?user=me&password=pa ss",
        "mysql://here/db?sslkey=pass",
        "nosuch://me:pass@here",
    ],
)
def test_no_secret_of_a_store_is_printed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments in (["--store", url], [f"--store={url}"]):
        monkeypatch.setattr(sys, "argv", ["genbench", "run", "quick", *arguments])
        said = cli_options.command_line()
        assert "pa" not in said.replace("password", "") and "***" in said
    try:
        said = str(Place.of(Path("x"), url))
    except UsageError as error:
        said = str(error)
    assert not [secret for secret in ("pa/ss", "a@ss", "pa ss", "pa%20ss", "pa+ss", "=pass", ":pass") if secret in said]


def test_a_csv_is_a_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", "/dev/zero", "http://127.0.0.1:9/x.csv", "x" * 5_000, "a\0b", tmp_path):
        with pytest.raises(UsageError):
            csv(str(path))


# --- the entry point


def run_main(monkeypatch: pytest.MonkeyPatch, given: BaseException | int) -> int:
    """The exit status of the entry point where the command raises this, or gives it."""

    def app(**_: object) -> int:
        if isinstance(given, int):
            return given
        raise given

    monkeypatch.setattr(cli, "app", app)
    monkeypatch.setattr(cli.stopping, "install", lambda: None)
    monkeypatch.setattr(cli.console, "prepare_streams", lambda: None)
    monkeypatch.setattr(cli.warnings, "showwarning", cli.warnings.showwarning)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (RuntimeError("something\x1b[31m"), 3, ("something went wrong in genbench", "traceback is in")),
        (UsageError("that is wrong"), 2, ("that is wrong",)),
        (OSError(28, "No space left on device", "x.db"), 2, ("No space left on device", "x.db")),
        (KeyboardInterrupt(), 130, ("stopped", "goes on from here")),
        (Stopped(143, "SIGTERM"), 143, ("stopped", "goes on from here")),
        (RecursionError("deep"), 3, ("deep",)),
    ],
)
def test_every_error_is_one_sentence_and_a_status(
    error: BaseException,
    code: int,
    words: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture,
) -> None:
    assert run_main(monkeypatch, error) == code
    said = " ".join(capfd.readouterr().err.split())
    assert all(word in said for word in words), said
    assert "Traceback (most" not in said and "\x1b[31m" not in said


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_that_knows_few_letters_gets_question_marks(tmp_path: Path, encoding: str) -> None:
    done = command("list", "metrics", cwd=tmp_path, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert done.returncode == 0 and "frechet" in done.stdout, done.stderr


def test_nothing_in_the_current_folder_hides_pythons_own_modules(tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit('random.py was executed')")
    whole = [sys.executable, "-m", "genbench", "list", "metrics"]
    done = subprocess.run(whole, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "frechet" in done.stdout, done.stderr


def test_a_terminal_without_a_width_shows_something(tmp_path: Path) -> None:
    done = command("list", "metrics", cwd=tmp_path, COLUMNS="0")
    assert done.returncode == 0 and "frechet" in done.stdout, done.stderr


def test_a_closed_output_is_a_sentence(tmp_path: Path) -> None:
    shell = f"{sys.executable} -c 'from genbench.cli import main; main()' list models >&-"
    done = subprocess.run(shell, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Traceback" not in done.stderr


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    shell = f"{sys.executable} -c 'from genbench.cli import main; main()' list metrics --json | head -1"
    done = subprocess.run(shell, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


def test_an_output_that_is_full_is_a_sentence(tmp_path: Path) -> None:
    shell = f"{sys.executable} -c 'from genbench.cli import main; main()' list models > /dev/full"
    done = subprocess.run(shell, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "No space left" in done.stderr and "Exception ignored" not in done.stderr


def test_a_thread_that_never_ends_does_not_keep_the_process(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import threading\nthreading.Thread(target=threading.Event().wait).start()\n")
    done = command("list", "metrics", "--plugin", "mine.py", cwd=tmp_path)
    assert done.returncode == 0 and "frechet" in done.stdout and not done.stderr


def test_a_program_that_calls_the_command_line_goes_on_whatever_threads_it_has(tmp_path: Path) -> None:
    program = (
        "import sys, threading, time\n"
        "from genbench.cli import main as command\n"
        "import genbench.cli.main\n"
        "sys.modules['genbench.cli.main'].PATIENCE = 0.01\n"
        "done = threading.Event()\n"
        "threading.Thread(target=done.wait).start()\n"
        "sys.argv = ['genbench', 'list', 'suites']\n"
        "try:\n    command()\nexcept SystemExit:\n    pass\n"
        "[timer.join() for timer in threading.enumerate() if isinstance(timer, threading.Timer)]\n"
        "done.set()\nsys.exit(7)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stderr


def test_ctrl_c_says_so_where_the_parser_answers_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
) -> None:
    assert run_main(monkeypatch, 130) == 130
    assert "goes on from here" in capfd.readouterr().err


def test_ctrl_c_while_commands_are_imported_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt")
    program = "import sys; sys.path.insert(0, '.'); import genbench.cli"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "error: stopped before anything was begun.\n")


def test_names_of_others_draw_nothing_on_a_terminal(capfd: pytest.CaptureFixture) -> None:
    from rich.table import Table
    from rich.text import Text

    name = "\x1b]0;title\x07\x1b[31mred \u202eback"
    table = Table(title=name)
    table.add_column(Text(name))
    table.add_row(Text(name, style="bold"))
    for shown in (name, Text(name), table):
        cli.console.out.print(shown, markup=False, soft_wrap=True)
    said = capfd.readouterr().out
    assert "red" in said and not {"\x1b", "\x07", "\u202e"} & set(said)


def test_bytes_for_a_closed_output_name_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(name=os.devnull))
    with pytest.raises(UsageError, match="-o"):
        cli.console.write_bytes(b"x")


def test_signals_are_answered_between_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    from genbench.core import stopping

    monkeypatch.setattr(stopping, "_asked", 0)
    done = []
    with pytest.raises(Stopped) as stopped, stopping.held():
        stopping._handle(signal.SIGTERM, None)
        done.append("committed")
    assert done == ["committed"] and stopped.value.code == 143
    stopping._handle(signal.SIGTERM, None)  # a second one changes nothing
    monkeypatch.setattr(stopping, "_asked", 0)

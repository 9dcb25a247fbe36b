"""The scripts in `bench/` import what there is, and say what they do."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"bench_{name}", BENCH / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[spec.name]
    return module


def test_no_script_has_the_name_of_a_module_that_others_import() -> None:
    """Their folder is the first place where Python looks when one of them runs; numba asks for `coverage`."""
    taken = {*sys.stdlib_module_names, *importlib.metadata.packages_distributions(), "coverage", "pandas", "tests"}
    assert not {path.stem for path in BENCH.iterdir()} & taken


def call(monkeypatch: pytest.MonkeyPatch, name: str, *arguments: str) -> object:
    monkeypatch.setattr(sys, "argv", [f"{name}.py", *arguments])
    return script(name).main()


@pytest.mark.parametrize("name", sorted(file.stem for file in BENCH.glob("*.py")))
def test_a_script_says_what_it_does(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        call(monkeypatch, name, "--help")
    assert ended.value.code == 0 and f"usage: {name}.py" in capsys.readouterr().out


TABLE = """label,dataset,seed,evaluation,metric,target,value,ci_low,ci_high,n,status,reason
vae,digits,0,sample-quality,frechet,,1.5,1.0,2.0,200,ok,
vae,digits,1,sample-quality,frechet,,,,,,failed,it broke
vae,digits,0,speed,sample-latency,p50,0.1,0.05,0.2,9,ok,
"""


@pytest.fixture
def compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Compare the table with another one: exit status and lines."""

    def compare(other: str, *arguments: str) -> tuple[object, list[str]]:
        (tmp_path / "a.csv").write_text(TABLE)
        (tmp_path / "b.csv").write_text(other)
        ended = call(monkeypatch, "same_table", str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), *arguments)
        return ended, capsys.readouterr().out.replace(f"{tmp_path}/", "").splitlines()

    return compare


def test_a_table_is_the_same_as_itself(compared) -> None:
    ended, lines = compared(TABLE)
    assert ended == 0
    assert lines == [
        "2 rows are in both.",
        *(f"0 {what} differ." for what in ("values", "intervals", "n", "status", "reasons")),
        "0 rows are in a.csv only.",
        "0 rows are in b.csv only.",
    ]


def test_another_value_is_shown_and_is_an_error(compared) -> None:
    ended, lines = compared(TABLE.replace("1.5,1.0", "1.75,1.25"))
    assert ended == 1
    assert lines[1:5] == [
        "1 values differ:",
        "  vae digits 0 sample-quality frechet: 1.5 | 1.75",
        "1 intervals differ:",
        "  vae digits 0 sample-quality frechet: 1.0, 2.0 | 1.25, 2.0",
    ]


def test_what_is_no_value_is_shown_and_no_error(compared) -> None:
    ended, lines = compared(TABLE.replace("200", "100").replace("failed,it broke", "diverged,it left"))
    assert ended == 0
    assert [line for line in lines if line.startswith("1 ")] == [f"1 {w} differ:" for w in ("n", "status", "reasons")]


def test_a_value_that_one_side_has_not_is_an_error(compared) -> None:
    assert compared(TABLE.replace("1.5,1.0,2.0,200,ok", ",,,,failed"))[0] == 1


def test_rows_of_one_side_are_counted(compared) -> None:
    ended, lines = compared(TABLE.replace("vae,digits,1,", "gan,digits,1,"))
    assert ended == 0
    assert lines[0] == "1 rows are in both."
    assert lines[-4:] == [
        "1 rows are in a.csv only:",
        "     1  frechet of sample-quality on digits",
        "1 rows are in b.csv only:",
        "     1  frechet of sample-quality on digits",
    ]


def test_evaluations_to_leave_out_are_named(compared) -> None:
    other = TABLE.replace("0.1,", "0.3,")
    assert compared(other)[0] == 0
    assert compared(other, "--without")[0] == 1
    assert compared(other, "--without", "sample-quality", "speed") == (
        0,
        compared(TABLE, "--without", "sample-quality", "speed")[1],
    )


def test_rows_that_are_there_twice_are_refused(compared) -> None:
    with pytest.raises(SystemExit, match=r"b.csv: 1 rows have the keys of another one"):
        compared(TABLE + TABLE.splitlines()[1] + "\n")

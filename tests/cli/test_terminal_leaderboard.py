"""The leaderboard in a terminal: ranges of places, and what no seeds can separate."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from genbench.cli.leaderboard import print_leaderboards
from genbench.report.data import RunData


def table(values: dict[str, list[float]]) -> pd.DataFrame:
    rows = [
        {
            "model": label, "family": "vae", "sampler": "", "dataset": "digits", "seed": seed, "value": value, "n": 449,
            "evaluation": "sample-quality", "metric": "frechet", "target": "", "direction": "lower", "kind": "exact",
            "status": "ok", "label": label,
        }
        for label, found in values.items() for seed, value in enumerate(found)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_places_are_ranges(capsys: pytest.CaptureFixture[str]) -> None:
    print_leaderboards(RunData(table=table({"a": [1.0, 2.0, 3.0], "b": [2.0, 1.0, 3.3], "c": [90.0, 91.0, 92.0]})))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines if "±" in line] == [["a", "1–2"], ["b", "1–2"], ["c", "3"]]


def test_every_column_has_its_places(capsys: pytest.CaptureFixture[str]) -> None:
    good, bad, other = [1.0, 1.1, 1.2], [90.0, 91.0, 92.0], [1.05, 1.2, 1.1]
    first = table({"a": good, "b": bad, "c": other})
    second = table({"a": bad, "b": good, "c": other}).assign(evaluation="reconstruction", metric="mse")
    print_leaderboards(RunData(table=pd.concat([first, second])))
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if "±" in line]
    assert {line[0]: (line[1], line[5]) for line in lines} == {
        "a": ("1–2", "3"), "c": ("1–2", "1–2"), "b": ("3", "1–2"),
    }  # fmt: skip


def test_a_tie_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    print_leaderboards(RunData(table=table({"a": [1.0, 2.0, 3.0], "b": [2.0, 1.0, 3.3]})))
    assert "3 seeds can't separate these: Fréchet distance." in capsys.readouterr().out


def test_a_narrow_terminal_keeps_the_intervals_and_signs_have_a_legend(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"m{i}" for i in range(3)]
    values = {name: [1.0 + i, 2.0 + i, 3.0 + i] for i, name in enumerate(names)}
    evaluations = ("sample-quality", "reconstruction", "diversity", "memorisation", "density")
    tables = [table(values).assign(evaluation=name) for name in evaluations]
    print_leaderboards(RunData(table=pd.concat(tables)))
    lines = capsys.readouterr().out.splitlines()
    assert len(re.findall(r"± \d", "\n".join(lines))) == 15 and max(map(len, lines[:12])) <= 80
    assert any("a place between these" in line for line in lines)

"""`list` is a line an entry, in a narrow terminal too, and shows how own data are named; `doctor` fits on a screen."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from genbench import registry
from genbench.cli import console
from genbench.cli.doctor import Check, _together
from genbench.cli.list import list_
from genbench.core.errors import UsageError


def listed(monkeypatch: pytest.MonkeyPatch, kind: str, width: int, family: str = "") -> list[str]:
    terminal = Console(width=width, force_terminal=True, color_system=None, file=io.StringIO())
    monkeypatch.setattr(console, "out", terminal)
    list_(kind, None, family)
    return terminal.file.getvalue().splitlines()  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["models", "metrics", "encoders", "evaluations"])
def test_each_entry_has_one_line(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    lines = listed(monkeypatch, kind, 80)
    assert len(lines) == 1 + len(list(getattr(registry, kind))) and max(map(len, lines)) <= 80
    assert all(line.split() for line in lines)


def test_own_data_are_listed_by_their_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = listed(monkeypatch, "datasets", 80)
    assert any(line.startswith("csv:PATH?label=COLUMN") for line in lines)


def test_a_family_is_listed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = listed(monkeypatch, "models", 80, "vae")
    assert 1 < len(lines) < len(listed(monkeypatch, "models", 80)) and lines[1].startswith("vae ")
    with pytest.raises(UsageError, match="known are .*vae"):
        listed(monkeypatch, "models", 80, "vaes")


def test_missing_datasets_share_a_line() -> None:
    many = [Check("device", "cpu"), *(Check(f"dataset d{i}", "not found", ok=False, remedy="x") for i in range(9))]
    found = list(_together(many))
    assert len(found) == 2 and found[1].what == "9 datasets" and "d0, d1" in found[1].found
    assert list(_together(many[:3])) == many[:3]

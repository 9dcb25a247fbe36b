from __future__ import annotations

import re
from pathlib import Path

import pytest
from synthetic import tiny
from test_page import Reader
from typer.testing import CliRunner

from genbench.cli.app import app
from genbench.cli.main import COMMANDS
from genbench.report.compare import compare
from genbench.report.comparison import render_comparison
from genbench.report.data import RunData
from genbench.report.language import language
from genbench.report.leaderboard import leaderboards

BEFORE = tiny(["vae", "gan", "<b>"], [[5.0, 5.1, 5.2], [9.0, 9.1, 9.2], [1.0, 1.1, 1.2]])
AFTER = tiny(["vae", "gan", "<b>"], [[9.0, 9.1, 9.2], [5.0, 5.1, 5.2], [1.0, 1.1, 1.2]])


def test_what_got_worse_comes_first_with_its_interval() -> None:
    html = render_comparison(compare(BEFORE, AFTER), ("old", "new"))
    Reader(html)
    assert "Regressions: 1 worse, 1 better of 3 measurements." in html and "<h1><bdi>new</bdi> against" in html
    assert html.index('class="status">worse') < html.index(">better</span>")
    assert re.search(r"\+4\.00 \[\+3\.\d+ … \+4\.\d+\]", html)


def test_a_run_against_itself_has_no_regression_and_names_stay_text() -> None:
    html = render_comparison(compare(BEFORE, BEFORE), ("<i>", "<i>"))
    Reader(html)
    assert "No regression: 0 better, 3 of 3" in html and "<i>" not in html
    assert "Nothing to compare." in render_comparison([], ("a", "b"))


def test_the_command_writes_the_page_and_fails_on_a_regression(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert COMMANDS

    class Loaded:
        def __init__(self, place: str) -> None:
            self.place = place

        def table(self) -> object:
            return BEFORE if self.place == "A" else AFTER

        def data(self) -> RunData:
            return RunData(table=BEFORE if self.place == "A" else AFTER)

    monkeypatch.setattr("genbench.api.load", Loaded)
    target = tmp_path / "compare.html"
    asked = ["compare", "A", "B", "--html", str(target), "--fail-on-regression"]
    assert CliRunner().invoke(app, asked).exit_code == 1 and "Regressions" in target.read_text(encoding="utf-8")
    assert CliRunner().invoke(app, ["compare", "A", "A", "--fail-on-regression"]).exit_code == 0


def test_the_page_of_a_comparison_in_vietnamese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    html = render_comparison(compare(BEFORE, AFTER), ("cũ", "mới"), language("vi"))
    Reader(html)
    assert '<html lang="vi">' in html and "Thụt lùi: 1 kém hơn, 1 tốt hơn trong 3 phép đo." in html
    assert "khoảng cách Fréchet" in html and re.search(r"\+4,00 \[\+3,\d+ … \+4,\d+\]", html)
    for english in ("verdict", "worse", "Regressions", "seeds", "tested", "Made by"):
        assert english not in html.partition("<body>")[2], english


def test_a_notebook_shows_a_table_with_places_and_controls() -> None:
    rows = {"vae": [5.0, 5.1, 5.2], "<gan>": [9.0, 9.1, 9.2], "control-test-half": [1.0, 1.0, 1.0]}
    board = leaderboards(RunData(table=tiny(list(rows), list(rows.values()))))[0]
    html = board._repr_html_()
    Reader(html)
    assert "<b>5.10 ±" in html and "&lt;gan&gt;" in html and "<em>controls</em>" in html
    assert "real data, held out" in html

"""Every sentence of the page is in each catalogue, with the same blanks; nothing in a catalogue is out of use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from synthetic import make_run, make_table, run_record

from genbench import registry
from genbench.core import paths
from genbench.core.errors import UsageError
from genbench.evaluations.catalogue import CATALOGUE
from genbench.report import glossary
from genbench.report.data import RunData
from genbench.report.language import Language, language, languages
from genbench.report.leaderboard import leaderboards
from genbench.report.over_datasets import over_datasets
from genbench.report.page import render

REPORT = Path(glossary.__file__).parent
TEMPLATES = paths.folder("templates")


def sentences() -> set[str]:
    """What templates, code, script and evaluations say."""
    found: set[str] = set()
    for file in TEMPLATES.rglob("*.j2"):
        found |= set(re.findall(r"\bt\(\s*'([^']*)'", file.read_text(encoding="utf-8")))
    for file in REPORT.glob("*.py"):
        text = file.read_text(encoding="utf-8")
        found |= set(re.findall(r'\bwords\(\s*"([^"]*)"', text))
        for pair in re.findall(r'\.plural\([^"]*"([^"]*)",\s*"([^"]*)"', text):
            found |= set(pair)
    found |= set(re.findall(r'\b(?:say|tell)\("([^"]*)"', (TEMPLATES / "report.js").read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize("code", [code for code in languages() if code != "en"])
def test_a_catalogue_has_every_sentence_with_the_same_blanks(code: str) -> None:
    messages = language(code).messages
    named = {text for r in CATALOGUE for text in (r.verdict, r.summary, *r.pictures.values())}
    titles = {e.card.title for e in registry.models if e.card.family == "control" and e.card.title}
    wanted = sentences() | named | titles
    assert len(wanted) > 100 and wanted - set(messages) == set()
    for text, said in messages.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", said)), text


def test_sentences_made_of_numbers_and_names_are_said_too() -> None:
    words = language("vi")
    for text, kept in (
        ("5 seeds can't separate these: Fréchet distance, KID.", ("5 ", "khoảng cách Fréchet, KID")),
        ("64 samples, the first ones drawn", ("64 ",)),
        ("nearer than held-out data: 1 of 4 tests", ("1/4",)),
        ("The same fit with the same numbers: ae+gaussian, ae+gmm10 as ae.", ("ae+gaussian, ae+gmm10 như ae",)),
        ("Regressions: 1 worse, 2 better of 3,000 measurements.", ("1 kém hơn", "2 tốt hơn", "3,000")),
    ):
        said = words(text)
        assert said != text and all(part in said for part in kept), said
    assert words("a sentence of nobody's, {n} of 3") == "a sentence of nobody's, {n} of 3"
    assert words("5 seeds of {x} can't be: {y}") == "5 seeds of {x} can't be: {y}"


def test_every_note_of_a_run_is_in_vietnamese(tmp_path: Path) -> None:
    words, data = language("vi"), make_run(tmp_path)
    boards = leaderboards(data)
    notes = [note for board in boards for note in board.notes] + [n for o in over_datasets(boards) for n in o.said]
    captions = list(data.pictures["caption"].unique())[:1]
    verdicts = [row.verdict for board in boards for row in board.all_rows if row.verdict]
    assert len(notes) > 8 and verdicts
    assert [text for text in dict.fromkeys((*notes, *captions, *verdicts)) if words(text) == text] == []


def test_thousands_and_decimals_change_places() -> None:
    assert language("vi").number("1,234.5") == "1.234,5" and Language().number("1,234.5") == "1,234.5"


def test_a_page_in_vietnamese_says_so_and_keeps_its_numbers() -> None:
    data = RunData(table=make_table(), runs=[run_record()])
    english, html = render(data), render(data, language("vi"))
    assert '<html lang="vi">' in html and "Mẫu tốt nhất" in html and "11 mô hình trên digits" in html
    assert "Best samples" not in html.partition('id="words"')[0]
    assert html.count("<td") == english.count("<td") and "12,3" in html


def test_english_needs_no_catalogue_and_an_unknown_language_names_the_known() -> None:
    assert (
        language("en") == Language()
        and Language()("a {n}", n=2) == "a 2"
        and Language().counted("2 models") == "2 models"
    )
    with pytest.raises(UsageError, match="known are en, vi"):
        language("xx")

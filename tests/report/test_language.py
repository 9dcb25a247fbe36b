"""Every sentence of the page is in each catalogue, with the same blanks; nothing in a catalogue is out of use."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from golden import golden_run
from synthetic import make_run, make_table, run_record
from test_families import run as family_run
from test_families import table as family_table

from genbench import evaluations, registry
from genbench.core import paths
from genbench.core.errors import UsageError
from genbench.evaluations.catalogue import CATALOGUE
from genbench.report import glossary
from genbench.report.compare import compare
from genbench.report.comparison import render_comparison
from genbench.report.data import RunData
from genbench.report.gallery import without_scheme
from genbench.report.language import Language, language, languages, patterns_of
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
        ("Regressions: 1 worse, 2 better of 3,000 measurements.", ("1 kém hơn", "2 tốt hơn", "3.000")),
    ):
        said = words(text)
        assert said != text and all(part in said for part in kept), said
    assert words("a sentence of nobody's, {n} of 3") == "a sentence of nobody's, {n} of 3"
    assert words("5 seeds of {x} can't be: {y}") == "5 seeds of {x} can't be: {y}"
    assert not words.has("Eight points on a line") and words.has("GAN cannot reconstruct: it has no encoder.")


def test_every_note_of_a_run_is_in_vietnamese(tmp_path: Path) -> None:
    words, data = language("vi"), make_run(tmp_path)
    boards = leaderboards(data)
    notes = [note for board in boards for note in board.notes] + [n for o in over_datasets(boards) for n in o.said]
    captions = list(data.pictures["caption"].unique())[:1]
    verdicts = [row.verdict for board in boards for row in board.all_rows if row.verdict]
    assert len(notes) > 8 and verdicts
    assert [text for text in dict.fromkeys((*notes, *captions, *verdicts)) if words(text) == text] == []


def test_a_page_without_measurements_is_said_too() -> None:
    assert "Chưa có phép đo nào." in render(RunData(table=pd.DataFrame()), language("vi"))


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


# ---- what reaches a page

BEGIN, END = "\N{LEFT WHITE SQUARE BRACKET}", "\N{RIGHT WHITE SQUARE BRACKET}"


def marked(words: Language) -> Language:
    """A language that says what `words` says in English, in brackets, with what fills its blanks outside them: what no
    catalogue knows stands outside all brackets."""
    messages = {key: BEGIN + re.sub(r"(\{\w+\})", rf"{END}\1{BEGIN}", key) + END for key in words.messages}
    return Language(code="xx", decimal=",", messages=messages, patterns=patterns_of(messages))


class Reading(HTMLParser):
    """The texts of a page: `named` in `<bdi>` or code, `english` with `lang="en"`, `plain` all others."""

    def __init__(self) -> None:
        super().__init__()
        self.plain: list[str] = []
        self.named: list[str] = []
        self.english: list[str] = []
        self._open: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.plain += [text for name in ("aria-label", "alt", "title") if (text := given.get(name))]
        if tag not in ("meta", "link", "br", "img", "input"):
            self._open.append((tag, given))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:  # a cell may be left open
            pass

    def handle_data(self, data: str) -> None:
        tags = {tag for tag, _ in self._open}
        if tags & {"script", "style"} or not data.strip():
            return
        is_english = any(given.get("lang") == "en" for _, given in self._open)
        kind = self.english if is_english else self.named if tags & {"bdi", "code", "pre"} else self.plain
        kind.append(data.strip())


def read(data: RunData) -> Reading:
    found = Reading()
    found.feed(render(data, marked(language("vi"))))
    return found


def untranslated(text: str, names: Sequence[str]) -> str:
    """The text less what is in brackets and less names, where a word of three small letters is left in it."""
    for name in names:
        text = text.replace(name, " ")
    rest = re.sub(rf"{BEGIN}[^{BEGIN}{END}]*{END}", " ", text)
    rest = re.sub(rf"{BEGIN}[^{BEGIN}{END}]*{END}", " ", rest)
    return rest.strip() if re.search(r"[A-Za-z][a-z]{2,}", rest) else ""


NAMES = ("label", "dataset", "target", "score", "encoder", "family", "device", "model")
"""Columns of the table with names, which are the same in every language."""

ABBREVIATED = ("KL(p_data ‖ p_model)", "KL(p_model ‖ p_data)", "genbench")


def names_of(data: RunData) -> list[str]:
    """Names that a page shows, the longest first."""
    found = {str(name) for column in NAMES for name in data.table[column].unique() if name}
    found |= {name[:20] + "…" for name in found if len(name) > 22}
    found |= {name for curve in data.fits.get("curve", ()) if isinstance(curve, dict) for name in curve}
    found |= {name for run in data.runs for name in run.provenance["versions"]}
    found |= {known["family"] for known in data.content.get("datasets", {}).values()}
    return sorted(found | set(ABBREVIATED), key=len, reverse=True)


def with_captions(data: RunData) -> RunData:
    """The run with captions as evaluations write them."""
    captions = {
        "samples": "64 samples, the first ones drawn",
        "reconstructions": "reference examples, below each what the model made of it, then the absolute error; "
        "first 8 of 449 as they come, then the 3 best, 2 middling and 3 worst by squared error",
        "neighbours": "5 samples, each followed by its three nearest training examples (in pixels)",
    }
    return replace(data, pictures=data.pictures.assign(caption=data.pictures["name"].map(captions)))


def test_no_english_sentence_reaches_a_page_in_vietnamese(tmp_path: Path) -> None:
    runs = [with_captions(make_run(tmp_path)), golden_run(), family_run(family_table())]
    left = {untranslated(text, names_of(run)) for run in runs for text in read(run).plain} - {""}
    assert left == set()


def test_no_english_sentence_reaches_a_comparison_in_vietnamese() -> None:
    before, after = make_table(), make_table()
    after.loc[after["metric"] == "frechet", "value"] *= 2
    after.loc[after["metric"] == "coverage", "n"] = 100
    found = Reading()
    found.feed(render_comparison(compare(before, after), ("A", "B"), marked(language("vi"))))
    assert {untranslated(text, names_of(RunData(table=before))) for text in found.plain} == {""}
    assert found.english == []


def test_what_stays_english_is_marked_and_is_a_name_a_formula_or_others_words(tmp_path: Path) -> None:
    """The list of what a page leaves English: papers, formulas, licences, sources and titles of data, reasons of code
    that is the user's own."""
    data = make_run(tmp_path)
    cards = [entry.card for entry in registry.models]
    datasets = data.runs[0].provenance["datasets"].values()
    allowed = {text for card in cards for text in (card.objective, card.paper)}
    allowed |= {entry.card.paper for entry in registry.metrics}
    allowed |= {str(known[name]) for known in datasets for name in ("title", "licence", "source")}
    allowed |= {"RuntimeError: mat1 and mat2 shapes cannot be multiplied"}
    found = read(data).english
    assert found and set(found) - {without_scheme(text) for text in allowed} == set()


def cards_say() -> set[str]:
    """The sentences of the built-in metrics and models that pages show."""
    metrics = [entry.card for entry in registry.metrics]
    models = [entry.card for entry in registry.models]
    said = {text for m in metrics for text in (m.summary, m.title, *m.titles.values())}
    return (said | {text for c in models for text in (c.title, c.summary, c.weaknesses, *c.deviations)}) - {""}


@pytest.mark.parametrize("code", [code for code in languages() if code != "en"])
def test_a_catalogue_keeps_up_with_the_cards(code: str) -> None:
    """A new card need not wait for a translator; a sentence that no card says any more goes, or follows its card."""
    folder = TEMPLATES / "messages" / code
    files = {path.stem: tomllib.loads(path.read_text(encoding="utf-8"))["messages"] for path in folder.glob("*.toml")}
    assert sum(map(len, files.values())) == len(language(code).messages), "a sentence is in two files"
    said = cards_say()
    of_cards = {text for name in ("metrics", "models") for text in files[name]}
    assert of_cards - said == set()
    sentences_ = {text for text in said if " " in text and re.search(r"[a-z]{3}", text)}
    assert len({text for text in sentences_ if text not in language(code).messages}) <= len(sentences_) / 20


def yielded(path: Path) -> Iterator[str]:
    """The sentences that an evaluation's checks give, with something in their blanks."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else blank(part) for part in node.value.values)


def blank(part: ast.expr) -> str:
    assert isinstance(part, ast.FormattedValue)
    known = {"far": "0.5 against 0.7", "whose": "vae's score nll", "where": " on class-3"}
    known |= {"len(labels)": "4", "having[score]": "5"}
    return "0.5" if part.format_spec else known.get(ast.unparse(part.value), "vae")


def test_what_checks_say_of_controls_is_in_the_catalogue() -> None:
    words = language("vi")
    found = [text for path in sorted(Path(evaluations.__file__).parent.glob("*.py")) for text in yielded(path)]
    assert len(found) > 12 and [text for text in found if not words.has(text)] == []

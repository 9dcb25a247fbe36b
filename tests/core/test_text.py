"""Text of unknown origin is made fit for rows, terminals, pages and names of files."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.core.records import JobRecord, Row
from genbench.core.text import LONGEST, file_stem, safe_text
from genbench.core.values import Status, Value

ROW = Row(label="a", model="a", family="f", sampler="", dataset="d", seed=0)


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError


class Ending(Exception):
    def __str__(self) -> str:
        raise SystemExit(3)


@given(st.text(st.characters(codec=None), max_size=50))
@settings(max_examples=200)
def test_what_comes_out_is_short_plain_and_the_same_again(text: str) -> None:
    made = safe_text(text)
    made.encode("utf-8")  # no surrogate is left
    assert len(made) <= LONGEST
    assert not [c for c in made if ord(c) < 32 and c not in "\t\n"]
    assert safe_text(made) == made


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("a\x00b\x9bc", "abc"),
        ("\ud800", "\\ud800"),
        ("left\u202eright", "leftright"),
        ("naïve – 日本", "naïve – 日本"),
        (Unprintable(), "Unprintable, whose text cannot be made (ValueError)"),
        (Ending(), "Ending, whose text cannot be made (SystemExit)"),
    ],
)
def test_known_cases(given: object, made: str) -> None:
    assert safe_text(given) == made


def test_five_million_letters_become_a_sentence_that_says_so() -> None:
    made = safe_text("x" * 5_000_000)
    assert len(made) == LONGEST and made.endswith("(5,000,000 characters in all)")
    assert safe_text(made) == made


def test_every_record_brings_its_reason_through_it() -> None:
    reason = "\x1b[1mx\x00" + "y" * 10_000
    value = Value.missing(Status.FAILED, reason)
    job = JobRecord(key="k", fit="f", row=ROW, evaluation="e", status=Status.FAILED, reason=reason)
    for made in (value.reason, job.reason):
        assert made is not None and "\x1b" not in made and "\x00" not in made and len(made) <= LONGEST


@given(st.text(st.characters(codec=None), min_size=1, max_size=400))
@settings(max_examples=200)
def test_any_name_makes_a_file(name: str) -> None:
    stem = file_stem(name)
    assert stem.isascii() and len(stem) <= 120 and not set(stem) & set('/\\:\0 *?"<>|')


def test_long_names_stay_different() -> None:
    assert file_stem("x" * 300 + "a") != file_stem("x" * 300 + "b")

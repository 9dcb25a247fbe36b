"""The tidy table as CSV that a spreadsheet opens without running anything, written column by column."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import pandas as pd

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a text that begins with one of these for a formula."""


def neutral(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would run it; numbers are never given here."""
    return f"'{text}" if text.startswith(FORMULAS) else text


def written(table: pd.DataFrame, *, digits: int | None = None) -> str:
    """The table as CSV: one line a row, what is not there empty, numbers with every digit (`digits`: so many at most).

    Text is neutralised, quoted where it must be; nested values are JSON.
    """
    heads = ",".join(_quoted(str(name)) for name in table.columns)
    columns = [_texts(table[name], digits) for name in table.columns]
    lines = map(",".join, zip(*columns, strict=True))
    return "\n".join([heads, *lines]) + "\n"


def _texts(column: pd.Series[Any], digits: int | None) -> Iterable[str]:
    """Each value of the column as a field of CSV."""
    one = _number(digits)
    absent = column.isna().tolist()
    return ["" if gone else one(v) for v, gone in zip(column.tolist(), absent, strict=True)]


def _number(digits: int | None) -> Callable[[Any], str]:
    text = cache(lambda value: _quoted(neutral(value)))

    def field(value: Any) -> str:
        if isinstance(value, str):
            return text(value)
        if isinstance(value, float):
            return repr(value) if digits is None else f"{value:.{digits}g}"
        return _quoted(json.dumps(value)) if isinstance(value, dict | list) else str(value)

    return field


def _quoted(text: str) -> str:
    """The text as CSV has it."""
    if not any(mark in text for mark in ',"\n\r'):
        return text
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow([text])
    return buffer.getvalue()

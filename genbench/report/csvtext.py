"""The tidy table as CSV that a spreadsheet opens without running anything, written column by column."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from genbench.core.text import without_controls

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a text that begins with one of these for a formula."""


def neutral(text: str) -> str:
    """The text without control characters, with an apostrophe before it where a spreadsheet would run it; numbers are
    never given here."""
    plain = without_controls(text)
    return f"'{plain}" if text.startswith(FORMULAS) or plain.startswith(FORMULAS) else plain


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
    values = column.tolist()
    absent = column.isna()
    if pd.api.types.is_float_dtype(column.dtype):
        form = repr if digits is None else f"%.{digits}g".__mod__
        found = list(map(form, values))
    elif pd.api.types.is_numeric_dtype(column.dtype):
        found = list(map(str, values))
    else:
        found = _of_any(values, digits)
    if absent.any():
        return ["" if gone else text for text, gone in zip(found, absent.tolist(), strict=True)]
    return found


def _of_any(values: Sequence[Any], digits: int | None) -> list[str]:
    """Fields of words, of which there are few different ones, of nested values and of what is mixed."""
    codes, distinct = _numbered(values)
    if all(isinstance(value, str) for value in distinct):
        fields = np.array([*(_field(value, digits) for value in distinct), ""], dtype=object)
        return list(fields[codes])  # the last one is for what is absent
    known = {value: _field(value, digits) for value in {v for v in values if isinstance(v, str)}}
    return [known[value] if isinstance(value, str) else _field(value, digits) for value in values]


def _numbered(values: Sequence[Any]) -> tuple[Any, Sequence[Any]]:
    """For each value the number of the distinct one that it is, −1 where it is absent; and these."""
    made = np.empty(len(values), dtype=object)
    made[:] = values
    try:
        codes, distinct = pd.factorize(made)
    except TypeError:  # nested values are told apart by nothing that pandas knows
        return [], [None]
    return codes, list(distinct)


def _field(value: Any, digits: int | None) -> str:
    if isinstance(value, str):
        return _quoted(neutral(value))
    if isinstance(value, float):
        return repr(value) if digits is None else f"{value:.{digits}g}"
    return _quoted(json.dumps(value)) if isinstance(value, dict | list) else str(value)


def _quoted(text: str) -> str:
    """The text as CSV has it (RFC 4180)."""
    if not any(mark in text for mark in ',"\n\r'):
        return text
    return '"' + text.replace('"', '""') + '"'

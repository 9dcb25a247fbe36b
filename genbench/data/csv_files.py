"""Tables as text of unknown origin: which sign separates, whether the first line is a header, what a comma in a number
means. What could be two things is refused with the option that decides."""

from __future__ import annotations

import csv
import io
import re
import warnings
from dataclasses import dataclass
from typing import IO

import pandas as pd

from genbench.core.errors import DataError
from genbench.data.unpacking import unpacked

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "space": " ", "pipe": "|"}
"""Words for signs that a shell would take for its own."""

LOOKED_AT = 20
"""Lines by which a file is judged; each line after them is held to the same number of cells."""

LONGEST_LINE = 2**20
"""Bytes of a line."""

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "#N/A", "n/a", "<NA>")
"""Cells of a column of numbers that hold none. In a column of labels all but the empty one are names."""

_NUMBER = re.compile(r"\s*[+-]?(\d+([.,]\d*)*|[.,]\d+)([eE][+-]?\d+)?\s*$")
_COMMA = re.compile(r"\s*[+-]?\d*,\d+([eE][+-]?\d+)?\s*$")
_THOUSANDS = re.compile(r"\s*[+-]?\d{1,3}(,\d{3})+\s*$")


@dataclass(frozen=True, slots=True)
class Form:
    """How a table is written: the sign between cells, that before decimals, whether the first line names columns."""

    sep: str = ","
    decimal: str = "."
    header: bool = True


def read_csv(path: str, *, sep: str | None, decimal: str | None, header: str | None, label: str | None) -> pd.DataFrame:
    """The table of a file, packed or not; no URL, which pandas would fetch. `frame.attrs["form"]` says how it was read.

    The column `label` holds words. Raises `DataError` with the option that decides where a file could be read in two
    ways, and pandas' own errors for what is no table.
    """
    with unpacked(path) as file:
        lines = _first_lines(file)
        form = _form(lines, path, sep, decimal, header)
        file.seek(0)
        names = _cells(lines[0], form.sep) if form.header else [f"c{k}" for k in range(len(_cells(lines[0], form.sep)))]
        twice = next((name for name in names if name and names.count(name) > 1), None)
        if twice is not None:
            raise DataError(f"{path} has two columns {twice!r}: rename one.")
        names = [name or f"Unnamed: {k}" for k, name in enumerate(names)]
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            try:
                table = pd.read_csv(
                    file,
                    sep=form.sep,
                    decimal=form.decimal,
                    names=names,
                    header=0 if form.header else None,
                    index_col=False,
                    dtype={label: str} if label in names else None,
                    keep_default_na=False,
                    na_values={name: [""] if name == label else list(MISSING) for name in names},
                    encoding="utf-8-sig",
                )
            except pd.errors.ParserWarning as error:
                raise DataError(f"{path} has rows of more cells than its {len(names)} columns: {error}.") from error
    table.attrs["form"] = form
    return table


def _first_lines(file: IO[bytes]) -> list[str]:
    """The first lines that hold something, as text."""
    found: list[str] = []
    while len(found) < LOOKED_AT and (line := file.readline(LONGEST_LINE)):
        text = line.decode("utf-8-sig" if not found else "utf-8", "replace").rstrip("\r\n")
        found += [text] if text.strip() else []
    return found or [""]


def _form(lines: list[str], path: str, sep: str | None, decimal: str | None, header: str | None) -> Form:
    sign = SEPARATORS.get(sep, sep) if sep is not None else _separator(lines, path)
    if len(sign) != 1:
        raise DataError(f"{path}: ?sep= is one sign or one of {', '.join(SEPARATORS)}; got {sep!r}.")
    if decimal not in (None, ".", ",", "comma", "point"):
        raise DataError(f"{path}: ?decimal= is a point or a comma; got {decimal!r}.")
    if header not in (None, "yes", "none"):
        raise DataError(f"{path}: ?header= is yes or none; got {header!r}.")
    rows = [_cells(line, sign) for line in lines]
    for row in rows[1:]:
        if len(row) != len(rows[0]):
            raise DataError(
                f"{path} has {len(rows[0])} cells in its first line and {len(row)} in a later one: name every column, "
                "or say by ?sep= what separates them."
            )
    if header is None and len(rows) > 1 and all(_NUMBER.match(cell) for cell in rows[0]):
        raise DataError(
            f"{path} begins with numbers ({', '.join(rows[0][:4])}): say ?header=none if that is the first row, "
            "?header=yes if they are the columns' names."
        )
    point = {"comma": ",", "point": "."}.get(decimal or "", decimal) or _decimal(rows, sign, path)
    return Form(sign, point, header != "none")


def _separator(lines: list[str], path: str) -> str:
    """The one sign by which every line has as many cells as the first, more than one; a comma where none has."""
    there = [sign for sign in (",", ";", "\t", "|") if sign in lines[0]]
    counts = {sign: {len(_cells(line, sign)) for line in lines} for sign in there}
    fitting = [sign for sign in there if len(counts[sign]) == 1]
    if len(fitting) > 1:
        names = " or ".join(name for name, sign in SEPARATORS.items() if sign in fitting)
        raise DataError(f"{path} can be read with {names} between cells: say which by ?sep=.")
    return next(iter([*fitting, *there, ","]))


def _decimal(rows: list[list[str]], sep: str, path: str) -> str:
    """The sign before decimals: a comma where numbers have one, and it is not that between thousands."""
    cells = [cell for row in rows[1:] for cell in row if _COMMA.match(cell) or _THOUSANDS.match(cell)]
    if not cells or sep == ",":
        return "."
    if all(_THOUSANDS.match(cell) for cell in cells):
        raise DataError(
            f"{path} has numbers such as {cells[0].strip()!r}: say ?decimal=comma if they have decimals, "
            "?decimal=point if the comma stands between thousands (and take it out)."
        )
    return ","


def _cells(line: str, sep: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=sep), [""])]
    except csv.Error as error:
        raise DataError(f"a line of the table cannot be read: {error}.") from error

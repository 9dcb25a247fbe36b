"""Your own tables: `csv:PATH?label=COLUMN`, `parquet:PATH`; rows of numbers, standardised on the training part."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from genbench.core.errors import DataError, nearest
from genbench.core.text import safe_text
from genbench.data.arrays import as_rows, regular
from genbench.data.csv_files import Form, read_csv
from genbench.data.outliers import procedural
from genbench.data.own_parts import Classes, Cut, counted, cut, distinct, numbered, some, taken, unlabelled
from genbench.data.splits import Parts
from genbench.data.tables import standardised
from genbench.protocols.dataset import Dataset, DataSpec, Split

SOURCE = "your own"

LABEL_NAMES = frozenset({"class", "label", "labels", "target", "targets", "y"})
"""Columns that are taken for no number unless somebody says so."""

NONE = "none"
"""`?label=none`: there is no label."""

_UNNAMED = re.compile(r"Unnamed: \d+$")


def csv(
    path: str,
    *,
    label: str | None = None,
    outlier: str | None = None,
    drop: str | None = None,
    sep: str | None = None,
    decimal: str | None = None,
    header: str | None = None,
) -> Dataset:
    """A table with a header line; all columns but `label` and those of `drop` must be numbers."""
    read = partial(read_csv, path, sep=sep, decimal=decimal, header=header, label=label)
    return _dataset(f"csv:{path}", path, read, label, outlier, drop)


def parquet(path: str, *, label: str | None = None, outlier: str | None = None, drop: str | None = None) -> Dataset:
    """The same from a Parquet file; needs `pip install genbench[parquet]`."""
    return _dataset(f"parquet:{path}", path, lambda: pd.read_parquet(regular(path)), label, outlier, drop)


def _dataset(
    name: str, path: str, read: Callable[[], pd.DataFrame], label: str | None, outlier: str | None, drop: str | None
) -> Dataset:
    table = _table(path, read)
    form = table.attrs.get("form")
    words = [_written(form)] if form is not None and form != Form() else []
    table, dropped = _without(table, path, drop)
    if dropped:
        words.append(f"dropped {some(dropped)}")
    y, classes, outlier, table = _labelled(table, path, label, outlier)
    values = _numbers(table, path)
    constant = [str(column) for column in table.columns if table[column].nunique() < 2]
    if constant:
        words.append(f"constant {some(constant)}")
    return table_dataset(name, values, cut(y, classes, len(values), path, outlier=outlier), words)


def _written(form: Form) -> str:
    sep = {"\t": "tab", " ": "space"}.get(form.sep, form.sep)
    return f"cells between {sep!r}, decimals after {form.decimal!r}" + ("" if form.header else ", without a header")


def _table(path: str, read: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    try:
        table = read()
    except DataError:
        raise
    except ImportError as error:
        raise DataError(f"{path} needs a reader for Parquet: `pip install genbench[parquet]`.") from error
    except Exception as error:  # pandas and pyarrow raise what they like
        raise DataError(f"{path} cannot be read as a table: {safe_text(error, 300).rstrip('. ')}.") from error
    if table.empty:
        raise DataError(f"{path} holds no rows.")
    return table


def _without(table: pd.DataFrame, path: str, drop: str | None) -> tuple[pd.DataFrame, list[str]]:
    """The table less what was asked to be dropped, and less a column without a name that counts the rows."""
    asked = [name.strip() for name in (drop or "").split(",") if name.strip()]
    for name in asked:
        _check_column(table, path, name, "drop")
    counting = [
        str(column)
        for column in table.columns
        if _UNNAMED.match(str(column)) and str(column) not in asked and _counts_rows(table[column])
    ]
    left = table.drop(columns=[*asked, *counting])
    nameless = next((str(column) for column in left.columns if _UNNAMED.match(str(column))), None)
    if nameless is not None:
        raise DataError(f"{path} has a column without a name: name it, or leave it out by ?drop={nameless}.")
    return left, [*asked, *(f"{name} (counts the rows)" for name in counting)]


def _counts_rows(column: pd.Series) -> bool:
    if not pd.api.types.is_integer_dtype(column):
        return False
    return bool((column.to_numpy() - column.iloc[0] == np.arange(len(column))).all())


def _labelled(
    table: pd.DataFrame, path: str, label: str | None, outlier: str | None
) -> tuple[Tensor | None, Classes, str | None, pd.DataFrame]:
    """Labels, their classes, which of them are outliers, and the other columns."""
    if label is None and outlier is not None and outlier in table.columns:
        flags = _flags(table[outlier], path, outlier)
        return (
            torch.from_numpy(flags.astype(np.int64)),
            (f"not-{outlier}", outlier),
            outlier,
            table.drop(columns=outlier),
        )
    if label is None:
        candidate = next((str(c) for c in table.columns if str(c).lower() in LABEL_NAMES), None)
        if candidate is not None:
            raise DataError(
                f"{path} has the column {candidate!r}, which may be the label: say ?label={candidate}, or "
                f"?label={NONE} to take it for a number."
            )
    if label is None or (label == NONE and NONE not in table.columns):
        return None, (), outlier, table
    _check_column(table, path, label, "label")
    column = table[label]
    missing = int(column.isna().sum())
    if missing:
        raise DataError(f"{path} has {missing} rows without a {label!r}: fill them in or take those rows out.")
    words = column.to_numpy()
    y, classes = numbered(words.astype(str) if words.dtype.kind not in "biuf" else words, path)
    return y, classes, outlier, table.drop(columns=label)


def _flags(column: pd.Series, path: str, name: str) -> np.ndarray:
    """Whether each row is an outlier, where a column says so by 0 and 1 or by truth values."""
    words = column.astype(str).str.lower()
    if not set(words) <= {"0", "1", "false", "true", "0.0", "1.0"} or words.nunique() < 2:
        raise DataError(f"{path}: the column {name!r} of ?outlier= is not of 0 and 1: name the class, and ?label=.")
    return np.asarray(words.isin({"1", "true", "1.0"}))


def _check_column(table: pd.DataFrame, path: str, name: str, option: str) -> None:
    if name not in table.columns:
        known = [str(column) for column in table.columns]
        near = nearest(name, known)
        hint = f"did you mean {near!r}? It" if near else "it"
        raise DataError(f"{path} has no column {name!r} to {option}: {hint} has {some(known)}.")


def _numbers(table: pd.DataFrame, path: str) -> Tensor:
    """(N, D) float32. Raises `DataError` for words, empty cells and infinity, each with its column."""
    if not len(table.columns):
        raise DataError(f"{path} has no column of numbers left.")
    for column in table.columns:
        if not pd.api.types.is_numeric_dtype(table[column]):
            word = next((v for v in table[column] if not _is_number(v)), table[column].iloc[0])
            raise DataError(
                f"{path} has the column {column!r}, which is not numbers (such as {safe_text(word, 40)!r}): "
                f"?drop={column}, ?label={column}, or ?decimal=comma."
            )
        gaps = int(table[column].isna().sum())
        if gaps:
            raise DataError(f"{path} has {gaps} empty cells in the column {column!r}: fill them or drop those rows.")
    rows = as_rows(table.to_numpy(dtype=np.float64), path)
    check_finite(rows, path, [str(column) for column in table.columns])
    return rows


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True


def check_finite(rows: Tensor, path: str, columns: Sequence[str] = ()) -> None:
    """Raise `DataError` where a value is NaN or infinite: models would be blamed for it."""
    broken = (~torch.isfinite(rows)).sum(0)
    if bool(broken.any()):
        at = int(broken.argmax())
        name = repr(columns[at]) if columns else str(at)
        raise DataError(
            f"{path} has {int(broken[at])} cells in the column {name} that are NaN or infinite: fill them or take "
            "those rows out."
        )


def table_dataset(name: str, rows: Tensor, cuts: Cut, words: Sequence[str]) -> Dataset:
    """The dataset of these rows, with the line that says how it was read, and what is to be borne in mind."""
    if len(rows) < 4:
        raise DataError(f"{name} has {len(rows)} rows; at least four are needed, for its splits.")
    whole = Split(rows, cuts.y)
    parts, troubles = distinct(taken(whole, cuts.rows), name)
    strange = {word: unlabelled(whole.take(at)) for word, at in cuts.outliers.items()}
    scaled = standardised(*(split.x for split in (*parts, *strange.values())))
    sized = [Split(x, split.y) for x, split in zip(scaled, (*parts, *strange.values()), strict=True)]
    parts = Parts(*sized[:4])
    outliers = dict(zip(strange, sized[4:], strict=True))
    spec = DataSpec((rows.shape[1],), None, len(cuts.classes))
    line = "; ".join(
        [
            f"read as a table of {len(rows):,} rows × {rows.shape[1]} columns",
            *words,
            *cuts.words,
            counted(cuts.y, cuts.classes),
            *(f"outliers {word} {len(split)}" for word, split in outliers.items()),
        ]
    )
    return Dataset(
        name=name,
        spec=spec,
        train=parts.train,
        val=parts.val,
        reference=parts.reference,
        ceiling=parts.ceiling,
        outliers={**outliers, **procedural(spec, parts.reference.x, name)},
        near=frozenset(outliers),
        classes=cuts.classes,
        title=name,
        source=SOURCE,
        notes=(f"{line}.", *troubles),
    )

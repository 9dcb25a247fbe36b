"""Do two exports of runs hold the same values? What differs, column by column, and what stands on one side only.

genbench export runs/before --format csv -o before.csv
genbench export runs/after --format csv -o after.csv
python bench/same_table.py before.csv after.csv

Exits with 1 where a value of a row that both have is another one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

KEYS = ["label", "dataset", "seed", "evaluation", "metric", "target", "score", "encoder", "split"]
"""What makes a row of one table the row of another."""

COLUMNS = {
    "values": ["value"],
    "intervals": ["ci_low", "ci_high"],
    "n": ["n"],
    "status": ["status"],
    "reasons": ["reason"],
}
"""What is compared, in words, and the columns that it is in."""

EXAMPLES = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=Path, metavar="A.csv")
    parser.add_argument("second", type=Path, metavar="B.csv")
    parser.add_argument("--without", nargs="*", default=["speed"], help="evaluations to leave out [speed]")
    options = parser.parse_args()
    first, second = (read(path, options.without) for path in (options.first, options.second))
    keys = [key for key in KEYS if key in first and key in second]
    rows = first.merge(second, on=keys, how="outer", suffixes=("", " of B"), indicator=True)
    common = rows[rows["_merge"] == "both"]
    print(f"{len(common)} rows are in both.")
    counts = {what: differing(common, columns, what) for what, columns in COLUMNS.items()}
    for side, path in (("left_only", options.first), ("right_only", options.second)):
        print("\n".join(alone(rows[rows["_merge"] == side], path)))
    return 1 if counts["values"] else 0


def read(path: Path, without: Sequence[str]) -> pd.DataFrame:
    """The tidy table of an export, less these evaluations; a key that is not there is the empty word.

    Raises `SystemExit` for rows that their keys do not tell apart.
    """
    table = pd.read_csv(path)
    table = table[~table["evaluation"].isin(without)]
    keys = [key for key in KEYS if key in table]
    table[keys] = table[keys].astype(object).where(table[keys].notna(), "")
    twice = int(table.duplicated(keys).sum())
    if twice:
        raise SystemExit(f"{path}: {twice} rows have the keys of another one ({', '.join(keys)}).")
    return table


def differing(common: pd.DataFrame, columns: Sequence[str], what: str) -> int:
    """How many of the common rows differ in one of these columns; prints it with examples."""
    there = [c for c in columns if c in common and f"{c} of B" in common]
    is_other = pd.Series(data=False, index=common.index)
    for column in there:
        one, other = common[column], common[f"{column} of B"]
        is_other |= ~((one == other) | (one.isna() & other.isna()))
    found = common[is_other]
    print(f"{len(found)} {what} differ{':' if len(found) else '.'}")
    for _, row in found.head(EXAMPLES).iterrows():
        sides = [", ".join(str(row[f"{column}{end}"]) for column in there) for end in ("", " of B")]
        print(f"  {named(row)}: {sides[0]} | {sides[1]}")
    return len(found)


def named(row: pd.Series) -> str:
    """The keys of a row that are not empty."""
    return " ".join(str(row[key]) for key in KEYS if key in row and row[key] != "")


def alone(rows: pd.DataFrame, path: Path) -> Iterator[str]:
    """What one side alone has, counted."""
    yield f"{len(rows)} rows are in {path} only{':' if len(rows) else '.'}"
    for (dataset, evaluation, metric), group in rows.groupby(["dataset", "evaluation", "metric"], sort=False):
        yield f"  {len(group):4d}  {metric} of {evaluation} on {dataset}"


if __name__ == "__main__":
    sys.exit(main())

"""What a store holds, and what of it is there twice."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pandas as pd

from genbench.core.errors import GenbenchError
from genbench.store import Store

COMPARED = ["label", "dataset", "seed", "evaluation", "metric", "target", "value", "ci_low", "ci_high", "status"]
ROW = ["job", "metric", "target", "score"]


def table(store: Path | str) -> pd.DataFrame:
    """The measurements of a store; none where there is none yet."""
    if isinstance(store, Path) and not store.exists():
        return pd.DataFrame()
    with suppress(GenbenchError), Store(store, existing=True) as opened:
        return opened.table()
    return pd.DataFrame()


def stored(url: str) -> bool:
    """Whether there is a measurement in a server's store."""
    with suppress(GenbenchError), Store(url, existing=True) as opened:
        return bool(opened.settled())
    return False


def doubled(table: pd.DataFrame) -> int:
    """Rows that are there twice."""
    return int(table.duplicated(ROW).sum()) if len(table) else 0


def same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether two tables hold the same numbers, to the last digit."""
    if one.empty or other.empty:
        return False
    tables = [t[COMPARED].sort_values(COMPARED[:6]).reset_index(drop=True) for t in (one, other)]
    return bool(tables[0].equals(tables[1]))

"""Leaderboards and training curves as pandas tables, for notebooks."""

from __future__ import annotations

from typing import Any

import pandas as pd

from genbench.report.types import Column, Leaderboard


def board_frame(board: Leaderboard) -> pd.DataFrame:
    """A leaderboard as a table, in its order: for each column the mean, its half-width (`±`) and the places.

    Indexed by model (and outlier score, where rows have several); numbers are in the metric's own scale, not the
    page's. `attrs` say what it is a table of.
    """
    records = []
    for row in board.all_rows:
        record: dict[str, Any] = {"model": f"{row.label} · {row.score}" if row.score else row.label}
        for column in board.columns:
            cell, name = row.cells.get(column.key), _name(column, board)
            record[name] = None if cell is None else cell.mean
            record[f"{name} ±"] = None if cell is None else cell.half
            record[f"{name} place"] = "" if cell is None else cell.place_range
        records.append(record)
    table = pd.DataFrame(records, columns=["model", *_columns(board)]).set_index("model")
    table.attrs.update(dataset=board.dataset, evaluation=board.evaluation, headline=board.headline)
    return table


def _columns(board: Leaderboard) -> list[str]:
    return [f"{_name(column, board)}{part}" for column in board.columns for part in ("", " ±", " place")]


def _name(column: Column, board: Leaderboard) -> str:
    """The metric's id with its target; with the encoder too where two columns would else have one name."""
    short = f"{column.metric}:{column.target}" if column.target else column.metric
    same = [other for other in board.columns if (other.metric, other.target) == (column.metric, column.target)]
    return f"{short} @ {column.encoder}" if len(same) > 1 and column.encoder else short


def curve_frame(fits: pd.DataFrame) -> pd.DataFrame:
    """The losses of fits over images shown: model, dataset, seed, objective, images, loss."""
    records = [
        {
            "model": fit.model,
            "dataset": fit.dataset,
            "seed": fit.seed,
            "objective": name,
            "images": images,
            "loss": loss,
        }
        for fit in fits.itertuples()
        if isinstance(fit.curve, dict)
        for name, losses in fit.curve.items()
        if name != "images"
        for images, loss in zip(fit.curve.get("images", ()), losses, strict=False)
    ]
    return pd.DataFrame(records, columns=["model", "dataset", "seed", "objective", "images", "loss"])

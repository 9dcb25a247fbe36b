"""Whether the controls stand where known answers put them (section 10 of the metrics' specification).

A table whose controls are out of place is shown with a banner: something is wrong with the ruler, the data or n.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from genbench.report.board import Board, Cell, Column
from genbench.report.judge import CEILING, FLOOR, ORACLES, overlap, standard_error
from genbench.report.memory import MEMORISES, Copying
from genbench.stats.comparisons import compare_paired

COPY = "control-train-copy"
FAR = (FLOOR, "control-noise", "control-mean-image")


def check(boards: Sequence[Board], copies: Mapping[str, Copying]) -> list[str]:
    """A sentence for each control of one dataset that is out of its place."""
    found: list[str] = []
    for board in boards:
        if board.evaluation == "sample-quality":
            found += _quality(board, copies)
        if board.evaluation == "diversity":
            found += _diversity(board)
        if board.evaluation == "outlier-detection":
            found += _outliers(board)
    return found + list(_memorisation(boards, copies))


def _labels(board: Board) -> dict[str, str]:
    """The label of each control by its registry name."""
    return {row.model: row.label for row in board.controls}


def _value(cells: Mapping[str, Cell], label: str | None) -> float | None:
    cell = cells.get(label) if label is not None else None
    return cell.mean if cell else None


def _top(labels: Mapping[str, str], cells: Mapping[str, Cell]) -> str | None:
    """The label of the row that nothing can beat: the oracle, else real data, with a value of this column's kind."""
    names = (labels[name] for name in (*ORACLES, CEILING) if name in labels)
    return next((n for n in names if n in cells and cells[n].mean is not None and cells[n].comparable), None)


def _quality(board: Board, copies: Mapping[str, Copying]) -> Iterator[str]:
    columns = {c.metric: c for c in reversed(board.columns)}
    if "frechet" not in columns:
        return
    column = columns["frechet"]
    cells = board.cells(column.key)
    top = _top(_labels(board), cells)
    alpha = 0.05 / max(1, len(board.rows))
    for row in board.rows:
        if top is None or row.label not in cells or (row.label in copies and copies[row.label].memorises):
            continue
        if _surely_better(cells[row.label], cells[top], column, alpha):
            yield f"{row.label} has a better {column.title} than {top}: no model is nearer to the data than the data."
    # A toy's marginals have its mean and covariance, all that a Fréchet distance on its points sees.
    yield from _far(board, columns.get("tv", column))


def _far(board: Board, column: Column) -> Iterator[str]:
    """The floors in a column where lower is better: at twice the ceiling's value, or half the way to 1 from there."""
    labels, cells = _labels(board), board.cells(column.key)
    top = _top(labels, cells)
    best = _value(cells, top)
    if best is None:
        return
    least = min(2 * best, (1 + best) / 2) if column.metric == "tv" else 2 * best
    for name in FAR:
        value = _value(cells, labels.get(name))
        if value is not None and value < least:
            far = f"{value:.3g} against {best:.3g}"
            yield f"{labels[name]} should be far behind {top} in {column.title}, but is at {far}."


def _surely_better(cell: Cell, top: Cell, column: Column, alpha: float) -> bool:
    if cell.mean is None or top.mean is None or not cell.comparable:
        return False
    gap = (column.sense.loss(cell.mean) or 0.0) - (column.sense.loss(top.mean) or 0.0)
    if gap >= 0 or overlap(cell, top):
        return False
    seeds = sorted(set(cell.values) & set(top.values))
    tested = compare_paired([top.values[s] for s in seeds], [cell.values[s] for s in seeds]).p if seeds else None
    return tested is None or tested < alpha


def _diversity(board: Board) -> Iterator[str]:
    labels = _labels(board)
    for column in board.columns:
        cells = board.cells(column.key)
        top = _value(cells, labels.get(CEILING))
        mean_image = _value(cells, labels.get("control-mean-image"))
        if column.metric == "coverage" and top is not None:
            yield from _coverage(cells, labels, top)
        if column.metric == "density" and top is not None and abs(top - 1) > 0.2:
            yield f"{labels[CEILING]} should have a density near 1, but is at {top:.3g}."
        if column.metric == "vendi" and mean_image is not None and abs(mean_image - 1) > 0.01:
            yield f"{labels['control-mean-image']} should have a Vendi score of 1, but is at {mean_image:.3g}."
        if column.metric == "duplicate-rate" and mean_image is not None and mean_image < 0.999:
            yield f"{labels['control-mean-image']} should be all duplicates, but its rate is {mean_image:.3g}."


def _coverage(cells: Mapping[str, Cell], labels: Mapping[str, str], top: float) -> Iterator[str]:
    n, m = (_size(cells[labels[CEILING]], name) for name in ("n", "m"))
    if n is not None:
        expected = expected_coverage(n, m or n)
        if abs(top - expected) > max(0.05, 3 / math.sqrt(n)):
            yield f"{labels[CEILING]} should have a coverage near {expected:.3f}, but is at {top:.3f}."
    for name in FAR:
        value = _value(cells, labels.get(name))
        if value is not None and value > 0.9 * top:
            far = f"{value:.3f} against {top:.3f}"
            yield f"{labels[name]} should cover far less than {labels[CEILING]}, but is at {far}."


def expected_coverage(n: int, m: int, k: int = 5) -> float:
    """The mean coverage of m samples of the truth over n reference points: 1 − Π_{i=1..k} (n − i) / (n + m − i)."""
    return 1 - math.prod((n - i) / (n + m - i) for i in range(1, k + 1))


def _size(cell: Cell, name: str) -> int | None:
    """n or m, read back from the identity."""
    found = [part for part in cell.identity if part.startswith(f"{name} = ")]
    return int(found[0].removeprefix(f"{name} = ").replace(",", "")) if len(found) == 1 else None


def _outliers(board: Board) -> Iterator[str]:
    for row in board.controls:
        if row.model != "control-noise":
            continue
        for column in board.columns:
            cell = row.cells.get(column.key)
            if column.metric != "auroc" or cell is None or cell.mean is None:
                continue
            if abs(cell.mean - 0.5) > 4 * (standard_error(cell) or 0.05):
                where = f" on {column.target}" if column.target else ""
                yield f"{row.label}'s random score should have an AUROC of 0.5{where}, but is at {cell.mean:.3f}."


def _memorisation(boards: Sequence[Board], copies: Mapping[str, Copying]) -> Iterator[str]:
    board = next((b for b in boards if b.evaluation == "memorisation"), None)
    if board is None or CEILING not in _labels(board):
        return
    for row in board.controls:
        verdict = copies.get(row.label)
        if verdict is None or not verdict.judged:
            continue
        missed = sorted(verdict.judged - verdict.flagged)
        if row.model == COPY and missed:
            yield f"{row.label} is made of training examples, but is not flagged by {', '.join(missed)}."
        if row.model in (CEILING, *FAR) and verdict.memorises:
            yield f"{row.label} is flagged: {MEMORISES}, which it cannot."

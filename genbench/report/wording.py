"""What the page says of one cell, and of seeds, in words."""

from __future__ import annotations

from collections.abc import Sequence

from genbench.core.values import Direction
from genbench.report.identity import unlike_column
from genbench.report.types import Cell, Column, Flag


def tooltip(cell: Cell, column: Column) -> str:
    """All that is known of a cell, in a few lines."""
    factor = column.scale.factor
    lines = []
    if cell.values:
        lines.append("seeds: " + ", ".join(f"{v / factor:.4g}" for v in cell.values.values()))
    if cell.half is not None:
        lines.append("± is the 95 % interval of the mean over seeds")
    if cell.constant:
        lines.append("the same on every seed")
    if cell.sample is not None:
        low, high = (v / factor for v in cell.sample)
        lines.append(f"95 % interval over samples: {low:.4g} to {high:.4g}")
    if cell.place is not None:
        lines.append(f"place: between {cell.place} and {cell.last_place} with 95 % confidence, all rows at once")
    if cell.score is not None:
        lines.append(f"{cell.score:.2f} of the way from floor to ceiling" + ("" if cell.score_clear else " (unclear)"))
    if Flag.UNDER_FLOOR in cell.flags:
        lines.append(Flag.UNDER_FLOOR)
    if not cell.comparable:
        lines.append(f"not ranked: {unlike_column(cell, column)}")
    lines += [f"seed {seed}: {status}" for seed, status in cell.missing.items()]
    return "\n".join([*lines, *cell.reasons])


def sort_key(cell: Cell, column: Column) -> float | None:
    """By what a reader sorts: the mean, or its distance to the ideal value where the nearest is best."""
    if cell.mean is None or column.sense.direction is not Direction.NEAREST:
        return cell.mean if cell.difference is None else cell.difference
    return column.sense.loss(cell.mean)


def seeds(numbers_: Sequence[int]) -> str:
    """`seed 1`, `seeds 0, 2`, `seeds 0 to 9`."""
    if len(numbers_) == 1:
        return f"seed {numbers_[0]}"
    if len(numbers_) > 3 and numbers_[-1] - numbers_[0] == len(numbers_) - 1:
        return f"seeds {numbers_[0]} to {numbers_[-1]}"
    return "seeds " + ", ".join(map(str, numbers_))

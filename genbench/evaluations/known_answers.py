"""Known answers that several evaluations check: who bounds a table, and who must be far behind. Torch-free."""

from __future__ import annotations

from collections.abc import Iterator

from genbench.protocols.results import Table

CEILING, FLOOR, COPY = "control-test-half", "control-marginals", "control-train-copy"
NOISE, MEAN_IMAGE = "control-noise", "control-mean-image"
UNTRAINED, PIXELS = "control-untrained", "control-pixels"
ORACLE = "oracle"
"""The true law of a toy."""
TOP = (ORACLE, CEILING)
"""The rows that nothing can beat, the surest first."""
FAR = (FLOOR, NOISE, MEAN_IMAGE)
"""Controls that know nothing of how the values of an example hang together."""


def mean(table: Table, control: str, metric: str) -> float | None:
    """The number of a control, None where it has none."""
    cell = table.cell(table.controls.get(control), metric)
    return None if cell is None else cell.mean


def top_label(table: Table, metric: str) -> str | None:
    """The label of the row that nothing can beat: the oracle, else real data, with a value of this column's kind."""
    for control in TOP:
        cell = table.cell(table.controls.get(control), metric)
        if cell is not None and cell.mean is not None and cell.comparable:
            return table.controls[control]
    return None


def far_behind(table: Table, metric: str, *, bounded: bool = False) -> Iterator[str]:
    """The floors in a column where lower is better: at twice the ceiling's value, or half the way to 1 (`bounded`).

    On a line the marginals are the law itself, and no floor.
    """
    top = top_label(table, metric)
    best = table.cell(top, metric)
    if top is None or best is None or best.mean is None:
        return
    least = min(2 * best.mean, (1 + best.mean) / 2) if bounded else 2 * best.mean
    for control in FAR:
        if control == FLOOR and best.details.get("dimensions") == 1:
            continue
        value = mean(table, control, metric)
        if value is not None and value < least:
            label, far = table.controls[control], f"{value:.3g} against {best.mean:.3g}"
            yield f"{label} should be far behind {top} in {table.title(metric)}, but is at {far}."


def better_than_data(table: Table, metric: str, copies: frozenset[str]) -> Iterator[str]:
    """Models that are surely nearer to the data than the data's own ceiling row; copies are."""
    top = top_label(table, metric)
    best = table.cell(top, metric)
    if top is None or best is None:
        return
    for label in table.models:
        cell = table.cell(label, metric)
        if cell is None or label in copies or not cell.comparable:
            continue
        if table.better(cell, best, metric, among=len(table.models)):
            title = table.title(metric)
            yield f"{label} has a better {title} than {top}: no model is nearer to the data than the data."


def better_than_replay(table: Table, metric: str) -> Iterator[str]:
    """Models that are surely nearer to the reference than the training data, where those are surely behind real data:
    the reference is not drawn as they are."""
    label = table.controls.get(COPY)
    copy, best = table.cell(label, metric), table.cell(top_label(table, metric), metric)
    if copy is None or best is None or not (copy.comparable and table.better(best, copy, metric, among=1)):
        return
    cells = [cell for one in table.models if (cell := table.cell(one, metric)) is not None and cell.comparable]
    n = sum(table.better(cell, copy, metric, among=len(cells)) for cell in cells)
    if n:
        yield (
            f"{n:d} of {len(cells):d} models have a better {table.title(metric)} than {label}, the training data "
            "themselves: the reference is drawn in another way, and what leaves a part of them out is rewarded."
        )

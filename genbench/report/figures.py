"""Figures as inline SVG that takes its colours from the page: interval plots and training curves."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from genbench.report import glossary
from genbench.report.glossary import Sense
from genbench.report.language import IN_ENGLISH, Language
from genbench.report.ranking import is_undecided, span
from genbench.report.types import Cell, Column, Leaderboard
from genbench.report.wording import whole

ROW, TOP, BOTTOM, LABEL, GAP = 22, 40, 26, 168, 36
WIDTH, WIDEST, NARROWEST = 1156, 340, 150
"""The page's width, and what one panel may take of it; many panels scroll."""
HEADING = 8.2
"""Pixels that a letter of a panel's heading takes, at most on average: a panel is as wide as its heading."""
TICK = 6.6
"""Pixels that a letter of a tick takes, at most on average."""
LOG_FROM = 30
"""Values that differ by more than this factor are drawn on a logarithmic axis."""
CUT = 10
"""Of the least value on such an axis: where an interval that reaches lower is cut."""


@dataclass(frozen=True, slots=True)
class Axis:
    """From values to pixels between `left` and `right`, linear or logarithmic."""

    low: float
    high: float
    left: float
    right: float
    is_log: bool = False

    def __call__(self, value: float) -> float:
        """The pixel of a value; values outside stay at the edge."""
        f: Callable[[float], float] = math.log10 if self.is_log else float
        share = (f(min(max(value, self.low), self.high)) - f(self.low)) / (f(self.high) - f(self.low))
        return round(self.left + share * (self.right - self.left), 1)

    def ticks(self) -> list[float]:
        """Two to five round values."""
        if self.is_log:
            powers = range(math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9) + 1)
            step = max(1, math.ceil(len(powers) / 4))
            return [10.0**p for p in powers if (p - powers[0]) % step == 0]
        rough = (self.high - self.low) / 3
        unit = 10.0 ** math.floor(math.log10(rough))
        step_size = next(unit * f for f in (1, 2, 5, 10) if unit * f >= rough)
        first = math.ceil(self.low / step_size - 1e-9)
        return [i * step_size for i in range(first, math.floor(self.high / step_size + 1e-9) + 1)]


def apart(axis: Axis, write: Callable[[float], str]) -> list[tuple[float, str]]:
    """Pixel and text of the ticks of a level axis: all, or every second, third ... so that no two texts touch."""
    shown = [(axis(tick), write(tick)) for tick in axis.ticks()]
    steps = (shown[::step] for step in range(1, len(shown)))
    return next((some for some in steps if all(_room(*pair) for pair in pairwise(some))), shown[:1])


def _room(one: tuple[float, str], other: tuple[float, str]) -> bool:
    return abs(other[0] - one[0]) >= TICK * (len(one[1]) + len(other[1])) / 2 + 6


def fit_axis(
    values: Sequence[float], left: float, right: float, *, ends: Sequence[float] = (), marks: Sequence[float] = ()
) -> Axis:
    """An axis that holds all values, the ends of their intervals and the marks (floor and ceiling) with a little room.
    The values alone say whether it is logarithmic: an interval that reaches far below the least of them, and a mark
    that is not above 0, then stand at the edge."""
    least, most = min(values), max(values)
    if least > 0 and most / least > LOG_FROM:
        shown = [*values, *(mark for mark in marks if mark > 0), *(end for end in ends if end > least / CUT)]
        room = (max(shown) / min(shown)) ** 0.05
        return Axis(min(shown) / room, max(shown) * room, left, right, is_log=True)
    shown = [*values, *ends, *marks]
    room = 0.06 * (max(shown) - min(shown)) or 0.1 * abs(max(shown)) or 1.0
    return Axis(min(shown) - room, max(shown) + room, left, right)


def interval_plot(board: Leaderboard, words: Language = IN_ENGLISH) -> Markup | None:
    """A panel for each column that has values of two models: means with intervals, seeds as dots, floor and ceiling."""
    rows = [row for row in board.rows if any(cell.mean is not None for cell in row.cells.values())]
    columns = [c for c in board.columns if sum(_has(row.cells.get(c.key)) for row in rows) > 1]
    if not rows or not columns:
        return None
    height = TOP + ROW * len(rows) + BOTTOM
    headings = max(math.ceil(HEADING * len(_heading(c, words))) for c in columns)
    panel = max(headings, min(WIDEST, max(NARROWEST, (WIDTH - LABEL + GAP) // len(columns) - GAP)))
    width = LABEL + len(columns) * (panel + GAP) - GAP
    parts = [_row_label(row.label + (f" · {row.score}" if row.score else ""), i) for i, row in enumerate(rows)]
    for i, column in enumerate(columns):
        left = LABEL + i * (panel + GAP)
        parts.append(_panel(board, column, [row.cells.get(column.key) for row in rows], (left, left + panel), words))
    titles = ", ".join(words(c.title) for c in columns)
    label = words(
        "Means with 95 % intervals of {n} models: {titles}. The table above has the same numbers.",
        n=len(rows),
        titles=titles,
    )
    return Markup(
        '<svg class="intervals" role="img" width="{0}" height="{1}" viewBox="0 0 {0} {1}" {2}>{3}</svg>'
    ).format(width, height, Markup('aria-label="{}"').format(label), Markup("").join(parts))


def _heading(column: Column, words: Language) -> str:
    return f"{words(column.title)} {column.sense.arrow}"


def _has(cell: Cell | None) -> bool:
    return cell is not None and cell.mean is not None


def _row_label(label: str, i: int) -> Markup:
    shown = label if len(label) <= 22 else label[:20] + "…"
    y = TOP + ROW * i + ROW / 2 + 4
    return Markup('<text class="row" x="{}" y="{}" text-anchor="end">{}<title>{}</title></text>').format(
        LABEL - 14, y, shown, label
    )


def _panel(
    board: Leaderboard, column: Column, cells: Sequence[Cell | None], sides: tuple[float, float], words: Language
) -> Markup:
    left, right = sides
    marks = reference_lines(board, column)
    shown = [cell for cell in cells if cell is not None and cell.mean is not None]
    values = [v for cell in shown for v in (cell.mean or 0.0, *cell.values.values())]
    ends = [end for cell in shown for end in span(cell)]
    axis = fit_axis(values, left + 6, right - 6, ends=ends, marks=[mean for _, mean in marks])
    bottom = TOP + ROW * len(cells)
    parts = [
        Markup('<text class="title" x="{}" y="14">{}</text><text class="hint" x="{}" y="28">{}</text>').format(
            left, _heading(column, words), left, _hint(column, axis, cells, words)
        ),
        Markup('<path class="frame" d="M{} {}H{}"/>').format(left, bottom, right),
    ]
    parts += [_tick(x, text, bottom) for x, text in apart(axis, lambda t: _written(t / column.scale.factor, words))]
    parts += [_reference(name, mean / column.scale.factor, (axis(mean), bottom), words) for name, mean in marks]
    parts += [_dot(cell, axis, TOP + ROW * i + ROW / 2, words) for i, cell in enumerate(cells) if cell is not None]
    parts += [
        _place(cell, right, TOP + ROW * i + ROW / 2, words) for i, cell in enumerate(cells) if cell and cell.place
    ]
    return Markup("").join(parts)


def _place(cell: Cell, right: float, y: float, words: Language) -> Markup:
    """The range of the place at the panel's right end, bold in the leading group."""
    return Markup('<text class="{}" x="{}" y="{}"><title>{}</title>{}</text>').format(
        "title" if cell.leads else "hint", right + 2, y + 4, words("place"), cell.place_range
    )


def _reference(name: str, shown: float, at: tuple[float, float], words: Language) -> Markup:
    x, bottom = at
    return Markup('<path class="{}" d="M{} {}V{}"><title>{}: {}</title></path>').format(
        name, x, TOP - 4, bottom, words(name), words.number(f"{shown:.4g}")
    )


def _hint(column: Column, axis: Axis, cells: Sequence[Cell | None], words: Language) -> str:
    is_ranked = glossary.evaluation(column.evaluation).ranked
    better = _better(column.sense) if is_ranked else f"read against {column.against or 'the ceiling'}"
    unit = " ".join(part for part in (column.scale.note, column.unit) if part)
    tied = "not separated" if is_undecided([cell for cell in cells if cell and cell.place]) else ""
    parts = [better, tied, column.target, "log" if axis.is_log else "", unit]
    return ", ".join(words(part) for part in parts if part)


def _better(sense: Sense) -> str:
    return {"lower": "← better", "higher": "better →"}.get(str(sense.direction), sense.words)


def _tick(x: float, text: str, bottom: float) -> Markup:
    return Markup('<path class="grid" d="M{} {}V{}"/><text class="tick" x="{}" y="{}">{}</text>').format(
        x, TOP - 4, bottom, x, bottom + 15, text
    )


def _written(value: float, words: Language) -> str:
    return words.number(f"{value:.6g}".replace("e-0", "e-").replace("-", "−"))


def _dot(cell: Cell, axis: Axis, y: float, words: Language) -> Markup:
    if cell.mean is None:
        return Markup("")
    kind = "dot incomplete" if cell.failed or not cell.comparable else "dot"
    seeds = Markup("").join(
        Markup('<circle class="seed" cx="{}" cy="{}" r="2"/>').format(axis(v), y) for v in cell.values.values()
    )
    low, high = span(cell)
    whisker = "over-seeds" if cell.half is not None else "over-samples"
    bar = Markup('<path class="{}" d="M{} {}H{}"/>').format(whisker, axis(low), y, axis(high)) if high > low else ""
    return Markup('<g class="{}">{}{}<circle cx="{}" cy="{}" r="4"><title>{}</title></circle></g>').format(
        kind, bar, seeds, axis(cell.mean), y, whole(cell, words)
    )


def reference_lines(board: Leaderboard, column: Column) -> list[tuple[str, float]]:
    """(`ceiling` or `floor`, mean) of the controls that bound this column."""
    record = glossary.evaluation(column.evaluation)
    wanted = {"ceiling": record.ceiling, "floor": record.floor}
    found: list[tuple[str, float]] = []
    for name, models in wanted.items():
        cells = [r.cells[column.key] for m in models for r in board.controls if r.model == m and column.key in r.cells]
        means = [cell.mean for cell in cells if cell.mean is not None and cell.comparable]
        found += [(name, means[0])] if means else []
    return found


def curve_plot(images: Sequence[float], lines: Sequence[Sequence[float]], name: str, words: Language) -> Markup | None:
    """A small picture of a loss over images seen, a line for each seed; the highest percent is cut off."""
    finite = sorted(v for line in lines for v in line if math.isfinite(v))
    if len(images) < 2 or not finite:
        return None
    low, high = finite[len(finite) // 100], finite[-1 - len(finite) // 100]
    x = Axis(min(images), max(images), 2, 178)
    y = Axis(low, high if high > low else low + 1, 62, 6)
    paths = Markup("").join(Markup('<path d="M{}"/>').format(_points(images, line, x, y)) for line in lines)
    label = words(f"{name}: from {lines[0][0]:.4g} to {lines[0][-1]:.4g} over {max(images):,.0f} images")
    return Markup('<svg class="curve" role="img" viewBox="0 0 180 66" aria-label="{}">{}</svg>').format(label, paths)


def _points(images: Sequence[float], line: Sequence[float], x: Axis, y: Axis) -> str:
    pairs = zip(images, line, strict=False)
    return "L".join(f"{x(a)} {y(b)}" for a, b in pairs if math.isfinite(b))

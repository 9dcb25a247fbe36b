"""Quality against cost: a panel for each kind of cost, models as points, and the front that nothing beats in both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from markupsafe import Markup

from genbench.report.costs import CostAxis, axes, front
from genbench.report.figures import Axis, apart, fit_axis
from genbench.report.formatting import UNITS
from genbench.report.language import Language
from genbench.report.ranking import mean_loss
from genbench.report.types import Cell, Column
from genbench.report.view import DatasetView
from genbench.report.wording import whole

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 268, 184, 36, 260, 26, 152
"""Of one panel, and of the area in it, in pixels."""
NAMED = 14
"""So many points have their names beside them; of more, only those of the front."""
LETTER = 8.6
"""Pixels that a letter of a name takes at most on average: bold, in a wide font."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class CostPlot:
    """`panels`: one a kind of cost; `quality`: what stands on the upright axis."""

    panels: Sequence[Markup]
    quality: str


def cost_plot(dataset: DatasetView, words: Language) -> CostPlot | None:
    """The first ranked headline of the dataset against each cost that is known of at least two models."""
    chosen = _quality(dataset)
    if chosen is None:
        return None
    column, cells = chosen
    shown = [axis for axis in axes(dataset.costs, dataset.boards) if sum(label in cells for label in axis.values) > 1]
    column = replace(column, title=words(column.title))
    named = [replace(cost, title=words(cost.title), unit=words(cost.unit), about=words(cost.about)) for cost in shown]
    return CostPlot([_panel(cost, cells, column, words) for cost in named], column.title) if named else None


def _quality(dataset: DatasetView) -> tuple[Column, dict[str, Cell]] | None:
    """The overview's first column that has an order, with the cells of models that have a value."""
    for column in dataset.overview.columns:
        rows = {row.label: row.cells.get(column.key) for row in dataset.overview.rows}
        cells = {k: c for k, c in rows.items() if c is not None and c.mean is not None and c.comparable}
        if len(cells) > 1 and column.sense.loss(0.0) is not None:
            return column, cells
    return None


def _panel(cost: CostAxis, cells: Mapping[str, Cell], column: Column, words: Language) -> Markup:
    shown = {label: cell for label, cell in cells.items() if label in cost.values}
    losses = {label: mean_loss(cell, column) or 0.0 for label, cell in shown.items()}
    across = fit_axis([cost.values[label] for label in shown], LEFT + 8, RIGHT - 8)
    ends = (TOP, BOTTOM) if column.sense.loss(1.0) == 1.0 else (BOTTOM, TOP)
    upright = fit_axis([cell.mean or 0.0 for cell in shown.values()], *ends)
    at = {label: (across(cost.values[label]), upright(cell.mean or 0.0)) for label, cell in shown.items()}
    best = front({label: (cost.values[label], losses[label]) for label in shown})
    parts = [*_frame(cost, across, upright, column, words), _stairs([at[label] for label in best])]
    named = best if len(shown) > NAMED else list(shown)
    title = (0.0, 2 + LETTER * len(_title(column)), 8.0)
    taken = [title, *((x - 5, x + 5, y) for x, y in at.values())]
    parts += [_label(label, at[label], taken, is_best=label in best) for label in named]
    for label, place in at.items():
        said = f"{label}: {amount(cost.values[label], cost.unit, words)}, {whole(shown[label], words)}"
        parts.append(_point(label, place, said, is_best=label in best))
    about = words(
        "{title} of {n} models against {cost}; nothing beats {names} in both.",
        title=column.title,
        n=len(shown),
        cost=cost.title,
        names=", ".join(best),
    )
    return Markup(
        '<svg class="scatter" role="img" width="{0}" height="{1}" viewBox="0 0 {0} {1}" {2}>{3}</svg>'
    ).format(WIDTH, HEIGHT, Markup('aria-label="{}"').format(about), Markup("").join(parts))


def _frame(cost: CostAxis, across: Axis, upright: Axis, column: Column, words: Language) -> list[Markup]:
    factor, scale = _common_scale(across.ticks())
    title = ", ".join(part for part in (cost.title, words(scale), cost.unit, cost.about) if part)
    if across.is_log:
        title = words("{title} (log scale)", title=title)
    return [
        Markup('<text class="hint" x="{}" y="12">{}</text>').format(2, _title(column)),
        Markup('<text class="hint" x="{}" y="{}" text-anchor="end">{}</text>').format(RIGHT, BOTTOM + 30, title),
        Markup('<path class="frame" d="M{0} {1}V{2}H{3}"/>').format(LEFT, TOP - 6, BOTTOM, RIGHT),
        *(_tick(x, BOTTOM + 14, text, "middle") for x, text in apart(across, lambda t: short(t / factor, words))),
        *(_tick(LEFT - 5, upright(t) + 4, short(t / column.scale.factor, words), "end") for t in upright.ticks()),
    ]


def _title(column: Column) -> str:
    """What stands over the upright axis."""
    return f"{column.title} {column.sense.arrow}"


def _common_scale(ticks: Sequence[float]) -> tuple[float, str]:
    """(factor, word) that every tick is long enough for; (1, `""`) where there is none."""
    smallest = min(map(abs, ticks), default=0.0)
    return next(((factor, name) for factor, name in UNITS.items() if smallest >= max(factor, 1e4)), (1.0, ""))


def _tick(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text class="tick" x="{}" y="{}" style="text-anchor:{}">{}</text>').format(x, y, anchor, text)


def _point(label: str, place: Point, said: str, *, is_best: bool) -> Markup:
    return Markup('<circle class="point{}" data-m="{}" cx="{}" cy="{}" r="4.5"><title>{}</title></circle>').format(
        " best" if is_best else "", label, *place, said
    )


def _label(label: str, place: Point, taken: list[tuple[float, float, float]], *, is_best: bool) -> Markup:
    """The name where it covers no other: to the right of the point or the left, moved up or down."""
    text = label if len(label) <= 18 else label[:16] + "…"
    width = LETTER * len(text)
    x, y = place
    for dy in (4, -7, 15, -18, 26):
        for start in (x + 8, x - 8 - width):
            a, b, c = start, start + width, y + dy - 4
            fits = a > LEFT and b < WIDTH and c < BOTTOM
            if fits and all(b < left or right < a or abs(c - height) > 10 for left, right, height in taken):
                taken.append((a, b, c))
                at, anchor = (start, "start") if start > x else (x - 8, "end")
                return Markup('<text class="{}" text-anchor="{}" data-m="{}" x="{}" y="{}">{}</text>').format(
                    "best" if is_best else "", anchor, label, round(at, 1), round(y + dy, 1), text
                )
    return Markup("")


def _stairs(points: Sequence[Point]) -> Markup:
    """A line that keeps a quality until the next better one is paid for."""
    found = [f"{points[0][0]} {points[0][1]}"]
    for (_, before), (x, y) in pairwise(points):
        found += [f"{x} {before}", f"{x} {y}"]
    return Markup('<path class="front" d="M{}"/>').format("L".join(found))


def short(value: float, words: Language) -> str:
    """`0.2`, `15`, `2,000`, `203 thousand`, `1.2 million`."""
    rounded = float(f"{value:.3g}")
    for factor, name in UNITS.items():
        if abs(rounded) >= max(factor, 1e4):
            return f"{words.number(f'{rounded / factor:.3g}')} {words(name)}"
    if abs(rounded) >= 1e3:
        return words.number(f"{value:,.0f}".replace("-", "−"))
    return words.number(f"{value:.3g}".replace("e-0", "e-").replace("-", "−"))


def amount(value: float, unit: str, words: Language) -> str:
    """`203 thousand`, `3.2 s`."""
    return f"{short(value, words)} {unit}".strip()

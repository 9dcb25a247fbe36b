"""The critical-difference strip: mean ranks on a line, and a bar under each group that the datasets can't separate."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from genbench.report.language import IN_ENGLISH, Language
from genbench.stats.blocks import CriticalDifference

WIDTH, LABELS, ROW, TOP = 900, 210, 20, 46
"""Of the picture, what names take on each side, the height of a name and of the scale above them."""


def critical_strip(found: CriticalDifference, labels: Sequence[str], words: Language = IN_ENGLISH) -> Markup:
    """The picture of rows that are in order of their mean rank (Demšar 2006, figure 1)."""
    count = len(labels)
    left = (count + 1) // 2
    groups = len(found.groups)
    under = TOP + 8 + 9 * groups
    height = under + ROW * left + 8
    parts = [_scale(count, found.width, words)]
    for i, group in enumerate(found.groups):
        ends = [_x(found.ranks[j], count) for j in (group[0], group[-1])]
        y = TOP + 10 + 9 * i
        parts.append(Markup('<path class="clique" d="M{} {}H{}"/>').format(ends[0] - 3, y, ends[1] + 3))
    for i, (rank, label) in enumerate(zip(found.ranks, labels, strict=True)):
        is_left = i < left
        y = under + ROW * (i if is_left else count - 1 - i) + 6
        parts.append(_name(label, words.number(f"{rank:.2f}"), (_x(rank, count), y), is_left=is_left))
    ranks = ", ".join(f"{label} {words.number(f'{r:.2f}')}" for label, r in zip(labels, found.ranks, strict=True))
    width = words.number(f"{found.width:.2f}")
    label = words("Mean ranks: {names}. Critical difference {n}.", names=ranks, n=width)
    return Markup(
        '<svg class="critical" role="img" width="{0}" height="{1}" viewBox="0 0 {0} {1}" {2}>{3}</svg>'
    ).format(WIDTH, height, Markup('aria-label="{}"').format(label), Markup("").join(parts))


def _x(rank: float, count: int) -> float:
    return round(LABELS + (rank - 1) / (count - 1) * (WIDTH - 2 * LABELS), 1)


def _scale(count: int, width: float, words: Language) -> Markup:
    ends = LABELS, WIDTH - LABELS
    step = -(-count // 12)
    ticks = [
        Markup('<path class="frame" d="M{0} {1}V{2}"/><text class="tick" x="{0}" y="{3}">{4}</text>').format(
            _x(rank, count), TOP - 5, TOP, TOP - 9, rank
        )
        for rank in range(1, count + 1, step)
    ]
    shown = min(width, count - 1)
    bar = Markup('<path class="width" d="M{0} 8V14M{0} 11H{1}M{1} 8V14"/><text class="hint" x="{2}" y="15">{3}</text>')
    end = round(_x(1 + shown, count), 1)
    said = f"{words('critical difference')} {words.number(f'{width:.2f}')}"
    line = Markup('<path class="frame" d="M{} {}H{}"/>').format(ends[0], TOP, ends[1])
    return Markup("").join([bar.format(ends[0], end, end + 8, said), line, *ticks])


def _name(label: str, rank: str, at: tuple[float, float], *, is_left: bool) -> Markup:
    x, y = at
    end = LABELS - 10 if is_left else WIDTH - LABELS + 10
    shown = label if len(label) <= 20 else label[:18] + "…"
    text = f"{shown} {rank}" if is_left else f"{rank} {shown}"
    return Markup(
        '<path class="leader" d="M{} {}V{}H{}"/><text class="row" x="{}" y="{}" text-anchor="{}">{}<title>{}</title>'
        "</text>"
    ).format(x, TOP, y, end, end + (-5 if is_left else 5), y + 4, "end" if is_left else "start", text, label)

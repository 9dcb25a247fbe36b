"""Two runs as a page: what got worse first, then what broke, mended or got better, with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import genbench
from genbench.report import formatting, glossary
from genbench.report.compare import Change, Verdict
from genbench.report.language import Language
from genbench.report.page import environment, finished, policy

ORDER = (Verdict.BROKEN, Verdict.WORSE, Verdict.MENDED, Verdict.BETTER, Verdict.UNLIKE, Verdict.GONE, Verdict.NEW)
"""What is shown, in this order; what is the same or unclear is counted."""


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change in words."""

    change: Change
    metric: str
    a: str
    b: str
    difference: str


def render_comparison(changes: Sequence[Change], names: tuple[str, str], language: Language | None = None) -> str:
    """B against A as one self-contained page."""
    words = language or Language()
    counts = Counter(change.verdict for change in changes)
    shown = [_shown(c, words) for verdict in ORDER for c in changes if c.verdict is verdict]
    untested = [_shown(c, words) for c in changes if c.verdict is Verdict.UNCLEAR and c.is_untested]
    page = environment(words).get_template("compare.html.j2").render(
        names=names,
        headline=headline(counts, len(changes)),
        counts=[(verdict, counts[verdict]) for verdict in Verdict if counts[verdict]],
        shown=shown,
        untested=untested,
        regressions=sum(c.is_regression for c in changes),
        policy=policy(""),
        version=genbench.__version__,
    )  # fmt: skip
    return finished(page)


def headline(counts: Counter[Verdict], total: int) -> str:
    """The verdict in one sentence."""
    worse, broken, better = counts[Verdict.WORSE], counts[Verdict.BROKEN], counts[Verdict.BETTER]
    if not total:
        return "Nothing to compare."
    if worse or broken:
        parts = [f"{n} {word}" for n, word in ((worse, "worse"), (broken, "broken"), (better, "better")) if n]
        return f"Regressions: {', '.join(parts)} of {total:,} measurements."
    return f"No regression: {better} better, {total - better:,} of {total:,} the same, unclear or not comparable."


def _shown(change: Change, words: Language) -> ShownChange:
    sense = glossary.sense(change.metric, change.direction)
    metric = ", ".join(part for part in (words(glossary.title(change.metric)), change.target, change.score) if part)
    difference = "" if change.difference is None else _text(change.difference, signed=True)
    if change.low is not None and change.high is not None:
        difference += f" [{_text(change.low, signed=True)} … {_text(change.high, signed=True)}]"
    return ShownChange(change, f"{metric} {sense.arrow}".strip(), _text(change.a), _text(change.b), difference)


def _text(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return ""
    text = formatting.text(value, formatting.decimals(value, None))
    return f"+{text}" if signed and value > 0 else text

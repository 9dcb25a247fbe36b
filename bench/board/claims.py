"""Records of a comparison with a paper, and the page that shows all of them. Torch-free.

Every published number stands in a file of papers with its source. Agreement is decided by a rule that is stated with
each line, never by eye.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from board.numbers import markdown


@dataclass(frozen=True, slots=True)
class Line:
    """One claim: what was published, what we measured, whether they agree (None: nothing to say), by which rule."""

    what: str
    published: str
    ours: str
    agrees: bool | None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A paper: its lines, and `body`, what else a reader needs (tables, why they differ); `lacks`: what of it was
    not run."""

    name: str
    title: str
    source: str
    differs: str
    suite: str
    lines: Sequence[Line] = ()
    body: Sequence[str] = field(default_factory=list)
    lacks: str = ""

    @property
    def verdict(self) -> str:
        """`yes` where all lines agree, `in part` where some do or what is to be run is not whole, `no`; `undecided`."""
        judged = [line.agrees for line in self.lines if line.agrees is not None]
        if not judged:
            return "undecided" if self.lines else "not run"
        if all(judged):
            return "in part" if self.lacks else "yes"
        return "in part" if any(judged) else "**no**"

    @property
    def counted(self) -> str:
        """`3 of 4, 1 undecided`: the lines that agree, of all; and what was not run."""
        judged = [line.agrees for line in self.lines if line.agrees is not None]
        left = len(self.lines) - len(judged)
        said = f"{sum(judged)} of {len(self.lines)}" if self.lines else ""
        said += f", {left} undecided" if left else ""
        return f"{said}; {self.lacks} not run" if self.lacks and said else said


Tables = Callable[[str], pd.DataFrame | None]
"""A suite's name (with its profile) -> its tidy table."""


# --- the page


def with_lines(made: Comparison, lines: Sequence[Line], body: Sequence[str] = (), *, lacks: str = "") -> Comparison:
    return replace(made, lines=tuple(lines), body=list(body), lacks=lacks)


def page(found: Sequence[Comparison], why: Mapping[str, str]) -> str:
    """The Markdown page of all comparisons; `why`: by name, what is known of a difference, as the page says it."""
    words = {True: "yes", False: "**no**", None: "undecided"}
    lines = [
        "# Beside the literature",
        "",
        "<!-- made by bench/leaderboard.py: change the code or the stores, then run it -->",
        "",
        "What papers say, measured again. Each number of ours is a mean over seeds with the interval of that mean, and "
        "each verdict follows the rule of its line; a line is undecided where our seeds leave it open. A paper agrees "
        "where all other lines do, in part where some do. Published numbers stand in `bench/board` with their source.",
        "",
        *markdown(
            ("paper", "agrees", "lines that agree"),
            [
                (f"[{one.title}](#{anchor(one.title)})", one.verdict, one.counted) for one in found
            ],
        ),
    ]  # fmt: skip
    for one in found:
        lines += ["", f"## {one.title}", "", f"{one.source}. {one.differs}", "", f"`genbench run {one.suite}`"]
        if not one.lines:
            lines += ["", "Not run yet."]
            continue
        rows = [(line.what, line.published, line.ours, words[line.agrees], line.rule) for line in one.lines]
        lines += ["", *markdown(("claim", "published", "ours", "agrees", "rule"), rows, words=True), *one.body]
        if one.name in why:
            lines += ["", why[one.name]]
    return "\n".join(wrapped(lines)) + "\n"


def anchor(title: str) -> str:
    """What a heading is called in a link."""
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c == "-")


def wrapped(lines: Sequence[str], width: int = 118) -> Iterator[str]:
    """Lines of Markdown, long ones broken between words; tables and headings stay whole."""
    for line in lines:
        if line.startswith(("|", "#", "<")) or len(line) <= width:
            yield line
        else:
            after = "  " if line.startswith("- ") else ""
            yield from textwrap.wrap(
                line, width, subsequent_indent=after, break_long_words=False, break_on_hyphens=False
            )

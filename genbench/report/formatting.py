"""Numbers for readers: as many digits as are known, aligned at the decimal point, one scale a column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from genbench.core.jobs import BUDGET_WORDS

MOST_DECIMALS = 4
UNITS = {1e9: "billion", 1e6: "million", 1e3: "thousand"}


@dataclass(frozen=True, slots=True)
class Scale:
    """A column's values are shown divided by `factor`; `note` says so in its header."""

    factor: float = 1.0
    note: str = ""


def scale_for(values: Sequence[float], declared: float = 1.0) -> Scale:
    """The metric's declared scale; where it has none (1), columns are scaled whose numbers are long."""
    if declared != 1:
        return Scale(declared, UNITS.get(declared, _times(1 / declared)))
    sizes = sorted(abs(v) for v in values if v)
    if not sizes:
        return Scale()
    middle = sizes[len(sizes) // 2]
    for factor, note in UNITS.items():
        if middle >= 10 * factor:
            return Scale(factor, note)
    return Scale(1e-3, _times(1e3)) if sizes[-1] < 5e-3 else Scale()


def _times(factor: float) -> str:
    """`× 10³`, or the factor itself where it is no power of ten."""
    power = round(math.log10(factor))
    if not math.isclose(factor, 10.0**power):
        return f"× {factor:g}"
    return "× 10" + str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def decimals(value: float, half: float | None) -> int:
    """How many decimals are known. With a half-width: two digits of it where it begins with 1, 2 or 3, else one (the
    Particle Data Group's rule); without: three digits of the value."""
    if half:
        exponent = math.floor(math.log10(half) + 1e-9)
        digits = 2 if half / 10**exponent < 3.55 else 1
        return min(MOST_DECIMALS, max(0, digits - 1 - exponent))
    if value == 0:
        return 0
    return min(MOST_DECIMALS, max(0, 2 - math.floor(math.log10(abs(value)) + 1e-9)))


def text(value: float, places: int) -> str:
    """The number with a true minus sign, thousands set apart, no negative zero, and powers of ten for what would be
    rounded away."""
    shown = f"{value:,.{places}f}"
    if float(shown.replace(",", "")) == 0:
        shown = f"{value:.1e}".replace("e-0", "e-") if value and places == MOST_DECIMALS else shown.lstrip("-")
    return shown.replace("-", "−").replace(",", "\N{NARROW NO-BREAK SPACE}")


def signed(value: float, places: int) -> str:
    """A difference: `+0.02`, `−0.02`, `0`."""
    shown = text(value, places)
    return f"+{shown}" if value > 0 and shown.strip("0.") else shown


def pads(texts: Sequence[str]) -> list[str]:
    """What to add to each number, unseen, so that right-aligned they all have their decimal point in one line."""
    parts = [text.partition("e")[0].partition(".")[1:] for text in texts]
    longest = max((len(digits) for _, digits in parts), default=0)
    return [("" if point or not longest else ".") + "0" * (longest - len(digits)) for point, digits in parts]


def budget(amount: float, unit: str) -> str:
    """`100,000 images`, `1e+11 operations`, `60 seconds`; empty for none. A table without units speaks of images."""
    word = BUDGET_WORDS.get(unit, unit) if unit else "images"
    shown = f"{amount:,.12g}" if amount < 1e9 else f"{amount:.6g}"
    return f"{shown} {word}" if amount else ""


def estimate(seconds: float, *, is_rough: bool = False) -> str:
    """A time that is guessed: `about 4 min`, or `roughly 2 to 8 min` where little of it stands on measurements."""
    if is_rough:
        low, high = _coarse(seconds / 2), _coarse(seconds * 2)
        return f"roughly {low} to {high}" if low != high else f"roughly {high}"
    return f"about {_coarse(seconds)}"


def _coarse(seconds: float) -> str:
    """A duration to one or two digits: `1 s`, `40 s`, `4 min`, `2 h`."""
    if seconds < 10:
        return f"{max(1, math.ceil(seconds))} s"
    if seconds < 90:
        return f"{5 * round(seconds / 5)} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.2g} h"


def duration(seconds: float) -> str:
    """Seconds as a reader says them: `8 ms`, `3.2 s`, `4 min 10 s`, `2 h 5 min`."""
    if seconds < 0.1:
        return f"{1000 * seconds:.2g} ms"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"

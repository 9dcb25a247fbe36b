"""What the page says of seeds, numbers and cells, in words."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from genbench.report.language import Language
from genbench.report.names import isolated
from genbench.report.types import Cell


def seeds(numbers_: Sequence[int]) -> str:
    """`seed 1`, `seeds 0, 2`, `seeds 0 to 9`."""
    if len(numbers_) == 1:
        return f"seed {numbers_[0]}"
    if len(numbers_) > 3 and numbers_[-1] - numbers_[0] == len(numbers_) - 1:
        return f"seeds {numbers_[0]} to {numbers_[-1]}"
    return "seeds " + ", ".join(map(str, numbers_))


def whole(cell: Cell, words: Language) -> str:
    """The cell in one string, as `Cell.plain` has it in English."""
    if cell.mean is None:
        return words(cell.plain)
    shown = words.number(f"{cell.text} ± {cell.half_text}" if cell.half_text else cell.text)
    counted = words("{n} of {total} seeds", n=cell.n, total=cell.total)
    return f"{shown} ({counted})" if cell.missing else shown


def said(text: str, words: Language) -> Markup:
    """A sentence that may be of others' making: in the page's language where that has it, else marked as English."""
    if words.has(text):
        return isolated(words(text))
    return Markup('<bdi lang="en">{}</bdi>').format(text)


def evaluation_title(name: str) -> str:
    """`Sample quality`."""
    return name.replace("-", " ").capitalize()

"""All or nothing: what a file registers before it fails is taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_undo: list[Callable[[], None]] | None = None


def note(undo: Callable[[], None]) -> None:
    """How to take back the change that is about to be made."""
    if _undo is not None:
        _undo.append(undo)


@contextmanager
def all_or_nothing(*, apart: bool = False) -> Iterator[None]:
    """Every change inside is taken back, the latest first, if the block ends with an exception.

    `apart`: what it changes stays even where a block around it fails.
    """
    global _undo  # noqa: PLW0603
    outer, mine = _undo, []  # type: ignore[var-annotated]
    _undo = mine
    try:
        yield
        if outer is not None and not apart:
            outer += mine
    except BaseException:
        for undo in reversed(mine):
            undo()
        raise
    finally:
        _undo = outer

"""What the page says of seeds, in words."""

from __future__ import annotations

from collections.abc import Sequence


def seeds(numbers_: Sequence[int]) -> str:
    """`seed 1`, `seeds 0, 2`, `seeds 0 to 9`."""
    if len(numbers_) == 1:
        return f"seed {numbers_[0]}"
    if len(numbers_) > 3 and numbers_[-1] - numbers_[0] == len(numbers_) - 1:
        return f"seeds {numbers_[0]} to {numbers_[-1]}"
    return "seeds " + ", ".join(map(str, numbers_))

"""The time left is told only once it means something."""

from __future__ import annotations

import time

import pytest

from genbench.cli.progress import ENOUGH, _Progress


@pytest.mark.parametrize("total", [3, 100])
def test_no_time_is_told_until_enough_jobs_have_ended(total: int) -> None:
    progress = _Progress()
    progress.total, enough = total, min(ENOUGH, total)
    for done in range(enough):
        progress.done = done
        assert progress.left() is None
    progress.begun, progress.done = time.monotonic() - 10.0, enough
    assert progress.left() == pytest.approx(10.0 / enough * (total - enough), rel=0.05)

"""A number exists exactly when its status is ok."""

from __future__ import annotations

import math

import pytest

from genbench.core.values import Status, Value


def test_a_value_that_is_not_ok_needs_a_reason_and_has_no_number() -> None:
    assert Value.unsupported("too few rows", n=3).status is Status.UNSUPPORTED
    with pytest.raises(ValueError, match="reason"):
        Value(value=None, status=Status.FAILED)
    with pytest.raises(ValueError, match="exactly when"):
        Value(value=0.0, status=Status.FAILED, reason="no")
    with pytest.raises(ValueError, match="exactly when"):
        Value(value=None)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_nan_and_inf_are_no_values(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Value(value=bad)
    with pytest.raises(ValueError, match="finite"):
        Value(value=1.0, ci_low=bad)

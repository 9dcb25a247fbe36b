"""Intervals hold their own value, and cover what they are for."""

from __future__ import annotations

import math

import pytest
import torch
from oracles import gen

from genbench.core.errors import Unsupported
from genbench.metrics.intervals import divergence_interval, from_logit, share_interval, wilson
from genbench.metrics.modes import mode_kl
from genbench.metrics.two_sample import Hits
from genbench.metrics.values import mean_value, share_value, value


@pytest.mark.parametrize("n", [1, 2, 7, 40, 449, 1000, 9_999])
def test_a_share_lies_in_its_own_interval(n: int) -> None:
    for right in {0, 1, n // 3, n - 1, n}:
        for found in (share_value(Hits(right, n)), mean_value((torch.arange(n) < right).double())):
            assert found.ci_low <= found.value <= found.ci_high
            assert found.ci_low >= 0 and found.ci_high <= 1


def test_shares_of_0_and_1_valued_terms_have_wilsons_interval() -> None:
    found = mean_value((torch.arange(200) < 198).double())
    assert (found.ci_low, found.ci_high) == pytest.approx(wilson(198, 200))
    assert found.ci_high < 1


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_a_reason(number: float) -> None:
    with pytest.raises(Unsupported, match="no number"):
        value(number)


def test_an_interval_that_is_not_finite_is_left_out() -> None:
    assert value(1.0, (0.0, math.inf)).ci_high is None


def test_the_logit_keeps_a_share_inside_0_and_1() -> None:
    low, high = from_logit(0.98, 0.05)
    assert 0 < low < 0.98 < high < 1
    assert from_logit(1.0, 0.1) is None
    assert share_interval(1.0, 0.0, of=30, few=True) == pytest.approx(wilson(30, 30))


@pytest.mark.parametrize("tilt", [0.0, 0.3, 1.0])
def test_the_interval_of_a_mode_divergence_covers_it(tilt: float) -> None:
    weights = torch.full((8,), 1 / 8, dtype=torch.float64)
    p = torch.softmax(tilt * torch.linspace(-1, 1, 8, dtype=torch.float64), 0)
    truth, inside = float((p * (p / weights).log()).sum()), 0
    for i in range(300):
        mode = torch.multinomial(p, 500, replacement=True, generator=gen(i))
        low, high = divergence_interval(mode_kl(mode, weights), 500, 8)
        inside += low <= truth <= high
    assert 0.92 * 300 <= inside <= 0.99 * 300

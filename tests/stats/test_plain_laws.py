"""Laws, ranks and trimmed means are scipy's own, to the last digit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from genbench.stats import laws

RNG = np.random.default_rng(0)


def test_laws() -> None:
    share, z = RNG.random(200), 4 * RNG.standard_normal(200)
    degrees = np.concatenate([RNG.uniform(0.3, 90, 198), [np.inf, 4.0]])
    assert [laws.normal_quantile(p) for p in share] == stats.norm.ppf(share).tolist()
    assert np.array_equal(laws.normal_score(share), stats.norm.isf(share))
    assert np.array_equal(laws.normal_tail(z), stats.norm.sf(z))
    assert np.array_equal(laws.t_quantile(0.975, degrees), stats.t.ppf(0.975, degrees))
    assert np.array_equal(laws.t_tail(z, degrees), stats.t.sf(z, degrees))


@pytest.mark.parametrize("shape", [(1,), (7,), (3, 12), (2, 3, 5)])
def test_ranks_and_trimmed_means(shape: tuple[int, ...]) -> None:
    for x in (RNG.standard_normal(shape), RNG.integers(0, 4, shape).astype(float)):
        assert np.array_equal(laws.mean_ranks(x), stats.rankdata(x, axis=-1))
        assert np.array_equal(laws.trimmed_mean(x, 0.25), stats.trim_mean(x, 0.25, axis=-1))

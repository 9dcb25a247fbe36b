"""Properties that hold for any data: order, symmetry, monotone shifts, block size, determinism, undefined inputs."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import ON_FEATURES, gen, normal, number, values

from genbench.core.errors import DataError
from genbench.core.values import Status
from genbench.metrics.panel import feature_metrics
from genbench.metrics.pointset import PointSet
from genbench.registry import metrics as registered

ORDERLESS = ("frechet", "kid", "mmd-rbf", "cmmd", "precision", "recall", "density", "coverage", "vendi")
MORE_ORDERLESS = ("clipped-density", "clipped-coverage", "duplicate-rate", "nn-accuracy", "authenticity", "copy-rate")
SYMMETRIC = ("frechet", "kid", "cmmd")
QUICK = settings(max_examples=25)

sizes = st.integers(8, 60)
dims = st.sampled_from([1, 2, 5, 40])
seeds = st.integers(0, 10_000)


def rough(n: int, d: int, seed: int) -> torch.Tensor:
    """Data with a centre, unlike scales and a few repeated rows."""
    x = normal(n, d, seed) * torch.linspace(0.2, 3, d).double() + 2
    x[: n // 8] = x[n // 8 : 2 * (n // 8)]
    return x.float()


@QUICK
@given(n=sizes, m=sizes, d=dims, seed=seeds)
def test_the_order_of_rows_does_not_matter(n: int, m: int, d: int, seed: int) -> None:
    r, g, t = rough(n, d, seed), rough(m, d, seed + 1), rough(n, d, seed + 2)
    names = ORDERLESS + MORE_ORDERLESS
    mixed = [x[torch.randperm(len(x), generator=gen(seed))] for x in (r, g, t)]
    before, after = values(r, g, *names, train=t), values(mixed[0], mixed[1], *names, train=mixed[2])
    for key, value in before.items():
        assert (value.value is None) == (after[key].value is None), key
        assert after[key].value == pytest.approx(value.value, rel=1e-9, abs=1e-9), key


@QUICK
@given(n=sizes, m=sizes, d=dims, seed=seeds, block=st.sampled_from([7, 16, 33, 512]))
def test_the_block_size_does_not_matter(n: int, m: int, d: int, seed: int, block: int) -> None:
    r, g = rough(n, d, seed), rough(m, d, seed + 1)
    names = tuple(name for name in ORDERLESS + MORE_ORDERLESS if name not in ("authenticity", "copy-rate"))
    whole, cut = values(r, g, *names), values(r, g, *names, block=block)
    for key, value in whole.items():
        assert cut[key].value == pytest.approx(value.value, rel=1e-6, abs=1e-9), key


@pytest.mark.parametrize("block", [64, 96, 700, 2048])
def test_float32_blocks_count_as_float64_does(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    names = tuple(name for name in ORDERLESS + MORE_ORDERLESS if name not in ("kid", "mmd-rbf", "cmmd"))
    r, g, t = (rough(n, 30, i) for i, n in enumerate((400, 350, 500)))
    exact = values(r, g, *names, train=t)
    monkeypatch.setattr("genbench.metrics.points.SMALL", 0)
    blocked = values(r, g, *names, train=t, block=block)
    assert {k: v.value for k, v in blocked.items()} == pytest.approx({k: v.value for k, v in exact.items()}, rel=1e-12)


def test_close_calls_far_from_the_origin_are_decided_in_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("precision", "recall", "density", "coverage", "duplicate-rate")
    clumps = 100 * normal(8, 20, 9)  # tight modes far apart: float32 products cannot see within one
    r, g = (clumps[torch.arange(400) % 8] + 1e-3 * normal(400, 20, i) for i in (1, 2))
    exact = values(r, g, *names)
    monkeypatch.setattr("genbench.metrics.points.SMALL", 0)
    assert {k: v.value for k, v in values(r, g, *names).items()} == {k: v.value for k, v in exact.items()}


def test_exact_copies_are_at_distance_0_in_float32_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genbench.metrics.points.SMALL", 0)
    x = (100 + normal(300, 20)).float()
    doubled = PointSet(torch.cat([x, x]))
    assert bool((doubled.neighbours.nearest2 == 0).all())


@QUICK
@given(n=sizes, m=sizes, d=dims, seed=seeds)
def test_distances_are_symmetric(n: int, m: int, d: int, seed: int) -> None:
    r, g = rough(n, d, seed), rough(m, d, seed + 1)
    for name in SYMMETRIC:
        assert number(r, g, name) == pytest.approx(number(g, r, name), rel=1e-6, abs=1e-7), name


@settings(max_examples=8)
@given(d=st.integers(1, 12), seed=seeds)
def test_a_larger_shift_is_farther(d: int, seed: int) -> None:
    r, g = normal(40, d, seed), normal(40, d, seed + 1)
    for name in ("frechet", "sliced-wasserstein"):
        steps = [number(r, g - g.mean(0) + r.mean(0) + shift, name) for shift in (0.0, 1.0, 2.0, 4.0)]
        assert steps == sorted(steps), name


@QUICK
@given(n=sizes, m=sizes, d=dims, seed=seeds)
def test_every_value_is_in_its_declared_range_and_inside_its_interval(n: int, m: int, d: int, seed: int) -> None:
    found = values(rough(n, d, seed), rough(m, d, seed + 1), *ORDERLESS, *MORE_ORDERLESS, train=rough(n, d, seed + 2))
    for key, value in found.items():
        spec = registered.get(key.split(":")[0]).card
        if value.value is None:
            assert value.reason, key
            continue
        assert spec.low <= value.value <= spec.high + 1e-9, key
        if value.ci_low is not None:
            assert value.ci_low - 1e-9 <= value.ci_high + 1e-9, key


def test_the_same_generator_gives_the_same_bits() -> None:
    r, g, t = normal(600, 4), normal(600, 4, 1), normal(900, 4, 2)
    first, second = (feature_metrics(PointSet(r), g, train=t, metrics=ON_FEATURES, generator=gen(5)) for _ in "ab")
    assert first == second


def test_a_second_row_does_not_compute_the_real_side_again(monkeypatch: pytest.MonkeyPatch) -> None:
    real, train = PointSet(normal(60, 4)), PointSet(normal(80, 4, 1), name="training")
    names = ("frechet", "kid", "precision", "vendi-ratio", "authenticity", "ct", "nn-distance-ratio")
    feature_metrics(real, normal(60, 4, 2), train=train, metrics=names, generator=gen())
    seen: list[int] = []

    def count(points: object, *rest: object, **options: object) -> None:
        seen.append(len(points))
        original(points, *rest, **options)

    import genbench.metrics.pointset as module

    original = module.symmetric_sweep
    monkeypatch.setattr(module, "symmetric_sweep", count)
    feature_metrics(real, normal(50, 4, 3), train=train, metrics=names, generator=gen())
    assert seen == [50]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_features_that_are_not_finite_are_refused_with_count_and_place(bad: float) -> None:
    g = normal(20, 3)
    g[7, 2] = bad
    with pytest.raises(DataError, match="generated features hold 1 NaN or inf, the first at row 7, column 2"):
        values(normal(20, 3), g, "frechet")


def test_features_whose_squares_overflow_are_refused_with_the_remedy() -> None:
    g = normal(20, 3)
    g[7, 2] = -2e17
    words = r"up to 2e\+17, the first at row 7, column 2: beyond 1e\+15 .* scale of about 1"
    with pytest.raises(DataError, match=words):
        values(normal(20, 3), g, "frechet")
    large = [9e14 * normal(50, 3, seed).clamp(-1, 1) for seed in (0, 1)]
    assert {v.status for v in values(*large, "frechet", "kid", "precision").values()} == {Status.OK}


def test_unlike_dimensions_are_refused() -> None:
    with pytest.raises(DataError, match="3 columns"):
        values(normal(20, 4), normal(20, 3), "frechet")


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 30), (30, 1), (2, 2), (5, 5), (6, 6)])
def test_tiny_sets_give_a_number_or_a_reason(n: int, m: int) -> None:
    found = values(normal(n, 3), normal(m, 3, 1), *ON_FEATURES, train=normal(4, 3, 2))
    for key, value in found.items():
        assert value.status is Status.OK or (value.status is Status.UNSUPPORTED and value.reason), key


@pytest.mark.parametrize("make", [torch.zeros, torch.ones])
def test_constant_sets_give_a_number_or_a_reason(make: type[torch.Tensor]) -> None:
    for r, g in ((make(30, 3), make(30, 3)), (normal(30, 3), make(30, 3)), (make(30, 3), normal(30, 3))):
        found = values(r, g, *ON_FEATURES, train=make(40, 3))
        for key, value in found.items():
            assert value.status is Status.OK or (value.status is Status.UNSUPPORTED and value.reason), key

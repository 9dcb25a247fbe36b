"""Input as it comes: half precision, integers, offsets, rows of zeros, columns that are constant up to rounding."""

from __future__ import annotations

import pytest
import torch
from oracles import ON_FEATURES, gen, normal, number, values

from genbench.core.values import Status
from genbench.metrics.kernels import median_distance
from genbench.metrics.reconstruction import Features, reconstruction_metrics

SHIFT_INVARIANT = (
    *("frechet", "mmd-rbf", "sliced-wasserstein", "c2st", "nn-accuracy", "fld", "precision", "recall", "density"),
    *("coverage", "clipped-density", "clipped-coverage", "duplicate-rate", "authenticity", "ct", "nn-distance-ratio"),
    *("membership-auc", "train-test-gap", "copy-rate"),
)


@pytest.mark.parametrize("small", [None, 0])
def test_an_offset_of_1e4_changes_no_more_than_its_input_rounding(
    small: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if small is not None:
        monkeypatch.setattr("genbench.metrics.points.SMALL", small)
    far = [(x + 1e4).float() for x in (normal(300, 6), 1.2 * normal(260, 6, 1), normal(400, 6, 2))]
    near = [x.double() - 1e4 for x in far]  # the same rounded input, seen without the offset
    found = values(far[0], far[1], *SHIFT_INVARIANT, train=far[2])
    wanted = values(near[0], near[1], *SHIFT_INVARIANT, train=near[2])
    for key, one in wanted.items():
        assert found[key].value == pytest.approx(one.value, rel=1e-6, abs=1e-7), key


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.uint8, torch.int64, torch.bool])
def test_features_of_any_number_type_are_widened_first(dtype: torch.dtype) -> None:
    r, g, t = ((60 * normal(n, 4, i)).clamp(0, 255).to(dtype) for i, n in enumerate((120, 110, 140)))
    found, wanted = values(r, g, *ON_FEATURES, train=t), values(r.float(), g.float(), *ON_FEATURES, train=t.float())
    assert found == wanted


def test_half_precision_does_not_overflow() -> None:
    r, g, t = ((40_000 + 9_000 * normal(n, 4, i)).half() for i, n in enumerate((120, 110, 140)))
    found, wanted = values(r, g, *ON_FEATURES, train=t), values(r.double(), g.double(), *ON_FEATURES, train=t.double())
    assert bool(torch.isfinite(r).all())
    for key, one in wanted.items():
        assert found[key].status is one.status, key
        if one.value is None:
            continue
        assert found[key].value == pytest.approx(one.value, rel=1e-5), key


@pytest.mark.parametrize("name", ["vendi", "vendi-ratio", "cmmd"])
def test_a_row_of_zeros_has_no_direction_and_is_named(name: str) -> None:
    g = normal(30, 3)
    g[7], g[9] = 0, 0
    found = values(normal(30, 3, 1), g, name)[name]
    assert found.status is Status.UNSUPPORTED
    assert "2 feature vectors are all 0, the first is row 7" in (found.reason or "")


def test_a_zero_feature_vector_of_a_reconstruction_is_named() -> None:
    x, features = torch.rand(20, 1, 4, 4, generator=gen()), normal(20, 3)
    made = features.clone()
    made[3] = 0
    found = reconstruction_metrics(x, x, metrics=["perceptual"], features=Features(features, made))["perceptual"]
    assert "1 features of reconstructions are all 0, the first is row 3" in (found.reason or "")


@pytest.mark.parametrize("value", [1.0, 0.1, 3e4])
def test_columns_one_unit_in_the_last_place_apart_cannot_be_told(value: float) -> None:
    r = torch.full((60, 3), value)
    g = torch.nextafter(r, torch.tensor(torch.inf))
    assert not torch.equal(r, g)
    assert number(r, g, "c2st") == 0.5
    assert number(r, r, "c2st") == 0.5
    mixed = torch.cat([r, normal(60, 1).float()], 1), torch.cat([g, normal(60, 1, 1).float()], 1)
    assert number(*mixed, "c2st") < 0.75  # the column that varies is all that is looked at


@pytest.mark.parametrize("n", [4, 5, 9])
def test_the_median_distance_is_the_mean_of_the_middle_two(n: int) -> None:
    x = normal(n, 2)
    assert median_distance(x) == pytest.approx(float(torch.pdist(x).quantile(0.5)), rel=1e-12)


def test_the_median_of_many_rows_is_near_that_of_all_and_blind_to_their_order() -> None:
    x = normal(3000, 3)
    whole = float(torch.pdist(x).median())
    assert median_distance(x) == pytest.approx(whole, rel=0.02)
    assert median_distance(x) == median_distance(x[torch.randperm(3000, generator=gen(1))])


def test_the_frechet_distance_says_that_it_is_biased_and_by_how_much() -> None:
    value = values(normal(300, 8), normal(300, 8, 1), "frechet")["frechet"]
    assert value.details["bias_floor"] == pytest.approx(2 * 8 / 300 + 8 * 9 / (2 * 299), rel=0.1)
    assert f"biased upwards at this n: two samples of one law would be at about {value.details['bias_floor']:.3g}" in (
        value.reason or ""
    )

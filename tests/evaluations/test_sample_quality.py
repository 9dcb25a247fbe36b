"""Sample quality: all of its metrics, and planted defects in order of severity."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from planted import Given, blurred, context_of, numbers, outcome

from genbench import registry
from genbench.core.seeds import generator
from genbench.core.values import Status
from genbench.models.classical import Gaussian
from genbench.models.controls import Marginals, TestHalf
from genbench.models.vae import VAE
from genbench.protocols.dataset import Dataset, DataSpec, Split

DISTANCES = ("frechet", "kid", "mmd-rbf", "cmmd", "mind", "sliced-wasserstein", "c2st", "nn-accuracy:all")


def table() -> Dataset:
    """A table of five columns."""
    draw = lambda name, n: Split(torch.randn(n, 5, generator=generator("table", name)))
    parts = {"train": draw("train", 400), "val": draw("val", 0)}
    parts |= {name: draw(name, 300) for name in ("reference", "ceiling")}
    return Dataset("my-table", DataSpec((5,)), **parts)


@pytest.mark.parametrize("dataset", ["digits", "ring8", "my-table"])
def test_all_metrics_of_the_group_have_a_value_or_a_reason(dataset: str, cache: Path) -> None:
    context = context_of(cache, table())
    model = TestHalf(context.dataset(dataset).spec)
    model.fit(context.dataset(dataset), None, None)
    asked = {"metrics": "all", "samples": 200, "density_samples": 2_000}
    found = outcome("sample-quality", model, dataset, context, **asked)
    group = {e.card.name for e in registry.metrics if e.card.group == "sample-quality"}
    assert {one.metric for one in found.measurements} >= group - ({"inception-score"} if dataset != "digits" else set())
    values = {one.metric: one.value for one in found.measurements}
    assert all(value.status in (Status.OK, Status.UNSUPPORTED) for value in values.values())
    assert all(value.reason for value in values.values() if value.value is None)
    without = {name for name, v in values.items() if v.value is None}
    assert without == {"nll", "frechet-inf"} | ({"kl-reverse"} & without)
    for name in ("frechet", "kid", "mind", "c2st"):
        assert values[name].ci_low is not None or values[name].reason


def test_blur_is_seen_in_order_of_severity(cache: Path) -> None:
    context = context_of(cache)
    real = context.dataset("digits").ceiling.x
    found = [
        numbers(outcome("sample-quality", Given(blurred(real, n)), "digits", context, metrics="all")) for n in range(4)
    ]
    for name in ("frechet", "kid", "mind", "sliced-wasserstein", "fld"):
        assert sorted(f[name] for f in found) == [f[name] for f in found], name


def test_dropped_classes_are_seen_in_order_of_severity(cache: Path) -> None:
    context = context_of(cache)
    real = context.dataset("digits").ceiling
    found = []
    for kept in (10, 8, 5, 2):
        x = real.x[real.y < kept]
        filled = x.repeat(-(-len(real) // len(x)), 1, 1, 1)[: len(real)]
        found.append(numbers(outcome("sample-quality", Given(filled), "digits", context, metrics=DISTANCES[:6])))
    for name in DISTANCES[:6]:
        assert sorted(f[name] for f in found) == [f[name] for f in found], name


def test_the_floor_is_far_behind_the_ceiling_by_every_distance(cache: Path) -> None:
    context = context_of(cache)
    data, found = context.dataset("digits"), []
    for make in (TestHalf, Marginals):
        model = make(data.spec)
        model.fit(data, None, None)
        found.append(numbers(outcome("sample-quality", model, "digits", context, metrics="all")))
    ceiling, floor = found
    for name in DISTANCES[:6]:
        assert floor[name] > 2 * abs(ceiling[name]), name
    assert abs(floor["c2st"] - 0.5) > 0.3 > abs(ceiling["c2st"] - 0.5)


def test_a_bound_of_more_samples_is_tighter_and_says_so_in_its_name(cache: Path) -> None:
    context = context_of(cache)
    torch.manual_seed(0)
    model = VAE(context.dataset("digits").spec, latent=4, width=16)
    with torch.no_grad():
        model.encoder[2][4].bias[:4] += 2.0  # codes two standard deviations from the prior's middle: a loose bound
    found = {}
    for k in (None, 1, 64, 512):
        asked = {"metrics": ("nll",), "samples": 100} | ({} if k is None else {"importance_samples": k})
        (one,) = outcome("sample-quality", model, "digits", context, **asked).measurements
        found[k] = one.value.value
        assert one.likelihood == f"bernoulli, iwae-{k or 64}"
    assert found[1] > found[64] + 2 and found[64] > found[512] + 0.2 and found[None] == found[64]


def test_a_density_that_is_no_bound_is_what_it_is(cache: Path) -> None:
    context = context_of(cache)
    model = Gaussian(context.dataset("ring8").spec)
    model.fit(context.dataset("ring8"), None, None)
    values = [
        outcome("sample-quality", model, "ring8", context, metrics=("nll",), samples=100, **more).measurements[0]
        for more in ({}, {"importance_samples": 9})
    ]
    assert values[0].value.value == values[1].value.value and values[0].likelihood == values[1].likelihood

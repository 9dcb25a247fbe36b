"""Diversity: dropped modes in order of severity, modes that a classifier reads, k in the record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from planted import Given, context_of, numbers, outcome
from torch import Tensor

from genbench import registry
from genbench.core.seeds import generator
from genbench.core.values import Status
from genbench.data.loading import load_dataset
from genbench.evaluations.mode_reading import read_channels
from genbench.protocols.dataset import Dataset, DataSpec, Split


def stacked() -> Dataset:
    """Two digits in two channels: 100 modes, read by the classifier of digits."""
    base = load_dataset("digits")

    def pairs(split: Split, n: int, name: str) -> Split:
        rows = torch.randint(max(1, len(split)), (n, 2), generator=generator("stacked", name))
        return Split(split.x[rows, 0], split.y[rows] @ torch.tensor([10, 1])) if n else Split(torch.empty(0, 2, 8, 8))

    parts = {name: pairs(getattr(base, name), 400, name) for name in ("train", "reference", "ceiling")}
    return Dataset("stacked-digits", DataSpec((2, 8, 8), (0.0, 1.0)), val=pairs(base.val, 0, "val"), **parts,
                   mode_reader="digits")  # fmt: skip


def test_all_metrics_of_the_group_have_a_value_or_a_reason(cache: Path) -> None:
    context = context_of(cache)
    for dataset in ("digits", "ring8"):
        model = Given(context.dataset(dataset).ceiling.x)
        found = outcome("diversity", model, dataset, context, metrics="all", samples=200)
        group = {e.card.name for e in registry.metrics if e.card.group == "diversity"}
        missing = group - {one.metric for one in found.measurements}
        assert missing == (
            {"modes", "mode-kl"}
            if dataset == "digits"
            else {"class-spread", "condition-accuracy", "condition-accuracy-by-class"}
        )
        for one in found.measurements:
            assert one.value.status in (Status.OK, Status.UNSUPPORTED) and (
                one.value.value is not None or one.value.reason
            )


def test_dropped_classes_are_seen_in_order_of_severity(cache: Path) -> None:
    context = context_of(cache)
    real = context.dataset("digits").ceiling
    names = ["recall", "coverage", "clipped-coverage", "vendi", "rke"]
    found = []
    for kept in (10, 7, 4, 1):
        x = real.x[real.y < kept]
        filled = x.repeat(-(-len(real) // len(x)), 1, 1, 1)[: len(real)]
        found.append(numbers(outcome("diversity", Given(filled), "digits", context, metrics=names)))
    for name in names:
        assert sorted((f[name] for f in found), reverse=True) == [f[name] for f in found], name


def test_dropped_modes_of_a_ring_are_counted(cache: Path) -> None:
    context = context_of(cache)
    data = context.dataset("ring8")
    for kept in (8, 6, 1):
        model = Given(data.ceiling.x[data.ceiling.y < kept])
        found = numbers(outcome("diversity", model, "ring8", context, metrics=["modes", "mode-kl"]))
        assert found["modes"] == kept and found["modes:high-quality"] > 0.97
        assert found["mode-kl"] == pytest.approx(float(torch.tensor(8 / kept).log()), abs=0.01)


@pytest.fixture(scope="module")
def pairs_of_digits() -> Dataset:
    return stacked()


def test_modes_are_read_channel_by_channel(pairs_of_digits: Dataset, cache: Path) -> None:
    reader = context_of(cache).encoder("in-domain", load_dataset("digits"))
    read = read_channels(pairs_of_digits.reference.x, reader)
    assert float((read == pairs_of_digits.reference.y).double().mean()) > 0.9
    assert pairs_of_digits.facts.has >= {"modes"} and "density" not in pairs_of_digits.facts.has


def test_stacked_sets_have_modes_by_default_and_collapse_is_seen(pairs_of_digits: Dataset, cache: Path) -> None:
    context = context_of(cache, pairs_of_digits)
    real = pairs_of_digits.ceiling.x
    settings = {"encoder": "pixels", "mode_samples": 400}
    whole = outcome("diversity", Given(real), "stacked-digits", context, **settings)
    of = {one.metric: one for one in whole.measurements}
    assert of["modes"].encoder == "in-domain of digits" and of["modes"].value.details["of"] == 100
    assert of["modes"].value.value > 90 and of["modes"].value.m == 400

    def seen(x: Tensor) -> dict[str, float | None]:
        return numbers(
            outcome("diversity", Given(x), "stacked-digits", context, metrics=["modes", "mode-kl"], **settings)
        )

    few, one = seen(real[pairs_of_digits.ceiling.y < 50]), seen(real[:1].repeat(50, 1, 1, 1))
    assert numbers(whole)["modes"] > few["modes"] > one["modes"] == 1
    assert numbers(whole)["mode-kl"] < few["mode-kl"] < one["mode-kl"] == pytest.approx(4.605, abs=1e-3)


def test_a_reader_that_reads_no_classes_is_a_reason(pairs_of_digits: Dataset, cache: Path) -> None:
    odd = replace(pairs_of_digits, name="odd", mode_reader="ring8")
    from genbench.core.errors import Unsupported

    with pytest.raises(Unsupported, match="reads no classes"):
        outcome("diversity", Given(odd.ceiling.x), "odd", context_of(cache, odd), encoder="pixels", metrics=["modes"])

"""Measures of memorisation: each metric's value with its interval, from distances to the training set."""

from __future__ import annotations

import torch

from genbench.core import seeds
from genbench.core.errors import Unsupported
from genbench.core.values import Kind, Value
from genbench.metrics import auc, frechet, intervals, manifold, memorisation
from genbench.metrics.drawing import draw
from genbench.metrics.features import FeatureInputs
from genbench.metrics.values import mean_value, value


def authenticity(inputs: FeatureInputs) -> Value:
    """`authenticity`, the interval from the spread over samples."""
    train, pair = inputs.training()
    nearest2, own2 = pair.nearest_rows.nearest2, train.neighbours.nearest2
    return mean_value(pair.ties_of_rows(lambda i, j: memorisation.authenticity(nearest2[i], own2[j])).mean)


def _distances(inputs: FeatureInputs) -> tuple[torch.Tensor, torch.Tensor]:
    """Nearest-training distances of the samples and of the reference."""
    train, pair = inputs.training()
    if train is inputs.real:
        raise Unsupported("the training set is the reference itself, whose distances to it are all 0")
    return pair.nearest_rows.nearest2.sqrt(), inputs.real.nearest_in(train).sqrt()


def data_copying(inputs: FeatureInputs) -> Value:
    """`ct`, with its standard error under the null."""
    g, r = _distances(inputs)
    train, _ = inputs.training()
    if len(train) < 10:
        raise Unsupported(f"it cuts the training set into 10 cells, and that has {len(train)} rows")
    seed = int(torch.randint(2**31 - 1, (1,), generator=inputs.generator))
    g_cell, r_cell = memorisation.cells(train.ordered, [inputs.generated.features, inputs.real.features], seed)
    try:
        copying = memorisation.data_copying(g.cpu(), r.cpu(), g_cell, r_cell)
    except ValueError as error:
        raise Unsupported(str(error)) from error
    interval = intervals.from_error(copying.value, copying.error)
    return value(copying.value, interval, kind=Kind.ESTIMATE, details={"cells": copying.cells})


def distance_ratio(inputs: FeatureInputs) -> Value:
    """`nn-distance-ratio`, with a bootstrap interval over samples."""
    g, r = _distances(inputs)
    middle = manifold.median(r)
    if float(middle) == 0:
        raise Unsupported("the median distance of the reference to the training set is 0")
    ordered = g.sort().values
    found = intervals.bootstrap(
        lambda rows: float(manifold.median(ordered[rows.to(g.device)]) / middle), len(g), inputs.generator
    )
    return value(memorisation.distance_ratio(g**2, r**2), found)


def membership_auc(inputs: FeatureInputs) -> dict[str, Value]:
    """`membership-auc` of nearness to the samples, with DeLong's interval."""
    train, pair = inputs.training()
    if train is inputs.real:
        raise Unsupported("the training set is the reference itself: members and others are the same")
    size = min(len(train), len(inputs.real))
    rows = draw(train.order, size, inputs.generator)
    members = -pair.nearest_columns.nearest2[rows]
    return {"distance": membership(members, -inputs.pair.nearest_columns.nearest2)}


def membership(members: torch.Tensor, others: torch.Tensor) -> Value:
    """`membership-auc` of any score that should be higher for members: log-likelihood, −reconstruction error, ..."""
    return value(auc.auc(members, others), auc.auc_interval(members, others))


def train_test_gap(inputs: FeatureInputs) -> Value:
    """`train-test-gap`, with the interval of the difference of influences: a little narrow where G is far off (91 %).

    Which training points are compared depends on the training set alone, so that rows of a table share them.
    """
    train, _ = inputs.training()
    if train is inputs.real:
        raise Unsupported("the training set is the reference itself: there is no gap to measure")
    if len(train) < len(inputs.real):
        raise Unsupported(f"it needs as many training points as reference points, got {len(train)}")
    rows = draw(train.order, len(inputs.real), seeds.generator("train-test-gap"))
    some = frechet.moments(train.features[rows])
    gap = frechet.frechet_distance(some, inputs.generated.moments) - frechet.frechet_distance(
        inputs.real.moments, inputs.generated.moments
    )
    error = frechet.gap_error(some, inputs.real.moments, inputs.generated.moments)
    interval = None if error is None else intervals.from_error(gap, error)
    return value(gap, interval, kind=Kind.ESTIMATE, reason=None if interval else "no interval: too few samples for it")


def copy_rate(inputs: FeatureInputs) -> Value:
    """`copy-rate`, the interval from the spread over samples."""
    train, pair = inputs.training()
    own2 = train.neighbours.nearest2
    if float(manifold.median(own2)) == 0:
        raise Unsupported("the training set is full of duplicates: its median nearest-neighbour distance is 0")
    return mean_value(memorisation.copy_rate(pair.nearest_rows.nearest2, own2))

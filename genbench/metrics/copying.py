"""Measures of memorisation: each metric's value with its interval, from distances to the training set."""

from __future__ import annotations

import numpy as np
import torch

from genbench.core import seeds
from genbench.core.errors import Unsupported
from genbench.core.values import Kind, Value
from genbench.metrics import auc, frechet, intervals, manifold, memorisation
from genbench.metrics.drawing import draw
from genbench.metrics.duplicates import same_place
from genbench.metrics.features import FeatureInputs
from genbench.metrics.pointset import PointSet
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
    """`ct`, with its standard error under the null. The cells depend on the training set alone."""
    g, r = _distances(inputs)
    train, _ = inputs.training()
    if len(train) < memorisation.CELLS:
        raise Unsupported(f"it cuts the training set into {memorisation.CELLS} cells, and that has {len(train)} rows")
    cells = train.once("cells", lambda: memorisation.clusters(train.ordered))
    g_cell, r_cell = (memorisation.cell_of(side.features, cells) for side in (inputs.generated, inputs.real))
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
    ordered, halves = g.sort().values, [(len(g) - 1) // 2, len(g) // 2]

    def ratio(rows: torch.Tensor) -> float:
        """Of these rows of the ordered distances, whose median is where that of the row numbers is."""
        low, high = np.partition(rows.numpy(), halves)[halves].tolist()
        return float(0.5 * (ordered[low] + ordered[high]) / middle)

    found = intervals.bootstrap(ratio, len(g), inputs.generator)
    return value(memorisation.distance_ratio(g**2, r**2), found)


def membership_auc(inputs: FeatureInputs) -> dict[str, Value]:
    """`membership-auc` of nearness to the samples, with DeLong's interval. All rows of a table share the members."""
    train, pair = inputs.training()
    if train is inputs.real:
        raise Unsupported("the training set is the reference itself: members and others are the same")
    rows = _drawn(train, min(len(train), len(inputs.real)), "membership-auc")
    members = -pair.nearest_columns.nearest2[rows]
    return {"distance": membership(members, -inputs.pair.nearest_columns.nearest2)}


def _drawn(train: PointSet, count: int, purpose: str) -> torch.Tensor:
    """So many rows of the training set, drawn by what it holds alone."""
    return train.once((purpose, count), lambda: draw(train.order, count, seeds.generator(purpose)))


def membership(members: torch.Tensor, others: torch.Tensor) -> Value:
    """`membership-auc` of any score that should be higher for members: log-likelihood, −reconstruction error, ..."""
    return value(auc.auc(members, others), auc.auc_interval(members, others))


def train_test_gap(inputs: FeatureInputs) -> Value:
    """`train-test-gap`, with the interval of the difference of influences: a little narrow where G is far off (91 %).

    As many training points as reference points, the size of the smaller set; which ones depends on the sets alone: rows
    of a table share them.
    """
    train, _ = inputs.training()
    if train is inputs.real:
        raise Unsupported("the training set is the reference itself: there is no gap to measure")
    count = min(len(train), len(inputs.real))
    if count < 2:
        raise Unsupported(f"it needs two training points, got {len(train)}")
    some, others = (_moments(side, count) for side in (train, inputs.real))
    gap = frechet.frechet_distance(some, inputs.generated.moments) - frechet.frechet_distance(
        others, inputs.generated.moments
    )
    error = frechet.gap_error(some, others, inputs.generated.moments)
    interval = None if error is None else intervals.from_error(gap, error)
    reason = None if interval else "no interval: too few samples for it"
    return value(gap, interval, kind=Kind.ESTIMATE, reason=reason, details={"points": count})


def _moments(side: PointSet, count: int) -> frechet.Moments:
    """The moments of so many rows of a set, made once."""
    if count == len(side):
        return side.moments
    rows = _drawn(side, count, "train-test-gap")
    return side.once(("moments", count), lambda: frechet.moments(side.features[rows]))


def copy_rate(inputs: FeatureInputs) -> Value:
    """`copy-rate`, the interval from the spread over samples."""
    train, pair = inputs.training()
    own2 = train.neighbours.nearest2
    if float(manifold.median(own2)) == 0:
        raise Unsupported("the training set is full of duplicates: its median nearest-neighbour distance is 0")
    return mean_value(pair.within(same_place(own2)).double())

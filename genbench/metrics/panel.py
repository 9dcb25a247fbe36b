"""All feature metrics of one row from one pass: `feature_metrics(reference, generated, metrics=[...], generator=g)`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from genbench import registry
from genbench.core.errors import DataError, Unsupported
from genbench.core.values import Value
from genbench.metrics.case import Answer, Case, Measure, value
from genbench.metrics.catalogue import SPECS
from genbench.metrics.classes import Readings
from genbench.metrics.copying import COPYING
from genbench.metrics.diversity import DIVERSITY
from genbench.metrics.kernels import Cubic, Kernel, UnitGaussian
from genbench.metrics.pointset import Pair, PointSet
from genbench.metrics.quality import QUALITY, gaussians
from genbench.protocols.metric import MetricSpec

Reference = PointSet
"""The real side of a table (or its training set): make it once and give it to each row, so that nothing real is
computed twice."""

MEASURES: dict[str, Measure] = {**QUALITY, **DIVERSITY, **COPYING}
"""What `feature_metrics` can give by itself."""

_SPECS: dict[str, MetricSpec] = {spec.name: spec for spec in SPECS}
_BALLS = {"precision", "recall", "density", "coverage", "clipped-density", "clipped-coverage"}
_OWN_NEIGHBOURS = _BALLS | {"duplicate-rate", "nn-accuracy"}
_TRAIN_NEIGHBOURS = {"authenticity", "copy-rate"}
_NEAREST_TRAIN = _TRAIN_NEIGHBOURS | {"ct", "nn-distance-ratio"}


def feature_metrics(
    reference: PointSet,
    generated: Tensor,
    *,
    train: PointSet | Tensor | None = None,
    metrics: Sequence[str],
    generator: torch.Generator,
    readings: Readings | None = None,
) -> dict[str, Value]:
    """Each metric of `metrics` as `metric` or `metric:target`, with n, m, interval, kind and status.

    `reference` holds the (n, d) features of the real side and what follows from them; `generated` is (m, d); `train`
    the training features where memorisation is asked for; `readings` what a classifier read. Raises `DataError` for
    features that are not finite and `UnknownName` for a metric that nobody has; what cannot be measured is a value
    with a status and a reason.
    """
    fake = PointSet(generated, reference.k, reference.block, name="generated", centre=reference.moments.mean)
    if fake.dim != reference.dim:
        raise DataError(f"generated features have {fake.dim} columns, reference features {reference.dim}.")
    real_train = PointSet(train, reference.k, reference.block, name="training") if isinstance(train, Tensor) else train
    pair = Pair(fake, reference)
    train_pair = pair if real_train is reference else None if real_train is None else Pair(fake, real_train)
    case = Case(pair, real_train, train_pair, readings or Readings(), generator)
    prepare(case, frozenset(metrics))
    answers: dict[str, Value] = {}
    for metric in metrics:
        found = _measure(case, metric)
        answers.update({key: replace(one, n=len(reference), m=len(fake)) for key, one in found.items()})
    return answers


def prepare(case: Case, asked: frozenset[str]) -> None:
    """One sweep within each set and one across, for everything that was asked and can be had."""
    if min(len(case.real), len(case.fake)) < 2:
        return
    wanted = _kernels(case, asked)
    can_have_balls = min(len(case.real), len(case.fake)) > case.real.k
    balls = bool(asked & _BALLS) and can_have_balls
    own = bool(asked & _OWN_NEIGHBOURS)
    rows = bool(asked & {"nn-accuracy"}) or (case.train is case.real and bool(asked & _NEAREST_TRAIN))
    columns = bool(asked & {"nn-accuracy", "membership-auc"})
    for side in (case.real, case.fake):
        side.prepare(wanted, neighbours=own or (case.train is side and bool(asked & _TRAIN_NEIGHBOURS)))
    sides = [name for name, needed in (("rows", rows), ("columns", columns)) if needed]
    case.pair.prepare(wanted, balls=balls, nearest=sides)
    if case.train_pair is not None and case.train_pair is not case.pair and asked & COPYING.keys():
        columns = "membership-auc" in asked
        case.train_pair.prepare(nearest=["rows", "columns"] if columns else ["rows"])


def _kernels(case: Case, asked: frozenset[str]) -> list[Kernel]:
    wanted: list[Kernel] = []
    if "kid" in asked:
        wanted.append(Cubic(case.real.dim))
    if "cmmd" in asked and not (case.real.has_zero_row or case.fake.has_zero_row):
        wanted.append(UnitGaussian())
    if "mmd-rbf" in asked and case.real.median_distance > 0:
        wanted.append(gaussians(case))
    return wanted


def _measure(case: Case, metric: str) -> Answer:
    """A metric's answer, or the reason why there is none."""
    measure = MEASURES.get(metric)
    if measure is None:
        return _foreign(case, metric)
    spec = _SPECS[metric]
    for side in (case.real, case.fake):
        if len(side) < spec.least_n and metric != "frechet-inf":
            return {metric: Value.unsupported(f"it needs {spec.least_n} {side.name} points, got {len(side)}")}
    try:
        answer = measure(case)
    except Unsupported as reason:
        return {metric: Value.unsupported(str(reason))}
    return {metric: answer} if isinstance(answer, Value) else answer


def _foreign(case: Case, metric: str) -> Answer:
    """A registered metric of a third party: `function(reference, generated, *, generator)` to a number or a `Value`."""
    entry = registry.metrics.get(metric)
    if entry.card.needs != "features" or entry.card.name in _SPECS:
        return {metric: Value.unsupported(f"it needs {entry.card.needs}, not features alone")}
    try:
        found = entry.load()(case.real.features, case.fake.features, generator=case.generator)
    except Unsupported as reason:
        return {metric: Value.unsupported(str(reason))}
    return {metric: found if isinstance(found, Value) else value(float(found))}

"""For authors' own tests: each check raises an `AssertionError` that says in sentences what is wrong.

`load` a plugin file first, or import the module that registers; then `check_model("my-vae")`, and so on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from genbench import api, registry
from genbench.conformance.kit import DATASETS
from genbench.conformance.kit import check_model as model_findings
from genbench.data.conformance import check_dataset as dataset_problems
from genbench.data.loading import load_dataset
from genbench.encoders.loading import load_encoder
from genbench.evaluations.choice import can_give
from genbench.protocols.encoder import Classifier
from genbench.protocols.metric import Metric
from genbench.registry import load_plugin as load

__all__ = ["check_dataset", "check_encoder", "check_evaluation", "check_metric", "check_model", "load"]

MODELS = ("ae", "gaussian", "control-test-half", "control-marginals")
"""Rows that a metric or an evaluation is tried on: what encodes, what has a density, floor and ceiling."""

BUDGET = 1_280


def check_model(name: str, *, datasets: Sequence[str] = DATASETS) -> None:
    """Whether a model keeps its promises (`genbench check NAME`), on the first of the datasets that it can be built
    for."""
    _assert(f"{f.check}: {f.sentence}" for f in model_findings(name, datasets=datasets) if f.status == "wrong")


def check_dataset(name: str) -> None:
    """Whether a dataset can be measured on, and is the same when it is made again."""
    first, again = load_dataset(name), load_dataset(name)
    _assert(dataset_problems(first))
    if first.fingerprint != again.fingerprint:
        _assert([f"{name} is not the same when it is made again: draw from a generator with a fixed seed."])


def check_encoder(name: str, *, dataset: str = "digits") -> None:
    """Whether an encoder gives finite float32 features of the width that it says, each of its example alone."""
    _assert(_encoder_problems(name, dataset))


def _encoder_problems(name: str, dataset: str) -> Iterable[str]:
    data = load_dataset(dataset)
    x = data.reference.x[:40]
    with tempfile.TemporaryDirectory() as cache:
        encoder = load_encoder(name, data, cache=Path(cache), device="cpu")
        features = encoder.features(x)
        alone = torch.cat([encoder.features(one) for one in torch.split(x, 1)])
        if not encoder.fingerprint:
            yield "its fingerprint is empty: it must stand for all that changes a feature."
        if encoder.name != name:
            yield f"it is registered as {name!r}, but says that it is {encoder.name!r}."
        if features.dtype != torch.float32 or features.shape != (len(x), encoder.dim):
            yield f"features are {features.dtype} of {tuple(features.shape)}; expected float32 {(len(x), encoder.dim)}."
        elif not bool(torch.isfinite(features).all()):
            yield "features hold NaN or infinity."
        elif not torch.allclose(features, alone, rtol=1e-4, atol=1e-5):
            yield "an example's features depend on what is beside it in the batch: is it in eval()?"
        if isinstance(encoder, Classifier):
            rows = encoder.probabilities(x).sum(1)
            if not torch.allclose(rows, torch.ones_like(rows), atol=1e-4):
                yield "its probabilities do not sum to 1."
            if not 0 <= encoder.accuracy <= 1:
                yield f"its accuracy is {encoder.accuracy}; expected a share in [0, 1]."


def check_metric(name: str, *, datasets: Sequence[str] = DATASETS) -> None:
    """Whether a metric gives, in the first evaluation that can measure it, values in the range that it declares, a
    reason where it gives none, and the same when it is measured again."""
    metric: Metric = registry.metrics.get(name).card
    evaluation = next((e.card.name for e in registry.evaluations if can_give(e.card, name)), None)
    if evaluation is None:
        _assert([f"no evaluation makes what {name} needs: {metric.needs}."])
    found = _measured({"name": evaluation, "metrics": [name]}, datasets)
    values = found[found["metric"] == name]
    good = values[values["status"] == "ok"]["value"]
    problems = [f"{row.label} on {row.dataset}: {row.status}: {row.reason}" for row in _wrong(values)]
    if good.empty and not problems:
        reasons = "; ".join(values["reason"].dropna().unique())
        problems.append(f"it gave no value on {', '.join(datasets)}: {reasons or 'and no reason'}.")
    if len(good) and not metric.low <= good.min() <= good.max() <= metric.high:
        problems.append(
            f"its values run from {good.min():.6g} to {good.max():.6g}, not in [{metric.low}, {metric.high}]."
        )
    _assert(problems)


def check_evaluation(name: str, *, datasets: Sequence[str] = DATASETS) -> None:
    """Whether an evaluation measures something, gives a reason where it does not, and the same when it is run again."""
    found = _measured({"name": name}, datasets)
    own = found[found["evaluation"] == name]
    problems = [f"{row.label} on {row.dataset}: {row.status}: {row.reason}" for row in _wrong(own)]
    if not (own["status"] == "ok").any() and not problems:
        reasons = "; ".join(own["reason"].dropna().unique())
        problems.append(f"it measured nothing on {', '.join(datasets)}: {reasons or 'and gave no reason'}.")
    _assert(problems)


def _measured(evaluation: dict[str, object], datasets: Sequence[str]) -> pd.DataFrame:
    """The tidy table of a small run, which must come out the same twice."""
    content = {
        "name": "conformance",
        "models": list(MODELS),
        "datasets": list(datasets),
        "seeds": 1,
        "budget": {"images": BUDGET},
        "evaluations": [evaluation],
    }
    tables = []
    for seed in range(2):  # what draws from torch's global generator draws something else
        with tempfile.TemporaryDirectory() as folder, torch.random.fork_rng():
            torch.manual_seed(seed)
            run = api.run(content, out=Path(folder), device="cpu", executor="inline")
            tables.append(run.table())
    columns = ["label", "dataset", "metric", "target", "value", "status"]
    if not registry.evaluations.get(str(evaluation["name"])).card.timed:
        first, again = (table[columns] for table in tables)
        if not first.equals(again):
            _assert([f"{evaluation['name']} gives other numbers when it is run again: draw from `generator` alone."])
    return tables[0]


def _wrong(table: pd.DataFrame) -> list[Any]:
    return [row for row in table.itertuples() if row.status not in ("ok", "unsupported")]


def _assert(problems: Iterable[str]) -> None:
    found = list(problems)
    if found:
        raise AssertionError("\n".join(found))

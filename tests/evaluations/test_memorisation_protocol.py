"""Memorisation: copies are caught by the tests and in order of severity, held-out data by none; what depends on the
training set alone is made once."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from sklearn.cluster import KMeans
from torch import Tensor, nn

import genbench
from genbench import registry
from genbench.core.values import Status, Value
from genbench.data.loading import load_dataset
from genbench.evaluations import context as context_module
from genbench.evaluations.context import RunContext
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.memorisation import EVALUATION, MemorisationConfig, evaluate
from genbench.metrics import frechet, pointset
from genbench.models.controls import TestHalf, TrainCopy
from genbench.protocols.dataset import Dataset, Split
from genbench.report.leaderboard import leaderboards
from genbench.report.sanity import check
from genbench.runs.options import Options

ALL = {"authenticity", "ct", "nn-distance-ratio", "membership-auc", "train-test-gap", "copy-rate"}
FEW = 200

SUITE = """
schema = 1
name = "copies"
models = ["control-train-copy", "control-test-half", "control-marginals", "control-noise", "control-mean-image"]
datasets = ["digits", "few-digits"]
seeds = 3
[[evaluations]]
name = "memorisation"
datasets = ["digits"]
[[evaluations]]
name = "memorisation"
datasets = ["few-digits"]
encoder = "pixels"
"""


def few_digits(*, root: str | None = None) -> Dataset:
    """Digits of which a model is trained on 200: so few that a replay of them is no sample of the law."""
    data = load_dataset("digits", root=root)
    return dataclasses.replace(data, name="few-digits", train=data.train.take(slice(0, FEW)))


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the report says of the controls, by dataset."""
    folder = tmp_path_factory.mktemp("copies")
    (folder / "copies.toml").write_text(SUITE)
    genbench.register_dataset("few-digits", summary="For a test.")(few_digits)
    try:
        options = Options(out=folder / "run", device="cpu", executor="inline")
        done = genbench.run(str(folder / "copies.toml"), options)
        assert done.ok, done.failed
        boards = [b for b in leaderboards(done.data()) if not b.is_overview]
        yield {board.dataset: check([board]) for board in boards}
    finally:
        registry.datasets.remove("few-digits")


@pytest.mark.parametrize(("dataset", "caught"), [("digits", ALL - {"train-test-gap"}), ("few-digits", ALL)])
def test_replayed_training_data_are_caught_and_held_out_data_are_not(
    verdicts: dict[str, Any], dataset: str, caught: set[str]
) -> None:
    copying = verdicts[dataset].copying["memorisation"]
    assert copying["control-train-copy"].judged == ALL
    assert copying["control-train-copy"].flagged >= caught and copying["control-train-copy"].memorises
    for label in ("control-test-half", "control-marginals", "control-noise", "control-mean-image"):
        assert copying[label].judged == ALL and copying[label].flagged == set(), label
    assert verdicts[dataset].warnings == ()


@pytest.mark.parametrize("n", [100, 400])
def test_a_gap_hardly_sees_a_replay_of_a_larger_training_set_at_any_n(n: int) -> None:
    """Only the dimension decides how far above its noise it stands: a replay of 2 n points is within 4 errors."""
    gaps = []
    for i in range(10):
        generator = torch.Generator().manual_seed(i)
        x = torch.randn(4 * n, 10, generator=generator, dtype=torch.float64)
        train, real, fresh = x[: 2 * n], frechet.moments(x[2 * n : 3 * n]), x[3 * n :]
        some = frechet.moments(train[:n])
        copies = train[torch.randperm(2 * n, generator=generator)[:n]]
        copied, honest = (
            frechet.frechet_distance(some, g) - frechet.frechet_distance(real, g)
            for g in map(frechet.moments, (copies, fresh))
        )
        error = frechet.gap_error(some, real, frechet.moments(fresh))
        assert error is not None
        gaps.append((copied - honest) / (2**0.5 * error))
    middle = sorted(gaps)[5]
    assert -4 < middle < -0.5


class Copies(nn.Module):
    """So large a share of its samples is a training example with a little noise; the others are held-out ones."""

    sampler = "copies"

    def __init__(self, data: Dataset, share: float, noise: float = 0.005) -> None:
        super().__init__()
        self.data, self.share, self.noise = data, share, noise

    def finite_samples(self) -> Tensor:
        others = self.data.ceiling.x
        count = round(self.share * len(others))
        generator = torch.Generator().manual_seed(0)
        rows = torch.randperm(len(self.data.train), generator=generator)[:count]
        copied = self.data.train.x[rows]
        copied = copied + self.noise * torch.randn(copied.shape, generator=generator)
        return torch.cat([copied.clamp(0, 1), others[count:]])

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        raise AssertionError("finite samples are replayed")


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    return RunContext(root=None, cache=tmp_path_factory.mktemp("cache"), device="cpu")


def measured(context: RunContext, model: nn.Module, dataset: str = "digits", **settings: Any) -> dict[str, Value]:
    config = MemorisationConfig(name="memorisation", **settings)
    with torch.no_grad():
        found = evaluate(Evidence(model.eval(), "", dataset, 0, context), config).measurements
    return {f"{one.metric}:{one.target}".rstrip(":"): one.value for one in found}


def test_copies_are_caught_in_order_of_severity(context: RunContext) -> None:
    data = context.dataset("digits")
    found = [measured(context, Copies(data, share)) for share in (0.0, 0.1, 0.3, 1.0)]
    column = lambda name: [one[name].value for one in found]
    for name in ("authenticity", "ct", "nn-distance-ratio"):
        assert column(name) == sorted(column(name), reverse=True), name
    for name in ("membership-auc:distance", "copy-rate"):
        assert column(name) == sorted(column(name)), name
    assert column("copy-rate") == pytest.approx([0, 0.1, 0.3, 1], abs=0.01)
    assert found[0]["authenticity"].ci_low > found[2]["authenticity"].ci_high > found[3]["authenticity"].ci_high
    assert found[3]["authenticity"].value < 0.05


def test_likelihoods_and_reconstructions_tell_members(context: RunContext) -> None:
    data = context.dataset("digits")
    kde = registry.models.get("kde").load()(data.spec)
    kde.fit(data, None, torch.Generator().manual_seed(0))
    found = measured(context, kde)
    assert found["membership-auc:nll"].ci_low > 0.9
    assert found["membership-auc:nll"].n == found["membership-auc:nll"].m == 449
    reason = found["membership-auc:reconstruction"]
    assert reason.status is Status.UNSUPPORTED and "cannot reconstruct" in reason.reason


def test_a_likelihood_that_is_not_of_the_samples_is_not_asked(context: RunContext) -> None:
    vae = registry.models.get("vae").load()(context.dataset("digits").spec).eval()
    with torch.no_grad():
        evidence = Evidence(vae, "gmm10", "digits", 0, context)
        found = evaluate(evidence, MemorisationConfig(name="memorisation", metrics=("membership-auc",))).measurements
    by_target = {one.target: one.value for one in found}
    assert "samples by gmm10" in by_target["nll"].reason
    assert by_target["reconstruction"].value == pytest.approx(0.5, abs=0.1)


def test_what_depends_on_data_alone_is_made_once(context: RunContext, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: Counter[str] = Counter()

    def counted(name: str, function: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            calls[name] += 1
            return function(*args, **kwargs)

        return call

    fresh = RunContext(root=None, cache=context.cache, device="cpu")
    monkeypatch.setattr(KMeans, "fit", counted("cells", KMeans.fit))
    monkeypatch.setattr(frechet, "covariance", counted("covariances", frechet.covariance))
    monkeypatch.setattr(pointset, "symmetric_sweep", counted("sweeps within a set", pointset.symmetric_sweep))
    monkeypatch.setattr(pointset, "sweep", counted("sweeps across", pointset.sweep))
    after = []
    for make in (TestHalf, TrainCopy, TestHalf):
        model = make(fresh.dataset("digits").spec)
        model.fit(fresh.dataset("digits"), None, torch.Generator())
        measured(fresh, model)
        after.append(Counter(calls))
    first, second, third = after[0], after[1] - after[0], after[2] - after[1]
    assert first["cells"] == 1 and "cells" not in second + third
    # of the training set in features and in pixels; each model's own samples need none
    assert first["sweeps within a set"] == 2 and "sweeps within a set" not in second + third
    # the samples against reference, training features and training pixels; the reference against training once
    assert first["sweeps across"] == 4 and second["sweeps across"] == third["sweeps across"] == 3
    # training points and reference once, then the samples alone
    assert first["covariances"] == 3 and second["covariances"] == third["covariances"] == 1


def test_the_neighbours_within_a_large_training_set_are_found_by_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made_anew() -> dict[str, Value]:
        here = RunContext(root=None, cache=tmp_path, device="cpu")
        return measured(here, Copies(here.dataset("digits"), 0.3))

    unkept = made_anew()
    assert not (tmp_path / "neighbours").exists()
    monkeypatch.setattr(context_module, "WORTH_KEEPING", 0)
    assert made_anew() == unkept
    assert len(list((tmp_path / "neighbours").iterdir())) == 2  # in features and in pixels
    monkeypatch.delattr(pointset, "symmetric_sweep")
    assert made_anew() == unkept


def test_fewer_training_examples_than_reference_points_have_a_gap(context: RunContext) -> None:
    context.once(("dataset", "tiny"), lambda: _tiny(context.dataset("digits")))
    model = Copies(context.dataset("tiny"), 1.0)
    found = measured(context, model, "tiny", metrics=("train-test-gap",), encoder="pixels")
    assert found["train-test-gap"].details["points"] == 60
    assert found["train-test-gap"].ci_high < 0


def _tiny(data: Dataset) -> Dataset:
    rows = torch.arange(60)
    train = Split(data.train.x[rows], data.train.y[rows] if data.train.y is not None else None)
    return dataclasses.replace(data, name="tiny", train=train)


def test_every_metric_of_the_group_is_measured_by_default() -> None:
    group = {entry.card.name for entry in registry.metrics if entry.card.group == EVALUATION.name}
    assert group == ALL <= set(EVALUATION.own_metrics())

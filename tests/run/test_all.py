"""The suite of everything: every metric is in some table, own data get what applies, and nothing is made twice."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import genbench
from genbench import Objective, registry
from genbench.core import seeds
from genbench.encoders.in_domain import InDomainClassifier
from genbench.evaluations.context import RunContext
from genbench.protocols.model import Batch, DataSpec, GenerativeModel
from genbench.report.export import export
from genbench.runs import suite_file
from genbench.runs.known import Known
from genbench.runs.options import Options, chosen_suite
from genbench.runs.plan import make_plan
from genbench.runs.session import conditions_of, prepare
from genbench.runs.setting import TaskSetting
from genbench.runs.suite import Suite
from genbench.runs.train import Training
from genbench.store import Place


@pytest.fixture(scope="module")
def suite() -> Suite:
    return suite_file.read(suite_file.find("all"), profile="small")


def test_every_declared_metric_is_in_some_table(tmp_path_factory: pytest.TempPathFactory) -> None:
    suite = suite_file.read(suite_file.find("all"))
    place = tmp_path_factory.mktemp("run")
    known = Known(TaskSetting(place=Place.of(place), cache=place / "cache"))
    plan = make_plan(suite.model_copy(update={"seeds": 1}), conditions_of(suite, known))
    planned = {metric for job in plan.jobs for metric in job.metrics}
    declared = {entry.card.name: entry.card.group for entry in registry.metrics}
    assert [name for name in declared if name not in planned] == []


def test_every_evaluation_is_asked_for_all_its_metrics(suite: Suite) -> None:
    assert {config.name for config in suite.evaluations} == set(registry.evaluations.names())
    assert all(config.metrics == ("all",) for config in suite.evaluations)


def test_own_data_get_what_applies_and_a_line_for_the_rest(tmp_path: Path) -> None:
    x = np.random.default_rng(0).random((240, 1, 8, 8), dtype=np.float32)
    np.savez(tmp_path / "mine.npz", x=x)
    name = f"npz:{tmp_path / 'mine.npz'}"
    options = Options(
        models=("gaussian", "control-train-copy"),
        datasets=(name,),
        seeds=1,
        out=tmp_path / "run",
        device="cpu",
        executor="inline",
        profile="small",
    )
    session = prepare(chosen_suite("all", options), options)
    does = {job.evaluation for job in session.plan.jobs}
    assert {"sample-quality", "diversity", "memorisation", "reconstruction", "speed"} <= does
    for evaluation in {config.name for config in session.suite.evaluations} - does:
        assert any(note.startswith(f"{evaluation} does not apply to {name}: it ") for note in session.plan.notes)
    done = genbench.run("all", options)
    assert done.ok, done.failed
    assert "density does not apply" in export(done.data(), "markdown").decode()


class Counting(GenerativeModel):
    """A small conditional generator of images or points with a code; counts what is drawn from it, by generator."""

    sampler, latent = "prior", 2
    drawn: ClassVar[Counter[int]] = Counter()

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        self.shape, self.net = data.shape, nn.Linear(2, data.size)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", self.parameters(), self.loss)]

    def loss(self, batch: Batch) -> Tensor:
        return (self.decode(torch.randn(len(batch.x), 2)) - batch.x).square().mean()

    def encode(self, x: Tensor) -> Tensor:
        return x.flatten(1)[:, :2]

    def decode(self, z: Tensor) -> Tensor:
        return torch.sigmoid(self.net(z)).view(-1, *self.shape)

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))

    def sample_class(self, y: Tensor, *, generator: torch.Generator) -> Tensor:
        return self.sample(len(y), generator=generator)

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        self.drawn[generator.initial_seed()] += 1
        return self.decode(torch.randn(n, 2, generator=generator))


WHOLE = """
schema = 1
name = "counted"
models = ["counting"]
datasets = ["digits", "ring8"]
seeds = 1
[budget]
images = 640
"""
SETTINGS = {
    "sample-quality": "samples = 1_000\ndensity_samples = 3_000",
    "density": "samples = 2_000",
    "reconstruction": "samples = 200",
    "diversity": "samples = 700",
    "memorisation": "samples = 500",
    "outlier-detection": "samples = 200",
    "speed": "images = 128\nbatch = 16\nseconds = 0.01",
    "balance": "samples = 449",
    "augmentation": "steps = 5\nclassifiers = 1",
}


@dataclasses.dataclass
class Counts:
    """Per run: trainings, chunks of samples by their seed, and sets of images that the classifier encoded."""

    trainings: int = 0
    encoded: Counter[bytes] = dataclasses.field(default_factory=Counter)
    drawn: Counter[int] = dataclasses.field(default_factory=Counter)

    @property
    def chunks(self) -> dict[int, int]:
        """How often each chunk of the samples was drawn, by its number."""
        names = {seeds.derive("samples", 0, i): i for i in range(100)}
        return {names[seed]: count for seed, count in self.drawn.items() if seed in names}

    @property
    def conditional(self) -> int:
        """How often the chunk of samples of classes asked for was drawn that was drawn most."""
        return max(self.drawn[seeds.derive("condition", 0, i)] for i in range(500))


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counts]:
    found = Counts()
    train, features = Training.train, InDomainClassifier.features

    def counted_train(self: Training) -> object:
        found.trainings += 1
        return train(self)

    def counted_features(self: InDomainClassifier, x: Tensor) -> Tensor:
        found.encoded[x.cpu().numpy().tobytes()] += 1
        return features(self, x)

    monkeypatch.setattr(Training, "train", counted_train)
    monkeypatch.setattr(InDomainClassifier, "features", counted_features)
    monkeypatch.setattr(Counting, "drawn", found.drawn)
    genbench.register_model("counting", family="gan", summary="For a test.")(Counting)
    yield found


def run(folder: Path, evaluations: list[str]) -> None:
    tables = "".join(
        f'[[evaluations]]\nname = "{name}"\nmetrics = "all"\n{SETTINGS.get(name, "")}\n' for name in evaluations
    )
    folder.mkdir()
    (folder / "counted.toml").write_text(WHOLE + tables)
    options = Options(out=folder / "run", device="cpu", executor="inline")
    done = genbench.run(str(folder / "counted.toml"), options)
    assert done.ok, done.failed


def test_a_run_of_all_fits_and_samples_no_more_than_a_run_of_one(tmp_path: Path, counts: Counts) -> None:
    run(tmp_path / "one", ["sample-quality"])
    trainings, chunks = counts.trainings, dict(counts.chunks)
    assert trainings == 2
    assert chunks == {0: 2} | dict.fromkeys(range(1, 6), 1)  # 449 of digits; 3,000 of ring8
    counts.trainings = 0
    counts.drawn.clear()
    counts.encoded.clear()
    run(tmp_path / "all", registry.evaluations.names())
    assert counts.trainings == trainings
    assert counts.chunks == chunks
    assert (
        counts.conditional == 4
    )  # the reference's classes of digits, some of each for a picture; a classifier's two sets
    assert max(counts.encoded.values()) == 1


def test_more_samples_go_on_where_fewer_ended(tmp_path: Path, counts: Counts) -> None:
    from genbench.evaluations.evidence import Evidence

    context = RunContext(root=None, cache=tmp_path, device="cpu")
    evidence = Evidence(Counting(context.dataset("ring8").spec).eval(), "", "ring8", 0, context)
    with torch.no_grad():
        few = evidence.samples(700).clone()
        many = evidence.samples(1_600)
    assert torch.equal(many[:700], few) and counts.chunks == dict.fromkeys(range(4), 1)
    fresh = Evidence(evidence.model, "", "ring8", 0, context)
    with torch.no_grad():
        assert torch.equal(fresh.samples(1_600), many)

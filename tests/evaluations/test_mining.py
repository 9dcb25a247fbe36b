"""Closing the loop: what is labelled, what is shared between detectors, and that rare examples found are worth it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from genbench.core.values import Status, Value
from genbench.data.derived import only_class, validation, without_class
from genbench.encoders import classifier
from genbench.evaluations import mining, outlier_detection
from genbench.evaluations.context import RunContext
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.mining import Miner, most_unusual
from genbench.evaluations.mining_recipe import RECIPE, MiningRecipe
from genbench.evaluations.outlier_detection import OutlierDetectionConfig, evaluate
from genbench.metrics.mining import MiningInputs, Read, mining_metrics
from genbench.protocols.dataset import Dataset, DataSpec, Pool, Split


def stripes(n: int, rare: float, seed: int) -> Split:
    """8 × 8 images of one bright row, 0 above and 1 below the middle; 2, the rare class, has a bright column."""
    generator = torch.Generator().manual_seed(seed)
    x = 0.6 * torch.rand(n, 1, 8, 8, generator=generator)
    y = torch.randint(2, (n,), generator=generator)
    place = torch.randint(4, (n,), generator=generator)
    is_rare = torch.rand(n, generator=generator) < rare
    for i in range(n):
        (x[i, 0].T if is_rare[i] else x[i, 0])[place[i] + 4 * y[i]] += 0.4
    return Split(x, torch.where(is_rare, 2, y))


def data(pool: int = 2_000) -> Dataset:
    """4 % of training and pool are rare; the reference has none, and the outlier set nothing else."""
    parts = [stripes(1_000, 0.04, 0), stripes(0, 0, 1), stripes(200, 0, 2), stripes(200, 0, 3)]
    return Dataset(
        "stripes",
        DataSpec((1, 8, 8), (0.0, 1.0), 3),
        *parts,
        outliers={"columns": stripes(200, 1.0, 4), "noise": Split(torch.rand(50, 1, 8, 8))},
        near=frozenset({"columns"}),
        classes=("high", "low", "column"),
        pool=Pool("stripes-1", lambda seed: stripes(pool, 0.04, 5 + seed), rare=(2,)),
    )


class Columns(nn.Module):
    """Knows what to look for: the brightest column against the brightest row; `sign` turns it around."""

    outlier_score_name = "columns"

    def __init__(self, sign: float = 1.0) -> None:
        super().__init__()
        self.sign = sign

    def outlier_score(self, x: Tensor) -> Tensor:
        return self.sign * (x[:, 0].mean(1).amax(1) - x[:, 0].mean(2).amax(1))


def context(tmp_path: Path, dataset: Dataset) -> RunContext:
    made = RunContext(root=None, cache=tmp_path, device="cpu")
    made.once(("dataset", dataset.name), lambda: dataset)
    return made


def values(where: RunContext, model: nn.Module, seed: int = 0, **settings: object) -> dict[str, Value]:
    config = OutlierDetectionConfig.model_validate({"name": "outlier-detection", **settings})
    found = evaluate(Evidence(model, "", "stripes", seed, where), config).measurements
    return {f"{m.metric}:{m.target}" if m.target else m.metric: m.value for m in found}


def test_equal_scores_are_taken_in_the_given_order() -> None:
    score = torch.tensor([0.0, 2.0, 1.0, 2.0, 1.0])
    assert most_unusual(score, torch.tensor([4, 3, 2, 1, 0]), 3).tolist() == [3, 1, 4]
    assert most_unusual(torch.zeros(5), torch.tensor([2, 0, 4, 1, 3]), 2).tolist() == [2, 0]


def test_the_metrics_by_hand() -> None:
    yes, no = torch.ones(10, dtype=torch.bool), torch.zeros(10, dtype=torch.bool)
    half = torch.cat([yes[:5], no[:5]])
    read = {"base": Read(no, yes), "random": Read(half, yes), "mined": Read(yes, half), "oracle": Read(yes, yes)}
    names = ["mining-gain", "mining-accuracy", "mining-precision"]
    found = mining_metrics(MiningInputs(read=read, taken=torch.cat([yes, no, no, no]), prevalence=0.05), names)
    assert found["mining-gain:rare"].value == 0.5 and found["mining-gain:ordinary"].value == -0.5
    assert found["mining-accuracy:rare:random"].value == 0.5 and found["mining-accuracy:ordinary:base"].value == 1.0
    assert found["mining-precision"].value == 0.25 and found["mining-precision"].details["lift"] == 5.0
    assert all(v.ci_low <= v.value <= v.ci_high for v in found.values())
    assert found["mining-precision"].n == 40 and found["mining-accuracy:rare:base"].n == 10


def test_rare_examples_that_are_found_are_worth_more_than_random_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlier_detection, "RECIPE", MiningRecipe(base=20, labelled=40, repeats=2))
    found = values(context(tmp_path, data()), Columns(), metrics=("mining-gain", "mining-accuracy", "mining-precision"))
    rare = {way: found[f"mining-accuracy:rare:{way}"].value for way in ("base", "random", "mined", "oracle")}
    assert rare["base"] <= rare["random"] < rare["mined"] <= rare["oracle"] + 0.02
    assert found["mining-precision"].value == 1.0 and found["mining-gain:rare"].ci_low > 0


@pytest.fixture
def labelled(monkeypatch: pytest.MonkeyPatch) -> list[Split]:
    """What classifiers were trained on, in the place of training them: they read the majority class everywhere."""
    seen: list[Split] = []

    def train(split: Split, classes: int, *identity: str) -> nn.Module:
        seen.append(split)
        logits = torch.nn.functional.one_hot(split.y.mode().values, classes).float()

        class Majority(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                return logits.expand(len(x), -1)

        return Majority()

    monkeypatch.setattr(mining, "train_classifier", train)
    return seen


def test_what_no_detector_changes_is_made_once_for_a_seed(tmp_path: Path, labelled: list[Split]) -> None:
    where, each = context(tmp_path, data()), RECIPE.repeats
    for model in (Columns(), Columns(-1.0)):
        values(where, model, metrics=("mining-gain",))
    assert len(labelled) == (3 + 2) * each
    values(where, Columns(), seed=1, metrics=("mining-gain",))
    assert len(labelled) == (5 + 4) * each


def test_another_process_reads_what_the_first_has_trained(tmp_path: Path, labelled: list[Split]) -> None:
    alone = MiningRecipe(base=20, labelled=40, repeats=1)
    first, second = (Miner(context(tmp_path, data()), data(), 0, alone).inputs(torch.zeros(2_000)) for _ in "ab")
    assert len(labelled) == 4 + 1
    assert all(torch.equal(first.read[way].rare, second.read[way].rare) for way in mining.BOUNDS)
    (file,) = (tmp_path / "mining").iterdir()
    file.write_bytes(b"broken")
    Miner(context(tmp_path, data()), data(), 0, alone).inputs(torch.zeros(2_000))
    assert len(labelled) == 4 + 1 + 4


def test_all_ways_share_the_base_and_have_as_many_more(tmp_path: Path, labelled: list[Split]) -> None:
    wide = data(pool=20_000)
    miner = Miner(context(tmp_path, wide), wide, 0, MiningRecipe(repeats=2))
    inputs = miner.inputs(Columns().outlier_score(miner.examples().x))
    mined, base, random, oracle = (labelled[i : i + 2] for i in range(0, 8, 2))
    assert [len(split) for split in labelled] == [1000, 1000, 500, 500, 1000, 1000, 1000, 1000]
    assert all(torch.equal(way[i].x[:500], base[i].x) for way in (mined, random, oracle) for i in range(2))
    assert not torch.equal(base[0].x, base[1].x) and not torch.equal(random[0].x, random[1].x)
    shares = [int((way[0].y[500:] == 2).sum()) for way in (random, oracle, mined)]
    assert shares[1:] == [500, 500] and shares[0] < 50
    assert bool(inputs.taken.all()) and inputs.prevalence == pytest.approx(0.04, abs=0.005)


def test_a_constant_score_mines_at_random(tmp_path: Path, labelled: list[Split]) -> None:
    inputs = Miner(context(tmp_path, data()), data(), 0, MiningRecipe(repeats=1)).inputs(torch.zeros(2_000))
    mined, _, random, _ = labelled
    assert torch.equal(random.x, mined.x) and torch.equal(inputs.read["mined"].rare, inputs.read["random"].rare)


def test_each_seed_searches_a_pool_of_its_own_and_a_process_holds_one(tmp_path: Path) -> None:
    where, drawn = context(tmp_path, data()), []
    pool = Pool("counted", lambda seed: drawn.append(seed) or stripes(50, 0.1, seed), rare=(2,))  # type: ignore[func-returns-value]
    first, second = (Miner(where, replace(data(), pool=pool), seed, RECIPE) for seed in (0, 1))
    assert not torch.equal(first.examples().x, second.examples().x)
    assert torch.equal(first.examples().x, first.examples().x) and drawn == [0, 1, 0]


def test_where_there_is_no_pool_the_separations_are_measured_all_the_same(tmp_path: Path) -> None:
    found = values(context(tmp_path, replace(data(), pool=None)), Columns(), metrics=("auroc", "mining-gain"))
    assert found["auroc:columns"].value == 1.0
    assert found["mining-gain"].status is Status.UNSUPPORTED and "no pool" in found["mining-gain"].reason


def test_derived_sets_have_no_pool_and_facts_know_of_it() -> None:
    base = data()
    assert base.facts.pool == "stripes-1" and base.facts.lacks(("pool",)) is None
    for made in (without_class(base, "low"), only_class(base, "low"), validation(base)):
        assert made.pool is None and made.facts.lacks(("pool",)) == "has no pool of unlabelled examples"


def test_the_pool_and_how_it_is_mined_are_part_of_what_a_job_depends_on() -> None:
    config = OutlierDetectionConfig(name="outlier-detection")
    assert config.content(data().facts)["pool"] == "stripes-1"
    assert config.content(data().facts)["mining"] == str(RECIPE) == f"2 x 500 + 500, {classifier.RECIPE}"
    assert "pool" not in config.content(replace(data(), pool=None).facts)

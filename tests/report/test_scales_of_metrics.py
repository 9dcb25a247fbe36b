"""Which scale a metric is tested on, and that a bad row does not tie the good ones of an estimate."""

from __future__ import annotations

import pytest
from synthetic import Maker

from genbench.report import glossary, uncertainty
from genbench.report.data import RunData
from genbench.report.leaderboard import leaderboards
from genbench.stats.scales import Scale


@pytest.mark.parametrize(
    ("metric", "evaluation", "scale"),
    [
        ("frechet", "sample-quality", Scale.LOG),
        ("kid", "sample-quality", Scale.ASINH),
        ("frechet-inf", "sample-quality", Scale.ASINH),
        ("nll", "sample-quality", Scale.IDENTITY),
        ("coverage", "diversity", Scale.LOGIT),
        ("vendi", "diversity", Scale.IDENTITY),
        ("psnr", "reconstruction", Scale.IDENTITY),
        ("train-test-accuracy-gap", "augmentation", Scale.IDENTITY),
        ("sample-latency", "speed", Scale.LOG),
    ],
)
def test_each_metric_has_its_scale(metric: str, evaluation: str, scale: Scale) -> None:
    spec = glossary.metric(metric)
    assert spec is not None
    sense = glossary.sense(metric, str(spec.direction))
    assert uncertainty.Tested(metric=metric, evaluation=evaluation, sense=sense).scale is scale


def test_rows_far_off_do_not_tie_the_best_by_kid() -> None:
    """As on MNIST: four good rows, clearly apart, and six that vary by a hundred times the KID of the best."""
    means = {f"good-{i}": 0.01 * 3**i for i in range(4)} | {f"bad-{i}": 2.0 + i for i in range(6)}
    maker = Maker()
    for label, mean in means.items():
        for seed in range(5):
            value = mean * (1 + 0.08 * (seed - 2) / 1.6) + 2e-5 * seed
            at = {"ci_low": value - 0.001 - 0.01 * mean, "ci_high": value + 0.001 + 0.01 * mean}
            maker.add(label, seed, "sample-quality", "kid", value, **at)
    board = leaderboards(RunData(table=maker.frame()))[1]
    places = {row.label: row.cells[board.headline].place_range for row in board.rows}
    assert [places[f"good-{i}"] for i in range(4)] == ["1", "2", "3", "4"]

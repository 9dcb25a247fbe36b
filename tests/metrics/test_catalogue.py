"""The catalogue: complete, torch-free, and every entry leads to code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from genbench.core.values import Direction
from genbench.metrics.catalogue import METRICS
from genbench.metrics.panel import SWEEP
from genbench.protocols.metric import NEEDS, Metric
from genbench.registry import metrics

CONTRACT = """frechet frechet-inf kid cmmd inception-score sliced-wasserstein c2st nll precision recall density coverage
clipped-density clipped-coverage vendi duplicate-rate modes mode-kl condition-accuracy mse psnr ssim ms-ssim lpips
frechet-reconstruction auroc aupr-in aupr-out fpr95 authenticity ct nn-distance-ratio membership-auc""".split()
MORE = """mmd-rbf nn-accuracy fld vendi-ratio class-spread perceptual recall-at-5 train-test-gap copy-rate tv kl-forward
kl-reverse dense-error sparse-error wasserstein-1 probe-linear probe-knn nmi ari cluster-accuracy
trustworthiness continuity mig dci-disentanglement dci-completeness dci-informativeness sap active-units
collapsed-share rate path-ratio midpoint-precision cas accuracy train-test-accuracy-gap augmentation-gain
attribute-tv attribute-kl minority-recall resampling-accuracy resampling-gain train-throughput time-to-quality
sample-latency sample-throughput encode-throughput peak-memory parameters flops network-evaluations updates
condition-accuracy-by-class mse-by-class probe-linear-by-class
energy mining-gain mining-accuracy mining-precision mind rke density-at""".split()


def test_every_metric_of_the_specification_is_there_once() -> None:
    assert sorted(spec.name for spec in METRICS) == sorted(CONTRACT + MORE)


@pytest.mark.parametrize("entry", list(metrics), ids=lambda e: e.card.name)
def test_each_leads_to_code_and_says_what_it_is(entry: object) -> None:
    spec = entry.card
    assert callable(entry.load())
    assert spec.summary.endswith(".")
    assert spec.group
    assert spec.low < spec.high
    assert spec.best is None or spec.low <= spec.best <= spec.high
    if spec.direction is Direction.NEAREST:
        assert spec.best is not None


def test_every_metric_needs_what_there_is_and_announces_what_the_panel_sweeps() -> None:
    assert {metric.needs for metric in METRICS} == set(NEEDS)
    assert {word for metric in METRICS for word in metric.sweep} == set(SWEEP)
    for metric in METRICS:
        if metric.sweep:
            of_training = any("training" in word for word in metric.sweep)
            needs = ("training-features",) if of_training else ("features", "training-features")
            assert metric.needs in needs, metric.name


def test_a_need_that_nobody_serves_is_refused_with_those_that_are_served() -> None:
    words = "'my-metric' needs 'featurs': it is one of features, training-features, probabilities"
    with pytest.raises(ValueError, match=words):
        Metric(name="my-metric", summary="A misspelt need.", direction="lower", needs="featurs")


def test_the_catalogue_imports_no_torch() -> None:
    code = "import sys, genbench.metrics.catalogue; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_page_says_what_the_code_says() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    for spec in METRICS:
        row = next((line for line in page.splitlines() if line.startswith(f"| `{spec.name}`")), "")
        assert spec.summary in row, f"docs/metrics.md lacks {spec.name} as the catalogue has it"
        assert not spec.paper or spec.paper in row

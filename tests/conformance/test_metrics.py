"""The self-test of the metrics passes, is quick, and can fail."""

from __future__ import annotations

import pytest

from genbench.conformance import metrics
from genbench.metrics import kernels, manifold


@pytest.fixture(scope="module")
def report() -> metrics.Report:
    return metrics.check_metrics()


def test_every_metric_moves_the_way_it_should(report: metrics.Report) -> None:
    assert report.passed, report.render()
    assert "every metric moves the way it should" in report.render()
    assert report.to_json()["passed"] is True
    assert len(report.checks) >= 75


def test_a_wrong_metric_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = kernels.mmd_unbiased
    monkeypatch.setattr(kernels, "mmd_unbiased", lambda sums: -right(sums))
    report = metrics.check_metrics()
    assert not report.passed
    assert {c.metric for c in report.checks if not c.passed} == {"kid", "mmd-rbf"}
    assert "FAILED" in report.render()


def test_swapped_sides_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifold, "recall", manifold.precision)
    failed = {(c.set, c.metric) for c in metrics.check_metrics().checks if not c.passed}
    assert ("mode-dropped", "recall") in failed


def test_it_is_the_same_each_time(report: metrics.Report) -> None:
    assert metrics.check_metrics().checks == report.checks

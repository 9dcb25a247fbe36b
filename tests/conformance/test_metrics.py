"""The self-test of the metrics passes, is quick, and can fail."""

from __future__ import annotations

import pytest
import torch

from genbench.conformance import metrics
from genbench.metrics import kernels, manifold
from genbench.metrics.neighbours import Ties, Weigh
from genbench.metrics.pointset import Pair


@pytest.fixture(scope="module")
def report() -> metrics.Report:
    return metrics.check_metrics()


def test_every_metric_moves_the_way_it_should(report: metrics.Report) -> None:
    assert report.passed, report.render()
    assert "every metric moves the way it should" in report.render()
    assert report.to_json()["passed"] is True
    assert len(report.checks) >= 75
    cases = {"quantised", "ties", "half precision", "offset", "zero row", "rounding"}
    assert cases <= {check.set for check in report.checks}


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


def test_a_metric_that_goes_by_the_order_of_ties_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def first_of_the_file(self: Pair, weigh: Weigh | None = None) -> Ties:
        near = self.nearest_rows
        weight = torch.ones_like(near.nearest2) if weigh is None else weigh(torch.arange(len(near.index)), near.index)
        return Ties(torch.ones_like(near.nearest2), weight)

    monkeypatch.setattr(Pair, "ties_of_rows", first_of_the_file)
    failed = {(c.set, c.metric) for c in metrics.check_metrics().checks if not c.passed}
    assert ("ties", "authenticity") in failed

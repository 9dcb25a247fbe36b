"""The evaluations' records: complete, torch-free, and between them every metric."""

from __future__ import annotations

import subprocess
import sys

import pytest

from genbench import registry
from genbench.core.records import DataKind
from genbench.evaluations.choice import can_give, metrics_of
from genbench.protocols.evaluation import Evaluation, EvaluationConfig
from genbench.protocols.metric import NEEDS

RECORDS = [entry.card for entry in registry.evaluations]


def test_every_metric_is_given_by_the_evaluation_of_its_group() -> None:
    assert len(RECORDS) == 10
    by_name = {record.name: record for record in RECORDS}
    cards = [entry.card for entry in registry.metrics]
    assert [card.name for card in cards if not can_give(by_name[card.group], card.name)] == []


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_a_record_is_whole(record: Evaluation) -> None:
    assert record.summary.endswith(".") and issubclass(record.config, EvaluationConfig)
    assert callable(registry.evaluations.get(record.name).load())
    assert set(record.inputs) <= set(NEEDS)
    assert record.config.model_validate({"name": record.name}).name == record.name
    for kind in DataKind:
        metrics, headline = record.metrics_on(kind), record.headline_on(kind)
        assert bool(metrics) == bool(headline)
        assert not metrics or headline in metrics
        assert all(registry.metrics.get(name).card.needs in record.inputs for name in metrics)
    for control in (*record.floor, *record.ceiling):
        assert control in ("exact", "chance") or control in registry.models


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_an_evaluation_gives_its_own_metrics_first_and_each_once(record: Evaluation) -> None:
    found = metrics_of(record)
    assert tuple(found[: len(record.own_metrics())]) == record.own_metrics() and len(set(found)) == len(found)


def test_the_records_import_no_torch() -> None:
    code = "import sys, genbench.evaluations.catalogue; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_asking_data_for_what_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="'colour'.*one of images"):
        Evaluation(name="x", summary="X.", data=("colour",))

"""Records as cards: by decorator, ready made, in catalogues of either form."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

from genbench import registry
from genbench.core.errors import UnknownName, UsageError
from genbench.core.values import Direction
from genbench.protocols.card import EncoderCard
from genbench.protocols.evaluation import Evaluation
from genbench.protocols.metric import Metric
from genbench.registry import Registry, register_evaluation, register_metric

METRIC = Metric(name="my-metric", summary="For a test.", direction=Direction.LOWER)
EVALUATION = Evaluation(name="my-evaluation", summary="For a test.", metrics=("my-metric",), headline="my-metric")


def test_a_decorated_metric_is_a_record_that_holds_its_measure() -> None:
    @register_metric(METRIC)
    def measure(inputs):
        return 1.0

    entry = registry.metrics.get("my-metric")
    assert entry.card.measure is measure and entry.load() is measure and entry.card.direction is Direction.LOWER
    assert METRIC.measure is None


def test_a_decorated_evaluation_is_a_record_that_holds_its_function() -> None:
    @register_evaluation(EVALUATION)
    def evaluate(evidence, config):
        return None

    entry = registry.evaluations.get("my-evaluation")
    assert entry.card.function is evaluate and entry.load() is evaluate and isinstance(entry.card, Evaluation)


def test_a_ready_record_needs_no_decorator() -> None:
    registry.metrics.add(Metric(name="ready", summary="", direction=Direction.LOWER, measure="math:sqrt"))
    assert registry.metrics.get("ready").load()(9.0) == 3.0


@pytest.mark.parametrize(
    ("measure", "words"), [(None, "measure"), ("math", "'module:object'"), (":sqrt", "'module:object'")]
)
def test_a_record_without_its_code_is_refused(measure: str | None, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        registry.metrics.add(Metric(name="ready", summary="", direction=Direction.LOWER, measure=measure))


def test_code_that_is_not_where_a_record_says_is_named() -> None:
    registry.metrics.add(Metric(name="ready", summary="", direction=Direction.LOWER, measure="math:nothing"))
    with pytest.raises(UsageError, match=r"'ready'.*math:nothing.*test_registered_records.py, line"):
        registry.metrics.get("ready").load()


@pytest.mark.parametrize("decorator", [register_metric, register_evaluation])
def test_a_decorator_without_its_record_says_what_it_takes(decorator) -> None:
    with pytest.raises(UsageError, match="takes the .* record"):
        decorator(lambda inputs: 1.0)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch):
    """Makes a registry whose catalogue is this list."""

    def make(kind: str, field: str, catalogue: list[object]) -> Registry:
        module = ModuleType("catalogue_of_a_test")
        module.CATALOGUE = catalogue
        monkeypatch.setitem(sys.modules, "catalogue_of_a_test", module)
        return Registry(kind, "catalogue_of_a_test", "genbench.nothing", field=field)

    return make


def test_a_catalogue_may_hold_records_and_pairs(own) -> None:
    ready = Metric(name="ready", summary="", direction=Direction.LOWER, measure="math:sqrt")
    made = own("metric", "measure", [ready, (METRIC, "math:cos")])
    assert made.names() == ["ready", "my-metric"]
    assert made.get("ready").load()(4.0) == 2.0
    assert made.get("my-metric").card.measure == "math:cos" and made.get("my-metric").load()(0.0) == 1.0
    assert [entry.code_hash() for entry in made] == ["", ""]


def test_a_catalogue_of_cards_without_a_field_for_their_code_reads(own) -> None:
    card = EncoderCard(name="older", summary="")
    made = own("evaluation", "function", [(card, "math:sqrt"), Evaluation(name="new", summary="", function="math:cos")])
    assert made.get("older").card is card and made.get("new").load()(0.0) == 1.0


def test_a_catalogue_with_one_name_twice_is_refused(own) -> None:
    ready = Metric(name="ready", summary="", direction=Direction.LOWER, measure="math:sqrt")
    with pytest.raises(UsageError, match="two metrics called 'ready'"):
        own("metric", "measure", [ready, ready]).names()


def test_built_in_names_come_first_whenever_a_third_party_registers(own) -> None:
    ready = Metric(name="ready", summary="", direction=Direction.LOWER, measure="math:sqrt")
    made = own("metric", "measure", [ready])
    made.add(METRIC, lambda inputs: 1.0)
    assert made.names() == ["ready", "my-metric"]
    made.remove("my-metric")
    assert made.names() == ["ready"]
    with pytest.raises(UnknownName):
        made.get("my-metric")


def test_options_are_the_keyword_only_arguments() -> None:
    class Model:
        def __init__(self, data, *, latent: int = 16, lr: float = 0.1) -> None: ...

    assert registry.Entry(METRIC, Model).options() == {"latent": 16, "lr": 0.1}


def test_importing_the_registry_imports_neither_torch_nor_catalogues() -> None:
    code = "import sys, genbench.registry; print(*[m for m in sys.modules if m == 'torch' or 'catalogue' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []

"""Every metric that an evaluation can give can be asked for in a suite, and gives a value or a reason."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from genbench import registry
from genbench.core.errors import Unsupported
from genbench.core.values import Kind, Status, Value
from genbench.data.loading import load_dataset
from genbench.evaluations.choice import choose, metrics_of
from genbench.evaluations.context import RunContext
from genbench.evaluations.evidence import Evidence
from genbench.protocols.model import Budget
from genbench.training.trainer import build, fit

SETTINGS = {"sample-quality": {"samples": 300, "density_samples": 2_000}, "density": {"samples": 2_000}}
SPEED = {"images": 256, "batch": 64, "seconds": 0.01, "target": 1e9, "samples": 100}
WEIGHTS = {"lpips"}
"""Metrics that may be missing here: their weights are not part of the package."""


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    return RunContext(root=None, cache=tmp_path_factory.mktemp("cache"), device="cpu")


def evidence(context: RunContext, model: str, dataset: str) -> Evidence:
    data = load_dataset(dataset)

    def trained(share: float):  # type: ignore[no-untyped-def]
        module = build(registry.models.get(model).load(), data.spec, {}, seed=0)
        with torch.enable_grad():
            result = fit(module, data, Budget(images=round(2_560 * share)), seed=0, device=torch.device("cpu"))
        return module.eval(), result

    return Evidence(trained(1.0)[0], "", dataset, 0, context, refit=trained)


def measured(context: RunContext, evaluation: str, model: str, dataset: str) -> dict[str, list[Value]]:
    """All that the evaluation can give on this dataset, by metric."""
    record = registry.evaluations.get(evaluation).card
    settings = SPEED if record.timed else SETTINGS.get(evaluation, {"samples": 300})
    config = record.config.model_validate({"name": evaluation, "metrics": metrics_of(record), **settings})
    choice = choose(record, config, load_dataset(dataset).facts)
    assert not isinstance(choice, str)
    with torch.no_grad(), context.pinned():
        outcome = registry.evaluations.get(evaluation).load()(
            evidence(context, model, dataset), config.model_copy(update={"metrics": choice.metrics})
        )
    found: dict[str, list[Value]] = {name: [] for name in choice.metrics}
    for one in outcome.measurements:
        found[one.metric].append(one.value)
    return found


@pytest.mark.parametrize(
    ("evaluation", "model", "dataset"),
    [
        ("sample-quality", "cvae", "digits"),
        ("sample-quality", "maf", "ring8"),
        ("density", "gaussian", "ring8"),
        ("density", "gaussian", "two-bumps"),
        ("diversity", "cvae", "digits"),
        ("diversity", "gaussian", "ring8"),
        ("latent-structure", "vae", "digits"),
        ("memorisation", "gaussian", "digits"),
        ("reconstruction", "ae", "digits"),
        ("outlier-detection", "vae", "digits"),
        ("speed", "vae", "digits"),
    ],
)
def test_what_is_asked_for_is_answered(context: RunContext, evaluation: str, model: str, dataset: str) -> None:
    found = measured(context, evaluation, model, dataset)
    assert all(found.values()), [name for name, values in found.items() if not values]
    for name, values in found.items():
        for value in values:
            assert value.status in (Status.OK, Status.UNSUPPORTED), (name, value)
            assert value.status is Status.OK or value.reason


def test_a_conditional_model_on_a_labelled_set_leaves_little_out(context: RunContext) -> None:
    found = measured(context, "diversity", "cvae", "digits")
    missing = {name for name, values in found.items() if all(v.value is None for v in values)}
    assert not missing & {"condition-accuracy", "class-spread", "clipped-density", "vendi-ratio"}
    found = measured(context, "sample-quality", "cvae", "digits")
    missing = {name for name, values in found.items() if all(v.value is None for v in values)}
    assert not missing & {"inception-score", "fld", "c2st", "cmmd", "mmd-rbf", "nn-accuracy"}
    (nll,) = found["nll"]
    assert nll.value is None and "gives no density" in nll.reason


def test_likelihoods_carry_their_kind(context: RunContext) -> None:
    assert measured(context, "sample-quality", "vae", "digits")["nll"][0].kind is Kind.BOUND
    nats, *rest = measured(context, "sample-quality", "maf", "digits")["nll"]
    assert nats.kind is Kind.EXACT and len(rest) == 1  # of dequantised pixels there are bits a dimension too


def test_metrics_on_features_of_reconstructions_are_given(context: RunContext) -> None:
    found = measured(context, "reconstruction", "ae", "digits")
    for name in ("perceptual", "frechet-reconstruction"):
        assert found[name][0].status is Status.OK


def test_costs_are_counted(context: RunContext) -> None:
    found = measured(context, "speed", "vae", "digits")
    sample, step = found["flops"]
    assert step.value > sample.value > 0
    assert found["network-evaluations"][0].value == 1
    assert found["time-to-quality"][0].value > 0
    assert found["energy"][0].status is Status.UNSUPPORTED


def test_a_target_that_is_not_reached_is_a_status(context: RunContext) -> None:
    record = registry.evaluations.get("speed").card
    config = record.config.model_validate({"name": "speed", **SPEED, "target": 1e-9, "metrics": ["time-to-quality"]})
    outcome = registry.evaluations.get("speed").load()(evidence(context, "vae", "digits"), config)
    (one,) = outcome.measurements
    assert one.value.status is Status.UNSUPPORTED and "not reached" in one.value.reason


def test_a_diffusion_model_says_its_network_evaluations(context: RunContext) -> None:
    record = registry.evaluations.get("speed").card
    config = record.config.model_validate({"name": "speed", **SPEED, "metrics": ["network-evaluations"]})
    (one,) = registry.evaluations.get("speed").load()(evidence(context, "ddpm", "ring8"), config).measurements
    assert one.value.value == 50


def test_an_unknown_outlier_set_is_a_reason(context: RunContext, tmp_path: Path) -> None:
    record = registry.evaluations.get("outlier-detection").card
    config = record.config.model_validate({"name": "outlier-detection", "outliers": ["nosuch"]})
    with pytest.raises(Unsupported, match="no outlier set 'nosuch'"):
        registry.evaluations.get("outlier-detection").load()(evidence(context, "gaussian", "digits"), config)

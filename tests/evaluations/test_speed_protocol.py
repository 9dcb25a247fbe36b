"""Speed: enough rounds, the best batch, what else was running, and timings that pytest-benchmark can read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import genbench
from genbench import registry
from genbench.core.errors import Unsupported
from genbench.core.values import TIMER, Measurement
from genbench.evaluations import stopwatch, timing
from genbench.evaluations.context import RunContext
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.speed import EVALUATION, SpeedConfig, evaluate
from genbench.evaluations.stopwatch import Timing, stats_of, timed
from genbench.runs.options import Options

CPU = torch.device("cpu")


class Clock:
    """A clock that a call moves on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def takes(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(stopwatch, "default_timer", found)
    return found


@pytest.mark.parametrize(
    ("each", "seconds", "rounds"),
    [(0.001, 0.0, 10), (0.001, 0.1, 100), (0.1, 0.2, 10), (1.0, 0.2, 3), (0.3, 0.2, 7)],
)
def test_ten_rounds_or_two_seconds(clock: Clock, each: float, seconds: float, rounds: int) -> None:
    found = timed(lambda: clock.takes(each), seconds, device=CPU)
    assert abs(found.stats.rounds - rounds) <= 1
    assert found.stats.median == pytest.approx(each)


def test_what_takes_no_time_is_not_repeated_for_ever(clock: Clock) -> None:
    assert timed(lambda: clock.takes(1e-9), 0.05, device=CPU).stats.rounds == stopwatch.MOST


def test_something_else_that_runs_is_said() -> None:
    stats = stats_of([1.0, 2.0, 3.0])
    assert "something else was running" in (Timing(stats, 0.5).value(lambda t: t).reason or "")
    assert Timing(stats, 0.99).value(lambda t: t).reason is None
    assert Timing(stats, None).value(lambda t: t).reason is None


def test_a_value_has_the_median_the_quartiles_and_all_statistics() -> None:
    value = Timing(stats_of([1.0, 2.0, 3.0, 4.0, 5.0])).value(lambda t: 10 / t, batch=10)
    quartiles = 10 / value.details[f"{TIMER}q3"], 10 / value.details[f"{TIMER}q1"]
    assert (value.value, value.ci_low, value.ci_high) == pytest.approx((10 / 3, *quartiles))
    assert value.details[f"{TIMER}median"] == 3 and value.details["batch"] == 10


@pytest.mark.parametrize(("best", "most", "tried"), [(64, 4096, 256), (256, 256, 256), (1, 64, 4)])
def test_the_best_power_of_two_is_found_and_larger_ones_are_left(
    monkeypatch: pytest.MonkeyPatch, inputs: Any, best: int, most: int, tried: int
) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(timing.CostInputs, "draw", lambda self, n: drawn.append(n) or torch.zeros(n))

    def fake(call: Any, *_: Any, **__: Any) -> Timing:
        call()
        n = drawn[-1]
        return Timing(stats_of([1 + n / best if n <= best else 2.5 * n / best] * 3))

    monkeypatch.setattr(timing, "timed", fake)
    value = timing.sample_throughput(inputs(batch=most))
    assert value.m == value.details["batch"] == best and max(drawn) == tried == value.details["largest_tried"]


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    return RunContext(root=None, cache=tmp_path_factory.mktemp("cache"), device="cpu")


def evidence(context: RunContext, model: str, **extra: Any) -> Evidence:
    made = registry.models.get(model).load()(context.dataset("digits").spec)
    return Evidence(made.eval(), "", "digits", 0, context, **extra)


@pytest.fixture
def inputs(context: RunContext) -> Any:
    return lambda **settings: timing.CostInputs(evidence(context, "vae"), SpeedConfig(name="speed", **settings))


@pytest.mark.parametrize(("model", "calls"), [("realnvp", 1), ("maf", 1), ("ddpm", 50), ("vae", 1)])
def test_network_evaluations_are_counted_within_flows_too(context: RunContext, model: str, calls: int) -> None:
    with torch.no_grad():
        config = SpeedConfig(name="speed", metrics=("network-evaluations",))
        (one,) = evaluate(evidence(context, model), config).measurements
    assert one.value.value == calls


def test_a_target_is_one_for_all_or_one_a_dataset(inputs: Any) -> None:
    assert inputs(target=3.0).config.target_on("digits") == 3
    assert inputs(target={"digits": 3.0}).config.target_on("digits") == 3
    with pytest.raises(Unsupported, match="fixes no `target` for digits"):
        timing.time_to_quality(inputs(target={"shapes": 3.0}))


class Result:
    def __init__(self, share: float) -> None:
        self.images, self.seconds = round(3_200 * share), 10 * share


def test_the_time_to_a_quality_is_that_of_the_first_training_that_has_it(
    context: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares: list[float] = []

    def refit(share: float) -> Any:
        shares.append(share)
        return torch.nn.Identity(), Result(share)

    monkeypatch.setattr(timing, "_frechet", lambda *_: 1 / shares[-1])
    found = timing.CostInputs(evidence(context, "vae", refit=refit), SpeedConfig(name="speed", target=8.5))
    value = timing.time_to_quality(found)
    assert shares == [1 / 32, 1 / 16, 1 / 8] and value.value == pytest.approx(10 / 8)
    assert value.details["frechet after 100 images"] == 32 and "between 0.625 and 1.25 s" in (value.reason or "")
    shares.clear()
    with pytest.raises(Unsupported, match="not reached: the Fréchet distance is 1 after 3,200 images"):
        timing.time_to_quality(timing.CostInputs(found.evidence, SpeedConfig(name="speed", target=0.5)))


def test_the_order_of_the_metrics_is_that_asked_for(context: RunContext) -> None:
    asked = ("parameters", "peak-memory", "network-evaluations")
    with torch.no_grad():
        found: list[Measurement] = evaluate(
            evidence(context, "vae"), SpeedConfig(name="speed", metrics=asked, batch=64)
        ).measurements
    assert [one.metric for one in found] == list(asked)


SUITE = """
schema = 1
name = "times"
models = ["vae", "gaussian"]
datasets = ["digits"]
seeds = 1
[budget]
images = 256
[[evaluations]]
name = "speed"
images = 128
batch = 16
seconds = 0.01
"""


def test_pytest_benchmark_compares_the_timings_of_two_runs(tmp_path: Path) -> None:
    (tmp_path / "times.toml").write_text(SUITE)
    files = []
    for name in ("one", "two"):
        done = genbench.run(str(tmp_path / "times.toml"), Options(out=tmp_path / name, device="cpu", executor="inline"))
        assert done.ok, done.failed
        files.append(tmp_path / name / "benchmark.json")
    content = json.loads(files[0].read_text())
    assert {one["params"]["model"] for one in content["benchmarks"]} == {"vae", "gaussian"}
    assert content["machine_info"]["cpu"]["brand_raw"]
    command = Path(sys.executable).with_name("pytest-benchmark")
    said = subprocess.run(
        [command, "compare", *map(str, files)], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert "sample-throughput on digits': 4 tests" in said and "train-throughput[vae-digits]" in said


def test_every_cost_has_an_interval_or_a_reason(context: RunContext) -> None:
    config = SpeedConfig(name="speed", images=128, batch=16, seconds=0.01)
    with torch.no_grad():
        found = evaluate(evidence(context, "ae"), config).measurements
    assert {one.metric for one in found} == set(EVALUATION.own_metrics())
    for one in found:
        assert one.value.reason or one.value.ci_low is not None, one

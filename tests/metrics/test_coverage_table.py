"""docs/intervals.md is what bench/intervals.py makes; no metric hides that its interval is too narrow or wide."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from genbench import registry
from genbench.metrics.catalogue import METRICS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "intervals.md"
CHANCE = 1.5
"""Points that 400 rounds may be off, beyond the 93 to 97 % that are called good."""
WITHOUT = frozenset({"lpips", "ms-ssim"} | {m.name for m in METRICS if m.name.endswith("-by-class")})
"""They need weights or large images, and have the interval of `ssim`, or are another metric's, class by class."""


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_intervals", ROOT / "bench" / "intervals.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def table() -> list[tuple[str, str, float]]:
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \| (\d+) % \| .+ \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return [(metric, law, float(held)) for metric, law, held in rows]


def test_a_quick_run_makes_the_same_table(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["intervals.py", "--rounds", "2", "--out", str(tmp_path / "page.md")])
    monkeypatch.setattr(script, "N", 60)
    script.main()
    made = re.findall(
        r"^\| `([^`]+)` \| (.+) \| \d+ % ", (tmp_path / "page.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    known = {(metric, law) for metric, law, _ in table()}
    assert set(made) <= known
    assert {metric for metric, _ in known} - {metric for metric, _ in made} <= {"ct"}  # needs 20 points a cell


def test_a_simulation_of_a_mean_holds_as_often_as_it_should(script: ModuleType) -> None:
    rows = script.simulate(script.Case("line", script.on_the_line, {}), 60)
    (nll,) = [row for row in rows if row.metric == "nll"]
    assert nll.held >= 0.85 and nll.ratio == pytest.approx(1, abs=0.3)


def test_every_metric_with_an_interval_is_in_the_table() -> None:
    seen = {metric.partition(":")[0] for metric, _, _ in table()}
    none = {"fld", "class-spread", "nmi", "ari", "trustworthiness", "continuity", "mig", "sap", "active-units"}
    none |= {"collapsed-share", "tv", "kl-forward", "kl-reverse", "dense-error", "sparse-error"}
    none |= {m.name for m in METRICS if m.needs == "cost" or m.name.startswith("dci")}
    assert seen | none | WITHOUT == {m.name for m in METRICS}


def test_an_interval_that_holds_too_rarely_or_too_often_says_so() -> None:
    for metric, law, held in table():
        if 93 - CHANCE <= held <= 97 + CHANCE:
            continue
        words = registry.metrics.get(metric.partition(":")[0]).load().__doc__ or ""
        wanted = "narrow" if held < 93 else "wide"
        assert "interval" in words and wanted in words, f"{metric} on {law} holds {held} %: {words}"

"""The panel's speed beside its peers', small enough to run with every test: `pytest tests/speed --benchmark-only`.

The figures that count are those of `make bench`, at n = 10,000 and d = 2,048. Here only what no noise can turn around
is asserted.
"""

from __future__ import annotations

import importlib.util
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

N, D = 1_000, 256


def load_bench() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "bench" / "metrics.py"
    spec = importlib.util.spec_from_file_location("bench_metrics", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


bench = load_bench()
X, Y = bench.features(N, D, 2), bench.features(N, D, 3)
WAYS: dict[str, Callable[..., object]] = {"genbench": bench.panel, "products": bench.products, **bench.PEERS}


@pytest.mark.benchmark(group=f"feature metrics, n = {N}, d = {D}")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("way", WAYS)
def test_speed_beside_peers(benchmark: Any, way: str) -> None:
    if way in bench.PEERS:
        pytest.importorskip(
            way.split(maxsplit=1)[0].replace("-", "_"), reason=f"{way.split(maxsplit=1)[0]} is not installed"
        )
    if way == "torch-fidelity KID (subsets)":
        pytest.skip("a hundred subsets of everything: only in `make bench`")
    benchmark.pedantic(WAYS[way], args=(X, Y), rounds=2, warmup_rounds=1)


@pytest.mark.filterwarnings("ignore")
def test_frechet_of_few_rows_is_far_faster_than_a_matrix_square_root() -> None:
    pytest.importorskip("pytorch_fid", reason="pytorch-fid is not installed")
    x, y = X[:150], Y[:150]
    found = bench.timed({"genbench": bench.ours_frechet, "pytorch-fid": bench.pytorch_fid}, x, y, 3)
    if "pytorch-fid" not in found:
        pytest.skip("pytorch-fid does not run with this SciPy")
    assert found["genbench"].result == pytest.approx(found["pytorch-fid"].result, rel=1e-4)
    assert found["genbench"].seconds < found["pytorch-fid"].seconds


def test_the_features_of_the_benchmark_are_the_same_each_time() -> None:
    assert torch.equal(bench.features(50, 8, 2), bench.features(50, 8, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert bench.panel(X[:60], Y[:60])["frechet"] > 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is read from /proc")
def test_memory_beyond_the_inputs_does_not_grow_with_n() -> None:
    small, large = (bench.extra_memory("panel", n, 64) for n in (2_000, 12_000))
    assert large < small + 60

"""The kernels that read tiles on a GPU, run by Triton's interpreter on the CPU: the same values as plain torch code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache

import pytest

pytest.importorskip("triton")

PROGRAM = """
import json, sys, torch
from genbench.metrics import fused, points
from genbench.metrics.panel import feature_metrics
from genbench.metrics.pointset import PointSet

NAMES = ("kid", "mmd-rbf", "cmmd", "precision", "recall", "density", "coverage", "clipped-density", "authenticity",
         "nn-accuracy", "copy-rate")

def panel(x, y, *, fast):
    fused._WORTH = 0 if fast else 1 << 62
    reference = PointSet(x, block=16)
    found = feature_metrics(reference, y, train=reference, metrics=NAMES, generator=torch.Generator().manual_seed(0))
    return {key: value.value for key, value in found.items()}

g = torch.Generator().manual_seed(1)
x, y = torch.randn(37, 6, generator=g), 1.1 * torch.randn(41, 6, generator=g)
x[7] = x[8]
y[3:6] = y[0]
by_class = x + 5 * torch.randn(4, 6, generator=g)[torch.arange(37) // 10]
cases = {
    "float64": (1 << 60, x, y, {}),
    "float32, merged often": (0, x, y, {"_MANY": 8}),
    "float32, no room": (0, x, y, {"_ROOM": 40, "_MANY": 8}),
    "float64, sorted by class": (1 << 60, by_class, y, {"_MANY": 8, "_ROOM": 300}),
}
answers = {}
for name, (points.SMALL, real, made, settings) in cases.items():
    kept = {key: getattr(fused, key) for key in settings}
    vars(fused).update(settings)
    answers[name] = [panel(real, made, fast=fast) for fast in (True, False)]
    vars(fused).update(kept)
print(json.dumps(answers))
"""


@cache
def answers() -> dict[str, list[dict[str, float]]]:
    environment = os.environ | {"TRITON_INTERPRET": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("case", ["float64", "float32, merged often", "float32, no room", "float64, sorted by class"])
def test_the_kernels_give_what_plain_code_gives(case: str) -> None:
    fast, plain = answers()[case]
    assert len(plain) >= 12
    for key, value in plain.items():
        is_sum = key in {"kid", "mmd-rbf", "cmmd"}
        assert fast[key] == (pytest.approx(value, abs=1e-12 if "64" in case else 1e-6) if is_sum else value), key

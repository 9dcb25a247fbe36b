"""`genbench check metrics`: does every metric move the way it should on sets that are spoilt in known ways, and is it
blind to what must not matter (`genbench.conformance.input`)?

The data are scikit-learn's digits, which need no file: half as training set, a quarter as reference, and a quarter of
real data that plays a perfect model. Each spoilt set is compared with that one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn.functional import avg_pool2d

from genbench.conformance.input import Sides, input_checks
from genbench.core import seeds
from genbench.metrics.outliers import outlier_metrics
from genbench.metrics.panel import feature_metrics
from genbench.metrics.pointset import PointSet
from genbench.metrics.reconstruction import reconstruction_metrics
from genbench.metrics.toys import mode_metrics_from_labels

UP, DOWN, SAME, ZERO, ONE = "up", "down", "same", "zero", "one"

WORSE = {"frechet": UP, "kid": UP, "mmd-rbf": UP, "cmmd": UP, "sliced-wasserstein": UP, "c2st": UP, "mind": UP}
BALLS = ("precision", "recall", "density", "coverage")

EXPECTED: Mapping[str, Mapping[str, str]] = {
    "identical": {"frechet": ZERO, **dict.fromkeys(BALLS, ONE), "clipped-density": ONE, "clipped-coverage": ONE},
    "copied": {"authenticity": DOWN, "ct": DOWN, "nn-distance-ratio": ZERO, "membership-auc:distance": UP,
               "copy-rate": ONE, "train-test-gap": DOWN, "frechet": SAME, "coverage": SAME},
    "collapsed": {**WORSE, "recall": DOWN, "coverage": DOWN, "clipped-coverage": DOWN, "vendi": DOWN,
                  "vendi-ratio": DOWN, "rke": DOWN, "duplicate-rate": ONE},
    "mode-dropped": {**WORSE, "recall": DOWN, "coverage": DOWN, "clipped-coverage": DOWN, "vendi": DOWN,
                     "precision": SAME},
    "blurred": {**WORSE, "vendi": DOWN, "coverage": DOWN},
    "shifted": {**WORSE, **dict.fromkeys(BALLS, DOWN), "nn-accuracy:all": UP},
    "noised": {**WORSE, "precision": DOWN, "density": DOWN, "coverage": DOWN, "clipped-density": DOWN,
               "clipped-coverage": DOWN, "nn-distance-ratio": UP, "authenticity": UP},
}  # fmt: skip
"""For each spoilt set how a metric must stand to its value on real data (`zero` and `one`: to that number)."""


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation: a metric on a set, its value, the same on real data, what was expected, whether it is so."""

    set: str
    metric: str
    value: float | None
    truth: float | None
    expected: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Report:
    """All checks and how long they took."""

    checks: tuple[Check, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every metric moved the way it should."""
        return all(check.passed for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        rows = [{name: getattr(check, name) for name in Check.__slots__} for check in self.checks]
        return {"passed": self.passed, "seconds": round(self.seconds, 3), "checks": rows}

    def render(self) -> str:
        """A plain table, failures marked, and the verdict."""
        lines = [f"{'set':<14}{'metric':<26}{'value':>12}{'real data':>12}  expected"]
        for c in self.checks:
            number = ["-" if v is None else f"{v:.4g}" for v in (c.value, c.truth)]
            mark = "" if c.passed else "   FAILED"
            lines.append(f"{c.set:<14}{c.metric:<26}{number[0]:>12}{number[1]:>12}  {c.expected}{mark}")
        wrong = sum(not c.passed for c in self.checks)
        verdict = (
            "every metric moves the way it should" if not wrong else f"{wrong} of {len(self.checks)} checks FAILED"
        )
        return "\n".join([*lines, "", f"{verdict} ({self.seconds:.1f} s)"])


def check_metrics(seed: int = 0) -> Report:
    """Run the self-test; deterministic for a seed, seconds on one core."""
    start = time.perf_counter()
    sets, real, train = _sets(seed)
    names = sorted({key.split(":")[0] for wanted in EXPECTED.values() for key in wanted})
    reference, training = PointSet(real), PointSet(train, name="training")

    def measure(name: str, x: Tensor) -> dict[str, float | None]:
        generator = seeds.generator("selftest", seed, name)
        found = feature_metrics(reference, x, train=training, metrics=names, generator=generator)
        return {key: value.value for key, value in found.items()}

    truth = measure("truth", sets.pop("truth"))
    checks = [
        _check(name, metric, values[metric], truth[metric], way)
        for name, x in sets.items()
        for values in [measure(name, x)]
        for metric, way in EXPECTED[name].items()
    ]
    checks += [*_pairs(real), *_scores(real, sets["noised"]), *_modes(seed), *_input(names, seed)]
    return Report(tuple(checks), time.perf_counter() - start)


def _input(names: Sequence[str], seed: int) -> Iterator[Check]:
    """Ties, offsets, half precision and the like, on digits of whole grey levels."""
    levels = torch.from_numpy(load_digits().data).float()
    levels = levels[torch.randperm(len(levels), generator=seeds.generator("selftest", seed))][:800]
    for found in input_checks(Sides(levels[:200], levels[200:400], levels[400:]), names, seed):
        yield Check(found.case, found.metric, found.value, found.truth, found.expected, found.passed)


def _check(name: str, metric: str, value: float | None, truth: float | None, expected: str) -> Check:
    tests: dict[str, Callable[[float, float], bool]] = {
        UP: lambda v, t: v > t + 1e-6,
        DOWN: lambda v, t: v < t - 1e-6,
        SAME: lambda v, t: abs(v - t) <= 0.35 * abs(t),
        ZERO: lambda v, t: abs(v) < 1e-6,
        ONE: lambda v, t: abs(v - 1) < 1e-6,
    }
    passed = value is not None and truth is not None and tests[expected](value, truth)
    return Check(name, metric, value, truth, expected, passed)


def _sets(seed: int) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """The spoilt sets with the `truth`, the reference and the training set: (n, 64) pixels of digits in [0, 1]."""
    digits = load_digits()
    order = torch.randperm(len(digits.data), generator=seeds.generator("selftest", seed))
    levels = torch.from_numpy(digits.data).float()[order]
    # ties between whole grey levels would sit exactly on the balls' borders
    x = (levels + torch.rand(levels.shape, generator=seeds.generator("selftest", seed, "levels"))) / 17
    y = torch.from_numpy(digits.target)[order]
    quarter = len(x) // 4
    train, real, truth = x[: 2 * quarter], x[2 * quarter : 3 * quarter], x[3 * quarter : 4 * quarter]
    kept = truth[y[3 * quarter : 4 * quarter] < 5]
    noise = torch.randn(truth.shape, generator=seeds.generator("selftest", seed, "noise"))
    return {
        "truth": truth,
        "identical": real.clone(),
        "copied": train[:quarter],
        "collapsed": truth[:1] + 1e-3 * noise,
        "mode-dropped": kept.repeat(3, 1)[:quarter],
        "blurred": avg_pool2d(truth.view(-1, 1, 8, 8), 3, stride=1, padding=1).flatten(1),
        "shifted": truth + 0.3,
        "noised": truth + 0.3 * noise,
    }, real, train  # fmt: skip


def _pairs(real: Tensor) -> list[Check]:
    """Reconstruction: a blurred picture is worse than a slightly dimmed one."""
    x = real.view(-1, 1, 8, 8)
    names = ["mse", "psnr", "ssim"]
    near, far = (reconstruction_metrics(x, y, metrics=names) for y in (0.98 * x, avg_pool2d(x, 3, 1, 1)))
    ways = {"mse": UP, "psnr": DOWN, "ssim": DOWN}
    return [_check("blurred pair", name, far[name].value, near[name].value, ways[name]) for name in names]


def _scores(real: Tensor, unusual: Tensor) -> list[Check]:
    """Outliers: distance from the mean tells noised data; a score that sees nothing does not."""
    names = ["auroc", "aupr-out", "aupr-in", "fpr95", "recall-at-5"]
    distance = [(x - real.mean(0)).square().sum(1) for x in (real, unusual)]
    sees = outlier_metrics(*distance, metrics=names, generator=seeds.generator("selftest"))
    blind = torch.zeros(len(real)), torch.zeros(len(unusual))
    blinded = outlier_metrics(*blind, metrics=names, generator=seeds.generator("selftest"))
    ways = {name: DOWN if name == "fpr95" else UP for name in names}
    return [_check("outlier score", name, sees[name].value, blinded[name].value, ways[name]) for name in names]


def _modes(seed: int) -> list[Check]:
    """Modes: dropping two of eight is seen."""
    weights = torch.full((8,), 1 / 8)
    mode = torch.randint(8, (2000,), generator=seeds.generator("selftest", seed, "modes"))
    names = ["modes", "mode-kl"]
    whole, dropped = (mode_metrics_from_labels(m, weights, metrics=names) for m in (mode, mode[mode < 6]))
    ways = {"modes": DOWN, "mode-kl": UP}
    return [_check("mode-dropped", name, dropped[name].value, whole[name].value, ways[name]) for name in names]

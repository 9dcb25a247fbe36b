"""How often each metric's 95 % interval holds what it is about, by simulation: the table of docs/intervals.md.

python bench/intervals.py                 # 400 rounds: about 15 minutes on one core; writes docs/intervals.md
python bench/intervals.py --rounds 20 --out FILE.md

An interval is over samples of one fitted model: the reference (and the training set) stay, samples are drawn anew, and
what is to be held is the mean over all rounds, the value at this n, not that of infinitely many samples. Where the
interval is over reference points (recall, coverage), over both sides (tests of two samples, outlier scores) or over
examples, these are drawn anew. `mode-kl` is to hold the true divergence.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from genbench.core import seeds
from genbench.core.values import Kind, Value
from genbench.metrics.augmentation import Arm, ClassifierInputs, classifier_metrics
from genbench.metrics.balance import Attributes, balance_metrics
from genbench.metrics.classes import Readings
from genbench.metrics.features import feature_inputs
from genbench.metrics.grid import kl
from genbench.metrics.intervals import Z95
from genbench.metrics.latents import Codes, latent_metrics
from genbench.metrics.likelihood import nll_metrics
from genbench.metrics.mining import MiningInputs, Read, mining_metrics
from genbench.metrics.outliers import outlier_metrics
from genbench.metrics.panel import feature_metrics
from genbench.metrics.pointset import PointSet
from genbench.metrics.reconstruction import Features, reconstruction_metrics
from genbench.metrics.toys import density_metrics, mode_metrics_from_labels

OUT = Path(__file__).parents[1] / "docs" / "intervals.md"
N, D = 300, 6
HEAD = """# How often the intervals hold

Made by `python bench/intervals.py --rounds {rounds}`. What is drawn anew in a round is told at the head of that script;
what a 95 % interval is to hold is the metric's value at this n, not at infinitely many samples. `held` is the share of
rounds in which it did (± {chance:.1f} points of chance), `error` the interval's half over 1.96 against the true spread.
n = m = {n} and {d} features, unless the law says otherwise. A metric whose interval holds less than 93 % or more than
97 % says so in the docstring of its measure.

| metric | law | held | error |
|---|---|---|---|"""
SAMPLES = (
    *("frechet", "kid", "mmd-rbf", "cmmd", "sliced-wasserstein", "mind", "precision", "density", "clipped-density"),
    *("vendi", "vendi-ratio", "rke", "duplicate-rate", "authenticity", "nn-distance-ratio", "train-test-gap"),
    "copy-rate",
)
REFERENCE = ("recall", "coverage", "clipped-coverage")
BOTH = ("c2st", "nn-accuracy", "ct", "membership-auc")
SCORES = ("auroc", "aupr-out", "aupr-in", "fpr95", "recall-at-5")

Values = Mapping[str, Value]
LAWS: Mapping[str, tuple[float, float]] = {"same law": (0.0, 1.0), "shifted, wider": (0.4, 1.2)}


@dataclass(frozen=True, slots=True)
class Case:
    """One law: what is measured in round i, and what the intervals are to hold where that is not the rounds' mean."""

    name: str
    measure: Callable[[int], Values]
    truth: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Row:
    """How a metric's interval did: share of rounds in which it held, and its standard error over the true spread."""

    metric: str
    case: str
    held: float
    ratio: float | None


def normal(n: int, d: int, *name: str | int, mean: float = 0.0, scale: float = 1.0) -> Tensor:
    """(n, d) draws that depend on the name only."""
    return mean + scale * torch.randn(n, d, generator=seeds.generator("coverage", *name), dtype=torch.float64)


def drawing(i: int) -> torch.Generator:
    """The generator of round i."""
    return seeds.generator("coverage", "draws", i)


def on_samples(law: str) -> Callable[[int], Values]:
    """Feature metrics whose intervals are over samples."""
    mean, scale = LAWS[law]
    reference, train = PointSet(normal(N, D, "reference")), PointSet(normal(2 * N, D, "train"), name="training")

    def measure(i: int) -> Values:
        g, dice = normal(N, D, law, i, mean=mean, scale=scale), torch.rand(N, generator=drawing(i))
        copied = torch.randint(len(train), (N,), generator=drawing(i))
        g = torch.where((dice < 0.05)[:, None], train.features[copied] + 1e-3, g)
        g = torch.where((dice > 0.95)[:, None], train.features[:1] + 1, g)  # the same point again and again
        return feature_metrics(reference, g, train=train, metrics=SAMPLES, generator=drawing(i))

    return measure


def on_reference(law: str) -> Callable[[int], Values]:
    """Those whose intervals are over reference points."""
    mean, scale = LAWS[law]
    g = normal(N, D, "samples", law, mean=mean, scale=scale)
    return lambda i: feature_metrics(PointSet(normal(N, D, i)), g, metrics=REFERENCE, generator=drawing(i))


def on_both(law: str) -> Callable[[int], Values]:
    """Those whose intervals are over both sides."""
    mean, scale = LAWS[law]

    def measure(i: int) -> Values:
        g = normal(N, D, "samples", law, i, mean=mean, scale=scale)
        train = normal(2 * N, D, "train", i)
        return feature_metrics(PointSet(normal(N, D, i)), g, train=train, metrics=BOTH, generator=drawing(i))

    return measure


def extrapolated(law: str) -> Callable[[int], Values]:
    """`frechet-inf`, which needs more samples."""
    mean, scale = LAWS[law]
    reference = PointSet(normal(N, D, "reference"))

    def measure(i: int) -> Values:
        g = normal(600, D, law, i, mean=mean, scale=scale)
        return feature_metrics(reference, g, metrics=["frechet-inf"], generator=drawing(i))

    return measure


def readings(spread: float) -> Callable[[int], Values]:
    """Metrics that read classes, from logits as far apart as `spread`."""
    reference = PointSet(normal(N, D, "reference"))

    def measure(i: int) -> Values:
        p = (spread * normal(N, 5, "logits", i)).softmax(1)
        asked = torch.randint(5, (N,), generator=drawing(i))
        read = torch.where(torch.rand(N, generator=drawing(i + 1)) < 0.97, asked, p.argmax(1))
        seen = Readings(generated=read, probabilities=p, asked=asked)
        names = ["inception-score", "condition-accuracy"]
        return feature_metrics(reference, normal(N, D, i), metrics=names, generator=drawing(i), readings=seen)

    return measure


def scores(n: int, m: int, mean: float) -> Callable[[int], Values]:
    """Outlier detection: N(0, 1) against N(mean, 1)."""
    return lambda i: outlier_metrics(
        normal(n, 1, "ordinary", i), normal(m, 1, "unusual", i, mean=mean), metrics=SCORES, generator=drawing(i)
    )


MINED = {"base": (0.6, 0.97), "random": (0.85, 0.95), "mined": (0.93, 0.94), "oracle": (0.96, 0.9)}
"""Accuracy on rare and on ordinary examples."""


def mining(i: int) -> Values:
    """Classifiers that mostly fail on the same examples, and labelled ones of which four in ten are rare."""
    hard = [torch.rand(N, generator=seeds.generator("coverage", "hard", kind, i)) for kind in ("rare", "ordinary")]

    def right(kind: int, way: str) -> Tensor:
        own = torch.rand(N, generator=seeds.generator("coverage", "own", kind, way, i))
        is_own = torch.rand(N, generator=seeds.generator("coverage", "is own", kind, way, i)) < 0.3
        return torch.where(is_own, own, hard[kind]) < MINED[way][kind]

    read = {way: Read(right(0, way), right(1, way)) for way in MINED}
    taken = torch.rand(N, generator=seeds.generator("coverage", "taken", i)) < 0.4
    inputs = MiningInputs(read=read, taken=taken, prevalence=0.05)
    return mining_metrics(inputs, ["mining-gain", "mining-accuracy", "mining-precision"])


def pairs(i: int) -> Values:
    """Reconstructions with noise that differs from image to image."""
    x = torch.rand(N, 1, 8, 8, generator=seeds.generator("coverage", "images", i))
    noise = normal(N, 64, "noise", i).view(N, 1, 8, 8) * 0.1 * (0.2 + normal(N, 1, "level", i).abs().view(N, 1, 1, 1))
    made = (x + noise).clamp(0, 1).float()
    real = normal(N, D, "features", i) + 1
    features = Features(real, real + 0.2 * normal(N, D, "other features", i))
    names = ["mse", "psnr", "ssim", "perceptual", "frechet-reconstruction"]
    return reconstruction_metrics(x, made, metrics=names, features=features)


def codes(i: int) -> Values:
    """Latent structure: probes of fixed training codes, clusters, KL of posteriors, paths and their midpoints."""
    train_y = torch.arange(200) % 3
    y = torch.randint(3, (N,), generator=drawing(i))
    steps = torch.linspace(0, 1, 11).double()[None, :, None]
    ends = normal(60, D, "ends", i)[:, None]
    paths = steps * ends + 0.1 * normal(60 * 11, D, "path", i).view(60, 11, D)
    midpoints = feature_inputs(PointSet(normal(N, D, "reference")), 1.2 * normal(60, D, i), generator=drawing(i))
    seen = Codes(
        test=normal(N, 2, "codes", i) + 1.5 * y[:, None],
        test_y=y,
        train=normal(200, 2, "train codes") + 1.5 * train_y[:, None],
        train_y=train_y,
        variance=torch.rand(N, 2, generator=drawing(i)) + 0.1,
        paths=paths,
        midpoints=midpoints,
    )
    names = ["probe-linear", "probe-knn", "cluster-accuracy", "rate", "path-ratio", "midpoint-precision"]
    return latent_metrics(seen, metrics=names, generator=drawing(i))


@dataclass(frozen=True, slots=True)
class Line:
    """N(0, 1) on the line, as a law that can be asked."""

    entropy: float = 1.4189385332046727
    modes: None = None
    mode_weights: None = None
    mode_sigma: None = None
    mark: float = 1.0

    def log_prob(self, x: Tensor) -> Tensor:
        return -0.5 * x[:, 0].double().square() - 0.9189385332046727

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return torch.randn(n, 1, generator=generator)


def on_the_line(i: int) -> Values:
    """`wasserstein-1`, `density-at` and `nll` of a law on the line."""
    x, names = normal(N, 1, i, mean=0.5).float(), ["wasserstein-1", "density-at"]
    found = density_metrics(Line(), x, metrics=names, generator=drawing(i))
    return {**found, **nll_metrics(Line().log_prob(normal(N, 1, "nll", i)), size=1, kind=Kind.EXACT)}


def modes(tilt: float) -> tuple[Callable[[int], Values], dict[str, float]]:
    """`mode-kl` of eight modes whose shares are tilted, and the true divergence."""
    weights = torch.full((8,), 1 / 8, dtype=torch.float64)
    p = torch.softmax(tilt * torch.linspace(-1, 1, 8).double(), 0)

    def measure(i: int) -> Values:
        mode = torch.multinomial(p, N, replacement=True, generator=drawing(i))
        good = torch.rand(N, generator=drawing(i + 1)) < 0.98
        return mode_metrics_from_labels(mode, weights, metrics=["modes", "mode-kl"], good=good)

    return measure, {"mode-kl": kl(p.log(), weights.log())}


def shares(i: int) -> Values:
    """Attributes as a classifier reads them, against the data's shares."""
    data, confusion = torch.tensor([0.7, 0.2, 0.1]), 0.96 * torch.eye(3) + 0.02 * (1 - torch.eye(3))
    read = torch.multinomial(torch.tensor([0.8, 0.15, 0.05]) @ confusion, N, replacement=True, generator=drawing(i))
    seen = Attributes(read=read, confusion=confusion, data=data, accuracy=0.96)
    return balance_metrics(seen, metrics=["attribute-tv", "attribute-kl", "minority-recall"], generator=drawing(i))


SKILLS = {"alone": 0.8, "generated": 1.0, "generated-only": 0.4, "classical": 0.8, "real": 1.6, "generated-rare": 1.0}
"""How hard an example may be that classifiers of an arm read right."""


def classifiers(i: int) -> Values:
    """Five classifiers an arm, of skills of their own, on examples drawn anew; one class of three is rare."""
    hard, labels = normal(N, 1, "hard", i)[:, 0], torch.arange(N) % 3
    arms = {}
    for name, skill in {**SKILLS, "plain": 0.8, "resampled": 0.9}.items():
        own = skill + 0.1 * normal(5, 1, "skill", name, i)
        right = hard + 0.3 * normal(5, N, "slip", name, i) < own
        arms[name] = Arm(right=right, train_right=torch.ones(5, 10, dtype=torch.bool))
    given = ClassifierInputs(arms=arms, labels=labels, rare=(2,))
    found = classifier_metrics(given, metrics=["cas", "accuracy", "train-test-accuracy-gap", "augmentation-gain"])
    resampled = replace(given, gives=frozenset({"resampled"}))
    return {**found, **classifier_metrics(resampled, metrics=["resampling-accuracy", "resampling-gain"])}


def cases() -> list[Case]:
    """All that is simulated."""
    found = []
    for law in LAWS:
        for part in (on_samples, on_reference, on_both, extrapolated):
            found.append(Case(law, part(law), {}))
    for name, spread in (("sure", 4.0), ("unsure", 1.0)):
        found.append(Case(f"classes read {name}", readings(spread), {}))
    for n, m, mean in ((30, 30, 4.07), (100, 80, 1.0), (30, 300, 3.0), (300, 300, 3.0)):
        found.append(Case(f"{n} against {m}, {mean:g} apart", scores(n, m, mean), {}))
    found += [Case("pairs", pairs, {}), Case("codes", codes, {}), Case("the line, 0.5 apart", on_the_line, {})]
    for tilt in (0.0, 0.5):
        measure, truth = modes(tilt)
        found.append(Case("even modes" if not tilt else "tilted modes", measure, truth))
    return [
        *found,
        Case("attributes", shares, {}),
        Case("labelled examples", mining, {}),
        Case("five classifiers an arm", classifiers, {}),
    ]


def simulate(case: Case, rounds: int) -> list[Row]:
    """The rows of one case."""
    seen: dict[str, list[Value]] = {}
    for i in range(rounds):
        for name, value in case.measure(i).items():
            if value.value is not None and value.ci_low is not None:
                seen.setdefault(name, []).append(value)
    return [_row(name, case, values) for name, values in seen.items() if len(values) > rounds // 2]


def _row(name: str, case: Case, values: list[Value]) -> Row:
    numbers = [v.value for v in values if v.value is not None]
    truth = case.truth.get(name, statistics.fmean(numbers))
    ends = [(v.ci_low, v.ci_high) for v in values if v.ci_low is not None and v.ci_high is not None]
    slack = 1e-9 * max(1.0, abs(truth))
    held = sum(low - slack <= truth <= high + slack for low, high in ends) / len(ends)
    spread = statistics.stdev(numbers)
    error = statistics.fmean((high - low) / (2 * Z95) for low, high in ends)
    return Row(name, case.name, held, error / spread if spread > 1e-9 else None)


def render(rows: list[Row], rounds: int) -> str:
    """The page: what was done, and a line for each metric and law."""
    chance = 200 * (0.95 * 0.05 / rounds) ** 0.5
    lines = [HEAD.format(rounds=rounds, chance=chance, n=N, d=D)]
    for row in sorted(rows, key=lambda r: r.metric):
        ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
        lines.append(f"| `{row.metric}` | {row.case} | {100 * row.held:.0f} % | {ratio} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    rows: list[Row] = []
    for case in cases():
        rows += simulate(case, options.rounds)
        print(case.name, flush=True)
    options.out.write_text(render(rows, options.rounds), encoding="utf-8")


if __name__ == "__main__":
    main()

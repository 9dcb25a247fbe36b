"""Quality against training: curves over four budgets, where the order changes, how many seeds set neighbours apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import pandas as pd
from scipy import stats

from board.numbers import Mean, data_of, geometric_mean, markdown, means
from genbench.core.text import safe_text
from genbench.report import formatting
from genbench.stats.comparisons import compare
from genbench.stats.estimates import Row
from genbench.stats.intervals import LEAST
from genbench.stats.scales import Scale

BUDGETS = ("b1", "b2", "b3", "")
AXES = {"images": "training images", "seconds": "seconds of training, a seed's share", "flops": "operations"}
MOST_SEEDS = 1_000


@dataclass(frozen=True, slots=True)
class Point:
    """A row at one budget: its Fréchet distance, and what the training took."""

    distance: Mean
    images: float
    seconds: float
    flops: float


Curves = Mapping[str, Sequence[Point]]


def curves(folder: Path, suite: str) -> dict[str, list[Point]]:
    """By label its points, the smallest budget first; rows that lack one are left out."""
    found: dict[str, list[Point]] = {}
    budgets = 0
    for profile in BUDGETS:
        data = data_of(folder, f"{suite}-{profile}" if profile else suite)
        if data is None:
            continue
        budgets += 1
        fits = data.fits.set_index("key")
        for label, mean in means(data.table, "frechet").items():
            rows = data.table[data.table["label"] == label]
            own = fits.loc[[key for key in rows["fit"].unique() if key in fits.index]]
            images = float(rows["budget"].max())  # what it was given: of a GAN's, half are never read
            found.setdefault(label, []).append(Point(mean, images, _middle(own, "seconds"), _middle(own, "flops")))
    return {label: points for label, points in found.items() if len(points) == budgets}


def _middle(fits: pd.DataFrame, column: str) -> float:
    known = [float(value) for value in fits[column] if pd.notna(value) and value]
    return fmean(known) if known else math.nan


def p_of(a: Mean, b: Mean) -> float:
    """Two-sided p that two rows are equal, on the log scale, as the leaderboards test it; 1 under 3 seeds."""
    if min(len(a.values), len(b.values)) < 3:
        return 1.0
    return compare(*(Row(values=mean.values, error=mean.error) for mean in (a, b)), Scale.LOG).p


def seeds_needed(a: Mean, b: Mean, power: float = 0.8) -> int | None:
    """Seeds a row with which Welch's test of log distances finds this difference in so many of 100 tables; None where
    there is no spread, or more than 1,000 are needed."""
    if a.spread is None or b.spread is None or a.value == b.value:
        return None
    variance = sum((mean.spread / mean.value) ** 2 for mean in (a, b) if mean.spread)
    gap = abs(math.log(a.value / b.value))
    for n in range(LEAST, MOST_SEEDS):
        degrees = 2 * n - 2
        need = stats.t.ppf(0.975, degrees) + stats.t.ppf(power, degrees)
        if gap >= need * math.sqrt(variance / n):
            return n
    return None


def flips(found: Curves) -> list[tuple[str, str, int, int]]:
    """Pairs whose order at one budget is surely the other at a later one: (better first, better later, budgets)."""
    turned = []
    labels = list(found)
    for i, a in enumerate(labels):
        for b in labels[i + 1 :]:
            sure = [
                (k, x.distance.value < y.distance.value)
                for k, (x, y) in enumerate(zip(found[a], found[b], strict=True))
                if p_of(x.distance, y.distance) < 0.05
            ]
            for (first, one), (later, other) in pairwise(sure):
                if one != other:
                    turned.append((a, b, first, later) if one else (b, a, first, later))
    return turned


def slope(points: Sequence[Point]) -> float:
    """How the distance falls: the slope of its logarithm over that of the images."""
    x = [math.log(point.images) for point in points]
    y = [math.log(point.distance.value) for point in points]
    return float(stats.linregress(x, y).slope)


def draw(found: Curves, path: Path, title: str) -> None:
    """Three panels (images, seconds, operations), both axes logarithmic, an interval over seeds at each point."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.9), dpi=96, layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    markers = "osD^vP*X"
    for axis, (name, words) in zip(panels, AXES.items(), strict=True):
        for k, (label, points) in enumerate(found.items()):
            x = [getattr(point, name) for point in points]
            y = [point.distance.value for point in points]
            half = [min(point.distance.half or 0.0, 0.9 * point.distance.value) for point in points]
            axis.errorbar(x, y, yerr=half, label=label, marker=markers[k % 8], color=f"C{k}", capsize=2, lw=1.3, ms=4.5)
        axis.set(xscale="log", yscale="log", xlabel=words)
        axis.grid(alpha=0.25, which="both", lw=0.4)
    panels[0].set_ylabel("Fréchet distance ↓")
    figure.suptitle(title, fontsize=11)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right center", fontsize=9, frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def page(stores: Path, pages: Path) -> str:
    """The Markdown page of all curves, its pictures beside it."""
    lines = ["# Quality against training", "", "<!-- made by bench/leaderboard.py -->", "", INTRODUCTION]
    shown = False
    for net, words in (("mlp", "the MLP"), ("conv", "convolutions")):
        found = curves(stores / f"scaling-{net}", f"scaling-{net}")
        if not found or len(next(iter(found.values()))) < 2:
            continue
        shown = True
        picture = pages / f"scaling-{net}.png"
        draw(found, picture, f"MNIST with {words}: bars are 95 % intervals over seeds")
        lines += ["", f"## With {words}", "", f"![Fréchet distance against training]({picture.name})", ""]
        lines += _tables(found)
    return "\n".join(lines if shown else [*lines, "", "Not run yet."]) + "\n"


INTRODUCTION = (
    "Eight models (one of them with two samplers) on MNIST, each budget four times the one before, every training a\n"
    "run of its own. The distance is `frechet` on MNIST's classifier at n = m = 10,000; ± is the 95 % interval of the\n"
    "mean over seeds. Seconds are those of a GPU that other trainings shared: operations compare better."
)


def _tables(found: Curves) -> list[str]:
    sizes = [geometric_mean(p.images for p in column) for column in zip(*found.values(), strict=True)]
    heads = ("row", *(f"{size:,.0f} images" for size in sizes), "slope")
    best = sorted(found, key=lambda label: found[label][-1].distance.value)
    rows = [(f"`{x}`", *(p.distance.text() for p in found[x]), formatting.text(slope(found[x]), 2)) for x in best]
    lines = [*markdown(heads, rows), ""]
    last = [(label, found[label][-1]) for label in best]
    cells = [(f"`{label}`", formatting.duration(p.seconds), _operations(p.flops)) for label, p in last]
    lines += ["What the largest budget took, a seed:", "", *markdown(("row", "seconds", "operations"), cells), ""]
    lines += [
        *turned(found, sizes),
        "",
        "**How many seeds set neighbours apart** at the largest budget, with 80 % power, by the spread seen here:",
        "",
    ]
    pairs = []
    for (a, x), (b, y) in pairwise(last):
        need = seeds_needed(x.distance, y.distance)
        said = "-" if x.distance.spread is None else f"{need}" if need else f"over {MOST_SEEDS:,}"
        pairs.append((f"`{a}` and `{b}`", f"{x.distance.text()} and {y.distance.text()}", said))
    return [*lines, *markdown(("neighbours", "distances", "seeds a row"), pairs)]


def _operations(flops: float) -> str:
    return "not counted" if math.isnan(flops) else safe_text(f"{flops:.2g}")


def turned(found: Curves, sizes: Sequence[float]) -> list[str]:
    """Where the order of a pair changes, pair by pair."""
    rows = [
        (f"`{first}`", f"`{second}`", f"{sizes[a]:,.0f}", f"{sizes[b]:,.0f}") for first, second, a, b in flips(found)
    ]
    if not rows:
        return [
            "**Where the order changes.** No pair is surely in one order at one budget and in the other at another."
        ]
    said = "**Where the order changes**, each end of a pair with p under 5 % (not adjusted for their number):"
    return [said, "", *markdown(("first ahead", "then ahead", "still at, images", "surely turned at"), rows)]

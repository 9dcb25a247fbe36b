"""What training again changes, and when it begins to copy: two papers on training, beside ours. Torch-free."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from board.claims import Comparison, Line, Tables, with_lines
from board.numbers import Mean, geometric_mean, markdown, means, percent

# --- the lottery of seeds

LOTTERY = 3.2


def lottery(table: Tables) -> Comparison:
    """Retraining against resampling."""
    made = Comparison(
        name="lottery",
        title="The FID lottery",
        source="arXiv:2606.20536: training again moves FID 3.2 times more than drawing samples again",
        differs=(
            "Small models on MNIST, and a Fréchet distance on its classifier. Ratio of standard deviations: of "
            "training (that over 20 seeds less the sampling error) to sampling (the influence function's, n = 10,000)."
        ),
        suite="paper-lottery",
    )
    found = table(made.suite)
    distances = {} if found is None else means(found, "frechet")
    ratios = {}
    rows = []
    for label, mean in distances.items():
        if mean.spread is None or not mean.error or label.startswith("control"):
            continue
        low, mid, high = _ratio(mean)
        ratios[label] = mid
        rows.append(
            (f"`{label}`", mean.text(), percent(mean.spread / mean.value), percent(mean.error / mean.value),
             f"{mid:.1f} [{low:.1f}, {high:.1f}]")
        )  # fmt: skip
    if not ratios:
        return made
    middle = geometric_mean(max(ratio, 0.1) for ratio in ratios.values())
    above = [label for label, ratio in ratios.items() if ratio > 1]
    lines = [
        Line(
            "training again moves the distance more than sampling again",
            f"{LOTTERY} times",
            f"{middle:.1f} times (geometric mean of {len(ratios)} models)",
            middle > 1,
            "more than once",
        ),
        Line(
            "for which models",
            "those of the paper",
            f"{len(above)} of {len(ratios)}",
            len(above) > len(ratios) / 2,
            "more than half of them",
        ),
    ]
    heads = ("row", "Fréchet distance", "spread over seeds", "sampling error", "ratio of training to sampling [95 %]")
    return with_lines(made, lines, ["", *markdown(heads, rows)])


def _ratio(mean: Mean) -> tuple[float, float, float]:
    """sd of training / sd of sampling with its 95 % interval (χ² of the variance over seeds)."""
    degrees = len(mean.values) - 1
    variance = (mean.spread or 0.0) ** 2
    ends = [variance * degrees / stats.chi2.ppf(q, degrees) for q in (0.975, 0.5, 0.025)]
    ends[1] = variance
    low, mid, high = (math.sqrt(max(0.0, end - mean.error**2)) / mean.error for end in ends)
    return low, mid, high


# --- memorisation

LOOKS = (64_000, 90_500, 128_000, 181_000, 256_000, 362_000, 512_000, 724_000, 1_024_000)
SIZES = (50, 100, 200, 400)


def memorisation(table: Tables) -> Comparison:
    """Bonnaire et al. 2025."""
    made = Comparison(
        name="memorisation",
        title="Why diffusion models don't memorise",
        source="Bonnaire et al. 2025 (arXiv:2505.17638): the time to memorise grows linearly with the training set",
        differs=(
            "`ddpm` with its MLP on 8 × 8 digits. Nine budgets in steps of √2, each a training of its own: the onset "
            "lies between the first at which authenticity is more than three standard errors under the held-out row's "
            "and the one before, and is taken as their geometric middle."
        ),
        suite="paper-memorisation",
    )
    looks = [*(f"{made.suite}-look-{k}" for k in range(1, len(LOOKS))), made.suite]
    found = [table(name) for name in looks]
    onsets: dict[int, list[float]] = {}
    for size in SIZES:
        onsets[size] = _onsets(found, f"digits@{size}")
    known = {size: times for size, times in onsets.items() if times}
    if len(known) < 2:
        return made
    x = np.log([size for size, times in known.items() for _ in times])
    y = np.log([time for times in known.values() for time in times])
    fit = stats.linregress(x, y)
    half = math.hypot(float(stats.t.ppf(0.975, len(x) - 2)) * float(fit.stderr), 1.96 * _of_looks(list(known)))
    low, high = fit.slope - half, fit.slope + half
    lines = [
        Line(
            "the onset of copying comes later with a larger training set: slope of log time over log size",
            "positive",
            f"{fit.slope:.2f} ± {half:.2f}",
            bool(low > 0),
            "its interval is above 0",
        ),
        Line(
            "in proportion to it", "1", f"{fit.slope:.2f} ± {half:.2f}", bool(low <= 1 <= high), "its interval holds 1"
        ),
    ]
    rows = [
        (f"{size}", f"{middle:,.0f}", f"{len(known[size])} of {_seeds(found)}", f"{middle / size:,.0f}")
        for size, middle in {size: geometric_mean(times) for size, times in known.items()}.items()
    ]  # fmt: skip
    heads = ("training examples", "images at the onset", "seeds that got there", "passes through the set")
    return with_lines(made, lines, ["", *markdown(heads, rows)])


def _of_looks(sizes: Sequence[int]) -> float:
    """The standard error of the slope by the looks alone: an onset lies anywhere between two of them, for all seeds of
    a size alike."""
    between = math.log(LOOKS[-1] / LOOKS[0]) / (len(LOOKS) - 1)
    return float(between / math.sqrt(12 * len(sizes) * np.var(np.log(sizes))))


def _onsets(found: Sequence[pd.DataFrame | None], dataset: str) -> list[float]:
    """The images at which each seed began to copy, between two looks; seeds that never did are left out."""
    onsets: dict[int, float] = {}
    half_a_step = (LOOKS[-1] / LOOKS[0]) ** (0.5 / (len(LOOKS) - 1))
    for images, table in zip(LOOKS, found, strict=True):
        if table is None:
            continue
        part = table[(table["metric"] == "authenticity") & (table["dataset"] == dataset) & (table["status"] == "ok")]
        top = part[part["label"] == "control-test-half"]["value"]
        if top.empty:
            continue
        for row in part[part["label"] == "ddpm"].itertuples():
            error = (row.ci_high - row.ci_low) / 2 / 1.96 if pd.notna(row.ci_high) else 0.0
            if row.value < float(top.mean()) - 3 * math.hypot(error, error):
                onsets.setdefault(int(row.seed), images / half_a_step)
    return list(onsets.values())


def _seeds(found: Sequence[pd.DataFrame | None]) -> int:
    return max(int(table["seed"].max()) + 1 for table in found if table is not None)

"""Which test may rank a leaderboard? False differences, coverage of the true ranks and power of several, by simulation.

python bench/ranking.py              the table of docs/statistics.md (about two minutes on one core)
python bench/ranking.py --quick      few tables: a look whether it runs

Each table has rows that are all the same (null) or groups of three equal rows, 0 to 20 standard deviations apart. A
table is false where two equal rows differ, or two unequal ones in the wrong order, by Holm's correction over all pairs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from genbench.stats.comparisons import pairwise_p, standard_errors
from genbench.stats.estimates import Estimates, estimate
from genbench.stats.ranks import rank_ranges
from genbench.stats.scales import Array, Scale

ALPHA = 0.05
SPREAD = 0.1
"""Of one seed, on the scale: a Fréchet distance of 10 ± 1."""
APART = 20.0
"""The worst group is so many spreads from the best."""
N = 449
"""Points behind a share."""
MODES = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """`values` (tables, rows, seeds); `truth` (rows,): the true means, lower is better; sampling `error` and `grid` as
    the report knows them."""

    values: Array
    truth: Array
    error: Array
    grid: float
    scale: Scale

    @property
    def known(self) -> Estimates:
        return estimate(self.values, self.error, np.asarray(self.grid))


Shape = tuple[int, int, int]
Draw = Callable[[np.random.Generator, Shape, Array], Tables]
"""From (tables, rows, seeds) and the place of each row in [0, 1] to tables."""


def distances(spread: Callable[[np.random.Generator, tuple[int, int]], Array], *, noise: float = 0.0) -> Draw:
    """Positive numbers whose logarithm is normal (`noise`: Student t with so many degrees); equal rows have equal means
    where the noise is normal."""

    def draw(rng: np.random.Generator, shape: Shape, place: Array) -> Tables:
        sd = SPREAD * spread(rng, shape[:2])[..., None]
        z = rng.standard_t(noise, shape) if noise else rng.normal(size=shape)
        shift = 0.0 if noise else sd**2 / 2
        values = np.exp(APART * SPREAD * place[:, None] + sd * z - shift)
        return Tables(values=values, truth=place, error=np.zeros(()), grid=0.0, scale=Scale.LOG)

    return draw


def equal(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    return np.ones(shape)


def unequal(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    return np.exp(0.75 * rng.normal(size=shape))


def wild(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """One row, anywhere, whose spread is ten times the others'."""
    return np.where(np.arange(shape[1]) == rng.integers(shape[1], size=(shape[0], 1)), 10.0, 1.0)


def every_second(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Every second row varies by a factor of 2.7 (a log-sd of 1)."""
    return np.broadcast_to(np.where(np.arange(shape[1]) % 2 == 0, 1 / SPREAD, 1.0), shape)


def shares(best: float) -> Draw:
    """Wrong ones among N points, at `best` and up to 20 binomial standard deviations more, on the scale of its square
    root."""

    def draw(rng: np.random.Generator, shape: Shape, place: Array) -> Tables:
        angle = np.arcsin(np.sqrt(best)) + place * APART / 2 / np.sqrt(N)
        values = rng.binomial(N, np.sin(angle)[:, None] ** 2, size=shape) / N
        p = (values.mean(-1) * N + 0.5) / (N + 1)
        return Tables(values=values, truth=place, error=np.sqrt(p * (1 - p) / N), grid=1 / N, scale=Scale.LOGIT)

    return draw


def counts(rng: np.random.Generator, shape: Shape, place: Array) -> Tables:
    """Modes that are missed, of 25: 2 % of them in the best group, 80 % in the worst."""
    values = rng.binomial(MODES, 0.02 + 0.78 * place[:, None], size=shape).astype(np.float64)
    return Tables(values=values, truth=place, error=np.zeros(()), grid=1.0, scale=Scale.IDENTITY)


def tied(rng: np.random.Generator, shape: Shape, place: Array) -> Tables:
    """Numbers rounded to a step of two standard deviations: most seeds are the same."""
    values = np.round((APART * place[:, None] + rng.normal(size=shape)) / 2) * 2
    return Tables(values=values, truth=place, error=np.zeros(()), grid=2.0, scale=Scale.IDENTITY)


def deterministic(rng: np.random.Generator, shape: Shape, place: Array) -> Tables:
    """Shares (as an AUROC, its error known) of rows that are the same on every seed, on samples of their own."""
    error = 0.01
    one = np.clip(0.1 + APART * error * place + error * rng.normal(size=shape[:2]), 0.0, 1.0)
    values = np.repeat(one[..., None], shape[2], -1)
    return Tables(values=values, truth=place, error=np.full(shape[:2], error), grid=0.0, scale=Scale.LOGIT)


def mixed(rng: np.random.Generator, shape: Shape, place: Array) -> Tables:
    """Every second row the same on every seed, the others with twice that spread."""
    fixed = deterministic(rng, shape, place)
    free = np.clip(0.1 + 0.2 * place[:, None] + 0.02 * rng.normal(size=shape), 0.0, 1.0)
    values = np.where((np.arange(shape[1]) % 2 == 0)[:, None], fixed.values, free)
    return replace(fixed, values=values)


def estimates_of_distances(scale: Scale) -> Draw:
    """Unbiased estimates of squared distances, as KID: from 0, where half of them are negative, to 150 sampling errors,
    those far from 0 with a spread in proportion. Seeds of a row share half of the sampling error's variance."""

    def draw(rng: np.random.Generator, shape: Shape, place: Array) -> Tables:
        error = 0.01
        true = error * (np.exp(5 * place) - 1)[:, None]
        shared = rng.normal(size=(*shape[:2], 1)) + rng.normal(size=shape)
        values = true * np.exp(SPREAD * rng.normal(size=shape) - SPREAD**2 / 2) + error * shared / np.sqrt(2)
        return Tables(values=values, truth=place, error=np.full(shape[:2], error), grid=0.0, scale=scale)

    return draw


SCENARIOS: dict[str, Draw] = {
    "equal variances": distances(equal),
    "log-sd 0.75": distances(unequal),
    "one wild row": distances(wild),
    "shares of .998": shares(0.002),
    "counts of 25": counts,
    "ties": tied,
    "deterministic": deterministic,
    "half deterministic": mixed,
}


STEADY = ("deterministic", "half deterministic")
"""Scenarios in which a row's law is the same in each table."""

Method = Callable[[Tables, NDArray[np.intp], NDArray[np.intp]], Array]
"""The p of each pair, table by table."""


def paired_t(tables: Tables, first: NDArray[np.intp], second: NDArray[np.intp]) -> Array:
    """What was used before: by seed, on the values, certain where the differences have no spread."""
    d = tables.values[:, first] - tables.values[:, second]
    mean, sd = d.mean(-1), d.std(-1, ddof=1)
    steady = sd <= 1e-12 * np.abs(d).max(-1)
    p = 2 * stats.t.sf(np.abs(mean) / np.where(steady, 1, sd) * np.sqrt(d.shape[-1]), d.shape[-1] - 1)
    return np.where(steady, np.where(mean != 0, 0.0, 1.0), p)


def permutation(tables: Tables, first: NDArray[np.intp], second: NDArray[np.intp]) -> Array:
    """What a permutation test could find at best: no p is smaller than 2 / (2n choose n), .1 at 3 seeds and .008 at 5,
    so that Holm over 36 pairs rejects none below 7 seeds. Above that bound Welch's p stands for it."""
    n = tables.values.shape[-1]
    return np.maximum(welch(tables, first, second), 2 / special.comb(2 * n, n))


def welch(tables: Tables, first: NDArray[np.intp], second: NDArray[np.intp]) -> Array:
    """Each row's own spread, on the values, no sampling error."""
    return _p(replace(tables.known, known=np.zeros_like(tables.known.known)), first, second)


def welch_on_scale(tables: Tables, first: NDArray[np.intp], second: NDArray[np.intp]) -> Array:
    """Each row's own spread and its sampling error, on the scale."""
    return _p(tables.known.on(tables.scale), first, second)


def pooled(tables: Tables, first: NDArray[np.intp], second: NDArray[np.intp]) -> Array:
    """One spread for all rows."""
    known = tables.known.on(tables.scale)
    spread = np.broadcast_to(known.spread.mean(-1, keepdims=True), known.spread.shape)
    return _p(replace(known, spread=spread, degrees=known.degrees * known.mean.shape[-1]), first, second)


def smyth(tables: Tables, first: NDArray[np.intp], second: NDArray[np.intp]) -> Array:
    """The moderated t of Smyth (2004), on the scale: prior and its degrees estimated from the table's rows."""
    known = tables.known.on(tables.scale)
    d = known.degrees[..., :1]
    z = np.log(np.maximum(known.spread, 1e-300)) - special.digamma(d / 2) + np.log(d / 2)
    excess = z.var(-1, ddof=1, keepdims=True) - special.polygamma(1, d / 2)
    prior = np.where(excess > 1e-3, 2 * _trigamma_inverse(np.maximum(excess, 1e-3)), 1e3)
    s0 = np.exp(z.mean(-1, keepdims=True) + special.digamma(prior / 2) - np.log(prior / 2))
    spread = (prior * s0 + known.degrees * known.spread) / (prior + known.degrees)
    return _p(replace(known, spread=spread, degrees=known.degrees + prior), first, second)


def ours(tables: Tables, first: NDArray[np.intp], second: NDArray[np.intp]) -> Array:
    """What genbench does."""
    return pairwise_p(tables.known, first, second, tables.scale)


METHODS = {
    "paired t (before)": paired_t,
    "permutation (at best)": permutation,
    "Welch, raw": welch,
    "Welch, on the scale": welch_on_scale,
    "pooled variance": pooled,
    "moderated t, estimated prior": smyth,
    "moderated t, fixed prior (chosen)": ours,
}


def _p(known: Estimates, first: NDArray[np.intp], second: NDArray[np.intp]) -> Array:
    error, degrees = standard_errors(known, first, second)
    gap = np.abs(known.mean[..., first] - known.mean[..., second])
    p: Array = np.where(error > 0, 2 * stats.t.sf(gap / np.where(error > 0, error, 1), degrees), (gap == 0) * 1.0)
    return p


def _trigamma_inverse(x: Array) -> Array:
    """Newton's method of Smyth (2004), appendix."""
    y: Array = 0.5 + 1 / x
    for _ in range(30):
        value = special.polygamma(1, y)
        y = y + value * (1 - value / x) / special.polygamma(2, y)
    return y


def reject(p: Array, level: float = ALPHA) -> NDArray[np.bool_]:
    """Which of p (tables, tests) Holm's correction rejects at a level, table by table; none at level 0."""
    order = np.argsort(p, -1, kind="stable")
    passed = np.take_along_axis(p, order, -1) * (p.shape[-1] - np.arange(p.shape[-1])) <= level
    passed &= level > 0
    found = np.zeros_like(passed)
    np.put_along_axis(found, order, np.logical_and.accumulate(passed, -1), -1)
    return found


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of tables with a false difference and with all true ranks covered, and of true differences found."""

    false: float
    covered: float
    power: float


def judge(tables: Tables, p: Array, first: NDArray[np.intp], second: NDArray[np.intp], level: float = ALPHA) -> Shares:
    """What became of the tables by the p of their pairs."""
    differ = reject(p, level)
    mean = tables.values.mean(-1)
    gap = np.sign(tables.truth[first] - tables.truth[second])
    wrong = differ & (gap != np.sign(mean[:, first] - mean[:, second]))
    square = np.zeros((*mean.shape, mean.shape[-1]), dtype=np.bool_)
    square[:, first, second] = square[:, second, first] = differ
    low, high = rank_ranges(mean, square)
    best = 1 + (tables.truth[:, None] > tables.truth).sum(-1)
    worst = len(tables.truth) - (tables.truth[:, None] < tables.truth).sum(-1)
    covered = ((low <= best) & (high >= worst)).all(-1)
    power = float((differ & ~wrong)[:, gap != 0].mean()) if gap.any() else float("nan")
    return Shares(float(wrong.any(-1).mean()), float(covered.mean()), power)


def simulate(draw: Draw, shape: Shape, seed: int) -> dict[str, tuple[Shares, Shares]]:
    """By method, (rows that are all the same, groups of three); all methods see the same tables."""
    found: dict[str, list[Shares]] = {name: [] for name in METHODS}
    first, second = np.triu_indices(shape[1], 1)
    for place in (np.zeros(shape[1]), grouped(shape[1])):
        tables = draw(np.random.default_rng(seed), shape, place)
        for name, method in METHODS.items():
            found[name].append(judge(tables, method(tables, first, second), first, second))
    return {name: (null, apart) for name, (null, apart) in found.items()}


def grouped(rows: int) -> Array:
    """The places of rows in groups of three, from the best (0) to the worst (1)."""
    groups = np.arange(rows) // max(1, rows // max(2, rows // 3))
    return groups / groups.max()


def held_power(draw: Draw, shape: Shape, seed: int, method: Method) -> float:
    """The power of a method whose level is lowered until at most 5 % of tables of equal rows have a difference."""
    first, second = np.triu_indices(shape[1], 1)
    null = draw(np.random.default_rng(seed), shape, np.zeros(shape[1]))
    smallest = method(null, first, second).min(-1) * len(first)
    level = min(ALPHA, float(np.quantile(smallest, ALPHA, method="lower")))
    apart = draw(np.random.default_rng(seed), shape, grouped(shape[1]))
    return judge(apart, method(apart, first, second), first, second, level).power


def bound(draw: Draw, shape: Shape, seed: int) -> float:
    """The power of a test that knows each row's true standard error and which rows are equal: |z| beyond what 95 % of
    tables stay within in all of their equal pairs. For laws that are the same in each table."""
    first, second = np.triu_indices(shape[1], 1)
    place = grouped(shape[1])
    mean = draw(np.random.default_rng(seed), shape, place).values.mean(-1)
    variance = mean.var(0)
    z = np.abs(mean[:, first] - mean[:, second]) / np.sqrt(variance[first] + variance[second])
    same = place[first] == place[second]
    critical = np.quantile(z[:, same].max(-1), 1 - ALPHA)
    return float((z[:, ~same] > critical).mean())


def print_held(sizes: Sequence[int], tables: int) -> None:
    """Markdown: power at 3 seeds of the paired t test as it is and held to 5 %, of the chosen test, and where it is
    known the bound of any test."""
    print("\n| rows | test |", " | ".join(SCENARIOS), "|")
    print("|" + "---|" * (len(SCENARIOS) + 2))
    for rows in sizes:
        shape = (max(20, tables * 9 // rows), rows, 3)
        first, second = np.triu_indices(rows, 1)
        lines: dict[str, list[str]] = {name: [] for name in ("paired t", "paired t, held to 5 %", "chosen", "bound")}
        for i, (name, draw) in enumerate(SCENARIOS.items()):
            apart = draw(np.random.default_rng(i), shape, grouped(rows))
            for method, key in ((paired_t, "paired t"), (ours, "chosen")):
                lines[key].append(f"{judge(apart, method(apart, first, second), first, second).power:.2f}")
            lines["paired t, held to 5 %"].append(f"{held_power(draw, shape, i, paired_t):.2f}")
            lines["bound"].append(f"{bound(draw, shape, i):.2f}" if name in STEADY else "")
        for name, cells in lines.items():
            print(f"| {rows} | {name} |", " | ".join(cells), "|", flush=True)


def print_scales(seeds: Sequence[int], sizes: Sequence[int], tables: int) -> None:
    """Markdown: the chosen test of unbiased estimates of distances on each scale, false (null) / false / power."""
    scales = (Scale.IDENTITY, Scale.LOG, Scale.ASINH)
    print("\n| seeds | rows |", " | ".join(scales), "|")
    print("|" + "---|" * (len(scales) + 2))
    for n in seeds:
        for rows in sizes:
            cells = []
            for scale in scales:
                shape = (max(20, tables * 9 // rows), rows, n)
                null, apart = simulate(estimates_of_distances(scale), shape, 7)["moderated t, fixed prior (chosen)"]
                cells.append(f"{null.false:.3f} / {apart.false:.3f} / {apart.power:.2f}")
            print(f"| {n} | {rows} |", " | ".join(cells), "|", flush=True)


def print_table(seeds: Sequence[int], sizes: Sequence[int], tables: int) -> None:
    """Markdown: a line for each method, seeds and rows; in each cell false (null) / false / power, and the worst
    coverage of the line."""
    print("| seeds | rows | test |", " | ".join(SCENARIOS), "| worst false | worst coverage |")
    print("|" + "---|" * (len(SCENARIOS) + 5))
    for n in seeds:
        for rows in sizes:
            shape = (max(20, tables * 9 // rows), rows, n)
            found = [simulate(draw, shape, seed=i) for i, draw in enumerate(SCENARIOS.values())]
            for name in METHODS:
                pairs = [one[name] for one in found]
                cells = [f"{null.false:.2f} / {apart.false:.2f} / {apart.power:.2f}" for null, apart in pairs]
                false = max(max(null.false, apart.false) for null, apart in pairs)
                covered = min(min(null.covered, apart.covered) for null, apart in pairs)
                print(f"| {n} | {rows} | {name} |", " | ".join(cells), f"| {false:.3f} | {covered:.3f} |", flush=True)


def print_ranges(seeds: int, sizes: Sequence[int], tables: int) -> None:
    """Markdown: how wide the ranges of groups of three are, as a share of all places, and were while they were widened
    until no worse mean had a better end."""
    print("\n| rows | ranges |", " | ".join(SCENARIOS), "|")
    print("|" + "---|" * (len(SCENARIOS) + 2))
    for rows in sizes:
        shape = (max(20, tables * 9 // rows), rows, seeds)
        first, second = np.triu_indices(rows, 1)
        plain, widened = [], []
        for i, draw in enumerate(SCENARIOS.values()):
            drawn = draw(np.random.default_rng(i), shape, grouped(rows))
            mean, square = drawn.values.mean(-1), np.zeros((shape[0], rows, rows), dtype=np.bool_)
            square[:, first, second] = square[:, second, first] = reject(ours(drawn, first, second))
            low, high = rank_ranges(mean, square)
            before = mean[..., None, :] >= mean[..., :, None]
            lowest = np.where(before, low[..., None, :], rows).min(-1)
            highest = np.where(before.swapaxes(-1, -2), high[..., None, :], 1).max(-1)
            plain.append(f"{(high - low + 1).mean() / rows:.2f}")
            widened.append(f"{(highest - lowest + 1).mean() / rows:.2f}")
        print(f"| {rows} | as they are |", " | ".join(plain), "|")
        print(f"| {rows} | widened |", " | ".join(widened), "|", flush=True)


def compare_false(draw: Draw, seeds: int, tables: int, seed: int) -> tuple[float, float]:
    """Shares of comparisons of two runs of 20 rows, trained again and else unchanged, in which something is said to
    differ: (paired t, chosen)."""
    first, second = np.arange(0, 40, 2), np.arange(1, 40, 2)
    drawn = draw(np.random.default_rng(seed), (tables, 40, seeds), np.zeros(40))
    before, chosen = (reject(method(drawn, first, second)).any(-1).mean() for method in (paired_t, ours))
    return float(before), float(chosen)


def print_comparisons(seeds: Sequence[int], tables: int) -> None:
    """Markdown: `compare_false` by seeds and scenario."""
    print("\n| seeds |", " | ".join(SCENARIOS), "|")
    print("|" + "---|" * (len(SCENARIOS) + 1))
    for n in seeds:
        found = [compare_false(draw, n, tables, seed=i) for i, draw in enumerate(SCENARIOS.values())]
        print(f"| {n} |", " | ".join(f"{before:.2f} → {chosen:.2f}" for before, chosen in found), "|", flush=True)


def print_few(seeds: Sequence[int], sizes: Sequence[int], tables: int) -> None:
    """Markdown: tables of few equal rows in which the chosen test finds a difference, where rows are much skewed."""
    kinds = {"one row of log-sd 1": wild, "every second": every_second, "all": lambda rng, shape: np.full(shape, 10.0)}
    print("\n| seeds | rows |", " | ".join(kinds), "|")
    print("|" + "---|" * (len(kinds) + 2))
    for n in seeds:
        for rows in sizes:
            first, second = np.triu_indices(rows, 1)
            found = []
            for i, spread in enumerate(kinds.values()):
                drawn = distances(spread)(np.random.default_rng(i), (tables, rows, n), np.zeros(rows))
                found.append(reject(ours(drawn, first, second)).any(-1).mean())
            print(f"| {n} | {rows} |", " | ".join(f"{share:.3f}" for share in found), "|", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=4_000, help="tables of 9 rows; of 30 rows 9/30 as many")
    parser.add_argument("--quick", action="store_true", help="40 tables at 3 seeds and 9 rows")
    arguments = parser.parse_args()
    if arguments.quick:
        print_table((3,), (9,), 40)
        print_ranges(3, (9,), 40)
        print_comparisons((3,), 40)
        print_few((3,), (2,), 40)
        print_held((9,), 40)
        print_scales((3,), (9,), 40)
    else:
        print_table((3, 5, 10), (9, 30), arguments.tables)
        print_ranges(5, (9, 30), arguments.tables)
        print_comparisons((3, 5, 10), arguments.tables // 2)
        print_few((3, 5, 10), (2, 3, 5, 9), arguments.tables)
        print_held((9, 30), arguments.tables)
        print_scales((3, 5, 10), (3, 9, 45), arguments.tables)


if __name__ == "__main__":
    main()

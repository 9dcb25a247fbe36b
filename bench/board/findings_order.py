"""What samplers, backbones and equal operations change: sentences from the board's numbers. Torch-free."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from scipy import stats

from board.boards import CONV, FLOPS, MNIST, Boards, quoted, two
from board.numbers import Mean, geometric_mean
from genbench.stats.intervals import mean_interval, t_quantile


def samplers(found: Boards) -> Iterator[str]:
    """What a density on the codes is worth, model by model."""
    for suite in (MNIST, CONV):
        board = found.get(suite)
        if board is None:
            continue
        distances = board.distances()
        ratios = {}
        for label, mean in distances.items():
            plain = label.replace("+gmm10", "")
            base = next((x for x in (plain, f"{plain}+gaussian") if x in distances and x != label), None)
            if "+gmm10" in label and base is not None:
                ratios[label] = (base, *_ratio(distances[base], mean))
        if not ratios:
            continue
        link = board.link("mnist", "sample-quality", suite)
        for label, (base, value, low, high) in ratios.items():
            of = "one Gaussian" if base.endswith("+gaussian") else "its prior"
            yield (
                f"- {link}: `{label}` stands at {distances[label].text()}, `{base}` at {distances[base].text()}: ten "
                f"Gaussians in the place of {of} divide the distance by {value:.2f} [{low:.2f}, {high:.2f}]."
            )


def _ratio(a: Mean, b: Mean) -> tuple[float, float, float]:
    """a / b with its 95 % interval on the log scale."""
    value = a.value / b.value
    variance = sum((m.spread or 0.0) ** 2 / m.value**2 / len(m.values) + (m.error / m.value) ** 2 for m in (a, b))
    width = t_quantile(0.975, max(1, min(len(a.values), len(b.values)) - 1)) * math.sqrt(variance)
    return value, value * math.exp(-width), value * math.exp(width)


def backbones(found: Boards) -> Iterator[str]:
    """What convolutions change, family by family, and whether the order stays."""
    mlp, conv = found.get(MNIST), found.get(CONV)
    if mlp is None or conv is None:
        return
    plain, other = mlp.distances(), conv.distances()
    pairs = {k: _with_conv(k) for k in plain if _with_conv(k) in other and not k.startswith("control")}
    families: dict[str, list[float]] = {}
    for label, twin in pairs.items():
        families.setdefault(mlp.families[label], []).append(plain[label].value / other[twin].value)
    said = ", ".join(f"{family} {geometric_mean(r):.2f}{_over_rows(r)}" for family, r in families.items())
    if said:
        links = (
            f"{mlp.link('mnist', 'sample-quality', 'MLP')} and {conv.link('mnist', 'sample-quality', 'convolutions')}"
        )
        yield (
            f"- At equal images convolutions divide the Fréchet distance by ({links}; [95 % over a family's rows]): "
            f"{said}."
        )
    best = [(label, plain[label], other[twin]) for label, twin in pairs.items()]
    yield from _movers(best, "with the MLP", "with convolutions")


def compute(found: Boards) -> Iterator[str]:
    """What equal operations change against equal images."""
    images, flops = found.get(MNIST), found.get(FLOPS)
    if images is None or flops is None:
        return
    first, second = images.distances(), flops.distances()
    both = [(k, first[k], second[k]) for k in first if k in second and not k.startswith("control")]
    yield from _movers(both, "at equal images", "at equal operations")
    twins = {k: _with_conv(k) for k in second if _with_conv(k) in second and not k.startswith("control")}
    wins = [k for k, twin in twins.items() if second[twin].high < second[k].low]
    losses = [k for k, twin in twins.items() if second[k].high < second[twin].low]
    if twins:
        link = flops.link("mnist", "sample-quality", FLOPS)
        yield (
            f"- {link}: for the same operations convolutions are surely better for {len(wins)} of {len(twins)} models"
            f"{quoted(wins)} and surely worse for {len(losses)}{quoted(losses)}."
        )


def _over_rows(ratios: Sequence[float]) -> str:
    """` [0.81, 4.20] (14 rows)`: the interval of the geometric mean, where there are enough."""
    interval = mean_interval([math.log(ratio) for ratio in ratios])
    ends = "" if interval is None else f" [{math.exp(interval.low):.2f}, {math.exp(interval.high):.2f}]"
    return f"{ends} ({len(ratios)} row{'s' * (len(ratios) > 1)})"


def _with_conv(label: str) -> str:
    model, plus, sampler = label.partition("+")
    return f"{model}-conv{plus}{sampler}"


def _movers(both: Sequence[tuple[str, Mean, Mean]], first: str, second: str) -> Iterator[str]:
    if len(both) < 5:
        return
    tau = stats.kendalltau([a.value for _, a, _ in both], [b.value for _, _, b in both])
    half = 1.96 * math.sqrt(0.437 / (len(both) - 4))
    middle = math.atanh(min(max(float(tau.statistic), -0.999), 0.999))
    yield (
        f"- The order of {len(both)} rows {first} and {second} has Kendall's τ = {two(tau.statistic)} "
        f"[{two(math.tanh(middle - half))}, {two(math.tanh(middle + half))}]."
    )
    before = {k: place for place, (k, _, _) in enumerate(sorted(both, key=lambda x: x[1].value), 1)}
    after = {k: place for place, (k, _, _) in enumerate(sorted(both, key=lambda x: x[2].value), 1)}
    moved = sorted(both, key=lambda x: abs(after[x[0]] - before[x[0]]), reverse=True)[:3]
    far = [(k, a, b) for k, a, b in moved if abs(after[k] - before[k]) > 1]
    parts = [f"`{k}` from {before[k]} ({a.text()}) to {after[k]} ({b.text()})" for k, a, b in far]
    if parts:
        yield f"- Furthest move, by place in the order of means, {first} and {second}: {', '.join(parts)}."

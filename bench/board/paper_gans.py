"""Two papers on GANs, beside ours: what packing does, and whether GANs are created equal. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

import pandas as pd

from board.claims import Comparison, Line, Tables, with_lines
from board.numbers import Mean, difference, markdown, means, order, percent

# --- modes

PACKS = ("gan", "pacgan", "pacgan-3", "pacgan-4")
PROFILES = ("-stacked", "-stacked-long", "-long", "-published")
ALL_MODES = {"ring8": 8, "grid25": 25, "stacked-mnist": 1000}


def pacgan(table: Tables) -> Comparison:
    """Lin et al. 2018."""
    made = Comparison(
        name="pacgan",
        title="PacGAN",
        source="Lin et al. 2018 (arXiv:1712.04086): packing lessens mode collapse, on a ring, a grid and stacked MNIST",
        differs=(
            "The claim is about orders. Our critics are narrowed until a pack costs no more parameters, and the zoo's "
            "networks are not the paper's. Each line is of the longest training of ours: on ring and grid that is the "
            "authors' (in their code 40,000,000 images and ten runs), on stacked MNIST a third of theirs (6,400,000)."
        ),
        suite="paper-pacgan",
    )
    tables = [found for name in ("", *PROFILES) if (found := table(made.suite + name)) is not None]
    if not tables:
        return made
    found = pd.concat(tables)
    lines: list[Line] = []
    body: list[str] = []
    for dataset, total in ALL_MODES.items():
        lengths = [one for one in _lengths(found[found["dataset"] == dataset]) if {"gan", "pacgan"} <= set(one.modes)]
        if not lengths:
            continue
        lines += _claims(dataset, total, lengths[-1])
        heads = ("row", "images", "modes", "KL of the modes, nats", "samples within 3 σ of a mode")
        rows = [row for one in lengths for row in one.rows()]
        body += ["", f"{dataset}, means over seeds:", "", *markdown(heads, rows)]
    return with_lines(made, lines, [*body, "", SCATTERED])


def _claims(dataset: str, total: int, length: Length) -> list[Line]:
    """The two that the paper's tables make on a dataset: packs reach more modes, and by more even shares."""
    collapsed = not _as_near(length.near)
    pack, plain = length.modes["pacgan"], length.modes["gan"]
    lines = [
        Line(
            f"{dataset}: packs of two reach more modes than `gan`, of {total:,}",
            "yes",
            f"`pacgan` {pack.text()}, `gan` {plain.text()}, {length.images:,} images",
            False if collapsed else _more(pack, plain, total),
            f"the interval of the difference is above 0; undecided where both reach 99 % of all modes, too; {OPEN}",
        )
    ]
    if {"gan", "pacgan"} <= set(length.kl):
        pack, plain = length.kl["pacgan"], length.kl["gan"]
        lines.append(
            Line(
                f"{dataset}: the KL of the modes is lower with packs of two",
                "yes",
                f"`pacgan` {pack.text()}, `gan` {plain.text()} nats",
                False if collapsed else _surely(plain, pack),
                f"the interval of the difference is below 0; {OPEN}",
            )
        )
    return lines


@dataclass(frozen=True, slots=True)
class Length:
    """What so many training images gave on a dataset: by row the modes, their KL, the share of samples near one."""

    images: int
    modes: Mapping[str, Mean]
    kl: Mapping[str, Mean]
    near: Mapping[str, Mean]

    def rows(self) -> list[tuple[str, ...]]:
        """A line of a table for each row."""
        shown = [k for k in PACKS if k in self.modes]
        more = {k: [one[k].text() if k in one else "" for one in (self.kl, self.near)] for k in shown}
        return [(f"`{k}`", f"{self.images:,}", self.modes[k].text(), *more[k]) for k in shown]


OPEN = "undecided where it holds 0; no where the share of samples near a mode is less than half of `gan`'s"


def _lengths(found: pd.DataFrame) -> list[Length]:
    """The lengths of training on one dataset, the shortest first."""
    made = []
    for images, part in found[found["label"].isin(PACKS)].groupby("budget"):
        near = means(part, "modes", target="high-quality")
        made.append(Length(int(float(str(images))), _modes(part), means(part, "mode-kl"), near))
    return made


SCATTERED = (
    "More modes and a lower KL alone do not show less collapse: 2,500 points drawn uniformly over the grid reach 23 "
    "of 25 modes at a KL of 0.02 with 2 % of them near one, and after 2,000,000 images the samples of packs scatter "
    "as those do. So the share of samples near a mode is asked for, too; it comes with the length of the training."
)


def _as_near(near: Mapping[str, Mean]) -> bool:
    """Whether the pack has at least half of the share of samples near a mode; so where there is no such share."""
    return not {"gan", "pacgan"} <= set(near) or near["pacgan"].value >= 0.5 * near["gan"].value


def _more(pack: Mean, plain: Mean, total: int) -> bool | None:
    """Whether the pack surely reaches more modes; None where the seeds leave it open, or both reach nearly all."""
    return None if min(pack.value, plain.value) >= 0.99 * total else _surely(pack, plain)


def _surely(larger: Mean, smaller: Mean) -> bool | None:
    """Whether one is larger by more than the interval of the difference; None where that holds 0 or is not known."""
    if larger.half is None or smaller.half is None:
        return None
    gap, half = difference(larger, smaller)
    return None if abs(gap) <= half else gap > 0


def _modes(found: pd.DataFrame) -> dict[str, Mean]:
    targets = [t for t in found[found["metric"] == "modes"]["target"].fillna("").unique() if "quality" not in t]
    return means(found, "modes", target=targets[0]) if targets else {}


# --- the order of GANs

LUCIC = {
    "mm-gan": (9.8, 0.9), "gan": (6.8, 0.5), "lsgan": (7.8, 0.6), "wgan": (6.7, 0.4), "wgan-gp": (20.3, 5.0),
    "dragan": (7.6, 0.4), "began": (13.1, 1.0),
}  # fmt: skip
RATES = ("", "-3e-4", "-1e-4")
EXPERIMENT = (
    "Two experiments say why. With our convolutions `mm-gan` stands at 30 to 270 in all fifteen fits here, in three "
    "of five on the [board](board-mnist-conv.html) (the two others end at 1.1 and 1.5): its critic is sure at once, "
    "and the norm of its generator's gradient falls from 0.39 to 0.0005 in the first tenth of the training (the "
    "record of the fit); with the MLP it stands beside `gan` ([board](board-mnist.html)). And three rates are no "
    "search. With 24 draws of hyperparameters for each model (`python bench/draws.py`: MLPs, 300,000 images, "
    "distances to held-out training data) the draws of one model differ by a factor of 16 in the median, and the best "
    "of six models lie within one of 2.7, from 2.23 (`dragan`) to 5.99 (`wgan`); only `began` stands apart, at 33.4: "
    "six of the seven objectives change little beside the hyperparameters, as the paper says of all; the order of the "
    "best is another with these networks, too."
)


def lucic(table: Tables) -> Comparison:
    """Lucic et al. 2018."""
    made = Comparison(
        name="lucic",
        title="Are GANs created equal?",
        source="Lucic et al. 2018 (arXiv:1711.10337), MNIST: mean and standard deviation of the best of 100 draws",
        differs=(
            "Orders only: theirs is FID on Inception, ours on MNIST's own classifier; no batch normalisation; every "
            "player's batches are counted, and collapsed runs are kept where the paper omits them."
        ),
        suite="paper-lucic",
    )
    found = table(made.suite)
    distances = {} if found is None else means(found, "frechet")
    plain = {name: distances[name] for name in LUCIC if name in distances}
    if not plain:
        return made
    best = {name: _best(name, distances) for name in plain}
    lines = []
    for what, ours in (
        ("at the zoo's rates", plain),
        ("at the best of three rates", {k: v for k, (_, v) in best.items()}),
    ):
        kept = order(LUCIC, ours)
        lines.append(
            Line(
                f"order of the GANs, {what}",
                " < ".join(sorted(LUCIC, key=lambda name: LUCIC[name][0])),
                f"{' < '.join(sorted(ours, key=lambda name: ours[name].value))}: {kept.text}",
                kept.agrees,
                "at least 80 % of the pairs that both set apart",
            )
        )
    moved = {name: _moved(name, distances) for name in plain}
    most = max(moved, key=lambda name: moved[name])
    ends = sorted(mean.value for _, mean in best.values())
    middle, apart = median(moved.values()), ends[-1] / ends[0]
    lines.append(
        Line(
            "hyperparameters move a GAN more than its objective does",
            "the best of 100 draws of all seven lie within a factor of 3",
            f"its rate moves a model by a factor of {middle:.2g} (median; `{most}` by {moved[most]:.2g}), the best of "
            f"the models differ by one of {apart:.3g}, without the worst of them by {ends[-2] / ends[0]:.2g}",
            middle > apart,
            "the median model is moved more by its rates than the best of the models differ",
        )
    )
    rows = []
    for name, (value, spread) in LUCIC.items():
        if name in best:
            label, mean = best[name]
            rate = label.removeprefix(name).removeprefix("-") or "the zoo's"
            own = "" if mean.spread is None else percent(mean.spread / mean.value)
            cells = (f"{value:g} ± {spread:g}", percent(spread / value), plain[name].text(), mean.text(), rate, own)
            rows.append((f"`{name}`", *cells))
    heads = ("model", "published", "its spread", "ours, the zoo's rate", "ours, best rate", "rate", "spread over seeds")
    return with_lines(made, lines, ["", *markdown(heads, rows), "", EXPERIMENT])


def _moved(name: str, distances: Mapping[str, Mean]) -> float:
    """The worst of its tried rates over the best."""
    values = [mean.value for mean in _tried(name, distances).values()]
    return max(values) / min(values)


def _best(name: str, distances: Mapping[str, Mean]) -> tuple[str, Mean]:
    return min(_tried(name, distances).items(), key=lambda item: item[1].value)


def _tried(name: str, distances: Mapping[str, Mean]) -> dict[str, Mean]:
    """By label the rates of a model that were run."""
    return {name + rate: distances[name + rate] for rate in RATES if name + rate in distances}

"""Pictures of outlier scores: how they are distributed, and where they are most wrong. Pillow and numpy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from PIL import Image as Pillow
from PIL import ImageDraw
from torch import Tensor

from genbench.evaluations.outcome import Image
from genbench.evaluations.pictures import grid, png
from genbench.protocols.dataset import Dataset

WIDTH, HEIGHT, BINS, TITLE = 560, 64, 56, 16
GREY, RED, BLUE, BLACK = (200, 200, 200), (203, 24, 29), (33, 113, 181), (0, 0, 0)
SHOWN = 8
"""Panels at most, one a score, and images in a row."""
SIDE, MARGIN, ACROSS = 132, 8, 4
"""Of a panel of the ROC curves, and how many stand side by side."""


def pictures(data: Dataset, sets: Mapping[str, Tensor], made: Mapping[str, Mapping[str, Tensor]]) -> list[Image]:
    """`sets`: the examples, ordinary ones first; `made`: by score, the scores of each set."""
    if not made:
        return []
    return [_histograms(data, made), _curves(data, made), *_confused(data, sets, made)]


def _histograms(data: Dataset, made: Mapping[str, Mapping[str, Tensor]]) -> Image:
    shown = list(made.items())[:SHOWN]
    canvas = Pillow.new("RGB", (WIDTH, len(shown) * (HEIGHT + TITLE + 6)), (255, 255, 255))
    for i, (name, of_sets) in enumerate(shown):
        panel = _panel(name, *_grouped(data, of_sets))
        canvas.paste(panel, (0, i * (HEIGHT + TITLE + 6)))
    caption = (
        f"Scores of ordinary data (grey) and, {_colours(data)}, each scaled to its own peak; right is more unusual, "
        "the line accepts 95 % of ordinary data"
    )
    return Image("scores", png(np.asarray(canvas)), caption)


def _colours(data: Dataset) -> str:
    """What is red, and what is blue where that is something else."""
    far = ", blue of easy sets" if data.near and len(data.outliers) > len(data.near) else ""
    return f"red, of {'hard sets' if far else 'outliers'}{far}"


def _curves(data: Dataset, made: Mapping[str, Mapping[str, Tensor]]) -> Image:
    """A panel for each score: the share of unusual examples that a threshold finds, over the ordinary ones it takes for
    unusual."""
    shown = list(made.items())[:SHOWN]
    rows, columns = -(-len(shown) // ACROSS), min(len(shown), ACROSS)
    size = columns * (SIDE + MARGIN), rows * (SIDE + TITLE + MARGIN)
    canvas = Pillow.new("RGB", size, (255, 255, 255))
    for i, (name, of_sets) in enumerate(shown):
        place = (i % ACROSS * (SIDE + MARGIN), i // ACROSS * (SIDE + TITLE + MARGIN))
        canvas.paste(_roc_panel(name, *_grouped(data, of_sets)), place)
    caption = (
        f"Right: ordinary examples taken for unusual, 0 to 1; up: unusual ones found, 0 to 1; {_colours(data)}; the "
        "grey line is a blind score, the dot takes 5 % of ordinary data for unusual"
    )
    return Image("roc", png(np.asarray(canvas)), caption)


def _roc_panel(name: str, ordinary: np.ndarray, hard: np.ndarray, easy: np.ndarray) -> Pillow.Image:
    panel = Pillow.new("RGB", (SIDE + MARGIN, SIDE + TITLE), (255, 255, 255))
    draw = ImageDraw.Draw(panel)
    draw.text((2, 2), name, fill=BLACK)
    draw.line([_at(0, 0), _at(1, 1)], fill=GREY)
    draw.rectangle([_at(0, 1), _at(1, 0)], outline=GREY)
    for part, colour in ((easy, BLUE), (hard, RED)):
        if len(part):
            false, true = roc(ordinary, part)
            draw.line(_path(false, true), fill=colour, width=2)
            x, y = _at(0.05, float(np.interp(0.05, false, true)))
            draw.ellipse([x - 3, y - 3, x + 3, y + 3], fill=colour)
    return panel


def _at(false: float, true: float) -> tuple[int, int]:
    """The pixel of a panel for two shares."""
    return round(false * (SIDE - 1)), TITLE + SIDE - 1 - round(true * (SIDE - 1))


def _path(false: np.ndarray, true: np.ndarray) -> list[tuple[int, int]]:
    """The pixels of a curve; of the thousands of steps that end in one pixel, the first."""
    across, up = (np.rint(share * (SIDE - 1)).astype(int) for share in (false, true))
    first = np.append(True, np.diff(across) + np.diff(up) > 0)
    return list(zip(across[first].tolist(), (TITLE + SIDE - 1 - up[first]).tolist(), strict=True))


def roc(ordinary: np.ndarray, unusual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The shares of ordinary and of unusual examples that score at least each threshold, from the highest threshold to
    the lowest, (0, 0) before them; equal scores are one step."""
    thresholds = np.unique(np.concatenate([ordinary, unusual]))[::-1]
    shares = [1 - np.searchsorted(np.sort(part), thresholds, side="left") / len(part) for part in (ordinary, unusual)]
    false, true = (np.concatenate([[0.0], share]) for share in shares)
    return false, true


def _grouped(data: Dataset, of_sets: Mapping[str, Tensor]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores of ordinary data, of hard sets, of easy ones; all are hard where the dataset says nothing."""
    names = list(of_sets)
    near = [name for name in names[1:] if name in data.near or not data.near]
    far = [name for name in names[1:] if name not in near]
    parts = [[names[0]], near or far, far if near else []]
    ordinary, hard, easy = (
        torch.cat([of_sets[name].flatten() for name in part]).double().numpy() if part else np.zeros(0)
        for part in parts
    )
    return ordinary, hard, easy


def _panel(name: str, ordinary: np.ndarray, hard: np.ndarray, easy: np.ndarray) -> Pillow.Image:
    """One score's three histograms over one axis, which ends where ordinary and hard ones do."""
    ends = [np.quantile(part, (0.002, 0.998)) for part in (ordinary, hard)]
    low, high = min(e[0] for e in ends), max(e[1] for e in ends)
    margin = max(0.04 * (high - low), 1e-9 * max(1.0, abs(high)))
    low, high = low - margin, high + margin
    threshold = float(np.quantile(ordinary, 0.95))
    panel = Pillow.new("RGB", (WIDTH, HEIGHT + TITLE), (255, 255, 255))
    draw = ImageDraw.Draw(panel)
    for part, colour in ((ordinary, GREY), (easy, BLUE), (hard, RED)):
        if len(part):
            _steps(draw, part, low, high, colour, filled=colour == GREY)
    draw.line([(0, TITLE + HEIGHT - 1), (WIDTH, TITLE + HEIGHT - 1)], fill=BLACK)
    x = round((threshold - low) / (high - low) * WIDTH)
    draw.line([(x, TITLE), (x, TITLE + HEIGHT)], fill=BLACK, width=2)
    accepted = float((hard <= threshold).mean())
    draw.text((4, 2), f"{name}: {100 * accepted:.0f} % of the outliers in red are accepted", fill=BLACK)
    return panel


def _steps(
    draw: ImageDraw.ImageDraw, part: np.ndarray, low: float, high: float, colour: tuple[int, ...], *, filled: bool
) -> None:
    """A histogram as an area or as an outline; what lies outside is in the outermost bins."""
    counts, _ = np.histogram(np.clip(part, low, high), bins=BINS, range=(low, high))
    tops = TITLE + HEIGHT - 1 - np.round(counts / max(counts.max(), 1) * (HEIGHT - 2)).astype(int)
    wide = WIDTH // BINS
    if filled:
        for i, top in enumerate(tops):
            if counts[i]:
                draw.rectangle([i * wide, top, (i + 1) * wide - 1, TITLE + HEIGHT - 1], fill=colour)
        return
    corners = [(x, int(top)) for i, top in enumerate(tops) for x in (i * wide, (i + 1) * wide)]
    draw.line(corners, fill=colour, width=2)


def _confused(data: Dataset, sets: Mapping[str, Tensor], made: Mapping[str, Mapping[str, Tensor]]) -> list[Image]:
    """By the first score: the most unusual of the ordinary images, above the most ordinary of the hard unusual ones."""
    if not data.spec.is_image:
        return []
    score, of_sets = next(iter(made.items()))
    ordinary, *names = of_sets
    near = [name for name in names if name in data.near or not data.near] or names
    unusual = torch.cat([sets[name] for name in near])
    wrong = [
        sets[ordinary][of_sets[ordinary].flatten().argsort(descending=True)[: 2 * SHOWN]],
        unusual[torch.cat([of_sets[name].flatten() for name in near]).argsort()[: 2 * SHOWN]],
    ]
    caption = (
        f"By {score}: above, the {len(wrong[0])} most unusual of the ordinary images; below, the {len(wrong[1])} most "
        f"ordinary of {', '.join(near)}"
    )
    return [Image("confused", grid(torch.cat(wrong), data.spec, columns=SHOWN), caption)]

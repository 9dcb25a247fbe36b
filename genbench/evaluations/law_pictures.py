"""The true law beside the model's and their difference, on one scale: on a line or in the plane. PNG bytes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from genbench.evaluations.context import RunContext
from genbench.evaluations.outcome import Image
from genbench.evaluations.pictures import BINS, LIGHT_TO_DARK, ZOOM, coloured, frame, png
from genbench.protocols.dataset import Dataset, mark

WITHIN = 3
"""Points a side of a cell whose mean density is the cell's: a narrow mode is not missed between two middles."""

COARSER = 3
"""A difference is shown in cells so many times as wide, so that it is not chance that is seen."""

RED, BLUE, GREY, DARK = LIGHT_TO_DARK[3], (33, 102, 172), (200, 200, 200), (70, 70, 70)
HEIGHT = 120


def laws_picture(samples: Tensor, dataset: Dataset, context: RunContext) -> list[Image]:
    """p_data, p_model as a histogram of samples, and p_model − p_data, for laws of one or two dimensions."""
    dim = dataset.spec.size
    if dataset.density is None or dim > 2:
        return []
    edges, truth = context.once(("law in cells", dataset.fingerprint), lambda: _truth(dataset))
    counts = np.histogramdd(samples.detach().double().cpu().numpy(), bins=edges)[0]
    model = counts / (len(samples) * float(np.prod([e[1] - e[0] for e in edges])))
    drawn = _maps(truth, model) if dim == 2 else _lines(truth, model, _place(mark(dataset.density), edges[0]))
    return [Image("density", png(drawn), _caption(dataset, len(samples)))]


def _caption(dataset: Dataset, n: int) -> str:
    assert dataset.density is not None
    if dataset.spec.size == 2:
        return (
            f"the true density, that of {n:,} samples on the same scale, and their difference: "
            "red where the model has too much, blue where it has too little"
        )
    at = mark(dataset.density)
    marked = "" if at is None else f"; the upright line marks {at:g}"
    return (
        f"grey the true density, red that of {n:,} samples on the same scale; below their difference, "
        f"red where the model has too much, blue where it has too little{marked}"
    )


def _truth(dataset: Dataset) -> tuple[list[np.ndarray], np.ndarray]:
    """Edges of the cells along each axis, and the mean true density of each cell."""
    assert dataset.density is not None
    dim, fine = dataset.spec.size, BINS * WITHIN
    low, high = frame(dataset.reference.x)
    axes = [torch.linspace(low[i], high[i], fine + 1, dtype=torch.float64) for i in range(dim)]
    points = torch.cartesian_prod(*[(axis[1:] + axis[:-1]) / 2 for axis in axes]).view(-1, dim)
    parts = [dataset.density.log_prob(part.float()).double().exp() for part in torch.split(points, 20_000)]
    inside = torch.cat(parts).view([BINS, WITHIN] * dim)
    return [axis[::WITHIN].numpy() for axis in axes], inside.mean(tuple(range(1, 2 * dim, 2))).numpy()


def _maps(truth: np.ndarray, model: np.ndarray) -> np.ndarray:
    """Truth, model and their difference side by side, the second axis upwards."""
    top = max(float(truth.max()), 1e-300)
    laws = [coloured(np.sqrt(np.clip(law.T[::-1] / top, 0, 1))) for law in (truth, model)]
    wide = [law.reshape(BINS // COARSER, COARSER, -1, COARSER).mean((1, 3)) for law in (truth, model)]
    difference = _signed((wide[1] - wide[0]).T[::-1] / max(float(wide[0].max()), 1e-300))
    gap = np.full((BINS, 4, 3), 255, np.uint8)
    panels = [laws[0], gap, laws[1], gap, difference.repeat(COARSER, 0).repeat(COARSER, 1)]
    return np.concatenate(panels, 1).repeat(ZOOM, 0).repeat(ZOOM, 1)


def _signed(share: np.ndarray) -> np.ndarray:
    """Numbers in [−1, 1] as colours: blue, white, red; square-root scaled like the maps."""
    strength = np.sqrt(np.clip(np.abs(share), 0, 1))[..., None]
    end = np.where((share > 0)[..., None], np.array(RED), np.array(BLUE))
    shade: np.ndarray = np.array(LIGHT_TO_DARK[0]) * (1 - strength) + end * strength
    return shade.round().astype(np.uint8)


def _lines(truth: np.ndarray, model: np.ndarray, marked: int | None) -> np.ndarray:
    """The true density as a grey area, the model's as red marks; below, on the same scale, what differs."""
    top = 1.1 * max(float(truth.max()), float(model.max()), 1e-300)
    levels = np.arange(HEIGHT)[::-1, None] + 0.5
    canvas = np.full((HEIGHT, len(truth), 3), 252, np.uint8)
    canvas[levels < truth[None] / top * HEIGHT] = GREY
    canvas[np.abs(levels - model[None] / top * HEIGHT) <= 1] = RED
    below = _difference((model - truth) / top * HEIGHT)
    if marked is not None:
        canvas[::2, marked] = below[::2, marked] = DARK
    gap = np.full((4, len(truth), 3), 255, np.uint8)
    return np.concatenate([canvas, gap, below]).repeat(ZOOM, 0).repeat(2 * ZOOM, 1)


def _difference(heights: np.ndarray) -> np.ndarray:
    """Bars from the middle upwards (red) and downwards (blue), in a panel as high as the largest needs."""
    half = max(12, int(np.ceil(np.abs(heights).max())) + 2)
    levels = np.arange(half, -half, -1)[:, None] - 0.5
    panel = np.full((2 * half, len(heights), 3), 252, np.uint8)
    panel[(levels > 0) & (levels < heights[None])] = RED
    panel[(levels < 0) & (levels > heights[None])] = BLUE
    panel[half] = DARK
    return panel


def _place(at: float | None, edges: np.ndarray) -> int | None:
    """The cell of a marked value, None where there is none in the picture."""
    if at is None or not edges[0] <= at < edges[-1]:
        return None
    return int(np.searchsorted(edges, at, side="right")) - 1

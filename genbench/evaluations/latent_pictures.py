"""Pictures of codes: a map in two dimensions by class, traversals of single latents, interpolations. PNG bytes."""

from __future__ import annotations

import colorsys
import io
from collections.abc import Sequence

import torch
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.evaluations.codes import STEPS, along, decoded, finite_codes, pairs_of_reference
from genbench.evaluations.context import reference_rows
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.outcome import Image
from genbench.evaluations.pictures import grid
from genbench.protocols.dataset import Dataset

SHOWN = 2_000
"""Codes on a map."""
FINE = 2
"""Pixels of the drawing for each of the picture, so that dots are round."""
MAP, DOT, LEGEND, LINE, MARGIN, LETTERS = (FINE * size for size in (480, 6, 130, 22, 12, 13))
"""Pixels of the drawing: the side of a map, a dot, the width of a legend and the height of its lines, ..."""
MOST_NAMED = 20
"""Classes that a legend names."""
COLOURS = (
    (31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189),
    (140, 86, 75), (227, 119, 194), (110, 110, 110), (188, 189, 34), (23, 190, 207),
)  # fmt: skip
LATENTS, STOPS, ROWS = 10, 9, 8
"""Latents of a traversal and its columns; rows of an interpolation."""


def pictures(evidence: Evidence) -> list[Image]:
    """What the model's codes look like; traversals and interpolations where examples are images."""
    rows = reference_rows(evidence.dataset, SHOWN)
    codes = finite_codes(evidence, "reference")
    found = code_map(codes[rows], evidence.dataset, rows)
    if evidence.dataset.spec.is_image:
        found += [*traversals(evidence, codes), *interpolations(evidence, codes)]
    return found


def code_map(codes: Tensor, dataset: Dataset, rows: Tensor) -> list[Image]:
    """Codes (n, latent) of these reference rows along their two leading principal axes, by class where there are any.
    One latent has no plane."""
    if codes.shape[1] < 2 or len(codes) < 3:
        return []
    centred = codes.double() - codes.double().mean(0)
    _, scales, axes = torch.linalg.svd(centred, full_matrices=False)
    plane = centred @ axes[:2].T
    share = float(scales[:2].square().sum() / scales.square().sum().clamp(min=1e-300))
    y = None if dataset.reference.y is None else dataset.reference.y[rows]
    by_class = "" if y is None else ", coloured by class"
    caption = f"{len(codes):,} reference codes on their two principal axes ({share:.0%} of their variance){by_class}"
    return [Image("map", scatter(plane, y, dataset.classes), caption)]


def scatter(plane: Tensor, y: Tensor | None, names: Sequence[str]) -> bytes:
    """Points (n, 2) as dots on one scale for both axes, coloured by `y` (n,), with a legend -> PNG."""
    middle = (plane.amax(0) + plane.amin(0)) / 2
    half = float((plane.amax(0) - plane.amin(0)).max()) / 2 or 1.0
    unit = ((plane - middle) / half * torch.tensor([1.0, -1.0], dtype=plane.dtype) + 1) / 2
    places = (MARGIN + unit * (MAP - 2 * MARGIN)).tolist()
    classes = [0] * len(places) if y is None else y.tolist()
    count = max(classes) + 1
    named = y is not None and count <= MOST_NAMED
    canvas = Pillow.new("RGB", (MAP + (LEGEND if named else 0), MAP), "white")
    pen = ImageDraw.Draw(canvas)
    for (a, b), k in zip(places, classes, strict=True):
        _dot(pen, a, b, colour(k, count))
    if named:
        for k in range(count):
            top = MARGIN + LINE * (k + 0.5)
            _dot(pen, MAP + 2 * DOT, top, colour(k, count), 2 * DOT)
            label = names[k] if k < len(names) else str(k)
            pen.text(
                (MAP + 4 * DOT, top), label[:16], fill=(40, 40, 40), anchor="lm", font=ImageFont.load_default(LETTERS)
            )
    buffer = io.BytesIO()
    canvas.reduce(FINE).quantize(64).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def _dot(pen: ImageDraw.ImageDraw, x: float, y: float, fill: tuple[int, int, int], size: float = DOT) -> None:
    pen.ellipse((x - size / 2, y - size / 2, x + size / 2, y + size / 2), fill=fill)


def colour(k: int, count: int) -> tuple[int, int, int]:
    """The colour of class k of so many: ten that differ well, beyond these equal steps of hue."""
    if count <= len(COLOURS):
        return COLOURS[k]
    r, g, b = colorsys.hsv_to_rgb(k / count, 0.85, 0.55 + 0.35 * (k % 2))
    return round(255 * r), round(255 * g), round(255 * b)


def traversals(evidence: Evidence, codes: Tensor) -> list[Image]:
    """One reference example, decoded with a single latent moved: a row a latent, the most active first."""
    deviations = codes.double().std(0)
    chosen = deviations.argsort(descending=True, stable=True)[:LATENTS]
    start = codes[reference_rows(evidence.dataset, 1)]
    moves = torch.linspace(-2, 2, STOPS)
    z = start.expand(len(chosen), STOPS, -1).clone()
    for row, latent in enumerate(chosen):
        z[row, :, latent] += moves * float(deviations[latent])
    pixels = grid(decoded(evidence, z).flatten(0, 1), evidence.dataset.spec, columns=STOPS)
    spread = f"{float(deviations[chosen[0]]):.2g} to {float(deviations[chosen[-1]]):.2g}"
    caption = (
        f"one example with one latent moved from −2 to 2 standard deviations: a row a latent, the {len(chosen)} most "
        f"active of {codes.shape[1]} first (standard deviations {spread})"
    )
    return [Image("traversals", pixels, caption)]


def interpolations(evidence: Evidence, codes: Tensor) -> list[Image]:
    """Straight paths between the codes of two reference examples, decoded, between the examples themselves."""
    try:
        pairs = pairs_of_reference(evidence, ROWS)
    except Unsupported:
        return []
    path = decoded(evidence, along(codes[pairs])).cpu()
    ends = evidence.dataset.reference.x[pairs]
    rows = torch.cat([ends[:, :1], path, ends[:, 1:]], 1)
    caption = f"first and last column: examples; between them {STEPS} equal steps from the code of one to the other's"
    return [Image("interpolations", grid(rows.flatten(0, 1), evidence.dataset.spec, columns=STEPS + 2), caption)]

"""Attribute shares as bars: the data's, the samples', and a line where all would be equal. PNG, no plotting library."""

from __future__ import annotations

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from genbench.evaluations.attribute_reader import AttributeReader
from genbench.evaluations.outcome import Image
from genbench.evaluations.pictures import png
from genbench.metrics.balance import Attributes, corrected_shares

HEIGHT, TOP, LEFT, BAR, GAP = 150, 10, 40, 16, 14
PAPER, RULE, INK, LINE = (252, 252, 250), (228, 228, 226), (60, 60, 60), (40, 40, 40)
TEXT = 11
DATA, SAMPLES = (150, 150, 150), (215, 48, 31)


def shares_picture(reader: AttributeReader, seen: Attributes, *, name: str) -> list[Image]:
    """Grey the training data's shares, red the samples' corrected ones, a line at equal shares."""
    data, samples = reader.shares.numpy(), corrected_shares(seen.read, seen.confusion).numpy()
    pixels = bars(reader.values, data, samples)
    equal = f"line: equal shares; read right in {reader.accuracy:.1%} of real examples"
    return [Image(name, png(pixels), f"{reader.attribute}: grey the data, red {len(seen.read):,} samples, {equal}")]


def bars(names: tuple[str, ...], data: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Two bars for each name, (H, W, 3) bytes; shares from 0 to the largest."""
    labels = [_text(name) for name in names]
    step = 2 * BAR + GAP
    if max(label.width for label in labels) > step - 4:
        labels = [label.rotate(90, expand=True) for label in labels]
    width, base = LEFT + GAP + step * len(names), TOP + HEIGHT
    size = (width, base + max(label.height for label in labels) + 8)
    canvas = Pillow.new("RGB", size, PAPER)
    top = max(float(data.max()), float(samples.max()), 1e-9)

    def at(share: float) -> int:
        return base - round(HEIGHT * share / top)

    for share in (0.0, top / 2, top):
        canvas.paste(RULE, (LEFT, at(share), width, at(share) + 1))
        number = _text(f"{share:.0%}")
        canvas.paste(number, (LEFT - 5 - number.width, at(share) - number.height // 2))
    for i, label in enumerate(labels):
        x = LEFT + GAP + i * step
        for k, (share, colour) in enumerate(((data[i], DATA), (samples[i], SAMPLES))):
            canvas.paste(colour, (x + k * BAR, at(float(share)), x + (k + 1) * BAR - 1, base + 1))
        canvas.paste(label, (x + BAR - label.width // 2, base + 5))
    for x in range(LEFT, width, 8):
        canvas.paste(LINE, (x, at(1 / len(names)), x + 4, at(1 / len(names)) + 1))
    return np.asarray(canvas)


def _text(text: str) -> Pillow.Image:
    """A line of text, no larger than it is."""
    font = ImageFont.load_default(TEXT)
    left, top, right, bottom = (round(end) for end in font.getbbox(text))
    picture = Pillow.new("RGB", (right - left + 2, bottom - top + 2), PAPER)
    ImageDraw.Draw(picture).text((1 - left, 1 - top), text, fill=INK, font=font)
    return picture

"""Which axis of an array is what, and which value is white: said by its numbers or by whoever asks, never guessed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genbench.core.errors import DataError

CHANNELS = (1, 3)

LAYOUTS = ("NHWC", "NCHW")

BYTE = 255
DARK = 32
"""Bytes that are all below this are no pictures."""
DEPTHS = (1_023, 4_095, 16_383, 65_535)
"""White in 10, 12, 14 and 16 bits, which share a type."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user says of images: `range` (`255`, `4095`, `-1..1`) and `layout` (`NHWC` or `NCHW`)."""

    range: str | None = None
    layout: str | None = None

    def bounds(self, place: object) -> tuple[float, float] | None:
        """The values of black and white. Raises `DataError` where they are no two numbers, the lower one first."""
        if self.range is None:
            return None
        low, dots, high = self.range.partition("..")
        try:
            found = (float(low), float(high)) if dots else (0.0, float(low))
        except ValueError:
            found = (0.0, 0.0)
        if not (np.isfinite(found).all() and found[0] < found[1]):
            raise DataError(f"{place}: a range is the value of white, such as 255, or LOW..HIGH; got {self.range!r}.")
        return found


@dataclass(frozen=True, slots=True)
class Pixels:
    """Images `x` (N, C, H, W) float32 in [0, 1], and in words how they were read."""

    x: Tensor
    words: str


def as_images(values: np.ndarray, place: object, asked: Asked | None = None) -> Tensor:
    """(N, H, W), (N, H, W, C) or (N, C, H, W), whole numbers or floats -> (N, C, H, W) float32 in [0, 1].

    Raises `DataError` where layout or range could be two things, with the option that decides; see `pixels`.
    """
    return pixels(values, place, asked).x


def pixels(values: np.ndarray, place: object, asked: Asked | None = None) -> Pixels:
    """The same with the words. Equal numbers are read alike, whatever their type and byte order."""
    asked = asked or Asked()
    images, layout = _channels_first(values, place, asked)
    low, high = asked.bounds(place) or _bounds(values, place)
    _check_inside(values, low, high, place)
    x = torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32))
    if (low, high) != (0, 1):
        x = x.sub_(low).div_(high - low)
    return Pixels(x, f"layout {layout}, {values.dtype.name} {_number(low)}..{_number(high)}")


def white(high: int, place: object, option: str = "?range=") -> int:
    """The value of white in whole numbers of which the largest is `high`: bytes up to 255, 16 bits where the topmost
    bit is used. Raises `DataError` for what lies between, and for numbers so low that all would be nearly black: 0 and
    1 alone (a mask), 0 to 16 (four bits)."""
    if high == 1:
        raise DataError(
            f"{place} holds whole numbers 0 and 1 alone: a mask ({option}1), or nearly black bytes ({option}{BYTE})?"
        )
    if 0 < high < DARK:
        raise DataError(
            f"{place} holds whole numbers up to {high} alone: is that white ({option}{high}), or are they nearly black "
            f"bytes ({option}{BYTE})? Floats in [0, 1] say it, too."
        )
    if high <= BYTE:
        return BYTE
    fitting = [depth for depth in DEPTHS if depth >= high]
    if not fitting:
        raise DataError(f"{place} holds whole numbers up to {high:,}: say which is white by {option}N.")
    if high > DEPTHS[-1] // 2:
        return DEPTHS[-1]
    raise DataError(
        f"{place} holds whole numbers up to {high:,}, and white may be {' or '.join(map(str, fitting))}: say which by "
        f"{option}{fitting[0]}."
    )


def _channels_first(values: np.ndarray, place: object, asked: Asked) -> tuple[np.ndarray, str]:
    """(N, C, H, W) and the name of the layout that it had."""
    if asked.layout is not None and asked.layout.upper() not in LAYOUTS:
        raise DataError(f"{place}: a layout is {' or '.join(LAYOUTS)}; got {asked.layout!r}.")
    if values.ndim == 3:
        return values[:, None], "NHW"
    if values.ndim == 4:
        places = {"NHWC": values.shape[3], "NCHW": values.shape[1]}
        fitting = [name for name, size in places.items() if size in CHANNELS]
        layout = asked.layout.upper() if asked.layout else None
        if layout is None and len(fitting) == 2:
            raise DataError(
                f"{place} has the shape {values.shape}, which may be (N, H, W, C) or (N, C, H, W): say which by "
                "?layout=NHWC or ?layout=NCHW."
            )
        layout = layout or next(iter(fitting), None)
        if layout in fitting:
            return (values.transpose(0, 3, 1, 2) if layout == "NHWC" else values), str(layout)
    raise DataError(
        f"{place} has the shape {values.shape}; images are (N, H, W), (N, H, W, C) or (N, C, H, W), C being 1 or 3."
    )


def _bounds(values: np.ndarray, place: object) -> tuple[float, float]:
    """The values of black and white as the numbers say it."""
    if values.dtype.kind == "b":
        return 0, 1
    low, high = values.min(), values.max()
    if values.dtype.kind in "iu" and low >= 0:
        return 0, white(int(high), place)
    return 0, 1


def _check_inside(values: np.ndarray, low: float, high: float, place: object) -> None:
    if values.dtype.kind == "f":
        broken = int(values.size - np.isfinite(values).sum())
        if broken:
            raise DataError(f"{place} holds {broken:,} values that are NaN or infinite: images have none.")
    least, most = values.min(), values.max()
    if not low <= least <= most <= high:
        raise DataError(
            f"{place} holds {values.dtype} images with values from {least:.4g} to {most:.4g}, outside "
            f"{_number(low)}..{_number(high)}: give bytes or floats in [0, 1], or say black and white by "
            f"?range={_likely(float(least), float(most))}."
        )


def _likely(least: float, most: float) -> str:
    """Black and white as these values would have them: bytes where they are as bright."""
    if least < 0 or most > BYTE:
        return f"{_number(least)}..{_number(most)}"
    return f"{BYTE}" if most > BYTE / 2 else _number(most)


def _number(value: float) -> str:
    return f"{float(value):.6g}"

"""Pictures of a page of many rows: fewer grey levels, and the kinds that fit into it. Needs Pillow, not torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from genbench.report.data import RunData

ORDER = ("samples", "reconstructions", "scores", "neighbours", "map", "interpolations", "traversals", "confused")
"""Which kinds of picture a page has first."""
MOST_BYTES = 4_200_000
"""Of all pictures of a page: a third more as text, and the page stays under 8 MB."""
COLOURS = 16


def lighter(data: RunData, folder: Path, most: int = MOST_BYTES) -> tuple[RunData, list[str]]:
    """The run with pictures of 16 colours in a folder of their own, and the kinds that were left out to keep them
    under `most` bytes; a kind is shown for every row or for none."""
    if data.root is None or data.pictures.empty:
        return data, []
    sizes: dict[str, int] = {}
    for row in data.pictures.itertuples():
        target = folder / str(row.path)
        if (data.root / str(row.path)).is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            sizes[str(row.name)] = sizes.get(str(row.name), 0) + _repacked(data.root / str(row.path), target)
    kept, left = _chosen(sizes, most)
    shown = data.pictures[data.pictures["name"].isin(kept)]
    return dataclasses.replace(data, pictures=shown, root=folder), left


def _repacked(source: Path, target: Path) -> int:
    """Write the picture with at most 16 colours, where that is smaller; its size in bytes."""
    with Image.open(source) as image:
        fewer = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    fewer.save(target, optimize=True)
    if target.stat().st_size > source.stat().st_size:
        target.write_bytes(source.read_bytes())
    return target.stat().st_size


def _chosen(sizes: dict[str, int], most: int) -> tuple[list[str], list[str]]:
    """The kinds that fit, in their order, and those that do not."""
    kept: list[str] = []
    names: Sequence[str] = [*(name for name in ORDER if name in sizes), *sorted(set(sizes) - set(ORDER))]
    for name in names:
        if sum(sizes[one] for one in kept) + sizes[name] <= most:
            kept.append(name)
    return kept, [name for name in names if name not in kept]

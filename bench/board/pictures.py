"""Pictures of many rows: fewer colours, and the kinds that fit into a packed part. Needs Pillow alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from PIL import Image

ORDER = ("samples", "reconstructions", "scores", "neighbours", "map", "interpolations", "traversals", "confused")
"""Which kinds of picture go first."""
GREYS, COLOURS = 16, 64


def repacked(
    source: Path, files: Iterable[tuple[str, str]], folder: Path, most: int, *, without: Collection[str] = ()
) -> list[str]:
    """Write the pictures (kind, path below `source`) with fewer colours below a folder; the kinds that are under `most`
    bytes together. A kind is kept for every row or for none: the files of the others are removed again, and none of
    those `without` which an earlier packing did is written."""
    sizes: dict[str, int] = {}
    written: dict[str, list[Path]] = {}
    for name, path in files:
        if name not in without and (source / path).is_file():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            sizes[name] = sizes.get(name, 0) + _fewer_colours(source / path, target)
            written.setdefault(name, []).append(target)
    kept = _chosen(sizes, most)
    for path in (path for name in set(written) - set(kept) for path in written[name]):
        path.unlink()
    return kept


def _fewer_colours(source: Path, target: Path) -> int:
    """Write the picture with at most 16 greys or 64 colours, where that is smaller; its size in bytes."""
    with Image.open(source) as image:
        is_grey = image.mode in ("1", "L", "LA") or not image.convert("HSV").getextrema()[1][1]
        fewer = image.convert("RGB").quantize(GREYS if is_grey else COLOURS, dither=Image.Dither.NONE)
    fewer.save(target, optimize=True)
    if target.stat().st_size >= source.stat().st_size:
        target.write_bytes(source.read_bytes())
    return target.stat().st_size


def _chosen(sizes: Mapping[str, int], most: int) -> list[str]:
    """The kinds that fit, in their order."""
    kept: list[str] = []
    names: Sequence[str] = [*(name for name in ORDER if name in sizes), *sorted(set(sizes) - set(ORDER))]
    for name in names:
        if sum(sizes[one] for one in kept) + sizes[name] <= most:
            kept.append(name)
    return kept

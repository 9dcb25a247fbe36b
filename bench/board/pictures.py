"""Pictures of many rows: lighter ones, and the kinds that fit into a packed part. Needs Pillow alone."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

ORDER = ("samples", "reconstructions", "scores", "neighbours", "map", "interpolations", "traversals", "confused")
"""Which kinds of picture go first."""
GREYS, COLOURS = 16, 64
WEBP, QUALITY = ".webp", 75


def repacked(
    source: Path, files: Iterable[tuple[str, str]], folder: Path, most: int, *, without: Collection[str] = ()
) -> dict[str, dict[str, str]]:
    """Write the pictures (kind, path below `source`) lighter below a folder: the kinds that are under `most` bytes
    together, and by kind the path below that folder of each of its pictures. A kind is kept for every row or for none:
    the files of the others are removed again, and none of those `without` which an earlier packing did is written."""
    sizes: dict[str, int] = {}
    written: dict[str, dict[str, str]] = {}
    for name, path in files:
        if name not in without and (source / path).is_file():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            made = _lighter(source / path, folder / path)
            sizes[name] = sizes.get(name, 0) + made.stat().st_size
            written.setdefault(name, {})[path] = made.relative_to(folder).as_posix()
    kept = _chosen(sizes, most)
    for path in (path for name in set(written) - set(kept) for path in written[name].values()):
        (folder / path).unlink()
    return {name: written[name] for name in kept}


def _lighter(source: Path, target: Path) -> Path:
    """Write the smallest of: the picture as it is; with at most 16 greys or 64 colours; in colour as WebP, with that
    ending. Where it was written."""
    content = source.read_bytes()
    forms = [(content, target)]
    if source.suffix != WEBP:
        with Image.open(source) as image:
            is_grey = image.mode in ("1", "L", "LA") or not image.convert("HSV").getextrema()[1][1]
            fewer = image.convert("RGB").quantize(GREYS if is_grey else COLOURS, dither=Image.Dither.NONE)
            forms.append((_encoded(fewer, "PNG", optimize=True), target))
            if not is_grey:
                forms.append((_encoded(image.convert("RGB"), "WEBP", quality=QUALITY), target.with_suffix(WEBP)))
    least, path = min(forms, key=lambda form: len(form[0]))
    path.write_bytes(least)
    return path


def _encoded(image: Image.Image, form: str, **settings: Any) -> bytes:
    made = io.BytesIO()
    image.save(made, form, **settings)
    return made.getvalue()


def _chosen(sizes: Mapping[str, int], most: int) -> list[str]:
    """The kinds that fit, in their order."""
    kept: list[str] = []
    names: Sequence[str] = [*(name for name in ORDER if name in sizes), *sorted(set(sizes) - set(ORDER))]
    for name in names:
        if sum(sizes[one] for one in kept) + sizes[name] <= most:
            kept.append(name)
    return kept

"""The pictures of the course: those that a run has kept, side by side, each under its row's name.

genbench run density --profile small --datasets grades --seeds 1
python bench/course.py runs/density-small density docs/course/density.png --dataset grades --rows gaussian,gmm
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from genbench.runs.folder import RunFolder

GAP, NAME = 8, 18
LIMIT = 150_000
"""Bytes of a picture in the documents."""


def pictures_of(run: str, name: str, dataset: str, rows: list[str]) -> list[Image.Image]:
    """The pictures of this name, in the order of the rows; of each the lowest seed."""
    folder = RunFolder.find(run)
    with folder.open() as store:
        plan = store.plan()
        found: pd.DataFrame = store.pictures(plan.id if plan else None)
    found = found[(found.name == name) & (found.dataset == dataset)].sort_values("seed")
    paths = {row: found[found.label == row].path for row in rows}
    missing = [row for row, own in paths.items() if own.empty]
    if missing:
        raise SystemExit(f"{run} has no picture {name!r} on {dataset} of {', '.join(missing)}.")
    return [Image.open(folder.root / own.iloc[0]).convert("RGB") for own in paths.values()]


def side_by_side(pictures: list[Image.Image], names: list[str], *, columns: int, side: int) -> Image.Image:
    """One sheet: each picture scaled to the same width, under its name."""
    scaled = [p.resize((side, round(p.height * side / p.width)), _filter(p, side)) for p in pictures]
    columns = min(columns, len(scaled))
    starts = range(0, len(scaled), columns)
    heights = [NAME + GAP + max(p.height for p in scaled[start : start + columns]) for start in starts]
    sheet = Image.new("RGB", (columns * (side + GAP) - GAP, sum(heights) - GAP), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for i, (picture, name) in enumerate(zip(scaled, names, strict=True)):
        x, y = i % columns * (side + GAP), sum(heights[: i // columns])
        draw.text((x, y), name, fill="black", font=font)
        sheet.paste(picture, (x, y + NAME))
    return sheet


def _filter(picture: Image.Image, side: int) -> Image.Resampling:
    return Image.Resampling.NEAREST if side >= picture.width else Image.Resampling.LANCZOS


def kept(sheet: Image.Image, path: Path) -> None:
    """Write the sheet, with fewer colours where it would be too large."""
    sheet.save(path, optimize=True)
    for colours in (256, 128, 64):
        if path.stat().st_size <= LIMIT:
            return
        sheet.quantize(colours).save(path, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", help="a run's folder")
    parser.add_argument("name", help="the picture's name: samples, density, map, ...")
    parser.add_argument("out", type=Path)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--rows", required=True, help="rows of the leaderboard, in order")
    parser.add_argument("--columns", type=int, default=4)
    parser.add_argument("--side", type=int, default=240, help="width of each picture in pixels")
    given = parser.parse_args()
    rows = given.rows.split(",")
    pictures = pictures_of(given.run, given.name, given.dataset, rows)
    kept(side_by_side(pictures, rows, columns=given.columns, side=given.side), given.out)


if __name__ == "__main__":
    main()

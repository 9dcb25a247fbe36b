"""Galleries: one picture for seeds that have the same, other seeds where there is room, grids of single samples."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from synthetic import Maker
from test_page import Reader

from genbench.report.data import PICTURES, RunData
from genbench.report.gallery import Gallery, galleries, picture_file
from genbench.report.leaderboard import leaderboards
from genbench.report.page import render

CEILING = "control-test-half"


def grid(draw: np.random.Generator, *, tiles: str = "4 8") -> bytes:
    """Eight samples of 6 × 6, four in a row, two pixels round each."""
    info = PngInfo()
    if tiles:
        info.add_text("tiles", tiles)
    pixels = np.full((2 * 8 + 2, 4 * 8 + 2), 255, np.uint8)
    for i in range(8):
        y, x = 2 + 8 * (i // 4), 2 + 8 * (i % 4)
        pixels[y : y + 6, x : x + 6] = draw.integers(0, 200, (6, 6))
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", pnginfo=info)
    return buffer.getvalue()


def a_run(root: Path, *, tiles: str = "4 8", labels: tuple[str, ...] = ("vae", "gan", CEILING)) -> RunData:
    """Samples of three seeds, those of the ceiling the same on each; `gan` has no first seed."""
    maker, rows, draw = Maker(), [], np.random.default_rng(0)
    fixed = grid(np.random.default_rng(1), tiles=tiles)
    for seed in range(3):
        for i, label in enumerate(labels):
            maker.interval(label, seed, "sample-quality", "frechet", 5.0 + i + 0.1 * seed, 0.2, encoder="in-domain")
            if (label, seed) == ("gan", 0):
                continue
            (root / f"{label}-{seed}.png").write_bytes(fixed if label == CEILING else grid(draw, tiles=tiles))
            rows.append((f"job{len(rows)}", "samples", f"{label}-{seed}.png", "8 samples, the first ones drawn", label,
                         "digits", seed, "sample-quality"))  # fmt: skip
    return RunData(table=maker.frame(), pictures=pd.DataFrame(rows, columns=PICTURES), root=root)


def gallery(data: RunData, room: int) -> Gallery:
    (found,) = galleries(data, [b for b in leaderboards(data) if not b.is_overview], room=room)
    return found


def test_other_seeds_are_there_where_they_fit_and_equal_pictures_once(tmp_path: Path) -> None:
    data = a_run(tmp_path)
    whole, first = gallery(data, 10**6), gallery(data, 100)
    assert whole.seeds == (0, 1, 2) and first.seeds == (0,)
    by_label = {p.label: [q.seeds for q in whole.pictures if q.label == p.label] for p in whole.pictures}
    assert by_label == {CEILING: [(0, 1, 2)], "vae": [(0,), (1,), (2,)], "gan": [(1,), (2,)]}
    assert [(p.label, p.seeds[0]) for p in first.pictures] == [(CEILING, 0), ("vae", 0), ("gan", 1)]
    assert all(p.is_first for p in first.pictures) and whole.pictures[0].is_real


def test_a_row_without_the_first_seed_says_which_one_it_shows(tmp_path: Path) -> None:
    html = render(a_run(tmp_path))
    Reader(html)
    shown = [part.split("</figure>")[0] for part in html.split("<figure")[1:]]
    assert sum("other-seed" in part for part in shown) == 3
    assert ["<small>seed 1</small>" in part for part in shown if 'data-m="gan"' in part] == [True, False]


def test_the_quiz_is_there_for_single_samples_beside_real_ones_alone(tmp_path: Path) -> None:
    quiz = 'class="gallery quiz" hidden'
    assert quiz in render(a_run(tmp_path))
    assert quiz not in render(a_run(tmp_path, tiles=""))
    assert quiz not in render(a_run(tmp_path, labels=("vae", "gan")))
    assert quiz not in render(a_run(tmp_path, labels=(CEILING,)))


@pytest.mark.parametrize("text", ["0 8", "4", "4 8 2", "x y", "-4 8", "4 99999"])
def test_what_a_file_says_of_itself_is_not_believed_blindly(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(grid(np.random.default_rng(0), tiles=text))
    found = picture_file(path)
    assert found is not None and found.tiles is None and (found.width, found.height) == (34, 18)
    path.write_bytes(path.read_bytes()[:60])
    assert picture_file(path).tiles is None
    assert picture_file(tmp_path / "none.png") is None


def test_a_webp_says_how_large_it_is_if_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    Image.new("RGB", (34, 18)).save(path)
    found = picture_file(path)
    assert found is not None and (found.width, found.height, found.tiles) == (34, 18, None)
    assert found.uri.startswith("data:image/webp;base64,")
    path.write_bytes(path.read_bytes()[:-2])
    assert picture_file(path).width == 0

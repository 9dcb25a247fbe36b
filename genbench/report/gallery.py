"""Pictures and training curves, gathered for the page: data URIs, side by side, in the order of the leaderboard."""

from __future__ import annotations

import base64
import mimetypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from genbench.report.board import Board
from genbench.report.data import RunData
from genbench.report.figures import curve_plot
from genbench.report.judge import CEILING, ORACLES

TITLES = {
    "samples": "Samples",
    "reconstructions": "Reconstructions",
    "neighbours": "Nearest training examples",
    "scatter": "Samples on the plane",
}


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: whose, its data URI, size in pixels, what it shows, and the headline number beside it."""

    label: str
    uri: str
    width: int
    height: int
    caption: str
    number: str
    is_control: bool


@dataclass(frozen=True, slots=True)
class Gallery:
    """The pictures of one name on one dataset, a shot for each row; `caption` where they all share it."""

    name: str
    title: str
    caption: str
    seed: int
    shots: tuple[Shot, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """The training curve of one objective of one model: a line for each seed."""

    model: str
    objective: str
    seeds: int
    last: str
    figure: Markup


def galleries(data: RunData, boards: Sequence[Board]) -> list[Gallery]:
    """The galleries of the dataset that these boards are of; of each row the lowest seed that has a picture."""
    if data.root is None or data.pictures.empty or not boards:
        return []
    own = data.pictures[data.pictures["dataset"] == boards[0].dataset].sort_values("seed", kind="stable")
    found = []
    for name, group in own.groupby("name", sort=False):
        first = group.drop_duplicates("label")
        board = next((b for b in boards if b.evaluation == str(first["evaluation"].iloc[0])), boards[0])
        shots = _shots(first, board, data.root)
        if shots:
            captions = {shot.caption for shot in shots}
            common = captions.pop() if len(captions) == 1 else ""
            title = TITLES.get(str(name), str(name).replace("-", " ").capitalize())
            found.append(Gallery(str(name), title, common, int(first["seed"].iloc[0]), tuple(shots)))
    return sorted(found, key=lambda g: list(TITLES).index(g.name) if g.name in TITLES else len(TITLES))


def _shots(pictures: pd.DataFrame, board: Board, root: Path) -> list[Shot]:
    """Real data first, then the models as they stand on the board, then the other controls."""
    tops = [row for row in board.controls if row.model in (*ORACLES, CEILING)]
    order = list(dict.fromkeys(row.label for row in (*tops, *board.rows, *board.controls)))
    controls = {row.label for row in board.controls}
    numbers = {label: cell.plain for label, cell in board.cells(board.headline).items()}
    shots = []
    for picture in sorted(pictures.to_dict("records"), key=lambda p: _place(order, str(p["label"]))):
        uri, size = data_uri(root / str(picture["path"]))
        if uri:
            label = str(picture["label"])
            is_control = label in controls
            shots.append(Shot(label, uri, *size, str(picture["caption"]), numbers.get(label, ""), is_control))
    return shots


def _place(order: Sequence[str], label: str) -> int:
    return order.index(label) if label in order else len(order)


def data_uri(path: Path) -> tuple[str, tuple[int, int]]:
    """(the file as a data URI, its width and height); empty where it is missing or not an image."""
    kind = mimetypes.guess_type(path.name)[0] or ""
    if not kind.startswith("image/") or not path.is_file():
        return "", (0, 0)
    content = path.read_bytes()
    return f"data:{kind};base64,{base64.b64encode(content).decode()}", _png_size(content)


def _png_size(content: bytes) -> tuple[int, int]:
    """Width and height from a PNG's header, (0, 0) for other files."""
    if not content.startswith(b"\x89PNG") or len(content) < 24:
        return 0, 0
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def curves(data: RunData, dataset: str) -> list[Curve]:
    """The training curves of a dataset, model by model, objective by objective."""
    if data.fits.empty:
        return []
    found = []
    for model, fits in data.fits[data.fits["dataset"] == dataset].groupby("model", sort=False):
        recorded = [c for c in fits["curve"] if isinstance(c, Mapping) and c.get("images")]
        for objective in dict.fromkeys(name for c in recorded for name in c if name != "images"):
            curve = _curve(str(model), objective, [c for c in recorded if objective in c])
            found += [curve] if curve else []
    return found


def _curve(model: str, objective: str, recorded: Sequence[Mapping[str, Any]]) -> Curve | None:
    lines = [[float(v) for v in c[objective]] for c in recorded if c[objective]]
    figure = curve_plot([float(v) for v in recorded[0]["images"]], lines, f"{model}, {objective}")
    if figure is None:
        return None
    lasts = sorted(line[-1] for line in lines)
    return Curve(model, objective, len(lines), f"{lasts[len(lasts) // 2]:.3g}".replace("-", "−"), figure)


def without_scheme(text: str) -> str:
    """The text with links shown as plain addresses and no credentials: the page points nowhere and tells no secret."""
    return re.sub(r"\bhttps?://", "", re.sub(r"://[^/@\s]+@", "://…@", text))

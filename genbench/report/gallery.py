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

from genbench.core.paths import below
from genbench.report import glossary
from genbench.report.data import RunData
from genbench.report.figures import curve_plot
from genbench.report.names import plain_name
from genbench.report.types import Leaderboard


@dataclass(frozen=True, slots=True)
class GalleryPicture:
    """One picture: whose (`title`: in plain words, where there are any), its data URI, size in pixels, what it shows,
    and the headline number beside it."""

    label: str
    title: str
    uri: str
    width: int
    height: int
    caption: str
    number: str
    is_control: bool


@dataclass(frozen=True, slots=True)
class Gallery:
    """The pictures of one name on one dataset, a picture for each row; `caption` where they all share it."""

    name: str
    title: str
    caption: str
    seed: int
    pictures: tuple[GalleryPicture, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """The training curve of one objective of one model: a line for each seed."""

    model: str
    objective: str
    seeds: int
    last: str
    figure: Markup


def galleries(data: RunData, boards: Sequence[Leaderboard]) -> list[Gallery]:
    """The galleries of the dataset that these boards are of; of each row the lowest seed that has a picture."""
    if data.root is None or data.pictures.empty or not boards:
        return []
    own = data.pictures[data.pictures["dataset"] == boards[0].dataset].sort_values("seed", kind="stable")
    found = []
    for (evaluation, name), group in own.groupby(["evaluation", "name"], sort=False):
        first = group.drop_duplicates("label")
        board = next((b for b in boards if b.evaluation == evaluation), boards[0])
        pictures = _pictures(first, board, data.root)
        if pictures:
            captions = {picture.caption for picture in pictures}
            common = captions.pop() if len(captions) == 1 else ""
            title = glossary.evaluation(str(evaluation)).pictures.get(str(name)) or _title(str(name))
            seed = int(first["seed"].iloc[0])
            found.append((str(evaluation), Gallery(str(name), title, common, seed, tuple(pictures))))
    order = [(known, name) for known in glossary.evaluations() for name in glossary.evaluation(known).pictures]
    return [g for _, g in sorted(found, key=lambda pair: _place(order, (pair[0], pair[1].name)))]


def _title(name: str) -> str:
    return name.replace("-", " ").capitalize()


def _pictures(pictures: pd.DataFrame, board: Leaderboard, root: Path) -> list[GalleryPicture]:
    """Real data first, then the models as they stand on the board, then the other controls."""
    ceiling = glossary.evaluation(board.evaluation).ceiling
    tops = [row for row in board.controls if row.model in ceiling]
    order = list(dict.fromkeys(row.label for row in (*tops, *board.rows, *board.controls)))
    controls = {row.label for row in board.controls}
    models = {row.label: row.model for row in board.all_rows}
    numbers = {label: cell.plain for label, cell in board.cells(board.headline).items()}
    shown = []
    for picture in sorted(pictures.to_dict("records"), key=lambda p: _place(order, str(p["label"]))):
        path = below(root, str(picture["path"]))  # a store is data: what it names may lie anywhere
        uri, size = data_uri(path) if path else ("", (0, 0))
        if uri:
            label = str(picture["label"])
            is_control = label in controls
            title = plain_name(label, models.get(label, ""))
            caption, number = str(picture["caption"]), numbers.get(label, "")
            shown.append(GalleryPicture(label, title, uri, *size, caption, number, is_control))
    return shown


def _place(order: Sequence[Any], item: Any) -> int:
    return order.index(item) if item in order else len(order)


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

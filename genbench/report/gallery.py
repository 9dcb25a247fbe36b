"""Pictures and training curves, gathered for the page: data URIs, side by side, in the order of the leaderboard."""

from __future__ import annotations

import base64
import mimetypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from genbench.core import picture_files
from genbench.core.paths import below
from genbench.report import glossary
from genbench.report.data import RunData
from genbench.report.figures import curve_plot
from genbench.report.language import IN_ENGLISH, Language
from genbench.report.names import plain_name
from genbench.report.types import Cell, Leaderboard


@dataclass(frozen=True, slots=True)
class GalleryPicture:
    """One picture: whose (`title`: in plain words, where there are any), its data URI, size in pixels, what it shows,
    and the cell of the headline beside it. `seeds`: those that it is the picture of; `is_first`: of its row, the lowest
    are among them. `tiles`: columns and count, where it is a grid of single samples; `is_real`: they are real data."""

    label: str
    title: str
    uri: str
    width: int
    height: int
    caption: str
    cell: Cell | None
    is_control: bool
    seeds: tuple[int, ...]
    is_first: bool
    tiles: tuple[int, int] | None = None
    is_real: bool = False


@dataclass(frozen=True, slots=True)
class Gallery:
    """The pictures of one name on one dataset, a picture for each row and each of `seeds`, which are the first one
    alone where there is no room for more; `caption` where all share it."""

    name: str
    title: str
    caption: str
    seeds: tuple[int, ...]
    pictures: tuple[GalleryPicture, ...]

    @property
    def seed(self) -> int:
        """The one that is shown first."""
        return self.seeds[0]

    @property
    def has_quiz(self) -> bool:
        """Whether single real samples can be mixed with those of a model."""
        with_tiles = [p for p in self.pictures if p.tiles]
        return any(p.is_real for p in with_tiles) and any(not p.is_control for p in with_tiles)


@dataclass(frozen=True, slots=True)
class Curve:
    """The training curve of one objective of one model: a line for each seed."""

    model: str
    objective: str
    seeds: int
    last: str
    figure: Markup


def galleries(data: RunData, boards: Sequence[Leaderboard], *, room: int = 0) -> list[Gallery]:
    """The galleries of the dataset that these boards are of: of each row the lowest seed that has a picture, and the
    other seeds of the first galleries that fit into `room` characters."""
    if data.root is None or data.pictures.empty or not boards:
        return []
    own = data.pictures[data.pictures["dataset"] == boards[0].dataset].sort_values("seed", kind="stable")
    groups = {(str(e), str(name)): group for (e, name), group in own.groupby(["evaluation", "name"], sort=False)}
    order = [(known, name) for known in glossary.evaluations() for name in glossary.evaluation(known).pictures]
    found = []
    for evaluation, name in sorted(groups, key=lambda key: _place(order, key)):
        board = next((b for b in boards if b.evaluation == evaluation), boards[0])
        pictures = _pictures(groups[evaluation, name], board, data.root)
        more = sum(len(p.uri) for later in pictures.values() for p in later[1:])
        fits = more <= room
        room -= more if fits else 0
        shown = [p for later in pictures.values() for p in (later if fits else later[:1])]
        if shown:
            title = glossary.evaluation(evaluation).pictures.get(name) or _title(name)
            found.append(_gallery(name, title, shown, all_seeds=fits))
    return found


def _gallery(name: str, title: str, shown: Sequence[GalleryPicture], *, all_seeds: bool) -> Gallery:
    captions = {picture.caption for picture in shown}
    seeds = sorted({seed for picture in shown for seed in picture.seeds})
    common = captions.pop() if len(captions) == 1 else ""
    return Gallery(name, title, common, tuple(seeds if all_seeds else seeds[:1]), tuple(shown))


def _title(name: str) -> str:
    return name.replace("-", " ").capitalize()


def _pictures(pictures: pd.DataFrame, board: Leaderboard, root: Path) -> dict[str, list[GalleryPicture]]:
    """By row, its pictures seed by seed, one for seeds that have the same: real data first, then the models as they
    stand on the board, then the other controls."""
    ceiling = glossary.evaluation(board.evaluation).ceiling
    tops = [row for row in board.controls if row.model in ceiling]
    order = list(dict.fromkeys(row.label for row in (*tops, *board.rows, *board.controls)))
    controls, real = {row.label for row in board.controls}, {row.label for row in tops}
    models = {row.label: row.model for row in board.all_rows}
    cells = board.cells(board.headline)
    found: dict[str, dict[str, GalleryPicture]] = {}
    for picture in sorted(pictures.to_dict("records"), key=lambda p: _place(order, str(p["label"]))):
        path = below(root, str(picture["path"]))  # a store is data: what it names may lie anywhere
        label, seed = str(picture["label"]), int(picture["seed"])
        own = found.setdefault(label, {})
        file = picture_file(path) if path else None
        if file is None:
            continue
        if file.uri in own:
            own[file.uri] = replace(own[file.uri], seeds=(*own[file.uri].seeds, seed))
            continue
        own[file.uri] = GalleryPicture(
            label=label,
            title=plain_name(label, models.get(label, "")),
            uri=file.uri,
            width=file.width,
            height=file.height,
            caption=str(picture["caption"]),
            cell=cells.get(label),
            is_control=label in controls,
            seeds=(seed,),
            is_first=not own,
            tiles=file.tiles,
            is_real=label in real,
        )
    return {label: list(own.values()) for label, own in found.items()}


def _place(order: Sequence[Any], item: Any) -> int:
    return order.index(item) if item in order else len(order)


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A file as a data URI, with what it says of itself: width and height (0 where it says nothing), columns and count
    of a grid of single samples."""

    uri: str
    width: int = 0
    height: int = 0
    tiles: tuple[int, int] | None = None


def picture_file(path: Path) -> PictureFile | None:
    """The file, None where it is missing or not an image."""
    kind = mimetypes.guess_type(path.name)[0] or ""
    if not kind.startswith("image/") or not path.is_file():
        return None
    content = path.read_bytes()
    uri = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return PictureFile(uri, *picture_files.size(content), picture_files.tiles(content))


def curves(data: RunData, dataset: str, words: Language = IN_ENGLISH) -> list[Curve]:
    """The training curves of a dataset, model by model, objective by objective."""
    if data.fits.empty:
        return []
    found = []
    for model, fits in data.fits[data.fits["dataset"] == dataset].groupby("model", sort=False):
        recorded = [c for c in fits["curve"] if isinstance(c, Mapping) and c.get("images")]
        for objective in dict.fromkeys(name for c in recorded for name in c if name != "images"):
            curve = _curve(str(model), objective, [c for c in recorded if objective in c], words)
            found += [curve] if curve else []
    return found


def _curve(model: str, objective: str, recorded: Sequence[Mapping[str, Any]], words: Language) -> Curve | None:
    lines = [[float(v) for v in c[objective]] for c in recorded if c[objective]]
    figure = curve_plot([float(v) for v in recorded[0]["images"]], lines, f"{model}, {objective}", words)
    if figure is None:
        return None
    lasts = sorted(line[-1] for line in lines)
    return Curve(model, objective, len(lines), f"{lasts[len(lasts) // 2]:.3g}".replace("-", "−"), figure)


def without_scheme(text: str) -> str:
    """The text with links shown as plain addresses and no credentials: the page points nowhere and tells no secret."""
    return re.sub(r"\bhttps?://", "", re.sub(r"://[^/@\s]+@", "://…@", text))

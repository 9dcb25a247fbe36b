"""Which files of a folder or zip file are images, which folder each lies in, and which files are left out."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from genbench.core.errors import DataError
from genbench.core.text import safe_text
from genbench.data.arrays import refuse_bomb

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".gif", ".pgm", ".ppm"})

MACOS = "__MACOSX"
"""What macOS adds to a zip file: attributes of each image, under a name like the image's."""

Opener = Callable[[], IO[bytes]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One image file: its path for messages, the folder it lies in (relative), how to open it."""

    path: str
    folder: str
    open: Opener


@dataclass(frozen=True, slots=True)
class Found:
    """The images of a place in the order of their names, and the names of the files beside them that are none."""

    entries: tuple[Entry, ...]
    skipped: tuple[str, ...]


@contextmanager
def found(place: Path) -> Iterator[Found]:
    """The images of a folder, with those behind links, or of a zip file. Hidden files are passed over in silence.

    Raises `DataError` where there are none.
    """
    with _archive(place) as archive:
        names = _names_in_zip(archive, place) if archive else _names_in_folder(place)
        shown = sorted(name for name in names if not _is_hidden(name))
        images = [name for name in shown if PurePosixPath(name).suffix.lower() in SUFFIXES]
        if not images:
            raise DataError(f"{place} holds no images: none of its files ends in {', '.join(sorted(SUFFIXES))}.")
        entries = [_entry(place, name, archive) for name in images]
        yield Found(tuple(entries), tuple(name for name in shown if name not in set(images)))


def _entry(place: Path, name: str, archive: zipfile.ZipFile | None) -> Entry:
    opener = partial(_on_disk, place / name) if archive is None else partial(_unpacked, archive, name)
    return Entry(str(place / name), PurePosixPath(name).parent.as_posix(), opener)


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part == MACOS for part in PurePosixPath(name).parts)


def _names_in_folder(place: Path) -> list[str]:
    """Relative names of all files; a folder that a link leads into a second time is not entered again."""
    if not place.is_dir():
        raise DataError(f"there is no folder {place}.")
    seen: set[str] = set()
    names = []
    try:
        for root, folders, files in os.walk(place, followlinks=True, onerror=_raise):
            here = os.path.realpath(root)
            if here in seen:
                folders.clear()
                continue
            seen.add(here)
            folders.sort()
            below = Path(root).relative_to(place)
            names += [(below / file).as_posix() for file in files if (Path(root) / file).is_file()]
    except (OSError, ValueError) as error:
        raise DataError(f"{place} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    return names


def _raise(error: OSError) -> None:
    raise error


def _names_in_zip(archive: zipfile.ZipFile, place: Path) -> list[str]:
    refuse_bomb(archive, place)
    return [name for name in archive.namelist() if not name.endswith("/")]


def _on_disk(path: Path) -> IO[bytes]:
    return path.open("rb")


def _unpacked(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    return io.BytesIO(archive.read(name))


@contextmanager
def _archive(place: Path) -> Iterator[zipfile.ZipFile | None]:
    """The open zip file where the place is one."""
    if not (place.is_file() and place.suffix.lower() == ".zip"):
        yield None
        return
    try:
        archive = zipfile.ZipFile(place)
    except Exception as error:  # zipfile raises whatever a broken file leads it to
        raise DataError(f"{place} is not a whole zip file: {safe_text(error, 300)}.") from error
    with archive:
        yield archive

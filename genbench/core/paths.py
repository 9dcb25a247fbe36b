"""Where genbench's own files and its caches are (suites, templates, the user's cache, the data root), kept whole."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import platformdirs

NAME = 200
"""Characters of a name that a temporary file repeats: most systems allow 255 in all."""

_PACKAGE = Path(__file__).resolve().parents[1]


def folder(name: str) -> Path:
    """The folder `suites` or `templates`: inside an installed wheel, or beside the package in a checkout."""
    for place in (_PACKAGE / "_resources" / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"genbench's folder {name!r} is missing: install genbench again")


def cache_dir() -> Path:
    """Where trained classifiers and downloads are kept, absolute: `GENBENCH_CACHE`, else the user's cache folder."""
    return Path(os.environ.get("GENBENCH_CACHE") or platformdirs.user_cache_dir("genbench")).absolute()


def data_root(root: str | None = None) -> Path | None:
    """Where data files are looked for: the argument (`--data-root`), else `GENBENCH_DATA`, else nowhere."""
    found = root or os.environ.get("GENBENCH_DATA")
    return Path(found).absolute() if found else None


def make_folder(path: Path) -> None:
    """Make a folder and those above it where they are missing; their names reach the disk, too."""
    missing = [place for place in (path, *path.parents) if not place.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for place in missing:
        _flush_folder(place.parent)


@contextmanager
def first_writer(path: Path) -> Iterator[Path]:
    """A temporary file to fill, which then becomes `path` at once, unless another process was first: its file stays.

    Whoever reads `path` afterwards reads the same bytes in every process, and never half of them.
    """
    with _temporary(path) as temporary:
        yield temporary
        _flush(temporary)
        _become(temporary, path)
        _flush_folder(path.parent)


@contextmanager
def last_writer(path: Path) -> Iterator[Path]:
    """A temporary file to fill, which then takes the place of `path` at once: whole or not at all."""
    with _temporary(path) as temporary:
        yield temporary
        _flush(temporary)
        temporary.replace(path)
        _flush_folder(path.parent)


def is_file(path: str | Path) -> bool:
    """Whether there is a regular file of this name, whatever the name may hold (a NUL, 5,000 letters)."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: str | Path) -> bool:
    """Whether there is a folder of this name, whatever the name may hold."""
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False


def json_in(path: Path) -> Any:
    """What a JSON file holds; None where there is none, or something else (other bytes, 100,000 brackets)."""
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        return None


def below(root: Path, path: str) -> Path | None:
    """The regular file at a path that data name, if it lies below `root`: no `..`, no absolute path, no link out."""
    try:
        found, top = (root / path).resolve(strict=True), root.resolve(strict=True)
        return found if found.is_relative_to(top) and found.is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None


BROKEN = ".broken"


def set_aside(path: Path) -> None:
    """Give a file that is not what it should be another name, for whoever wants to look at it; it will be made again.

    Only the last one of a name is kept.
    """
    with suppress(FileNotFoundError):
        path.replace(path.with_name(f"{path.name}{BROKEN}"))


@contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    """A name beside `path` that nobody else has; what is left of it at the end is removed."""
    make_folder(path.parent)
    temporary = path.with_name(f".{path.name[:NAME]}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _flush(file: Path) -> None:
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def _flush_folder(folder: Path) -> None:
    """The new name reaches the disk, too, where a folder can be flushed (not on Windows)."""
    try:
        opened = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(opened)
    except OSError:  # a file system that flushes no folders
        pass
    finally:
        os.close(opened)


def _become(temporary: Path, path: Path) -> None:
    """Give the file its name, unless the name is taken."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not path.exists():
            temporary.replace(path)

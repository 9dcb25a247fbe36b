"""Where genbench's own files and its caches are (suites, templates, the user's cache, the data root), kept whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parents[1]


def folder(name: str) -> Path:
    """The folder `suites` or `templates`: inside an installed wheel, or beside the package in a checkout."""
    for place in (_PACKAGE / "_resources" / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"genbench's folder {name!r} is missing: install genbench again")


def cache_dir() -> Path:
    """Where trained classifiers and downloads are kept: `GENBENCH_CACHE`, else the user's cache folder."""
    return Path(os.environ.get("GENBENCH_CACHE") or platformdirs.user_cache_dir("genbench"))


def data_root(root: str | None = None) -> Path | None:
    """Where data files are looked for: the argument (`--data-root`), else `GENBENCH_DATA`, else nowhere."""
    found = root or os.environ.get("GENBENCH_DATA")
    return Path(found) if found else None


@contextmanager
def first_writer(path: Path) -> Iterator[Path]:
    """A temporary file to fill, which then becomes `path` at once, unless another process was first: its file stays.

    Whoever reads `path` afterwards reads the same bytes in every process, and never half of them.
    """
    with _temporary(path) as temporary:
        yield temporary
        _flush(temporary)
        _become(temporary, path)


@contextmanager
def last_writer(path: Path) -> Iterator[Path]:
    """A temporary file to fill, which then takes the place of `path` at once: whole or not at all."""
    with _temporary(path) as temporary:
        yield temporary
        _flush(temporary)
        temporary.replace(path)


@contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    """A name beside `path` that nobody else has; what is left of it at the end is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _flush(file: Path) -> None:
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def _become(temporary: Path, path: Path) -> None:
    """Give the file its name, unless the name is taken."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not path.exists():
            temporary.replace(path)

"""Where genbench's own files and its caches are: suites, templates, the user's cache, the data root."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder `suites` or `templates`: inside an installed wheel, or beside the package in a checkout."""
    for place in (_PACKAGE / "_resources" / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"genbench's folder {name!r} is missing: install genbench again")


def cache_dir() -> Path:
    """Where trained rulers and downloads are kept: `GENBENCH_CACHE`, else the user's cache folder."""
    return Path(os.environ.get("GENBENCH_CACHE") or platformdirs.user_cache_dir("genbench"))


def data_root(root: str | None = None) -> Path | None:
    """Where data files are looked for: the argument (`--data-root`), else `GENBENCH_DATA`, else nowhere."""
    found = root or os.environ.get("GENBENCH_DATA")
    return Path(found) if found else None

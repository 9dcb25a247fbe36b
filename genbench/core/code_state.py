"""What decides everything that genbench makes of nothing but code: its own source and the packages below it.

Files are known by their content alone: two of one size and time may differ.
"""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

from genbench.core import paths

PACKAGES = ("torch", "numpy", "scipy", "scikit-learn", "pillow", "pandas")
"""What draws, computes and carries the data that genbench makes or embeds."""


@cache
def code_state() -> str | None:
    """20 hex digits over genbench's source and templates, the manifests of the packages below it (which hold a digest
    of each of their files), the names and versions of all that is installed, and Python's version; None where a package
    has no manifest, so that nobody can say what it holds."""
    digest = hashlib.sha256(sys.version.encode())
    root = Path(__file__).resolve().parents[1]
    for place, ending in ((root, "*.py"), (paths.folder("templates"), "*")):
        for path in sorted(path for path in place.rglob(ending) if path.is_file()):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(place).as_posix()}:{len(content)}:".encode() + content)
    for package in PACKAGES:
        manifest = _manifest(package)
        if manifest is None:
            return None
        digest.update(f"{package}:{manifest}".encode())
    digest.update("\n".join(_installed()).encode())
    return digest.hexdigest()[:20]


def _manifest(package: str) -> str | None:
    """A package's `RECORD`: the path, size and SHA-256 of every file."""
    try:
        return metadata.distribution(package).read_text("RECORD")
    except metadata.PackageNotFoundError:
        return None


def _installed() -> list[str]:
    """The names and versions of what is installed, as its folders beside the packages say them."""
    places = [Path(place) for place in sys.path if place]
    found = {path.name for place in places if place.is_dir() for path in place.glob("*.dist-info")}
    return sorted(found)

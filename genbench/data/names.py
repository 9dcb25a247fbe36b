"""What the name of a dataset says before it is loaded. Torch-free."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from genbench import registry
from genbench.core.paths import is_file, is_folder

SCHEMES = ("folder", "npz", "csv", "parquet", "hf", "adbench")
"""Own data: `SCHEME:PATH?option=value`."""

BY_SUFFIX = {
    ".npz": "npz",
    ".npy": "npz",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".zip": "folder",
}
"""The scheme of a file whose path stands alone."""

PACKED = (".gz", ".bz2", ".xz")

FORMS: tuple[tuple[str, str, str], ...] = (
    ("folder:PATH?size=64", "images", "A folder or .zip of images; subfolders are classes, train, val and test parts."),
    ("npz:PATH", "images or table", "An .npz or .npy: images or rows, with labels or y."),
    ("csv:PATH?label=COLUMN", "table", "A text file of numbers with a header; ?outlier= names the class of outliers."),
    ("parquet:PATH?label=COLUMN", "table", "The same as Parquet (genbench[parquet])."),
    ("hf:NAME?size=64", "images", "Images from the Hugging Face hub (genbench[hf])."),
)
"""How data of one's own are named: the form, their kind, what it is."""


WITHOUT, ONLY = "-without-", "-only-"
"""What stands between a set and the class that is left out of it, or that alone is kept."""


def is_embedded(name: str) -> bool:
    """Whether a dataset, or the one that it is made of, is made by genbench's own code of nothing but that and what
    installed packages carry: no file below a data root, no third party's builder."""
    base = name
    while base not in registry.datasets:
        shorter = next((base.rpartition(word)[0] for word in ("@", WITHOUT, ONLY) if word in base), "")
        if not shorter:
            return False
        base = shorter
    entry = registry.datasets.get(base)
    return entry.site is None and not entry.card.needs


def is_made(name: str, named: Iterable[str] = ()) -> bool:
    """Whether a dataset is made of another (`digits-without-3`, `digits@200`) or of a file (`npz:PATH`): loading it
    checks it. `named`: the names that a suite gives its own."""
    scheme, colon, _ = name.partition(":")
    if colon:
        return scheme in SCHEMES
    return any(name.startswith((f"{known}-", f"{known}@")) for known in (*registry.datasets.names(), *named))


def path_exists(path: str) -> bool:
    """Whether a file or folder has this very name."""
    return is_file(path) or is_folder(str(path))


def is_whole_path(name: str) -> bool:
    """Whether this is a scheme's path that is there as it stands, an @ or a question mark in its name."""
    scheme, colon, rest = name.partition(":")
    return bool(colon) and scheme in SCHEMES and path_exists(rest)


def path_form(name: str) -> str | None:
    """How a path that stands alone is named as a dataset (`usps.npz` -> `npz:usps.npz`); None for what is no path."""
    path = PurePath(name.partition("?")[0] if not path_exists(name) else name)
    suffix = path.suffix.lower()
    if suffix in PACKED:
        suffix = PurePath(path.stem).suffix.lower()
    if suffix in BY_SUFFIX:
        return f"{BY_SUFFIX[suffix]}:{name}"
    if is_file(name) and suffix == ".txt":
        return f"csv:{name}"
    return f"folder:{name}" if is_folder(str(path)) and (is_folder(name) or "?" in name) else None

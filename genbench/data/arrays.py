"""`.npy` and `.npz` files of unknown origin: no pickles, no absurd sizes, nothing truncated."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
import torch
from torch import Tensor

from genbench.core.errors import DataError
from genbench.core.text import safe_text

MOST_BYTES = 16 * 2**30
"""An archive that unpacks to more is refused."""

FREE_BYTES = 256 * 2**20
"""An archive that unpacks to less is never called a bomb."""

MOST_RATIO = 500
"""Beyond `FREE_BYTES`, unpacked over packed size; real data stay under 100, zeros reach 1,000."""

VALUE_KEYS = ("images", "features", "X", "x", "arr_0", "data", "samples")
LABEL_KEYS = ("labels", "label", "y", "targets", "target", "classes", "class")

VALUE_STEMS = ("x", "images", "data", "features")
LABEL_STEMS = ("y", "labels", "label", "targets", "target")
PART_NAMES = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
"""Of `x_train`, `train_images` and the like."""


@dataclass(frozen=True, slots=True)
class Arrays:
    """What an `.npz` holds: `values` (N, ...) under `key`, and `labels` (N,) where there are any.

    `parts`: the official parts, `train` first (`values` are its), where the file has several. `ignored`: the names of
    arrays that were not read.
    """

    values: np.ndarray
    key: str
    labels: np.ndarray | None = None
    parts: Mapping[str, Arrays] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statistics:
    """The mean `mu` (d,) and covariance `sigma` (d, d) of features, float64: what FID tools keep of a reference."""

    mu: np.ndarray
    sigma: np.ndarray


def read_npy(path: str | Path) -> np.ndarray:
    """The array of an `.npy` file: numbers or truth values, at least one axis, not empty. Raises `DataError`."""
    place = regular(path)
    with _sentences(place), place.open("rb") as file:
        return _read(file, str(place), place.stat().st_size)


def read_npz(path: str | Path, *, key: str | None = None, label: str | None = None) -> Arrays | Statistics:
    """The values of an `.npz`: `images`, `features`, `X` or the only array, with `labels` or `y` as long; its
    parts (`x_train`, `x_test`); or its `mu` and `sigma`. `key`, `label`: names of the arrays, where they are others.

    Raises `DataError` with the path and what is wrong.
    """
    place = regular(path)
    with _sentences(place), zipfile.ZipFile(place) as archive:
        refuse_bomb(archive, place)
        members = {i.filename.removesuffix(".npy"): i for i in archive.infolist() if i.filename.endswith(".npy")}
        if not members:
            raise DataError(f"{place} holds no arrays (names that end in .npy): save it with numpy.savez.")
        if {"mu", "sigma"} <= members.keys():
            return _statistics(_member(archive, members["mu"], place), _member(archive, members["sigma"], place), place)
        parts = _parts(archive, members, place) if key is None and label is None else {}
        if parts:
            read = [key for key in members if _part_of(key)[1] in parts]
            first = parts["train"]
            return Arrays(first.values, first.key, first.labels, parts, _others(members, *read))
        chosen = _chosen(members, key, place)
        values = _member(archive, members[chosen], place)
        with_label = _label_key(members) if label is None else _known(label, members, place)
        labels = None if with_label is None else _labels(archive, members, with_label, values, place)
        return Arrays(values, chosen, labels, ignored=_others(members, chosen, with_label))


def _others(members: Mapping[str, zipfile.ZipInfo], *read: str | None) -> tuple[str, ...]:
    return tuple(key for key in members if key not in read)


def regular(path: str | Path) -> Path:
    """The path of a file that is there and ends. Raises `DataError` for a device, a pipe or a folder, which a reader
    could wait for without end."""
    if "://" in str(path):
        raise DataError(f"{safe_text(path, 200)} is a URL: genbench reads files only, so download it first.")
    place = Path(path)
    try:
        mode = place.stat().st_mode
    except FileNotFoundError as error:
        raise DataError(f"there is no file {place}.") from error
    except (OSError, ValueError) as error:  # a name too long, a loop of links, a NUL
        why = getattr(error, "strerror", None) or error
        raise DataError(f"{str(place)[:200]!r} cannot be read: {why}.") from error
    if not stat.S_ISREG(mode):
        raise DataError(f"{place} cannot be read: it is a folder, a pipe or a device, no regular file.")
    return place


def refuse_bomb(archive: zipfile.ZipFile, place: Path) -> None:
    """Raise `DataError` where an archive would unpack to an absurd size."""
    unpacked = sum(i.file_size for i in archive.infolist())
    packed = max(1, sum(i.compress_size for i in archive.infolist()))
    if unpacked > MOST_BYTES or (unpacked > FREE_BYTES and unpacked > MOST_RATIO * packed):
        raise DataError(
            f"{place} would unpack from {packed / 2**20:,.1f} MiB to {unpacked / 2**30:,.1f} GiB, which is absurd: "
            "nothing was read."
        )


def as_rows(values: np.ndarray, place: str | Path) -> Tensor:
    """(N, D) numbers -> float32 tensor. NaN and infinity pass: metrics say where they are."""
    if values.ndim != 2:
        raise DataError(f"{place} has the shape {values.shape}; features and tables are (N, D).")
    most = np.abs(values[np.isfinite(values)]).max(initial=0)
    if most > np.finfo(np.float32).max:
        raise DataError(
            f"{place} holds values up to {most:.3g}, more than a 32-bit float can ({np.finfo(np.float32).max:.3g}): "
            "bring the columns to a scale of about 1."
        )
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))


def _chosen(members: Mapping[str, zipfile.ZipInfo], asked: str | None, place: Path) -> str:
    """The name of the values: the one asked for, a usual one, or the only one that could be meant."""
    if asked is not None:
        return _known(asked, members, place)
    usual = next((key for key in VALUE_KEYS if key in members), None)
    others = [key for key in members if key not in LABEL_KEYS and _part_of(key)[0] != "labels"]
    if usual is None and len(others) > 1:
        raise DataError(f"{place} holds the arrays {', '.join(others)}: say which by ?key=NAME.")
    return usual or next(iter(others), next(iter(members)))


def _known(key: str, members: Mapping[str, zipfile.ZipInfo], place: Path) -> str:
    if key not in members:
        raise DataError(f"{place} has no array {key!r}; it has {', '.join(members)}.")
    return key


def _part_of(key: str) -> tuple[str, str]:
    """`y_train` -> ("labels", "train"), `test_images` -> ("values", "test"); two empty words for other names."""
    words = key.lower().split("_")
    for stem, part in (words, words[::-1]) if len(words) == 2 else ():
        if part in PART_NAMES and stem in (*VALUE_STEMS, *LABEL_STEMS):
            return "values" if stem in VALUE_STEMS else "labels", PART_NAMES[part]
    return "", ""


def _parts(archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], place: Path) -> dict[str, Arrays]:
    """The official parts (`x_train`, `y_train`, `x_test`, ...), where there is a training part and another."""
    named = {_part_of(key): key for key in members}
    parts = {part: key for (what, part), key in named.items() if what == "values"}
    if "train" not in parts or len(parts) < 2:
        return {}
    found = {}
    for part, key in parts.items():
        values = _member(archive, members[key], place)
        label = named.get(("labels", part))
        found[part] = Arrays(values, key, None if label is None else _labels(archive, members, label, values, place))
    return found


def _label_key(members: Mapping[str, zipfile.ZipInfo]) -> str | None:
    usual = [key for key in LABEL_KEYS if key in members]
    return next(iter([*usual, *(key for key in members if _part_of(key) == ("labels", "train"))]), None)


def _labels(
    archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], key: str, values: np.ndarray, place: Path
) -> np.ndarray:
    labels = _member(archive, members[key], place)
    n = len(values)
    if labels.shape not in ((n,), (n, 1)):
        raise DataError(f"{place} has {n} examples, but its {key!r} has the shape {labels.shape}.")
    return labels.reshape(n)


def _statistics(mu: np.ndarray, sigma: np.ndarray, place: Path) -> Statistics:
    if mu.ndim != 1 or sigma.shape != (len(mu), len(mu)):
        raise DataError(f"{place} has mu of shape {mu.shape} and sigma of {sigma.shape}; expected (d,) and (d, d).")
    if not (np.isfinite(mu).all() and np.isfinite(sigma).all()):
        raise DataError(f"{place} has NaN or infinity in its mu or sigma.")
    matrix = sigma.astype(np.float64)
    largest = max(float(np.abs(matrix).max()), 1e-300)
    if np.abs(matrix - matrix.T).max() > 1e-6 * largest:
        raise DataError(f"{place} has a sigma that is not symmetric: it is no covariance.")
    if np.linalg.eigvalsh(matrix)[0] < -1e-6 * largest * len(mu):
        raise DataError(f"{place} has a sigma with a negative eigenvalue: it is no covariance.")
    return Statistics(mu.astype(np.float64), matrix)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: Path) -> np.ndarray:
    with archive.open(info) as file:
        return _read(file, f"{place} ({info.filename})", info.file_size)


def _read(file: IO[bytes], what: str, size: int) -> np.ndarray:
    """One array in NumPy's format, whose header is believed only as far as the bytes are there."""
    version = np.lib.format.read_magic(file)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = header(file)
    if dtype.hasobject:
        raise DataError(f"{what} holds Python objects (a pickle), which could run code: save plain numbers instead.")
    if dtype.kind not in "biufU":
        raise DataError(f"{what} holds {dtype}; expected numbers.")
    count = int(np.prod([int(s) for s in shape], dtype=object))
    if count * dtype.itemsize > size:
        raise DataError(f"{what} says that it holds {shape} {dtype}, but has only {size:,} bytes: it is cut short.")
    if not shape or count == 0:
        raise DataError(f"{what} is empty: its shape is {shape}.")
    data = file.read(count * dtype.itemsize)
    if len(data) < count * dtype.itemsize:
        raise DataError(f"{what} says that it holds {shape} {dtype}, but is cut short.")
    flat = np.frombuffer(bytearray(data), dtype=dtype)
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


@contextmanager
def _sentences(place: Path) -> Iterator[None]:
    """What goes wrong in reading, said with the path."""
    try:
        yield
    except DataError:
        raise
    except FileNotFoundError as error:
        raise DataError(f"there is no file {place}.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DataError(f"{place} is not a whole .npz file (corrupt or cut short): {error}.") from error
    except OSError as error:
        raise DataError(f"{place} cannot be read: {error.strerror or error}.") from error
    except Exception as error:  # NumPy and zipfile raise whatever a broken header leads them to
        raise DataError(f"{place} is not in NumPy's file format: {safe_text(error, 300)}.") from error

"""Your own data: `folder:PATH?size=64`, `npz:PATH`, `csv:PATH?label=COLUMN`, `parquet:PATH`, `hf:NAME`."""

from __future__ import annotations

import hashlib
import importlib
import math
import warnings
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from genbench.core import network
from genbench.core.errors import DataError
from genbench.core.text import safe_text
from genbench.data.arrays import Arrays, as_images, as_rows, read_npz, regular
from genbench.data.assembly import About, image_dataset
from genbench.data.images import Entry, by_folder, listed
from genbench.data.outliers import procedural
from genbench.data.splits import Parts, in_four, rows_in_four, rows_with_test, with_official_test, without_shared
from genbench.data.storage import Hold, hold_for
from genbench.data.tables import standardised
from genbench.data.unpacking import unpacked
from genbench.protocols.dataset import Dataset, DataSpec, Split

FEW = 4
"""Of fewer reference examples it is said that they are few."""

SOURCE = "your own"


def folder(path: str, *, size: str | None = None) -> Dataset:
    """Images of a folder or zip file; subfolders are classes; `train` and `test` above them are the official parts.

    Sets too large for memory are decoded once into files of the cache and mapped.
    """
    name = f"folder:{path}" + (f"?size={size}" if size else "")
    with listed(path, _whole(size, name)) as listing:
        folders = [entry.folder for entry in listing.entries]
        official = {f.partition("/")[0] for f in folders} == {"train", "test"}
        y, classes = by_folder([f.partition("/")[2] for f in folders] if official else folders)
        n = len(folders)
        if official:
            train = torch.tensor([f.partition("/")[0] == "train" for f in folders])
            rows = rows_with_test(train.nonzero()[:, 0], (~train).nonzero()[:, 0], "own")
        else:
            rows = rows_in_four(y, n, "own")
        key = _content_key(listing.entries, f"{listing.shape}")
        values = n * math.prod(listing.shape)
        splits = [
            Split(listing.decode(part.tolist(), hold_for(f"{key}-{i}", values)), None if y is None else y[part])
            for i, part in enumerate(rows)
        ]
    holds = [hold_for(f"{key}-{part}", values) for part in ("reference", "ceiling")]
    return _images(name, _distinct(Parts(*splits), name, holds), classes)


def npz(path: str) -> Dataset:
    """Images (three axes or more) or table rows (two axes), with `labels` or `y` where there are any."""
    name = f"npz:{path}"
    found = read_npz(path)
    if not isinstance(found, Arrays):
        raise DataError(f"{path} holds a mean and a covariance; a dataset needs the examples themselves.")
    y, classes = _numbered(found.labels)
    if found.values.ndim == 2:
        return _table(name, as_rows(found.values, path), y, classes)
    parts = in_four(Split(as_images(found.values, path), y), "own")
    return _images(name, _distinct(parts, name), classes)


def csv(path: str, *, label: str | None = None) -> Dataset:
    """A table with a header line; all columns but `label` must be numbers."""
    return _frame(f"csv:{path}", path, partial(_read_csv, path), label)


def parquet(path: str, *, label: str | None = None) -> Dataset:
    """The same from a Parquet file; needs `pip install genbench[parquet]`."""
    return _frame(f"parquet:{path}", path, lambda: pd.read_parquet(regular(path)), label)


def _read_csv(path: str) -> pd.DataFrame:
    """A file, packed or not; no URL, which pandas would fetch."""
    with unpacked(path) as file:
        return pd.read_csv(file)


def hf(name: str, *, image: str = "image", label: str = "label", size: str | None = None) -> Dataset:
    """A set of images from the Hugging Face hub or its cache: the columns `image` and `label`; with its `test` part as
    reference where it has one. Needs `pip install genbench[hf]`."""
    full = f"hf:{name}"
    side = _whole(size, full)
    try:
        with network.allowed():
            package: Any = importlib.import_module("datasets")
            found = package.load_dataset(name)
    except Exception as error:  # the package and its network raise what they like
        first = (safe_text(error).strip() or "no reason given").splitlines()[0]
        raise DataError(
            f"{full} cannot be had here ({type(error).__name__}: {first[:200]}): `pip install genbench[hf]`, then let "
            "it download once, with a network."
        ) from error
    pieces = {part: _hub_part(found[part], image, label, side, full) for part in ("train", "test") if part in found}
    if "train" not in pieces:
        raise DataError(f"{full} has no part `train`; it has {', '.join(found)}.")
    labels = [y for _, y in pieces.values() if y is not None]
    _, classes = _numbered(np.concatenate(labels) if labels else None)
    number = {c: i for i, c in enumerate(classes)}
    splits = [Split(x, None if y is None else torch.tensor([number[str(v)] for v in y])) for x, y in pieces.values()]
    parts = in_four(splits[0], "own") if len(splits) == 1 else with_official_test(splits[0], splits[1], "own")
    return _images(full, _distinct(parts, full), classes)


def _hub_part(part: Any, image: str, label: str, side: int | None, name: str) -> tuple[Tensor, np.ndarray | None]:
    if image not in part.column_names:
        raise DataError(f"{name} has no column {image!r}: give ?image=, one of {', '.join(part.column_names)}.")
    pictures = [np.asarray(_sized(picture.convert("RGB"), side)) for picture in part[image]]
    if len({p.shape for p in pictures}) != 1:
        raise DataError(f"{name} has images of several sizes: give a size, such as ?size=64.")
    return as_images(np.stack(pictures), name), np.asarray(part[label]) if label in part.column_names else None


def _sized(picture: Any, side: int | None) -> Any:
    from PIL import ImageOps

    return picture if side is None else ImageOps.fit(picture, (side, side), method=3)


def _frame(name: str, path: str, read: Any, label: str | None) -> Dataset:
    try:
        table = read()
    except DataError:
        raise
    except ImportError as error:
        raise DataError(f"{path} needs a reader for Parquet: `pip install genbench[parquet]`.") from error
    except Exception as error:  # pandas and pyarrow raise what they like
        raise DataError(f"{path} cannot be read as a table: {safe_text(error, 300)}.") from error
    if table.empty:
        raise DataError(f"{path} holds no rows.")
    if label is not None and label not in table.columns:
        raise DataError(f"{path} has no column {label!r}; it has {', '.join(map(str, table.columns))}.")
    y, classes = _numbered(None if label is None else table[label].to_numpy())
    values = table.drop(columns=[] if label is None else [label])
    for column in values.columns:
        if not pd.api.types.is_numeric_dtype(values[column]):
            raise DataError(f"{path} has the column {column!r}, which is not numbers: drop it, or make it ?label=.")
        gaps = int(values[column].isna().sum())
        if gaps:
            raise DataError(f"{path} has {gaps} empty cells in the column {column!r}: fill them or drop those rows.")
    return _table(name, as_rows(values.to_numpy(dtype=np.float64), path), y, classes)


def _table(name: str, rows: Tensor, y: Tensor | None, classes: tuple[str, ...]) -> Dataset:
    if len(rows) < 4:
        raise DataError(f"{name} has {len(rows)} rows; at least four are needed, for its splits.")
    parts = _distinct(in_four(Split(rows, y), "own"), name)
    scaled = standardised(*(split.x for split in parts))
    parts = Parts(*(Split(x, split.y) for x, split in zip(scaled, parts, strict=True)))
    spec = DataSpec((rows.shape[1],), None, len(classes))
    return Dataset(
        name=name,
        spec=spec,
        train=parts.train,
        val=parts.val,
        reference=parts.reference,
        ceiling=parts.ceiling,
        outliers=procedural(spec, parts.reference.x, name),
        classes=classes,
        title=name,
        source=SOURCE,
    )


def _images(name: str, parts: Parts, classes: tuple[str, ...]) -> Dataset:
    about = About(name=name, title=name, licence="yours to know", source=SOURCE, classes=classes)
    return image_dataset(about, parts)


def _distinct(parts: Parts, name: str, holds: Sequence[Hold] = ()) -> Parts:
    """No example of one split in another; says how many were dropped. Refuses sets that are too small to split."""
    (reference, ceiling), dropped = without_shared(parts.train, parts.reference, parts.ceiling, holds=holds)
    if dropped:
        warnings.warn(
            f"{name}: {dropped} of {sum(map(len, parts))} examples were dropped from reference and ceiling, because an "
            "earlier split holds the same.",
            stacklevel=4,
        )
    if not (len(parts.train) and len(reference) and len(ceiling)):
        raise DataError(f"{name} has too few different examples for its splits (train, reference, ceiling).")
    parts = parts._replace(reference=reference, ceiling=ceiling)
    for trouble in _thin(parts):
        warnings.warn(f"{name}: {trouble}", stacklevel=4)
    return parts


def _thin(parts: Parts) -> Iterator[str]:
    """What of the reference is too small for the numbers that stand on it."""
    if len(parts.reference) < FEW:
        yield f"the reference holds {len(parts.reference)} examples: no number of so few says much."
    if parts.train.y is not None and parts.reference.y is not None:
        absent = sorted(set(parts.train.y.tolist()) - set(parts.reference.y.tolist()))
        if absent:
            names = ", ".join(map(str, absent))
            yield f"the reference holds no example of class {names}: nothing is measured of it."


def _numbered(labels: np.ndarray | None) -> tuple[Tensor | None, tuple[str, ...]]:
    """Labels of any kind -> numbers in the order of their names, and the names; none where all are the same."""
    if labels is None:
        return None, ()
    names, numbers = np.unique(labels, return_inverse=True)
    if len(names) < 2:
        return None, ()
    return torch.from_numpy(numbers.astype(np.int64)), tuple(map(str, names))


def _whole(size: str | None, name: str) -> int | None:
    if size is None:
        return None
    if not size.isdecimal() or len(size) > 6 or int(size) < 1:
        raise DataError(f"{name}: a size is a whole number of pixels, not {size!r}.")
    return int(size)


def _content_key(entries: Sequence[Entry], settings: str) -> str:
    """A name for what is decoded of these files: paths, sizes and times of change, and the settings."""
    digest = hashlib.sha256(settings.encode())
    for entry in entries:
        place = Path(entry.path)
        stat = place.stat() if place.exists() else None
        digest.update(f"{entry.path}:{stat and (stat.st_size, stat.st_mtime_ns)}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:24]

"""Your own images and arrays: `folder:PATH?size=64`, `npz:PATH`, `hf:NAME`. Tables of text are in `own_tables`."""

from __future__ import annotations

import hashlib
import importlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genbench.core import network
from genbench.core.errors import DataError
from genbench.core.text import safe_text
from genbench.data.arrays import Arrays, as_rows
from genbench.data.assembly import About, image_dataset
from genbench.data.files import read_arrays
from genbench.data.image_files import Entry
from genbench.data.images import Listing, by_folder, listed
from genbench.data.own_parts import Cut, counted, cut, distinct, numbered, parts_of, some, taken, unlabelled
from genbench.data.own_tables import SOURCE, check_finite, table_dataset
from genbench.data.pixels import Asked, as_images, pixels
from genbench.data.splits import Parts
from genbench.data.storage import hold_for
from genbench.protocols.dataset import Dataset, Split


def folder(path: str, *, size: str | None = None, range: str | None = None, outlier: str | None = None) -> Dataset:
    """Images of a folder or zip file; subfolders are classes; `train`, `val` and `test` above or below them are the
    official parts.

    Sets too large for memory are decoded once into files of the cache and mapped.
    """
    name = f"folder:{path}" + (f"?size={size}" if size else "")
    with listed(path, _whole(size, name), Asked(range)) as listing:
        parts, folders = parts_of([entry.folder for entry in listing.entries], path)
        n = len(folders)
        found = cut(*by_folder(folders), n, path, parts=parts, outlier=outlier)
        key = _content_key(listing.entries, f"{listing.shape} {listing.black} {listing.white} {outlier}")
        values = n * math.prod(listing.shape)
        splits = [
            Split(
                listing.decode(part.tolist(), hold_for(f"{key}-{i}", values)),
                None if found.y is None else found.y[part],
            )
            for i, part in enumerate(found.rows)
        ]
        outliers = {
            word: Split(listing.decode(rows.tolist(), hold_for(f"{key}-{word}", values)))
            for word, rows in found.outliers.items()
        }
        holds = [hold_for(f"{key}-{part}", values) for part in ("val", "reference", "ceiling")]
        return _images(name, Parts(*splits), found, outliers, _read(listing, parts), holds)


def _read(listing: Listing, parts: Sequence[str]) -> list[str]:
    """What is to be said of files: the parts that were found, what was turned, what was left out."""
    words = [f"official parts {', '.join(dict.fromkeys(parts))}"] if parts else []
    if listing.white not in (255, 65_535):
        words.append(f"range {listing.black:g}..{listing.white:g}")
    if listing.turned:
        words.append(f"{listing.turned} turned upright (EXIF)")
    return words + ([f"skipped {some(listing.skipped)}"] if listing.skipped else [])


def npz(
    path: str,
    *,
    key: str | None = None,
    label: str | None = None,
    range: str | None = None,
    layout: str | None = None,
    outlier: str | None = None,
) -> Dataset:
    """Images (three axes or more) or table rows (two axes) of an `.npz` or `.npy`, with `labels` or `y` where there are
    any; `x_train` and `x_test` are official parts."""
    name = f"npz:{path}"
    found = read_arrays(path, key=key, label=label)
    if not isinstance(found, Arrays):
        raise DataError(f"{path} holds a mean and a covariance; a dataset needs the examples themselves.")
    pieces = found.parts or {"": found}
    values = np.concatenate([_alike(part, found, path) for part in pieces.values()])
    parts = [part for part, piece in pieces.items() for _ in piece.values] if found.parts else []
    labels = [piece.labels for piece in pieces.values() if piece.labels is not None]
    y, classes = numbered(np.concatenate(labels) if len(labels) == len(pieces) else None, path)
    cuts = cut(y, classes, len(values), path, parts=parts, outlier=outlier)
    words = [f"array {', '.join(piece.key for piece in pieces.values())}"] if found.key else []
    words += [f"not read {some(found.ignored)}"] if found.ignored else []
    if values.ndim == 2:
        rows = as_rows(values, path)
        check_finite(rows, path)
        return table_dataset(name, rows, cuts, words)
    read = pixels(values, path, Asked(range, layout))
    whole = Split(read.x, cuts.y)
    outliers = {word: unlabelled(whole.take(at)) for word, at in cuts.outliers.items()}
    return _images(name, taken(whole, cuts.rows), cuts, outliers, [*words, read.words])


def _alike(part: Arrays, first: Arrays, path: str) -> np.ndarray:
    if (part.values.shape[1:], part.values.dtype) != (first.values.shape[1:], first.values.dtype):
        raise DataError(
            f"{path} holds {first.key} of {first.values.dtype} {first.values.shape} and {part.key} of "
            f"{part.values.dtype} {part.values.shape}: parts of one set are alike."
        )
    return part.values


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
    y, classes = numbered(np.concatenate(labels) if len(labels) == len(pieces) else None, full)
    parts = [part for part, (x, _) in pieces.items() for _ in x] if len(pieces) > 1 else []
    whole = Split(torch.cat([x for x, _ in pieces.values()]), y)
    cuts = cut(y, classes, len(whole), full, parts=parts)
    return _images(full, taken(whole, cuts.rows), cuts, {}, [])


def _hub_part(part: Any, image: str, label: str, side: int | None, name: str) -> tuple[Tensor, np.ndarray | None]:
    if image not in part.column_names:
        raise DataError(f"{name} has no column {image!r}: give ?image=, one of {', '.join(part.column_names)}.")
    pictures = [np.asarray(_sized(picture.convert("RGB"), side)) for picture in part[image]]
    if len({p.shape for p in pictures}) != 1:
        raise DataError(f"{name} has images of several sizes: give a size, such as ?size=64.")
    x = as_images(np.stack(pictures), name, Asked("255", "NHWC"))
    return x, np.asarray(part[label]) if label in part.column_names else None


def _sized(picture: Any, side: int | None) -> Any:
    from PIL import ImageOps

    return picture if side is None else ImageOps.fit(picture, (side, side), method=3)


def _images(
    name: str, parts: Parts, cuts: Cut, outliers: Mapping[str, Split], words: Sequence[str], holds: Sequence[Any] = ()
) -> Dataset:
    """The dataset with the line that says how it was read, and what is to be borne in mind."""
    parts, troubles = distinct(parts, name, holds)
    about = About(name=name, title=name, licence="yours to know", source=SOURCE, classes=cuts.classes)
    made = image_dataset(about, parts)
    n = len(cuts.y) if cuts.y is not None else sum(map(len, (*cuts.rows, *cuts.outliers.values())))
    shape = " × ".join(map(str, made.spec.shape))
    aside = [f"outliers {word} {len(split)}" for word, split in outliers.items()]
    line = "; ".join([f"read as {n:,} images of {shape}", *words, *cuts.words, counted(cuts.y, cuts.classes), *aside])
    return replace(
        made,
        outliers={**outliers, **made.outliers},
        near=made.near | outliers.keys(),
        notes=(f"{line}.", *troubles),
    )


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

"""From a name to a dataset: plain names, derived names (`digits-without-3`), your own (`folder:PATH?size=64`), and any
of them with less to train on (`digits@200`, `digits@longtail`) or as a tuner may see it (`digits@val`)."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast
from urllib.parse import parse_qsl

from genbench import registry
from genbench.core import paths
from genbench.core.errors import DataError
from genbench.data.derived import LONG_TAIL, VALIDATION, few, long_tail, only_class, validation, without_class
from genbench.protocols.dataset import Dataset, DatasetBuilder

DERIVED: Mapping[str, Callable[[Dataset, str], Dataset]] = {"-without-": without_class, "-only-": only_class}

OWN: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "folder": ("genbench.data.own:folder", ("size",)),
    "npz": ("genbench.data.own:npz", ()),
    "csv": ("genbench.data.own:csv", ("label",)),
    "parquet": ("genbench.data.own:parquet", ("label",)),
    "hf": ("genbench.data.own:hf", ("image", "label", "size")),
    "adbench": ("genbench.data.tables:adbench", ("variant",)),
}
"""Schemes (`SCHEME:PATH?option=value`): the function behind each and the options that it knows."""


def load_dataset(name: str, *, root: str | Path | None = None, base: Callable[[str], Dataset] | None = None) -> Dataset:
    """The dataset of this name. `root`: where its files are, else `GENBENCH_DATA`. `base`: gives the set that another
    is made of, where it may be loaded already.

    `SET-without-CLASS`, `SET-only-CLASS`, `SET@N`, `SET@longtail` and `SET@val` are made of SET. Raises `UnknownName`
    with the nearest name, `DataError` with the path and the remedy where a file is missing or broken.
    """
    load = base or (lambda other: load_dataset(other, root=root))
    place = paths.data_root(None if root is None else str(root))
    where = None if place is None else str(place)
    if name in registry.datasets:
        builder = cast(DatasetBuilder, registry.datasets.get(name).load())
        return builder(root=where)
    whole, at, word = name.rpartition("@")
    if at and (view := _view(word)) and not _is_file(name):
        return view(load(whole))
    scheme, colon, rest = name.partition(":")
    if colon and scheme in OWN:
        return _own(scheme, rest, where)
    for word, derive in DERIVED.items():
        found_base, found, left = name.rpartition(word)
        if found and found_base in registry.datasets:
            return derive(load(found_base), left)
    return cast(DatasetBuilder, registry.datasets.get(name).load())(root=where)


def _view(word: str) -> Callable[[Dataset], Dataset] | None:
    """What the word behind a dataset's @ makes of it; None where it means nothing."""
    if word.isascii() and word.isdecimal():
        return lambda base: few(base, int(word))
    return {VALIDATION[1:]: validation, LONG_TAIL: long_tail}.get(word)


def _is_file(name: str) -> bool:
    """Whether this is a scheme's path that is there as it stands, an @ in its name."""
    scheme, colon, rest = name.partition(":")
    return bool(colon) and scheme in OWN and Path(rest.partition("?")[0]).exists() and "?" not in rest


def _own(scheme: str, rest: str, root: str | None) -> Dataset:
    """A dataset of a scheme, whose code is imported now."""
    target, known = OWN[scheme]
    path, options = split_options(rest, known)
    module, _, function = target.partition(":")
    build = getattr(importlib.import_module(module), function)
    made: Dataset = build(path, root=root, **options) if scheme == "adbench" else build(path, **options)
    return made


def split_options(text: str, known: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """`PATH?size=64` -> (`PATH`, {"size": "64"}); an option that is not known is an error."""
    path, _, query = text.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = [key for key in options if key not in known]
    if unknown:
        raise DataError(f"{text!r} has the option {unknown[0]!r}, but only {', '.join(known) or 'none'} is known here.")
    return path, options

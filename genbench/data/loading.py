"""From a name to a dataset: plain names, derived names (`digits-without-3`), your own (`folder:PATH?size=64`), and any
of them with less to train on (`digits@200`, `digits@longtail`) or as a tuner may see it (`digits@val`)."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast
from urllib.parse import parse_qsl

from genbench import registry
from genbench.core import paths
from genbench.core.errors import DataError
from genbench.data.derived import LONG_TAIL, VALIDATION, few, long_tail, only_class, validation, without_class
from genbench.data.names import ONLY, WITHOUT, is_whole_path, path_exists, path_form
from genbench.protocols.dataset import Dataset, DatasetBuilder

DERIVED: Mapping[str, Callable[[Dataset, str], Dataset]] = {WITHOUT: without_class, ONLY: only_class}

OWN: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "folder": ("genbench.data.own:folder", ("size", "range", "outlier")),
    "npz": ("genbench.data.own:npz", ("key", "label", "range", "layout", "outlier")),
    "csv": ("genbench.data.own_tables:csv", ("label", "outlier", "drop", "sep", "decimal", "header")),
    "parquet": ("genbench.data.own_tables:parquet", ("label", "outlier", "drop")),
    "hf": ("genbench.data.own:hf", ("image", "label", "size")),
    "adbench": ("genbench.data.tables:adbench", ("variant",)),
}
"""Schemes (`SCHEME:PATH?option=value`): the function behind each and the options that it knows."""


def load_dataset(
    name: str,
    *,
    root: str | Path | None = None,
    base: Callable[[str], Dataset] | None = None,
    named: Mapping[str, str] | None = None,
) -> Dataset:
    """The dataset of this name. `root`: where its files are, else `GENBENCH_DATA`. `base`: gives the set that another
    is made of, where it may be loaded already. `named`: what names of a suite's own stand for.

    `SET-without-CLASS`, `SET-only-CLASS`, `SET@N`, `SET@longtail` and `SET@val` are made of SET. Raises `UnknownName`
    with the nearest name, `DataError` with the path and the remedy where a file is missing or broken.
    """
    named = named or {}
    load = base or (lambda other: load_dataset(other, root=root, named=named))
    place = paths.data_root(None if root is None else str(root))
    where = None if place is None else str(place)
    if name in named:
        return replace(load(named[name]), name=name, title=name)
    if name in registry.datasets:
        builder = cast(DatasetBuilder, registry.datasets.get(name).load())
        return builder(root=where)
    whole, at, word = name.rpartition("@")
    if at and (view := _view(word)) and not is_whole_path(name):
        return view(load(whole))
    for word, derive in DERIVED.items():
        found_base, found, left = name.rpartition(word)
        if found and (found_base in registry.datasets or found_base in named or _is_of_file(name, found_base)):
            return derive(load(found_base), left)
    scheme, colon, rest = name.partition(":")
    if colon and scheme in OWN:
        return _own(scheme, rest, where)
    form = path_form(name)
    if form:
        raise DataError(f"{name!r} is a path: name it {form!r}.")
    return cast(DatasetBuilder, registry.datasets.get(name).load())(root=where)


def _view(word: str) -> Callable[[Dataset], Dataset] | None:
    """What the word behind a dataset's @ makes of it; None where it means nothing."""
    if word.isascii() and word.isdecimal():
        return lambda base: few(base, int(word))
    return {VALIDATION[1:]: validation, LONG_TAIL: long_tail}.get(word)


def _is_of_file(name: str, base: str) -> bool:
    """Whether a set of one's own stands before `-without-` or `-only-`, which are no part of its file's name."""
    scheme, colon, rest = base.partition(":")
    if not colon or scheme not in OWN or scheme == "adbench" or is_whole_path(name):
        return False
    return scheme == "hf" or "?" in rest or (path_exists(rest) and not is_whole_path(name.rpartition("?")[0]))


def _own(scheme: str, rest: str, root: str | None) -> Dataset:
    """A dataset of a scheme, whose code is imported now."""
    target, known = OWN[scheme]
    path, options = split_options(rest, known)
    module, _, function = target.partition(":")
    build = getattr(importlib.import_module(module), function)
    made: Dataset = build(path, root=root, **options) if scheme == "adbench" else build(path, **options)
    return made


def split_options(text: str, known: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """`PATH?size=64` -> (`PATH`, {"size": "64"}); an option that is not known is an error.

    A file whose own name has a question mark is found, with options behind another one. What is given twice is joined
    by commas (`drop=a&drop=b`).
    """
    if "?" not in text or path_exists(text):
        return text, {}
    path, _, query = text.rpartition("?")
    options: dict[str, str] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        options[key] = f"{options[key]},{value}" if key in options else value
    unknown = [key for key in options if key not in known]
    if unknown:
        raise DataError(f"{text!r} has the option {unknown[0]!r}, but only {', '.join(known) or 'none'} is known here.")
    return path, options

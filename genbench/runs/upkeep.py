"""Is a run's folder whole, and two of them made one: what `genbench store` does.

Weights carry a digest, and pictures checksums or a length: no other record of what a file should be is needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from genbench.core import paths, picture_files
from genbench.core.errors import DataError, UsageError
from genbench.core.values import Status
from genbench.runs.folder import RunFolder
from genbench.store import Store
from genbench.store.merge import Lacking, lacking, take


@dataclass(frozen=True, slots=True)
class Condition:
    """What is there of a run. `faults`: a sentence each; `loose`: files that no result refers to and their `size` in
    bytes; `files`: how many were looked at; `notes`: what could not be looked at."""

    jobs: int
    files: int
    faults: tuple[str, ...]
    loose: tuple[str, ...]
    size: int
    notes: tuple[str, ...] = ()


def condition(folder: RunFolder) -> Condition:
    """Look at every row and file of a run; nothing is changed."""
    with folder.open() as store:
        faults = store.faults()
        jobs = len(store.settled())
        if folder.place.folder is None:
            note = f"{folder.place} has no folder on this machine: its weights and pictures were not looked at."
            return Condition(jobs, 0, tuple(faults), (), 0, (note,))
        weights, pictures = _referred(store)
        loose = folder.loose(store)
    absent: list[str] = []
    for key in weights:
        faults += _of_weights(folder.weights(key), key, absent)
    for path in pictures:
        faults += _of_picture(folder.root, path, absent)
    notes = []
    if absent and not folder.place.own:
        notes.append(f"{len(absent)} files are not here: the store is shared, so they may lie in another run's folder.")
    else:
        faults += absent
    size = sum(path.stat().st_size for path in loose)
    names = tuple(path.relative_to(folder.root).as_posix() for path in loose)
    return Condition(jobs, len(weights) + len(pictures), tuple(faults), names, size, tuple(notes))


def merge(into: RunFolder, other: RunFolder) -> Lacking:
    """Take over what the other run has and this one lacks, files first: what was taken.

    Raises `UsageError` where both are one, or where a run is at work in either of them.
    """
    if into.place.url == other.place.url:
        raise UsageError(f"{into.place} and {other.place} are the same store: there is nothing to merge.")
    with ExitStack() as open_:
        for folder in (into, other):
            if folder.place.folder is not None:
                open_.enter_context(folder.claimed())
        store, source = (open_.enter_context(folder.open()) for folder in (into, other))
        wanted = lacking(store, source)
        if into.place.folder is not None and other.place.folder is not None:
            _copy_files(into, other, source, wanted)
        take(store, source, wanted)
    return wanted


def _copy_files(into: RunFolder, other: RunFolder, source: Store, wanted: Lacking) -> None:
    """Weights that are lacking and the pictures of the jobs that are taken; what is broken is not copied."""
    for key in _referred(source)[0]:
        if not into.weights(key).is_file():
            _copy(other.weights(key), into.weights(key), broken=any(_of_weights(other.weights(key), key, [])))
    for path in wanted.pictures:
        found = paths.below(other.root, path)
        if found is not None and (into.root / path).resolve().is_relative_to(into.artifacts.resolve()):
            _copy(found, into.root / path, broken=picture_files.fault(found.read_bytes()) is not None)


def _copy(source: Path, target: Path, *, broken: bool) -> None:
    if source.is_file() and not broken:
        with paths.last_writer(target) as temporary:
            temporary.write_bytes(source.read_bytes())


def _referred(store: Store) -> tuple[list[str], list[str]]:
    """(keys of fits that have weights, paths of pictures), sorted."""
    used, pictures = store.references()
    fits = store.fits()
    good = set(fits.loc[fits["status"] == Status.OK, "key"])
    return sorted(used & good), sorted(pictures)


def _of_weights(path: Path, key: str, absent: list[str]) -> Iterator[str]:
    from genbench.core import tensor_files

    if not path.is_file():
        absent.append(f"the weights of fit {key} are missing: the next run that needs them trains it again.")
        return
    try:
        _, metadata = tensor_files.read(path)
    except DataError as error:
        yield f"{error} The next run sets it aside and trains it again."
        return
    if _key(metadata) != key:
        yield f"{path} holds the weights of another fit ({_key(metadata) or 'unknown'}): remove it."


def _key(metadata: dict[str, str]) -> str:
    try:
        return str(json.loads(metadata["fit"])["key"])
    except (KeyError, TypeError, ValueError):
        return ""


def _of_picture(root: Path, path: str, absent: list[str]) -> Iterator[str]:
    if not (root / path).exists():
        absent.append(f"the picture {path} is missing: `--force` makes it again.")
        return
    found = paths.below(root, path)
    why = "it lies outside the run's folder" if found is None else picture_files.fault(found.read_bytes())
    if why is not None:
        yield f"the picture {path} is broken ({why}): `--force` makes it again."

"""Loss of power, played: what a run did to its files is written down (`power.c`), and at any moment of it the files are
made anew as a disk could have kept them. What was flushed is there. Of all else some is there and some is not: a name
whose folder was not flushed, a write whose file was not, and half of one (a torn write, by 512 bytes).

    cc -shared -fPIC -o power.so bench/power.c -ldl
    LD_PRELOAD=$PWD/power.so POWER_ROOT=/folder POWER_JOURNAL=/elsewhere/journal genbench run SUITE --out /folder/run
    python bench/power.py /elsewhere/journal /folder /what-is-left --step 500
"""

from __future__ import annotations

import argparse
import json
import random
import struct
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

HEAD = struct.Struct("@c3xIIQQ")
SECTOR = 512


@dataclass(frozen=True, slots=True)
class Step:
    """What was done: `c` a file made, `m` a folder made, `w` written, `t` cut to a size, `s` flushed, `r` renamed,
    `l` linked, `u` removed."""

    what: str
    path: str
    other: str
    place: int
    data: bytes


@dataclass(slots=True)
class File:
    """A file or folder: what the disk has of it, and what it may have. `names`: of a folder, by name; `changes`: those
    of its names that were not flushed, None for one that was removed."""

    folder: bool = False
    content: bytearray = field(default_factory=bytearray)
    waiting: list[Step] = field(default_factory=list)
    names: dict[str, File] = field(default_factory=dict)
    changes: list[list[tuple[str, File | None]]] = field(default_factory=list)

    def now(self) -> dict[str, File]:
        """The names as whoever looks at them sees them."""
        return _changed(self.names, self.changes)


def compiled(folder: Path) -> Path | None:
    """The library that writes down what a process does; None where there is no C compiler for it."""
    library, source = folder / "power.so", Path(__file__).with_name("power.c")
    try:
        subprocess.run(
            ["cc", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return library


def read(journal: Path) -> list[Step]:
    """All that was done, in order."""
    content, place, steps = journal.read_bytes(), 0, []
    while place + HEAD.size <= len(content):
        what, path, other, where, size = HEAD.unpack_from(content, place)
        place += HEAD.size
        letter = what.decode()
        parts = []
        for length in (path, other, size if letter == "w" else 0):
            parts.append(content[place : place + length])
            place += length
        steps.append(Step(letter, parts[0].decode(), parts[1].decode(), where, parts[2]))
    return steps


def acknowledged(steps: Sequence[Step]) -> Iterator[tuple[int, str]]:
    """For each job, the step at which the run's log says that it has ended, and its key."""
    for i, step in enumerate(steps):
        if step.what == "w" and step.path.endswith("/log.jsonl"):
            for line in step.data.decode().splitlines():
                said = json.loads(line)
                if said["event"] == "job ended":
                    yield i, said["job"]


class Disk:
    """The files below a folder, from what was done to them."""

    def __init__(self, root: Path) -> None:
        self.root = PurePosixPath(root)
        self.top = File(folder=True)

    def do(self, step: Step) -> None:
        """One more thing is done."""
        path = PurePosixPath(step.path)
        if path == self.root:
            self._on_file(step, self.top)
            return
        folder = self._found(path.parent)
        if folder is None:
            return
        if step.what in "cm":
            folder.changes.append([(path.name, File(folder=step.what == "m"))])
        elif step.what == "u":
            folder.changes.append([(path.name, None)])
        elif step.what in "rl":
            moved, target = folder.now()[path.name], PurePosixPath(step.other)
            there = self._found(target.parent)
            assert there is folder, "files are renamed within their folder"
            gone: list[tuple[str, File | None]] = [(path.name, None)] if step.what == "r" else []
            folder.changes.append([*gone, (target.name, moved)])
        else:
            self._on_file(step, self._found(path))

    def _on_file(self, step: Step, file: File | None) -> None:
        if file is None:  # it was removed while somebody held it
            return
        if step.what == "s":
            for change in file.waiting:
                _apply(file.content, change)
            file.names, file.changes, file.waiting = file.now(), [], []
        else:
            file.waiting.append(step)

    def _found(self, path: PurePosixPath) -> File | None:
        found: File | None = self.top
        for name in path.relative_to(self.root).parts:
            found = found.now().get(name) if found is not None else None
        return found

    def lose_power(self, target: Path, chance: random.Random) -> None:
        """Write the files as the disk could have them now."""
        _kept(self.top, target, chance)


def _kept(folder: File, target: Path, chance: random.Random) -> None:
    """Changes of names reach the disk in their order, none or some or all."""
    target.mkdir()
    for name, file in _changed(folder.names, folder.changes[: chance.randint(0, len(folder.changes))]).items():
        if file.folder:
            _kept(file, target / name, chance)
        elif not name.endswith("-shm"):  # shared memory, which SQLite makes anew
            (target / name).write_bytes(_content(file, chance))


def _content(file: File, chance: random.Random) -> bytes:
    content, much = bytearray(file.content), chance.choice((0.0, 0.5, 0.9, 1.0))
    for step in file.waiting:
        if step.what == "t":
            if chance.random() < much:
                _apply(content, step)
            continue
        for start in range(0, len(step.data), SECTOR) if chance.random() < 0.3 else (None,):
            if chance.random() < much:
                part = step.data if start is None else step.data[start : start + SECTOR]
                _apply(content, Step("w", "", "", step.place + (start or 0), part))
    return bytes(content)


def _apply(content: bytearray, step: Step) -> None:
    end = step.place + len(step.data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    if step.what == "t":
        del content[step.place :]
    content[step.place : end] = step.data


def _changed(names: dict[str, File], changes: Sequence[list[tuple[str, File | None]]]) -> dict[str, File]:
    found = dict(names)
    for change in changes:
        for name, file in change:
            if file is None:
                found.pop(name, None)
            else:
                found[name] = file
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("journal", type=Path)
    parser.add_argument("root", type=Path, help="the folder that the journal is of")
    parser.add_argument("target", type=Path, help="a new folder for what is left of it")
    parser.add_argument("--step", type=int, help="before which the power is lost [the last]")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    disk, steps = Disk(options.root), read(options.journal)
    for step in steps[: options.step]:
        disk.do(step)
    disk.lose_power(options.target, random.Random(options.seed))
    print(f"{len(steps)} steps, {len(list(acknowledged(steps[: options.step])))} jobs had ended")


if __name__ == "__main__":
    main()

"""A run's folder and its only owner: where everything lies, whose turn it is, what may be removed. Torch-free.

DIR/genbench.db                       the store (unless `--store` names another)
DIR/run.json                          the last call: command, versions, where the store is
DIR/report.html
DIR/benchmark.json                    timings, for `pytest-benchmark compare`
DIR/artifacts/fits/KEY.safetensors    weights, KEY the content key of a fit
DIR/artifacts/checkpoints/KEY*.safetensors
DIR/artifacts/pictures/KEY-NAME.png   KEY the content key of a job; .webp in a store that was packed
DIR/failures/*.txt                    tracebacks
DIR/log.jsonl                         what happened and when, a JSON object a line (the older half in log.1.jsonl)
DIR/.report.json                      what `report.html` was made of, and its digest
DIR/.lock, DIR/.lock.json             who is at work here
DIR/.at-work.json, .at-work-crash.txt the job at work inline, and where Python wrote down a crash
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import os
import re
import socket
import traceback
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from genbench.core import paths
from genbench.core.errors import UsageError
from genbench.core.jobs import FileMade
from genbench.core.records import Picture, RunRecord
from genbench.core.text import file_stem, safe_text
from genbench.store.place import DATABASE, Place, parse, redacted

if TYPE_CHECKING:
    from genbench.store import Store

RECORD, REPORT, LOCK, NOTE = "run.json", "report.html", ".lock", ".lock.json"
MADE_OF = ".report.json"
LOG, OLDER_LOG, AT_WORK = "log.jsonl", "log.1.jsonl", ".at-work.json"

MOST_LOGGED = 16 * 2**20
"""Bytes of a log, after which a new one is begun."""

MOST_TRACED = 200_000
"""Characters of a traceback that are kept."""
TIMINGS = "benchmark.json"

KEY = r"[0-9a-f]{20}"
OURS = {
    "fits": re.compile(rf"{KEY}\.safetensors(\.broken)?"),
    "checkpoints": re.compile(rf"{KEY}(-\d+-\d+)?\.safetensors(\.broken)?"),
    "pictures": re.compile(rf"{KEY}-[\w.-]+\.(png|webp)"),
}
"""The files that genbench names below `artifacts`, by folder; a temporary one has a dot before and a tail behind."""

FAILURE = re.compile(r"[\w.+=-]+\.txt")
"""A traceback's file."""

TEMPORARY = re.compile(r"\.(.+)\.\d+\.[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The layout of a run's folder. `place`: the folder and the store."""

    place: Place

    @classmethod
    def to_make(cls, folder: Path, store: str | None = None) -> RunFolder:
        """The folder that a run is to fill. Raises `UsageError` where it holds something that no run has made, and for
        a store that is no file: a folder, a pipe, a database in memory, which ends with its process."""
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"--out names a folder; {str(folder)!r} is a file: give another name, or leave it out.")
        made = cls(Place.of(folder, store))
        file = made.place.file
        if made.place.is_sqlite and (file is None or (file.exists() and not file.is_file())):
            raise UsageError(
                f"results are kept in a file or on a server; {str(file or store)!r} is neither: see --store."
            )
        if made.report.exists() and not made.is_ours:
            raise UsageError(
                f"{folder} holds a {REPORT} that no run of genbench has made: give another --out, or move that file."
            )
        return made

    @classmethod
    def find(cls, text: str) -> RunFolder:
        """The run of a folder, of an SQLite file, or of a store's URL. Raises `UsageError` where there is none."""
        if "://" in text:
            place = Place(None, Place.of(Path(), text).url)
            return cls(dataclasses.replace(place, folder=place.file.parent if place.file else None))
        given = Path(text).absolute()
        if given.is_file() and given.suffix != ".json":
            return cls(Place(given.parent, Place.of(given.parent, str(given)).url))
        found = cls(Place.of(given, _store_of(given)))
        if found.place.file is not None and not found.place.file.is_file():
            raise UsageError(
                f"there is no run in {text!r} (no {DATABASE}): `genbench run SUITE --out {text}` makes one."
            )
        return found

    @property
    def root(self) -> Path:
        """The folder. Raises `UsageError` for a store that has none here."""
        if self.place.folder is None:
            raise UsageError(f"{self.place} is a store without a folder on this machine: name the run's folder.")
        return self.place.folder

    @property
    def report(self) -> Path:
        """Where the page is written; in the current folder for a store without one."""
        return (self.place.folder or Path.cwd()) / REPORT

    @property
    def timings(self) -> Path:
        """Where timings are written, beside the page."""
        return self.report.with_name(TIMINGS)

    @property
    def failures(self) -> Path:
        """Where tracebacks are kept."""
        return self.root / "failures"

    @property
    def artifacts(self) -> Path:
        """Where weights, checkpoints and pictures are."""
        return self.root / "artifacts"

    @property
    def is_ours(self) -> bool:
        """Whether a run has been here."""
        return self.place.folder is not None and any((self.root / name).is_file() for name in (RECORD, DATABASE, LOCK))

    def weights(self, fit: str) -> Path:
        """Where the weights of a fit are kept."""
        return self.artifacts / "fits" / f"{fit}.safetensors"

    def checkpoint(self, name: str) -> Path:
        """Where a training in progress is kept."""
        return self.artifacts / "checkpoints" / f"{name}.safetensors"

    def save_picture(self, job: str, name: str, png: bytes, caption: str) -> Picture:
        """Write a picture of a job, whole or not at all."""
        path = self.artifacts / "pictures" / f"{job}-{file_stem(name)}.png"
        with paths.last_writer(path) as temporary:
            temporary.write_bytes(png)
        return Picture(job=job, name=name, path=path.relative_to(self.root).as_posix(), caption=caption)

    def receive(self, file: FileMade) -> None:
        """Write a file that was made elsewhere for this folder; lines of a log are added, and what is none of the files
        that genbench names is not written."""
        folder, _, name = file.path.rpartition("/")
        if file.path == LOG:
            self._append(file.content)
            return
        pattern = FAILURE if folder == "failures" else OURS.get(folder.removeprefix("artifacts/"))
        if pattern is not None and pattern.fullmatch(name):
            with paths.last_writer(self.root / file.path) as temporary:
                temporary.write_bytes(file.content)

    def log(self, event: str, **details: Any) -> None:
        """Add a line to the run's log; one that cannot be written is no reason to end a run."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        content = {"at": now, "process": os.getpid(), "event": event, **details}
        line = redacted(json.dumps(content, default=safe_text))
        with suppress(OSError):
            paths.make_folder(self.root)
            self._append(f"{line}\n".encode())

    def _append(self, lines: bytes) -> None:
        """Add to the log; a pipe in its place would be waited for and gets nothing."""
        path = self.root / LOG
        if path.exists() and not path.is_file():
            return
        if path.exists() and path.stat().st_size > MOST_LOGGED:
            path.replace(self.root / OLDER_LOG)
        with path.open("ab") as file:
            file.write(lines)

    def keep_traceback(self, name: str, error: BaseException) -> None:
        """Write down where an error came from, where that can be written."""
        with suppress(OSError):
            self.failures.mkdir(parents=True, exist_ok=True)
            text = safe_text("".join(traceback.format_exception(error)), MOST_TRACED)
            (self.failures / f"{file_stem(name)}.txt").write_text(text, encoding="utf-8")

    def write_record(self, run: RunRecord) -> None:
        """Write down the last call, and where its store is."""
        content = dataclasses.asdict(run) | {"store": None if self.place.own else redacted(str(self.place.url))}
        with paths.last_writer(self.root / RECORD) as temporary:
            temporary.write_text(json.dumps(content, indent=2, default=str) + "\n", encoding="utf-8")

    def is_rendered(self, made_of: str) -> bool:
        """Whether the page is there, whole, and was made of this."""
        note = paths.json_in(self.root / MADE_OF)
        try:
            return bool(note and note == {"made_of": made_of, "digest": _digest(self.report)})
        except OSError:  # there is no page that can be read
            return False

    def note_rendered(self, made_of: str) -> None:
        """Write down what the page was made of."""
        content = {"made_of": made_of, "digest": _digest(self.report)}
        with paths.last_writer(self.root / MADE_OF) as temporary:
            temporary.write_text(json.dumps(content) + "\n", encoding="utf-8")

    def check_output(self, path: Path) -> None:
        """Raise `UsageError` where a file that is to be written is a folder, or one of the run's own."""
        if path.is_dir():
            raise UsageError(f"-o names the folder {path}: give a file in it.")
        target = path.absolute().resolve()
        own = [self.place.file] if self.place.file else []
        if self.place.folder is not None:
            own += [self.root / RECORD, self.root / LOCK, self.root / NOTE, self.artifacts]
        for kept in own:
            real = kept.resolve()
            if target == real or real in target.parents or target.name.startswith(f"{real.name}-"):
                raise UsageError(f"-o names {path}, which belongs to the run itself: give another file.")

    def open(self, *, existing: bool = True) -> Store:
        """The run's store."""
        from genbench.store import Store

        return Store(self.place.url, existing=existing)

    @contextmanager
    def claimed(self, *, wait: bool = False) -> Iterator[None]:
        """The folder is this process's alone inside. Where another is at work in it, `wait` until that ends, with a
        warning that names it; else raises `UsageError`.

        The operating system holds the lock and drops it when the process ends, however it ends: no lock goes stale. The
        note beside it only says whose it is.
        """
        paths.make_folder(self.root)
        lock, note = FileLock(self.root / LOCK), self.root / NOTE
        try:
            lock.acquire(timeout=0)
        except Timeout:
            at_work = f"another run{_who(note)} is at work in {self.root}"
            if not wait:
                raise UsageError(f"{at_work}: wait until it has ended, or give another --out.") from None
            warnings.warn(f"{at_work}: waiting until it has ended.", stacklevel=2)
            lock.acquire()
        try:
            with paths.last_writer(note) as temporary:
                temporary.write_text(json.dumps(_me()), encoding="utf-8")
            yield
        finally:
            note.unlink(missing_ok=True)
            lock.release()

    def remove_made(self, fits: Iterable[str]) -> None:
        """Remove the weights of these fits, and every training that was broken off: they are to be made again."""
        for key in fits:
            weights = self.weights(key)
            for path in (weights, weights.with_name(f"{weights.name}{paths.BROKEN}")):
                path.unlink(missing_ok=True)
        for path in self._own_files(["checkpoints"]):
            path.unlink()

    def clean(self, store: Store, *, keep_only: str | None = None) -> tuple[int, int]:
        """Remove the artifacts that no result of the store refers to: how many files, how many bytes.

        `keep_only`: a plan; the results of all others are dropped first. Only files that genbench has named are
        removed, in folders that it has made, never through a link. Raises `UsageError` where a run is at work in the
        folder: what it has just made, no result refers to yet.
        """
        if not self.is_ours:
            raise UsageError(f"{self.root} is not a folder that a run has made: nothing was removed.")
        with self.claimed():
            if keep_only is not None:
                store.keep_only(keep_only)
            loose = self.loose(store)
            size = sum(path.stat().st_size for path in loose)
            for path in loose:
                path.unlink()
        return len(loose), size

    def loose(self, store: Store) -> list[Path]:
        """The artifacts that genbench has named and no result of the store refers to."""
        fits, pictures = store.references()
        kept = {self.weights(key) for key in fits} | {self.root / path for path in pictures}
        return [path for path in self._own_files() if path not in kept]

    def _own_files(self, folders: Iterable[str] = tuple(OURS)) -> Iterator[Path]:
        for name in folders:
            folder, pattern = self.artifacts / name, OURS[name]
            if self.artifacts.is_symlink() or folder.is_symlink() or not folder.is_dir():
                continue
            for path in folder.iterdir():
                temporary = TEMPORARY.fullmatch(path.name)
                if pattern.fullmatch(temporary[1] if temporary else path.name) and not path.is_symlink():
                    yield path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _store_of(folder: Path) -> str | None:
    """The file of results that the folder's last run has named, None for its own.

    Raises `UsageError` where that is on a server: it may have a password, and no file of others decides whom this
    machine speaks to.
    """
    content = paths.json_in(folder / RECORD)
    named = content.get("store") if isinstance(content, dict) else None
    if not isinstance(named, str) or not named:
        return None
    if parse(named).get_backend_name() != "sqlite":
        raise UsageError(f"the results of {folder} are in {named}: give that URL, with its password, for the folder.")
    return named


def _me() -> dict[str, str | int]:
    now = datetime.datetime.now(datetime.UTC)
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": f"{now:%Y-%m-%d %H:%M:%S} UTC"}


def _who(note: Path) -> str:
    """`""` in the instant in which the other has its lock and not yet its note."""
    found = paths.json_in(note)
    try:
        return f" (process {found['pid']} on {found['host']}, since {found['since']})"
    except (KeyError, TypeError):
        return ""

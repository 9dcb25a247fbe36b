"""Where code registers something: which module, which line, and which execution of that module."""

from __future__ import annotations

import ast
import inspect
import itertools
import site as python_site
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any

_ORDER = itertools.count()
_POINTS: list[str] = []
_ENDED: list[object] = []

_INSTALLED = {"site-packages", "dist-packages"}
_STANDARD = tuple(Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib"))
_USERS = Path(python_site.getusersitepackages()).resolve()


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """A line of a module. `file`: None where there is none to read again (a notebook cell, a prompt, `exec`).

    `execution`: the module's spec, else its namespace: running the module again makes another one.
    """

    module: str
    file: str | None
    line: int
    execution: object = field(repr=False)

    def __str__(self) -> str:
        if self.file:
            return f"{self.file}, line {self.line}"
        return "an interactive session" if self.module == "__main__" else f"code without a file, in {self.module!r}"


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """How an entry came to be registered.

    `owner`: the code that says so. `running`: whether the owner's module was still being executed for the first time.
    `body`: the module whose execution led there, None where no module's did. `obstacle`: why another process cannot do
    the same again, empty where it can. `entry_point`: the name of the one that was being loaded. `order`: of all
    registrations in this process.
    """

    owner: Spot
    running: bool
    body: Spot | None
    obstacle: str
    entry_point: str
    order: int


def here(home: str) -> Site:
    """The site of whoever called genbench. `home`: the module in which the thing is defined.

    A module that has a function of another register what it defines itself owns the entry; a function that registers
    things when a program calls it (a test, say) owns it instead of that program.
    """
    frames = [frame for frame in _frames() if not is_own(frame.f_globals.get("__name__", ""))]
    at = next((i for i, frame in enumerate(frames) if is_body(frame)), None)
    body = None if at is None else _spot(frames[at])
    caller = _spot(frames[0])
    owner = body if body and (body.execution is caller.execution or body.module == home) else caller
    running = any(is_body(f) and _execution(f) is owner.execution for f in frames)
    obstacle = _obstacle(body, frames[:at])
    return Site(owner, running, body, obstacle, _POINTS[-1] if _POINTS else "", next(_ORDER))


def is_own(module: str) -> bool:
    """Whether a module is genbench's."""
    return module == "genbench" or module.startswith("genbench.")


def is_installed(file: Path) -> bool:
    """Whether a file belongs to the standard library or to an installed package."""
    return bool(_INSTALLED & set(file.parts)) or any(file.is_relative_to(p) for p in (*_STANDARD, _USERS))


def is_body(frame: FrameType) -> bool:
    """Whether a frame executes a module itself, not a function or a class body in it."""
    return not frame.f_code.co_flags & inspect.CO_OPTIMIZED and frame.f_locals is frame.f_globals


@contextmanager
def through(point: str) -> Iterator[None]:
    """What is registered meanwhile came through this entry point, which every process finds itself."""
    _POINTS.append(point)
    try:
        yield
    finally:
        _POINTS.pop()


def mark_run() -> None:
    """A run starts: what the modules that led here register afterwards, a replay that ends here does not reach."""
    _ENDED.extend(_execution(frame) for frame in _frames() if is_body(frame))


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _spot(frame: FrameType) -> Spot:
    module = frame.f_globals.get("__name__", "")
    file = Path(frame.f_code.co_filename)
    is_there = file.is_file() and (module != "__main__" or "__file__" in frame.f_globals)
    return Spot(module, str(file.resolve()) if is_there else None, frame.f_lineno, _execution(frame))


def _execution(frame: FrameType) -> object:
    spec: Any = frame.f_globals.get("__spec__")
    return frame.f_globals if spec is None else spec


def _obstacle(body: Spot | None, between: list[FrameType]) -> str:
    if body is None:
        return "registered outside of any module's own execution"
    if body.file is None:
        return f"registered in {body}"
    if any(body.execution is ended for ended in _ENDED):
        return "registered after a run had been started"
    if body.module == "__main__" or body.module not in sys.modules:
        if _is_guarded(body.file, body.line):
            return 'registered under `if __name__ == "__main__"`'
        if any(is_installed(Path(frame.f_code.co_filename)) for frame in between):
            return "registered by a program that was started for something else"
    return ""


@lru_cache(maxsize=256)
def _is_guarded(file: str, line: int) -> bool:
    """Whether this line of a script is only run where the script is the main program."""
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return False
    return any(
        isinstance(node, ast.If)
        and node.lineno <= line <= (node.end_lineno or node.lineno)
        and any(isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test))
        for node in ast.walk(tree)
    )

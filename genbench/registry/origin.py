"""Across the border of a process: how everything third-party was registered, and doing the same again elsewhere.

Classes are not sent, names are: a worker executes what the parent executed. Entry points need no replay, since every
process finds them itself.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from genbench.core.errors import UsageError
from genbench.registry import code
from genbench.registry.entries import Entry, Registry
from genbench.registry.entry_points import said
from genbench.registry.plugins import PREFIX, load_plugin, loaded, place_of
from genbench.registry.registries import ALL, evaluations
from genbench.registry.run_guard import ReplayEnds, replay_begins
from genbench.registry.sites import Site, Spot

_REPLACED: list[Any] = []


@dataclass(frozen=True, slots=True)
class Registered:
    """What an origin registers: `kind` (`model`, ...), name, and the hash of its code."""

    kind: str
    name: str
    code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """How names came to be known; plain text, for another process to do the same.

    `kind`: a plugin file, a module that can be imported, the calling script, or nothing that can be repeated. `where`:
    the file, the module's name, or for `nothing` the reason. `folder`: of the module's search path. `package`: that a
    script is in (`python -m`). `arguments`: the script's `sys.argv`.
    """

    kind: Literal["plugin", "module", "script", "nothing"]
    where: str
    names: tuple[Registered, ...] = ()
    folder: str = ""
    package: str = ""
    arguments: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"the {self.kind} {self.where}"


def origins() -> tuple[Origin, ...]:
    """How everything third-party was registered here, in that order; what came by entry point is left out.

    Plugin files that registered nothing themselves are in it: they may have imported what did.
    """
    names: dict[Origin, list[Registered]] = {}
    for kind, entry, site in sorted(_entries(), key=lambda found: found[2].order):
        names.setdefault(_origin(site), []).append(Registered(kind, entry.card.name, entry.code))
    quiet = [Origin(kind="plugin", where=str(file)) for file in loaded()]
    return (
        *(origin for origin in quiet if origin not in names),
        *(dataclasses.replace(origin, names=tuple(of)) for origin, of in names.items()),
    )


def unrepeatable() -> list[str]:
    """What no other process can get to know, each with the reason: `model 'mine' (registered in ...)`."""
    return [
        f"{one.kind} {one.name!r} ({origin.where})"
        for origin in origins()
        if origin.kind == "nothing"
        for one in origin.names
    ]


def replay(given: Iterable[Origin]) -> None:
    """Make the names of another process known here: load its plugins, import its modules, execute its script.

    Origins that cannot be repeated are passed over, and names that are known already stay. Where an origin fails, does
    not give its names here, or is no longer what it was, whoever asks for one of its names is told so; the names of
    others are not touched. Raises `UsageError` where it cannot be said whom that concerns: the origin has no names, or
    an evaluation, whose configurations tasks carry.
    """
    for origin in given:
        again = _AGAIN.get(origin.kind)
        if again is None:
            continue
        try:
            if not origin.names or any(_known(one) is None for one in origin.names):
                with replay_begins():
                    again(origin)
            _check(origin)
        except UsageError as error:
            if not origin.names or any(one.kind == evaluations.kind for one in origin.names):
                raise
            for one in origin.names:
                _registry(one).refuse(one.name, str(error))


def _entries() -> Iterator[tuple[str, Entry[Any], Site]]:
    for registry in ALL:
        for entry in registry.registered():
            if entry.site is not None and not entry.site.entry_point:
                yield registry.kind, entry, entry.site


def _origin(site: Site) -> Origin:
    body = site.body
    if site.obstacle or body is None or body.file is None:
        return Origin(kind="nothing", where=site.obstacle)
    if body.module in code.MAIN:
        package = str(getattr(sys.modules.get(body.module), "__package__", None) or "")
        return Origin(kind="script", where=body.file, package=package, arguments=tuple(sys.argv))
    file = Path(body.file)
    if not body.module.startswith(PREFIX) and _is_importable(body):
        depth = body.module.count(".") + (file.name == "__init__.py")
        return Origin(kind="module", where=body.module, folder=str(file.parents[depth]))
    return Origin(kind="plugin", where=body.file)


def _is_importable(body: Spot) -> bool:
    spec = code.find_spec(body.module)
    return spec is not None and spec.origin is not None and str(Path(spec.origin).resolve()) == body.file


def _known(one: Registered) -> Entry[Any] | None:
    return next((entry for entry in _registry(one).registered() if entry.card.name == one.name), None)


def _registry(one: Registered) -> Registry[Any]:
    return next(registry for registry in ALL if registry.kind == one.kind)


def _check(origin: Origin) -> None:
    for one in origin.names:
        entry = _known(one)
        if entry is None:
            raise UsageError(f"{origin} does not register the {one.kind} {one.name!r} in a worker process.")
        if one.code is not None and entry.code != one.code:
            raise UsageError(
                f"{origin} is not what it was when the run began ({one.kind} {one.name!r}): start the run again."
            )


def _load(origin: Origin) -> None:
    load_plugin(origin.where)


def _import(origin: Origin) -> None:
    if origin.folder not in sys.path:
        sys.path.append(origin.folder)
    with _told(origin, Path(origin.folder)):
        _import_once(origin.where)


def _import_once(name: str) -> None:
    """Import a module; one that starts a run stays loaded as far as it came, so that nothing imports it again."""
    if name in sys.modules:
        return
    above = name.rpartition(".")[0]
    if above:
        _import_once(above)
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        importlib.import_module(name)  # a namespace package, or the error that says what is missing
        return
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ReplayEnds:
        pass
    except BaseException:
        sys.modules.pop(name, None)
        raise
    if above:
        setattr(sys.modules[above], name.rpartition(".")[2], module)


def _script(origin: Origin) -> None:
    """Execute the calling script as `__mp_main__`, the name that `multiprocessing` gives it; `__main__` is that, too,
    so that what was pickled there is found here."""
    file = Path(origin.where)
    module = ModuleType("__mp_main__")
    module.__file__, module.__package__ = origin.where, origin.package or None
    _REPLACED.append(sys.modules["__main__"])
    sys.modules["__main__"] = sys.modules["__mp_main__"] = module
    before, sys.argv = sys.argv, list(origin.arguments)
    try:
        with _told(origin, file.parent):
            source = file.read_bytes()
            code.remember("__mp_main__", file, source)
            exec(compile(source, origin.where, "exec", dont_inherit=True), module.__dict__)
    except (ReplayEnds, SystemExit):
        pass  # it goes on with what is not for this process
    finally:
        sys.argv = before


@contextmanager
def _told(origin: Origin, folder: Path) -> Iterator[None]:
    try:
        yield
    except UsageError:
        raise
    except Exception as error:
        place = place_of(error, folder) or origin.where
        raise UsageError(f"{origin} fails in a worker process: {said(error).rstrip('.')} ({place}).") from error


_AGAIN: dict[str, Callable[[Origin], None]] = {"plugin": _load, "module": _import, "script": _script}

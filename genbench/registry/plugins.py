"""Plugin files: executed once each, again when they or their helpers have changed, and wholly or not at all."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import linecache
import sys
import traceback
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from genbench.core.errors import UsageError
from genbench.registry import code
from genbench.registry.code import Part
from genbench.registry.entry_points import said
from genbench.registry.journal import all_or_nothing, note
from genbench.registry.registries import ALL
from genbench.registry.run_guard import ReplayEnds
from genbench.registry.sites import is_installed, is_own

PREFIX = "genbench_plugin_"

_LOADED: dict[Path, Mapping[str, Part]] = {}
"""By file, what each plugin was when it was executed: its source and that of its helpers."""


def load_plugin(path: str | Path) -> None:
    """Execute a Python file so that its decorators run; a second time only where it or its helpers have changed.

    It may import modules beside it: its folder goes to the end of `sys.path`, behind everything else, so that a
    `random.py` in it hides nothing. What an earlier execution registered is replaced, and helpers that have changed
    are imported anew, with what imports them. Raises `UsageError` with file and line for whatever goes wrong in it;
    then nothing has changed.
    """
    file = _checked(path)
    name = module_name(file)
    importlib.invalidate_caches()  # a helper may have been written a moment ago
    with _reachable(file.parent):
        now = code.parts(name, file, fresh=True)
        if file in _LOADED and _digests(_LOADED[file]) == _digests(now):
            return
        _check_helpers(now, file)
        stale = _stale(now, name)
        with all_or_nothing(), _forgotten([name, *stale]):
            _withdraw({name, *stale})
            _execute(name, file, path)
            before = _LOADED.get(file)
            note(lambda: _set_loaded(file, before))
            _set_loaded(file, code.parts(name, file))


def loaded() -> list[Path]:
    """The plugin files of this process, in the order in which they were first loaded."""
    return list(_LOADED)


def module_name(file: Path) -> str:
    """What the module of a plugin file is called: the same in every process."""
    stem = "".join(c if c.isalnum() else "_" for c in file.stem)
    return f"{PREFIX}{stem}_{hashlib.sha256(str(file).encode()).hexdigest()[:6]}"


def place_of(error: BaseException, folder: Path) -> str:
    """`FILE, line N`: where an error came from, the last place below this folder; empty where nowhere there."""
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_relative_to(folder):
        return f"{error.filename}, line {error.lineno or 1}"
    place = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = Path(frame.f_code.co_filename)
        is_theirs = file.is_relative_to(folder) and not is_installed(file)
        if is_theirs and not is_own(frame.f_globals.get("__name__", "")):
            place = f"{file}, line {line}"
    return place


def _set_loaded(file: Path, parts: Mapping[str, Part] | None) -> None:
    if parts is None:
        _LOADED.pop(file, None)
    else:
        _LOADED[file] = parts


def _checked(path: str | Path) -> Path:
    file = Path(path).expanduser().resolve()
    if file.is_dir():
        raise UsageError(f"--plugin names {str(path)!r}, which is a folder: name a Python file in it.")
    if not file.is_file():
        raise UsageError(f"--plugin names {str(path)!r}, but there is no such file.")
    if file.stem in sys.stdlib_module_names:
        raise UsageError(
            f"--plugin {str(path)!r} has the name of a module of Python's own, which it would hide from programs that "
            "are started beside it: rename it."
        )
    if file.suffix != ".py":
        raise UsageError(f"--plugin {str(path)!r} is not a Python file (its name must end in .py).")
    return file


def _digests(parts: Mapping[str, Part]) -> dict[str, str]:
    return {name: part.digest for name, part in parts.items()}


@contextmanager
def _reachable(folder: Path) -> Iterator[None]:
    """The folder is searched for modules, last of all; not any longer where the block fails."""
    is_new = str(folder) not in sys.path
    if is_new:
        sys.path.append(str(folder))
    try:
        yield
    except BaseException:
        if is_new:
            with suppress(ValueError):
                sys.path.remove(str(folder))
        raise


def _check_helpers(parts: Mapping[str, Part], file: Path) -> None:
    """Raise `UsageError` where a plugin would silently get another module than the one beside it."""
    names = {name.partition(".")[0] for part in parts.values() for name in part.imports}
    for name in sorted(names - set(sys.stdlib_module_names) - {"genbench", "__main__"}):
        beside = [p for p in (file.parent / f"{name}.py", file.parent / name / "__init__.py") if p.is_file()]
        found = code.file_of(name)
        if beside and found is not None and found not in [p.resolve() for p in beside]:
            raise UsageError(f"{file} imports {name!r}, but Python has {found} for it, not {beside[0]}: rename one.")


def _stale(parts: Mapping[str, Part], plugin: str) -> list[str]:
    """The loaded helpers that are not what their files say now, those that import them, and what is in them."""
    there = [name for name in parts if name != plugin and name in sys.modules]
    stale: set[str] = set()
    for name in there:
        old = code.seen(name)
        if old is not None and old.digest != parts[name].digest:
            stale.add(name)
    while more := {n for n in there if n not in stale and stale & {*parts[n].imports, *code.parents(n)}}:
        stale |= more
    return [name for name in sys.modules if name in stale or stale & {*code.parents(name)}]


@contextmanager
def _forgotten(names: Collection[str]) -> Iterator[None]:
    """These modules are not loaded, so that they are imported anew; they are back where the block fails."""
    modules = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    seen = {name: code.SEEN.pop(name) for name in names if name in code.SEEN}
    holders = []
    for name, module in modules.items():
        above, _, last = name.rpartition(".")
        holder = sys.modules.get(above) or modules.get(above)
        if holder is not None and getattr(holder, last, None) is module:
            holders.append((holder, last, module))
            delattr(holder, last)
        file = getattr(module, "__file__", None)
        if file:
            with suppress(OSError, NotImplementedError):  # it may look fresh: it knows the file's second and size only
                Path(importlib.util.cache_from_source(file)).unlink()
    try:
        yield
    except BaseException:
        for name in names:
            sys.modules.pop(name, None)
            code.SEEN.pop(name, None)
        sys.modules.update(modules)
        code.SEEN.update(seen)
        for holder, last, module in holders:
            setattr(holder, last, module)
        raise


def _withdraw(modules: Collection[str]) -> None:
    """Forget what these modules have registered."""
    for registry in ALL:
        for entry in registry.registered():
            site = entry.site
            if site and (site.owner.module in modules or (site.body and site.body.module in modules)):
                registry.remove(entry.card.name)


def _execute(name: str, file: Path, path: str | Path) -> None:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    linecache.checkcache(str(file))
    try:
        source = file.read_bytes()
        code.remember(name, file, source)
        exec(compile(source, str(file), "exec", dont_inherit=True), module.__dict__)
    except ReplayEnds:
        return  # it starts a run, which is not for this process; what it has registered is known
    except (Exception, SystemExit) as error:
        if isinstance(error, UsageError) and str(file) in str(error):
            raise
        place = place_of(error, file.parent) or file
        raise UsageError(f"--plugin {str(path)!r} could not be loaded: {said(error).rstrip('.')} ({place}).") from error

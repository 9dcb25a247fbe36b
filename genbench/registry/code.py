"""What code a registered thing is made of: a hash over its source file and the modules beside it that it imports.

Which source is hashed: the file as it was when genbench first saw the loaded module, which is when something of it (or
something that imports it) was registered. A process that lives on while the file is edited still runs the old code, so
its results belong to the old hash; reloading the module makes genbench read the file again. A module that is imported
only later, inside a function, is read as it is at the time of asking.

"Beside" is the folder of the file and all below it, and the top-level package that the module is in. The standard
library, other installed packages and genbench itself are not: their versions are in the run's provenance.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

from genbench.registry.sites import Spot, is_installed, is_own


@dataclass(frozen=True, slots=True)
class Part:
    """The source of one module: its file, 64 hex digits over it, and the absolute names that it imports."""

    name: str
    file: Path
    digest: str
    imports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a module was executed from, and which execution of it that was."""

    execution: object
    part: Part


SEEN: dict[str, Seen] = {}
"""The source of loaded modules by name, each with the execution that it belongs to."""

MAIN = ("__main__", "__mp_main__")
"""What the calling script is called, here and where another process repeats it."""


def code_hash(target: Any, owner: Spot | None = None) -> str | None:
    """16 hex digits over the source that a target is made of; `""` for genbench's own, whose version counts.

    `target`: a class, a function, a `functools.partial`, an object of a class, or `"module:object"`. `owner`: who
    registered it, whose module counts too. None where there is no source to hash (a notebook, a prompt, `exec`): what
    such code gave must never be used again.
    """
    if owner is not None and owner.file is None and not is_own(owner.module):
        return None
    roots = _roots(target, owner)
    if not roots:
        return ""
    if _is_typed_in(target) or any(file_of(root) is None for root in roots):
        return None
    labels = dict(zip(roots, ("", "<owner>"), strict=False))  # no name of a root: a worker has the script under another
    found = {labels.get(name, name): part.digest for root in roots for name, part in parts(root).items()}
    return hashlib.sha256(repr(sorted(found.items())).encode()).hexdigest()[:16]


def _roots(target: Any, owner: Spot | None) -> list[str]:
    """The modules whose source a target is: its own, unless another installed package's, and its owner's."""
    modules = [home(target), owner.module if owner else ""]
    roots = [module for module in dict.fromkeys(modules) if module and not is_own(module)]
    if owner is not None and len(roots) > 1 and _is_of_another_package(roots[0], owner.module):
        del roots[0]
    return roots


def _is_of_another_package(name: str, owner: str) -> bool:
    top = name.partition(".")[0]
    file = file_of(top)
    return top != owner.partition(".")[0] and (_is_standard(top) or (file is not None and is_installed(file)))


def home(target: Any) -> str:
    """The name of the module in which a target is defined."""
    while isinstance(target, partial):
        target = target.func
    if isinstance(target, str):
        return target.partition(":")[0]
    if not isinstance(target, type) and not hasattr(target, "__qualname__"):
        target = type(target)
    return str(getattr(target, "__module__", None) or "")


def parts(root: str, file: Path | None = None, *, fresh: bool = False) -> dict[str, Part]:
    """By name, a module and all beside it that it imports, directly or not, inside functions as well.

    `file`: of the module, where no search finds it by its name. `fresh`: the files as they are now, whatever was
    loaded.
    """
    start = file or file_of(root)
    found: dict[str, Part] = {}
    waiting = [root] if start else []
    while waiting:
        name = waiting.pop()
        if name in found or (name != root and (_is_standard(name) or is_own(name) or name in MAIN)):
            continue
        place = start if name == root else file_of(name)
        if place is None or start is None or not (name == root or _is_beside(name, place, root, start)):
            continue
        found[name] = part = _read(name, place) if fresh else _as_loaded(name, place)
        waiting += [*part.imports, *parents(name)]
    return found


def seen(name: str) -> Part | None:
    """The source of a loaded module as it was when genbench saw it; None where it has not, or it was loaded again."""
    known = SEEN.get(name)
    return known.part if known and known.execution is _execution(name) else None


def remember(name: str, file: Path, source: bytes) -> None:
    """This source is what the module of this name is executed from."""
    SEEN[name] = Seen(_execution(name), _part(name, file, source))


def file_of(name: str) -> Path | None:
    """The file of a module, loaded or not; nothing is imported."""
    module = sys.modules.get(name)
    place = getattr(module, "__file__", None)
    if module is None:
        spec = find_spec(name)
        place = spec.origin if spec and spec.has_location else None
    return Path(place).resolve() if place and Path(place).is_file() else None


def find_spec(name: str) -> ModuleSpec | None:
    """What importing this name now would execute, without executing anything; None where there is no such module."""
    above = name.rpartition(".")[0]
    path: Any = None
    if above:
        path = getattr(sys.modules.get(above), "__path__", None)
        if path is None and above not in sys.modules:
            spec = find_spec(above)
            path = spec.submodule_search_locations if spec else None
        if path is None:
            return None
    for finder in sys.meta_path:
        found: ModuleSpec | None = None
        with suppress(ImportError, AttributeError, ValueError):  # a finder of somebody's that does not know what to do
            found = finder.find_spec(name, path)
        if found is not None:
            return found
    return None


def _as_loaded(name: str, file: Path) -> Part:
    part = seen(name)
    if part is None:
        part = _read(name, file)
        if name in sys.modules:
            SEEN[name] = Seen(_execution(name), part)
    return part


def _read(name: str, file: Path) -> Part:
    return _part(name, file, file.read_bytes())


def _part(name: str, file: Path, source: bytes) -> Part:
    is_package = file.name == "__init__.py"
    return Part(name, file, hashlib.sha256(source).hexdigest(), _imports(source, _package(name, is_package)))


def _package(name: str, is_package: bool) -> str:
    module = sys.modules.get(name)
    package = getattr(module, "__package__", None)
    if package is None:
        package = name if is_package else name.rpartition(".")[0]
    return str(package)


@lru_cache(maxsize=4096)
def _imports(source: bytes, package: str) -> tuple[str, ...]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # a compiled module, or one that says so itself when it is imported
        return ()
    return tuple(dict.fromkeys(name for node in ast.walk(tree) for name in _imported(node, package)))


def _imported(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join(filter(None, [*above, base]))
        if base:
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names if alias.name != "*")
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        called, name = getattr(node.func, "attr", getattr(node.func, "id", "")), node.args[0].value
        if called in ("import_module", "__import__") and isinstance(name, str) and name:
            with suppress(ImportError):
                yield importlib.util.resolve_name(name, package)


def parents(name: str) -> list[str]:
    """The packages that a module is in, outermost first."""
    steps = name.split(".")
    return [".".join(steps[:i]) for i in range(1, len(steps))]


def _is_beside(name: str, file: Path, root: str, start: Path) -> bool:
    top = (_package(root, start.name == "__init__.py") or root).partition(".")[0]
    if name.partition(".")[0] == top:
        return True
    return file.is_relative_to(start.parent) and not is_installed(file)


def _is_standard(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names


def _is_typed_in(target: Any) -> bool:
    """Whether a function was compiled from text that no file holds."""
    while isinstance(target, partial):
        target = target.func
    return inspect.isfunction(target) and not Path(target.__code__.co_filename).is_file()


def _execution(name: str) -> object:
    module = sys.modules.get(name)
    spec = getattr(module, "__spec__", None)
    return module if spec is None else spec

"""`genbench doctor`: what is there, what is missing, and the remedy."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.markup import escape

from genbench import registry
from genbench.cli import console
from genbench.cli.app import app
from genbench.cli.options import DataRoot, Json
from genbench.core import paths
from genbench.core.errors import GenbenchError

SEVERAL = 4
"""So many datasets that are missing share a line."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `remedy` is empty where nothing is amiss."""

    what: str
    found: str
    ok: bool = True
    remedy: str = ""


def findings(data_root: str | None) -> list[Check]:
    """Everything, in the order in which a newcomer needs it."""
    from genbench.runs import provenance

    device = provenance.pick_device("auto")
    found = [Check(name, version) for name, version in provenance.versions().items()]
    found += [Check(str(k), str(v)) for k, v in provenance.hardware(device).items()]
    found.append(Check("device", device, remedy="" if device != "cpu" else "training on the CPU works, slowly"))
    found.append(Check("cache", str(paths.cache_dir())))
    found.append(_root(data_root))
    found += [_dataset(entry.card.name, data_root) for entry in registry.datasets if entry.card.needs]
    found += [_extra(entry.card.name, entry.card.needs) for entry in registry.encoders if entry.card.needs]
    return found


@app.command()
def doctor(data_root: DataRoot = None, as_json: Json = False) -> None:
    """Device, versions, data, weights: what is missing, and the remedy."""
    found = findings(data_root)
    if as_json:
        console.print_json([asdict(f) for f in found])
        return
    for finding in _together(found):
        mark = "[green]ok     [/]" if finding.ok else "[yellow]missing[/]"
        remedy = f"  ({escape(finding.remedy)})" if finding.remedy else ""
        console.out.print(f"{mark}  {escape(finding.what)}: {escape(finding.found)}{remedy}", soft_wrap=True)


def _together(found: Sequence[Check]) -> Iterator[Check]:
    """What is missing of one kind in one line, where it is several."""
    missing = [one for one in found if not one.ok and one.what.startswith("dataset ")]
    for one in found:
        if len(missing) < SEVERAL or one not in missing:
            yield one
        elif one is missing[0]:
            names = ", ".join(each.what.removeprefix("dataset ") for each in missing)
            remedy = "give --data-root, or set GENBENCH_DATA; `genbench show dataset NAME` names the file"
            yield Check(f"{len(missing)} datasets", f"not found: {names}", ok=False, remedy=remedy)


def _root(data_root: str | None) -> Check:
    root = paths.data_root(data_root)
    if root is None:
        return Check("data root", "not set", ok=False, remedy="give --data-root, or set GENBENCH_DATA, or download")
    return Check("data root", str(root), ok=root.is_dir(), remedy="" if root.is_dir() else "there is no such folder")


def _dataset(name: str, data_root: str | None) -> Check:
    from genbench.data.loading import load_dataset
    from genbench.data.originals import offline

    with offline():
        return _tried(f"dataset {name}", lambda: f"{len(load_dataset(name, root=data_root).train):,} training examples")


def _extra(name: str, module: str) -> Check:
    """Whether the package is there that an encoder needs, and its weights where the encoder says how they are found."""
    if importlib.util.find_spec(module.replace("-", "_")) is None:
        return Check(f"encoder {name}", "not installed", ok=False, remedy=module)
    builder: Any = registry.encoders.get(name).load()
    if not hasattr(builder, "weights_file"):
        return Check(f"encoder {name}", "installed")
    place = builder.weights_file()
    there = place is not None and paths.is_file(place)
    found = str(place) if there else "installed, its weights are not here"
    return Check(f"encoder {name}", found, ok=there, remedy="" if there else builder.remedy)


def _tried(what: str, look: Callable[[], str]) -> Check:
    try:
        return Check(what, look())
    except GenbenchError as error:
        return Check(what, "not found", ok=False, remedy=str(error))

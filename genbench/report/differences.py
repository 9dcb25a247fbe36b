"""What two runs were told and had that is not the same: suite, options of rows, device, versions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from genbench.report.data import RunData

ABOUT = ("suite", "device", "threads", "versions", "hardware", "plugins")
"""The parts of a run's provenance that are looked at."""

LISTS = {"models": ("as", "use"), "evaluations": ("name",)}
"""Lists of a suite whose members have names: by which keys."""

ABSENT = "–"


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting that A and B do not share; `–` where one of them has none."""

    setting: str
    a: str
    b: str


def differences(a: RunData, b: RunData) -> list[Difference]:
    """The settings of the last runs of A and B that are not the same, by name; none where either is a bare table."""
    if a.last_run is None or b.last_run is None:
        return []
    before, after = (dict(_leaves(_told(data))) for data in (a, b))
    names = dict.fromkeys([*before, *after])
    found = (Difference(name, before.get(name, ABSENT), after.get(name, ABSENT)) for name in names)
    return [one for one in found if one.a != one.b]


def _told(data: RunData) -> dict[str, Any]:
    """What a run was told, its suite's lists by name."""
    assert data.last_run is not None
    known = {name: data.last_run.provenance.get(name) for name in ABOUT}
    suite = dict(known.pop("suite") or {})
    suite.pop("summary", None)
    for name, keys in LISTS.items():
        given = suite.pop(name, ())
        suite[name.removesuffix("s")] = {_name(one, keys): one for one in given if isinstance(one, Mapping)}
    return suite | known


def _name(one: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return next((str(one[key]) for key in keys if one.get(key)), "?")


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """`(budget.images, 1000)`: every value below, by the names that lead to it; what is not set is left out."""
    if isinstance(value, Mapping):
        if not value and len(path) > 1:
            yield ".".join(path), "there"
        for name, one in value.items():
            yield from _leaves(one, (*path, str(name)))
    elif value not in (None, "", [], ()):
        yield ".".join(path), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)

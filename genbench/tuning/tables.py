"""The suite's TOML tables of what was found, `[options.DATASET]` and `[tuned.DATASET]`, and a copy that has them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from genbench.core import paths
from genbench.core.errors import SuiteError
from genbench.runs import suite_file
from genbench.runs.suite import Suite
from genbench.tuning.records import Study, Tuning

_HEADER = re.compile(r"\s*\[")
_OURS = re.compile(r"""\s*\[\s*["']?(options|tuned)["']?\s*[.\]]""")
_NAME = re.compile(r"""^name\s*=.*$""", re.MULTILINE)
_BARE = re.compile(r"[A-Za-z0-9_-]+")

SUFFIX = "-tuned"


def with_found(suite: Suite, tuning: Tuning) -> Suite:
    """The suite with what was found in its tables."""
    options = {dataset: dict(rows) for dataset, rows in suite.options.items()}
    tuned = {dataset: dict(rows) for dataset, rows in suite.tuned.items()}
    for study in tuning.studies:
        found = study.tuned(tuning.search)
        if found is None:
            continue
        tuned.setdefault(study.dataset, {})[study.use.name] = found
        table = options.setdefault(study.dataset, {})
        table.pop(study.use.name, None)
        if chosen := chosen_options(study):
            table[study.use.name] = chosen
    options = {dataset: table for dataset, table in options.items() if table}
    return suite.model_copy(update={"options": options, "tuned": tuned})


def chosen_options(study: Study) -> dict[str, Any]:
    """The best trial's options, less what the row says itself."""
    assert study.best is not None
    every = dict(study.base) | dict(study.best.options)
    return {name: value for name, value in every.items() if study.use.options.get(name, _NOTHING) != value}


_NOTHING = object()


def toml_tables(suite: Suite) -> str:
    """The suite's tables as TOML, one a dataset."""
    parts = []
    for dataset in dict.fromkeys([*suite.options, *suite.tuned]):
        rows = suite.options.get(dataset, {})
        if rows:
            parts.append("\n".join([f"[options.{_key(dataset)}]", *_lines(rows)]))
        records = {row: tuned.model_dump(exclude_none=True) for row, tuned in suite.tuned.get(dataset, {}).items()}
        if records:
            parts.append("\n".join([f"[tuned.{_key(dataset)}]", *_lines(records)]))
    return "\n\n".join(parts) + "\n" if parts else ""


def write_copy(source: Path, found: Suite, target: Path) -> None:
    """Write the suite file `source` to `target` with the tables of `found` in place of its own, as NAME-tuned.

    Every other line stays as it is. Raises `SuiteError` where the copy would not say what it must.
    """
    text = source.read_text(encoding="utf-8-sig")
    name = found.name if found.name.endswith(SUFFIX) else f"{found.name}{SUFFIX}"
    kept = _NAME.sub(
        lambda _: f"name = {json.dumps(name, ensure_ascii=False)}", "".join(_without_tables(text)), count=1
    )
    with paths.last_writer(target) as temporary:
        temporary.write_text(f"{kept.rstrip()}\n\n{toml_tables(found)}", encoding="utf-8")
        try:
            same = suite_file.read(temporary)
        except SuiteError as error:
            raise SuiteError(
                f"{source} could not be copied with its new tables ({error}): copy them into it by hand."
            ) from error
        if same != found.model_copy(update={"name": name}):
            raise SuiteError(
                f"{source} says its options in a form that could not be replaced: copy the tables into it by hand."
            )


def _without_tables(text: str) -> Iterator[str]:
    """The lines of a TOML text that are not in a table `options` or `tuned`."""
    ours = False
    for line in text.splitlines(keepends=True):
        if _HEADER.match(line):
            ours = bool(_OURS.match(line))
        if not ours:
            yield line


def _lines(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [f"{_key(name)} = {_value(content)}" for name, content in rows.items()]


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }" if value else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value)  # numbers, true and false are spelt alike in JSON and TOML

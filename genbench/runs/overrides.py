"""Overrides, `--set KEY=VALUE`: of the suite (`budget.images=1000`), of an evaluation (`density.samples=500`), of a row
(`vae.latent=2`). Torch-free."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from genbench import registry
from genbench.core.errors import SuiteError
from genbench.core.text import safe_text
from genbench.runs.suite import ModelUse, OptionTable, Suite
from genbench.runs.suite_check import check_use


def override(content: dict[str, Any], setting: str) -> None:
    """Put an override in its place: a key of the suite, or of the table of an evaluation that is named first."""
    key, value = key_and_value(setting)
    *parents, last = key.split(".")
    places = [content]
    named = [e for e in _evaluations(content) if parents and e.get("name") == parents[0]]
    if named and parents[0] not in Suite.model_fields:
        places, parents = named, parents[1:]
    for place in places:
        _table(place, parents, setting)[last] = value


def _table(place: dict[str, Any], parents: Sequence[str], setting: str) -> dict[str, Any]:
    """The table that these keys lead to; new ones are made."""
    for parent in parents:
        place = place.setdefault(parent, {})
        if not isinstance(place, dict):
            raise SuiteError(f"--set {setting!r}: {parent!r} is not a table of the suite.")
    return place


def key_and_value(setting: str) -> tuple[str, Any]:
    """`budget.images=1000` -> (`budget.images`, 1000); what is not TOML is a word."""
    path, equals, text = setting.partition("=")
    if not equals:
        raise SuiteError(f"--set takes KEY=VALUE, such as budget.images=1000; got {setting!r}.")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    except (ValueError, RecursionError) as error:
        raise SuiteError(f"--set {safe_text(setting, 100)!r} gives no value that can be read.") from error
    if value == "":
        raise SuiteError(f"--set {setting!r} gives no value.")
    return path.strip(), value


def _evaluations(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = content.get("evaluations", ())
    return [table for table in given if isinstance(table, dict)] if isinstance(given, list | tuple) else []


def is_of_row(setting: str, content: Mapping[str, Any]) -> bool:
    """Whether an override is of a row's option: what stands before its last point is a row or a model."""
    row = setting.partition("=")[0].strip().rpartition(".")[0]
    if not row or row.partition(".")[0] in Suite.model_fields or row in {e.get("name") for e in _evaluations(content)}:
        return False
    models = content.get("models", ())
    labels = {str(one.get("as", one.get("use"))) for one in models if isinstance(one, dict)}
    return row in labels or row.partition("+")[0] in registry.models


def with_row_options(suite: Suite, content: Mapping[str, Any], settings: Sequence[str]) -> Suite:
    """The suite with the overrides of rows' options (`vae.latent=2`), on every dataset.

    Raises `SuiteError` where there is no such row, or its model no such option.
    """
    for setting in settings:
        if not is_of_row(setting, content):
            continue
        key, value = key_and_value(setting)
        row, _, option = key.rpartition(".")
        use = next((use for use in suite.models if use.name == row), None)
        if use is None:
            raise SuiteError(f"--set {setting!r}: this run has no row {row!r}; it has {', '.join(suite.rows)}.")
        check_use(use, f"--set {setting!r}", {option: value})
        changed = ModelUse.model_validate({"use": use.use, "as": use.label} | use.options | {option: value})
        tables = {dataset: _without(rows, row, option) for dataset, rows in suite.options.items()}
        models = tuple(changed if one is use else one for one in suite.models)
        suite = suite.model_copy(update={"models": models, "options": tables})
    return suite


def _without(rows: OptionTable, row: str, option: str) -> OptionTable:
    """Options by row, less one of one row."""
    return {name: {k: v for k, v in table.items() if (name, k) != (row, option)} for name, table in rows.items()}

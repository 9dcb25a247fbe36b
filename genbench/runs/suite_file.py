"""Suite files: found by name or path, read from TOML, `--set` applied, every complaint with file and key. Torch-free.

An unknown key is an error that names the file, the key and the nearest key that there is.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from genbench import registry
from genbench.core import paths
from genbench.core.errors import SuiteError, UnknownName, nearest
from genbench.core.jobs import BudgetConfig
from genbench.core.paths import is_file
from genbench.core.text import safe_text
from genbench.runs.overrides import is_of_row, override
from genbench.runs.suite import SCHEMA, Suite, Tuned
from genbench.runs.suite_check import checked


def names() -> list[str]:
    """The suites that come with genbench."""
    return sorted(path.stem for path in paths.folder("suites").glob("*.toml"))


def find(name: str) -> Path:
    """The file of a suite: a path that ends in .toml, or the name of one that comes with genbench."""
    if name.endswith(".toml"):
        if not is_file(name):
            raise SuiteError(f"there is no suite file {safe_text(name, 300)!r}.")
        return Path(name)
    if name not in names():
        raise UnknownName("suite", name, names())
    return paths.folder("suites") / f"{name}.toml"


def read(path: Path, *, settings: Sequence[str] = (), profile: str = "") -> Suite:
    """The suite in a file, by its path: see `parse`."""
    return parse(_content(path), path, settings=settings, profile=profile)


def content_of(suite: str | Path | Mapping[str, Any] | Suite) -> tuple[Path, dict[str, Any]]:
    """The content of a suite, and the file that errors name: the suite's own name where it comes from Python."""
    if isinstance(suite, Suite):
        return Path(suite.name), suite.model_dump(mode="python", by_alias=True, exclude_unset=True)
    if isinstance(suite, Mapping):
        return Path(str(suite.get("name", "suite"))), {"schema": SCHEMA} | copy.deepcopy(dict(suite))
    path = find(str(suite))
    return path, _content(path)


def _content(path: Path) -> dict[str, Any]:
    """What a suite file holds. Raises `SuiteError` where it is too large or not TOML."""
    if path.stat().st_size > MOST_BYTES:
        raise SuiteError(f"{path} has {path.stat().st_size:,} bytes, more than a suite can use: is it the right file?")
    try:
        text = path.read_text(encoding="utf-8-sig")
        if _DEEP.search(text):  # which would take the parser minutes
            raise RecursionError
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOML's own, no UTF-8, a number of 5,000 digits, 3,000 brackets
        why = "it is nested too deeply" if isinstance(error, RecursionError) else safe_text(error, 300)
        raise SuiteError(f"{path}: not a TOML file: {why}") from error


def parse(content: dict[str, Any], path: Path, *, settings: Sequence[str] = (), profile: str = "") -> Suite:
    """The suite that a content describes, its names checked; a profile and `--set` overrides change it before.

    A profile is a table of the suite, `[profiles.small]`, whose keys take the place of the suite's own; those of
    `[profiles.small.evaluations.NAME]` that of the evaluation's settings. `full` is the suite as it stands. Overrides
    of rows (`vae.latent=2`) are left to `with_row_options`. An error that an override makes is said of the override.
    """
    _apply_profile(content, profile, path)
    own = [setting for setting in settings if not is_of_row(setting, content)]
    try:
        return _parsed(content, path, own)
    except (SuiteError, UnknownName) as error:
        for k in range(len(own)):
            blamed = _complaint(content, path, own[:k])
            if blamed is None and (first := _complaint(content, path, own[: k + 1])) is not None:
                raise SuiteError(f"--set {own[k]!r}: {first.removeprefix(f'{path}: ')}") from error
        raise


def _complaint(content: dict[str, Any], path: Path, settings: Sequence[str]) -> str | None:
    """What is wrong with a content and these overrides."""
    try:
        _parsed(content, path, settings)
    except (SuiteError, UnknownName) as error:
        return str(error)
    return None


def _parsed(given: dict[str, Any], path: Path, settings: Sequence[str]) -> Suite:
    try:
        content = copy.deepcopy(given)
        for setting in settings:
            override(content, setting)
        return checked(_validated(content, path), path)
    except RecursionError as error:
        raise SuiteError(f"{path}: its tables are nested too deeply.") from error


def _validated(content: dict[str, Any], path: Path) -> Suite:
    if content.get("schema", SCHEMA) != SCHEMA:
        raise SuiteError(f"{path}: schema is {content['schema']!r}, this genbench reads schema = {SCHEMA}.")
    try:
        return Suite.model_validate(content)
    except ValidationError as error:
        raise SuiteError(_sentence(path, content, error)) from error


MOST_BYTES = 10**7
"""Of a suite file."""

_DEEP = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){100}""")
"""A key of a hundred parts, `a.a.a`."""

FULL = "full"


def profiles(name: str) -> list[str]:
    """The profiles of a suite, `full` first."""
    content = _content(find(name))
    return [FULL, *content.get("profiles", {})]


def _apply_profile(content: dict[str, Any], name: str, path: Path) -> None:
    """Take the tables of profiles out of a suite's content and put the chosen one in the place of what it changes."""
    known = content.pop("profiles", {})
    if not isinstance(known, dict) or not all(isinstance(table, dict) for table in known.values()):
        raise SuiteError(f"{path}: profiles is a table of tables, such as [profiles.small].")
    if name in ("", FULL):
        return
    if name not in known:
        near = nearest(name, [FULL, *known])
        hint = f"did you mean {near!r}? " if near else ""
        raise SuiteError(f"{path} has no profile {name!r}: {hint}It has {', '.join([FULL, *known])}.")
    chosen = dict(known[name])
    for evaluation, table in chosen.pop("evaluations", {}).items():
        own = [e for e in content.get("evaluations", ()) if isinstance(e, dict) and e.get("name") == evaluation]
        if not own or not isinstance(table, dict):
            raise SuiteError(f"{path}: profiles.{name}.evaluations: the suite has no evaluation {evaluation!r}.")
        for one in own:
            one.update(table)
    for key, value in chosen.items():
        content[key] = content.get(key, {}) | value if key in ("budget", "options") else value
    content["name"] = f"{content.get('name', path.stem)}-{name}"


def _sentence(path: Path, content: Mapping[str, Any], error: ValidationError) -> str:
    """The first of pydantic's complaints in words, with the nearest key where one is unknown."""
    found = error.errors()
    first = next((e for e in found if e["type"] == "extra_forbidden"), found[0])
    place = [str(p) for p in first["loc"]]
    where = ".".join(place)
    given = "" if first["input"] is None or isinstance(first["input"], dict) else f", got {_shown(first['input'])}"
    if first["type"] == "extra_forbidden":
        known = _known_keys(place[:-1], content)
        near = nearest(place[-1], known)
        hint = f"did you mean {near!r}?" if near else f"known are: {', '.join(known)}."
        return f"{path}: unknown key {where!r}: {hint}"
    if first["type"] == "dataset_use":
        return f"{path}: datasets: {first['msg']}."
    if first["type"] == "evaluation_name":
        return f"{path}: {where}: {first['msg']}"
    sentences = {
        "missing": f"the key {where!r} is missing",
        "dict_type": f"{where} is a table, such as {{ lr = 0.001 }} for a row's options{given}",
        "too_short": f"{where} is empty: it needs at least one entry",
        "string_pattern_mismatch": f"{where}: a name is letters, digits and . + : = - _{given}",
    }
    other = f"{where}: {first['msg'].lower().removeprefix('value error, ')}{given}"
    return f"{path}: {sentences.get(first['type'], other)}."


def _shown(value: Any) -> str:
    """What was given, as far as a sentence holds it."""
    try:
        return safe_text(repr(value), 200)
    except ValueError:  # Python prints no number of more than 4,300 digits
        return "a number of thousands of digits"


def _known_keys(parents: Sequence[str], content: Mapping[str, Any]) -> list[str]:
    model: Any = Suite
    if parents[:1] == ["budget"]:
        model = BudgetConfig
    if parents[:1] == ["tuned"]:
        model = Tuned
    if parents[:1] == ["evaluations"] and len(parents) > 1:
        model = registry.evaluations.get(content["evaluations"][int(parents[1])]["name"]).card.config
    return [field.alias or key for key, field in model.model_fields.items()]

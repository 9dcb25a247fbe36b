"""A suite: a TOML file that says which models, datasets, seeds and evaluations, at which budget. Torch-free.

An unknown key is an error that names the file, the key and the nearest key that there is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from genbench import registry
from genbench.core import paths
from genbench.core.errors import SuiteError, UnknownName, nearest
from genbench.evaluations.settings import AnySettings

SCHEMA = 1


class BudgetSettings(BaseModel):
    """How much training each model gets, in batches of `batch`: `images` shown, or optimiser `steps` (every player's
    counted), or `seconds` of wall clock; 100,000 images unless said."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    images: int = Field(default=0, ge=0)
    steps: int = Field(default=0, ge=0)
    seconds: float = Field(default=0.0, ge=0)
    batch: int = Field(default=128, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        given = [name for name in ("images", "steps", "seconds") if value.get(name)]
        if len(given) > 1:
            raise ValueError(f"a budget is one of images, steps and seconds; got {' and '.join(given)}")
        return value if given else value | {"images": 100_000}

    @property
    def shown(self) -> int:
        """Images shown to the model; 0 where the wall clock decides."""
        return self.images or self.steps * self.batch


class ModelUse(BaseModel):
    """A row of the leaderboard: a model (with its sampler, `ae+gmm10`), a name of its own, options of the model."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)

    use: str
    label: str = Field(default="", alias="as", pattern=r"^[\w.+:=-]*$")

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        return {"use": value} if isinstance(value, str) else value

    @property
    def model(self) -> str:
        """The registry's name of the model."""
        return self.use.partition("+")[0]

    @property
    def sampler(self) -> str:
        """The latent sampler asked for, `""` for the model's own."""
        return self.use.partition("+")[2]

    @property
    def name(self) -> str:
        """What the leaderboard calls this row."""
        return self.label or self.use

    @property
    def options(self) -> dict[str, Any]:
        """The model's own settings that this use changes."""
        return dict(self.model_extra or {})


class Tuned(BaseModel):
    """How a row's options on a dataset were found, and what that cost: `genbench tune` writes it, the report shows it.

    `value` and `default`: the metric on `split` with the options found and with the suite's own. `images`: allotted to
    all trials; `seconds`: spent on them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    metric: str
    split: str = "val"
    value: float
    default: float | None = None
    trials: int = Field(ge=1)
    failed: int = Field(default=0, ge=0)
    images: int = Field(ge=0)
    seconds: float = Field(ge=0)
    sampler: str = "random"
    seed: int = 0


OptionTable = dict[str, dict[str, Any]]
"""Options by row."""


class Suite(BaseModel):
    """The content of a suite file.

    `options`: one table a dataset, `[options.digits]`, that holds rows' options for it; they go before the row's own.
    `tuned`: likewise, how they were found.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_: Literal[1] = Field(alias="schema")
    name: str = Field(min_length=1)
    summary: str = ""
    models: tuple[ModelUse, ...] = Field(min_length=1)
    datasets: tuple[str, ...] = Field(min_length=1)
    seeds: int = Field(default=3, ge=1)
    threads: int = Field(default=1, ge=1)
    out_of_memory: Literal["split", "fail"] = "split"
    precision: Literal["float32", "bfloat16"] = "float32"
    budget: BudgetSettings = BudgetSettings()
    evaluations: tuple[AnySettings, ...] = Field(min_length=1)
    options: dict[str, OptionTable] = Field(default_factory=dict)
    tuned: dict[str, dict[str, Tuned]] = Field(default_factory=dict)

    def options_of(self, use: ModelUse, dataset: str) -> dict[str, Any]:
        """The model's settings in this row on this dataset."""
        return use.options | self.options.get(dataset, {}).get(use.name, {})

    def all_datasets(self) -> list[str]:
        """Every dataset that an evaluation needs, each once."""
        names = [d for e in self.evaluations for d in (self.datasets if e.datasets is None else e.datasets)]
        return list(dict.fromkeys(names))


def names() -> list[str]:
    """The suites that come with genbench."""
    return sorted(path.stem for path in paths.folder("suites").glob("*.toml"))


def find(name: str) -> Path:
    """The file of a suite: a path that ends in .toml, or the name of one that comes with genbench."""
    if name.endswith(".toml"):
        if not Path(name).is_file():
            raise SuiteError(f"there is no suite file {name!r}.")
        return Path(name)
    if name not in names():
        raise UnknownName("suite", name, names())
    return paths.folder("suites") / f"{name}.toml"


def read(path: Path, *, settings: Sequence[str] = ()) -> Suite:
    """The suite in a file, with `--set` overrides such as `budget.images=1000` applied and its names checked."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SuiteError(f"{path}: not a TOML file: {error}") from error
    for setting in settings:
        _override(content, setting)
    if content.get("schema", SCHEMA) != SCHEMA:
        raise SuiteError(f"{path}: schema is {content['schema']!r}, this genbench reads schema = {SCHEMA}.")
    try:
        suite = Suite.model_validate(content)
    except ValidationError as error:
        raise SuiteError(_sentence(path, error)) from error
    return check_names(suite)


def check_names(suite: Suite) -> Suite:
    """The suite with `family:` groups spelt out; an unknown model or a label used twice is an error."""
    models = [use for given in suite.models for use in expand(given)]
    labels = [use.name for use in models]
    for label in labels:
        if labels.count(label) > 1:
            raise SuiteError(f"suite {suite.name!r}: two models are called {label!r}; name one with `as`.")
    jobs = [(e.name, d) for e in suite.evaluations for d in (suite.datasets if e.datasets is None else e.datasets)]
    for name, dataset in jobs:
        if jobs.count((name, dataset)) > 1:
            raise SuiteError(f"suite {suite.name!r}: {name} is asked for twice on {dataset}.")
    for evaluation in suite.evaluations:
        for metric in filter(None, (evaluation.headline, *(getattr(evaluation, "metrics", None) or ()))):
            registry.metrics.get(metric)
    _check_tables(suite, labels)
    return suite.model_copy(update={"models": tuple(models)})


def _check_tables(suite: Suite, labels: Sequence[str]) -> None:
    """Raise `SuiteError` where a table is of a dataset or a row that nobody has.

    Those that the suite has not, but the registries have, are kept for `--models` and `--datasets`, which may add them.
    """
    for key, tables in (("options", suite.options), ("tuned", suite.tuned)):
        for dataset, rows in tables.items():
            place = f"suite {suite.name!r}: [{key}.{dataset}]"
            if not _is_made(dataset):
                _check_known(place, "dataset", dataset, [*suite.all_datasets(), *registry.datasets.names()])
            for row in rows:
                name = row if row in labels else row.partition("+")[0]
                _check_known(place, "model", name, [*labels, *registry.models.names()])


def _is_made(dataset: str) -> bool:
    """Whether a dataset is made of another (`digits-without-3`, `digits@val`) or of a file (`npz:PATH`), which loading
    it checks."""
    return ":" in dataset or any(dataset.startswith((f"{name}-", f"{name}@")) for name in registry.datasets.names())


def _check_known(place: str, kind: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        near = nearest(name, known)
        hint = f"did you mean {near!r}? " if near else ""
        raise SuiteError(f"{place}: there is no {kind} {name!r}: {hint}`genbench list {kind}s` shows all.")


def expand(use: ModelUse) -> Iterator[ModelUse]:
    """The use itself, its model checked; or one for each model of a `family:`."""
    if not use.use:
        raise SuiteError("a model without a name: `use` is empty.")
    kind, _, family = use.use.partition(":")
    if kind != "family":
        registry.models.get(use.model)
        yield use
        return
    members = [e.card.name for e in registry.models if e.card.family == family]
    if not members:
        raise UnknownName("model", use.use, [f"family:{e.card.family}" for e in registry.models])
    yield from (ModelUse(use=name) for name in members)


def select(suite: Suite, models: Sequence[str], datasets: Sequence[str], seeds: int | None) -> Suite:
    """The part of a suite that the command line asks for; models that the suite lacks are added."""
    chosen: dict[str, Any] = {}
    if models:
        models = list(dict.fromkeys(models))
        known = {use.name: use for use in suite.models}
        chosen["models"] = tuple(
            use for name in models for use in ([known[name]] if name in known else expand(ModelUse(use=name)))
        )
    if datasets:
        chosen["datasets"] = tuple(datasets)
        kept = [e.model_copy(update={"datasets": _both(e.datasets, datasets)}) for e in suite.evaluations]
        chosen["evaluations"] = tuple(e for e in kept if e.datasets is None or e.datasets)
        if not chosen["evaluations"]:
            raise SuiteError(f"suite {suite.name!r} has no evaluation for the datasets {', '.join(datasets)}.")
    if seeds is not None:
        chosen["seeds"] = seeds
    return suite.model_copy(update=chosen)


def _both(own: tuple[str, ...] | None, asked: Sequence[str]) -> tuple[str, ...] | None:
    return own if own is None else tuple(name for name in own if name in asked)


def _override(content: dict[str, Any], setting: str) -> None:
    path, equals, text = setting.partition("=")
    if not equals:
        raise SuiteError(f"--set takes KEY=VALUE, such as budget.images=1000; got {setting!r}.")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    if value == "":
        raise SuiteError(f"--set {setting!r} gives no value.")
    *parents, last = path.strip().split(".")
    place = content
    for parent in parents:
        place = place.setdefault(parent, {})
        if not isinstance(place, dict):
            raise SuiteError(f"--set {setting!r}: {parent!r} is not a table of the suite.")
    place[last] = value


def _sentence(path: Path, error: ValidationError) -> str:
    """The first of pydantic's complaints in words, with the nearest key where one is unknown."""
    found = error.errors()
    first = next((e for e in found if e["type"] == "extra_forbidden"), found[0])
    place = [str(p) for p in first["loc"]]
    where = ".".join(p for i, p in enumerate(place) if not (place[0] == "evaluations" and i == 2))
    given = "" if first["input"] is None or isinstance(first["input"], dict) else f", got {first['input']!r}"
    if first["type"] == "extra_forbidden":
        near = nearest(place[-1], _known_keys(place[:-1]))
        hint = f"did you mean {near!r}?" if near else f"known are: {', '.join(_known_keys(place[:-1]))}."
        return f"{path}: unknown key {where!r}: {hint}"
    if first["type"] == "union_tag_invalid":
        name = str(first.get("ctx", {}).get("tag", ""))
        near = nearest(name, registry.evaluations.names())
        hint = f"did you mean {near!r}? " if near else ""
        return f"{path}: {where}: no evaluation is called {name!r}: {hint}`genbench list evaluations` shows all."
    sentences = {
        "missing": f"the key {where!r} is missing",
        "dict_type": f"{where} is a table, such as {{ lr = 0.001 }} for a row's options{given}",
        "too_short": f"{where} is empty: it needs at least one entry",
        "string_pattern_mismatch": f"{where}: a name is letters, digits and . + : = - _{given}",
    }
    other = f"{where}: {first['msg'].lower().removeprefix('value error, ')}{given}"
    return f"{path}: {sentences.get(first['type'], other)}."


def _known_keys(parents: Sequence[str]) -> list[str]:
    model: Mapping[str, Any] = Suite.model_fields
    if parents[:1] == ["budget"]:
        model = BudgetSettings.model_fields
    if parents[:1] == ["tuned"]:
        model = Tuned.model_fields
    if parents[:1] == ["evaluations"] and len(parents) > 2:
        by_name = {c.model_fields["name"].annotation.__args__[0]: c for c in _settings_classes()}
        model = by_name[parents[2]].model_fields
    return [field.alias or key for key, field in model.items()]


def _settings_classes() -> tuple[Any, ...]:
    union: Any = AnySettings
    return tuple(union.__origin__.__args__)

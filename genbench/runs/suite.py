"""A suite: which models, datasets, seeds and evaluations, at which budget. Torch-free records; `suite_file` reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SerializeAsAny, model_validator
from pydantic_core import PydanticCustomError

from genbench import registry
from genbench.core.errors import SuiteError, UnknownName, UsageError
from genbench.core.jobs import BudgetConfig
from genbench.data.names import SCHEMES
from genbench.protocols.evaluation import Evaluation, EvaluationConfig

SCHEMA = 1

CONTROL = "control"
"""The family of floors and ceilings."""

MOST_SEEDS = 10_000
MOST_JOBS = 100_000
"""Of one plan: a minute to plan, and far more than a run can do."""


def _as_config(value: Any) -> Any:
    """A table of a suite as the configuration that its evaluation's record declares."""
    if not isinstance(value, dict):
        return value
    name = value.get("name")
    if name is None:
        such = registry.evaluations.names()[0]
        raise PydanticCustomError("evaluation_name", "it needs a `name`, such as {such}", {"such": such})
    try:
        record: Evaluation = registry.evaluations.get(str(name)).card
    except UnknownName as error:
        raise PydanticCustomError("evaluation_name", "{reason}", {"reason": str(error)}) from error
    return record.config.model_validate(value)


AnyConfig = Annotated[SerializeAsAny[EvaluationConfig], BeforeValidator(_as_config)]


_NAMED = re.compile(rf"([\w.+-]+)=((?:{'|'.join(SCHEMES)}):.+)", re.DOTALL)


def dataset_use(given: Any) -> tuple[str, str]:
    """A dataset of a suite as (what a report calls it, what is loaded): `digits`, `usps=npz:usps.npz`, or a table
    { use = "npz:usps.npz", as = "usps" }."""
    label, use = _as_words(given) if isinstance(given, str) else _as_table(given)
    if label != use and (not re.fullmatch(r"\w[\w.+-]*", label) or label in registry.datasets):
        why = "is a dataset of genbench" if label in registry.datasets else "is not of letters, digits and . + - _"
        raise PydanticCustomError(
            "dataset_use", "the name {label} of {use} {why}", {"label": repr(label), "use": use, "why": why}
        )
    return label, use


def _as_words(given: str) -> tuple[str, str]:
    found = _NAMED.fullmatch(given)
    return (found[1], found[2]) if found else (given, given)


def _as_table(given: Any) -> tuple[str, str]:
    if not isinstance(given, Mapping):
        raise PydanticCustomError("dataset_use", "a name was expected, got {given}", {"given": repr(given)[:200]})
    unknown = [str(key) for key in given if key not in ("use", "as")]
    use, label = given.get("use"), given.get("as", given.get("use"))
    if unknown or not isinstance(use, str) or not isinstance(label, str):
        got = f"{unknown[0]!r} is unknown" if unknown else "`use` and `as` are words"
        form = '{ use = "npz:usps.npz", as = "usps" }'
        raise PydanticCustomError("dataset_use", "a dataset is a name or {form}: {got}", {"form": form, "got": got})
    return label, use


def datasets_apart(given: Iterable[Any], named: Mapping[str, str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """What reports call the datasets, and what those names stand for that are a suite's own."""
    labels, found = [], dict(named)
    for label, use in map(dataset_use, given):
        if label != use and found.setdefault(label, use) != use:
            raise PydanticCustomError("dataset_use", "{label} stands for two datasets", {"label": repr(label)})
        labels.append(label)
    return tuple(labels), found


class ModelUse(BaseModel):
    """A row of the leaderboard: a model (with its sampler, `ae+gmm10`), a name of its own, options of the model.

    `checkpoint`: a safetensors file with weights of the model from elsewhere, which are measured as they are: it is not
    trained.
    """

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)

    use: str
    label: str = Field(default="", alias="as", pattern=r"^[\w.+:=-]*$")
    checkpoint: str = ""

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
    `tuned`: likewise, how they were found. `named`: what the suite's own names of datasets stand for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_: Literal[1] = Field(alias="schema")
    name: str = Field(min_length=1, max_length=100, pattern=r"^\w[\w .+-]*$")
    summary: str = ""
    models: tuple[ModelUse, ...] = Field(min_length=1)
    datasets: tuple[str, ...] = Field(min_length=1)
    seeds: int = Field(default=3, ge=1, le=MOST_SEEDS)
    threads: int = Field(default=1, ge=1, le=1_024)
    retries: int = Field(default=0, ge=0, le=100)
    out_of_memory: Literal["split", "fail"] = "split"
    precision: Literal["float32", "bfloat16"] = "float32"
    budget: BudgetConfig = BudgetConfig()
    evaluations: tuple[AnyConfig, ...] = Field(min_length=1)
    options: dict[str, OptionTable] = Field(default_factory=dict)
    tuned: dict[str, dict[str, Tuned]] = Field(default_factory=dict)
    named: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _names(cls, content: Any) -> Any:
        if not isinstance(content, dict) or not isinstance(content.get("datasets"), list | tuple):
            return content
        labels, named = datasets_apart(content["datasets"], content.get("named", {}))
        return content | {"datasets": labels} | ({"named": named} if named else {})

    @property
    def rows(self) -> tuple[str, ...]:
        """What the leaderboard calls its rows."""
        return tuple(use.name for use in self.models)

    def options_of(self, use: ModelUse, dataset: str) -> dict[str, Any]:
        """The model's settings in this row on this dataset."""
        return use.options | self.options.get(dataset, {}).get(use.name, {})

    def datasets_of(self, config: EvaluationConfig) -> tuple[str, ...]:
        """Where an evaluation is asked for: everywhere, unless it is restricted."""
        return self.datasets if config.datasets is None else config.datasets

    def all_datasets(self) -> list[str]:
        """Every dataset that an evaluation is asked for on, each once."""
        return list(dict.fromkeys(d for config in self.evaluations for d in self.datasets_of(config)))

    def pairs(self) -> Iterator[tuple[str, EvaluationConfig]]:
        """Each dataset with each evaluation that is asked for on it, dataset by dataset."""
        for dataset in self.all_datasets():
            yield from ((dataset, config) for config in self.evaluations if dataset in self.datasets_of(config))


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


def select(
    suite: Suite, models: Sequence[str], datasets: Sequence[str], seeds: int | None, *, controls: bool = False
) -> Suite:
    """The part of a suite that the command line asks for; models that the suite lacks are added.

    `controls`: keep the suite's controls beside the models, unless one of these is a control.
    """
    chosen: dict[str, Any] = {}
    if models:
        models = list(dict.fromkeys(models))
        known = {use.name: use for use in suite.models}
        chosen["models"] = tuple(
            use for name in models for use in ([known[name]] if name in known else expand(ModelUse(use=name)))
        )
        chosen["models"] += _controls(suite, chosen["models"]) if controls else ()
        chosen |= _tables_of(suite, chosen["models"])
    if datasets:
        try:
            datasets, chosen["named"] = datasets_apart(datasets, suite.named)
        except PydanticCustomError as error:
            raise UsageError(f"--datasets: {error.message()}.") from error
        chosen["datasets"] = tuple(datasets)
        own = suite.all_datasets()
        kept = [e.model_copy(update={"datasets": _restricted(e.datasets, datasets, own)}) for e in suite.evaluations]
        chosen["evaluations"] = tuple(e for e in kept if e.datasets is None or e.datasets)
        if not chosen["evaluations"]:
            raise SuiteError(f"suite {suite.name!r} has no evaluation for the datasets {', '.join(datasets)}.")
    if seeds is not None:
        if not 1 <= seeds <= MOST_SEEDS:
            raise SuiteError(f"--seeds is a number from 1 to {MOST_SEEDS:,}; got {seeds:,}.")
        chosen["seeds"] = seeds
    return suite.model_copy(update=chosen)


def _tables_of(suite: Suite, chosen: Sequence[ModelUse]) -> dict[str, Any]:
    """The suite's tables of options without rows of its own naming that are not among the chosen ones."""
    own, kept = ({use.name for given in uses for use in expand(given)} for uses in (suite.models, chosen))
    gone = {label for label in own - kept if label.partition("+")[0] not in registry.models}
    return {
        key: {
            dataset: {row: content for row, content in rows.items() if row not in gone}
            for dataset, rows in getattr(suite, key).items()
        }
        for key in ("options", "tuned")
    }


def _controls(suite: Suite, asked: Sequence[ModelUse]) -> tuple[ModelUse, ...]:
    """The suite's floors and ceilings, without which a score has no scale; none where some were asked for by name."""
    if any(registry.models.get(use.model).card.family == CONTROL for use in asked):
        return ()
    every = (use for given in suite.models for use in expand(given))
    return tuple(use for use in every if registry.models.get(use.model).card.family == CONTROL)


def _restricted(
    restriction: tuple[str, ...] | None, asked: Sequence[str], known: Sequence[str]
) -> tuple[str, ...] | None:
    """A restriction holds among the suite's own datasets; of others the suite did not know."""
    if restriction is None:
        return None
    return tuple(name for name in asked if name in restriction or name not in known)

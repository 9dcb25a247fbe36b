"""The record of an evaluation: all that the rest of genbench knows of it. Torch-free.

The suite's schema, the plan, the tuner and the report read this record; no other file names an evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from genbench.core.records import DataFacts, DataKind, check_data_words

EVERY = "all"
"""In a suite: every metric of the evaluation's group."""


MOST = 10**9
"""Of any whole number in an evaluation's table."""


class EvaluationConfig(BaseModel):
    """The table `[[evaluations]]` of a suite: what every evaluation has. Subclass it for settings of your own.

    `datasets`: only on these (all of the suite's that fit, unless said). `headline`: the metric that stands for the
    evaluation (by kind of data, unless said). `metrics`: these in place of the evaluation's own choice; `"all"`: every
    one of its group that the data allows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    later: ClassVar[frozenset[str]] = frozenset()
    """Settings that came when results of before were stored: while they are not set they are not written, and so are no
    part of a job's key or of a suite's content."""

    name: str
    datasets: tuple[str, ...] | None = None
    headline: str | None = None
    metrics: tuple[str, ...] | None = Field(default=None, min_length=1)

    @field_validator("metrics", mode="before")
    @classmethod
    def _one_word(cls, value: Any) -> Any:
        return (EVERY,) if value == EVERY else value

    @model_validator(mode="after")
    def _sizes(self) -> EvaluationConfig:
        """No number of examples, rounds or neighbours is larger than any machine could do."""
        for name, value in self:
            if isinstance(value, int) and abs(value) > MOST:
                raise ValueError(f"{name} is at most {MOST:,}")
        return self

    def identity(self) -> dict[str, Any]:
        """What of the table a job's content key depends on."""
        return self.model_dump(mode="json", exclude={"datasets", "headline"})

    @model_serializer(mode="wrap")
    def _written(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = write(self)
        unset = {name for name in self.later if getattr(self, name) == type(self).model_fields[name].default}
        return {name: value for name, value in found.items() if name not in unset}

    def content(self, facts: DataFacts) -> Mapping[str, str]:
        """What of the dataset the numbers depend on beside its splits: part of the job's content key."""
        del facts
        return {}


class FeatureConfig(EvaluationConfig):
    """Evaluations that compare samples with the reference in an encoder's features.

    `samples`: at most so many on each side; the rule of equal n decides. `encoder`: a name, or `auto` (the dataset's
    own default).
    """

    samples: int = Field(default=10_000, ge=2)
    encoder: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What `genbench tune` may do with an evaluation.

    `by_default`: whether a row is tuned for its headline where no metric is named. `fixed`: options that keep their
    value, since changing them would make the metric better for a reason that is not quality.
    """

    by_default: bool = True
    fixed: tuple[str, ...] = ()


ByKind = Mapping[DataKind, Any]

OVER_TARGETS = ("", "all", "near")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A protocol that turns a fitted model into measurements, declared.

    `config`: the class of its table in a suite. `function`: `(evidence, config) -> Outcome`, or `"module:function"`
    (`@register_evaluation` fills it in). `capabilities`: of these a model needs one. `data`: words of
    `core.records.DATA_WORDS` for what a dataset must have. `inputs`: the needs of metrics that it can serve, so that a
    suite may ask for any metric of them. `metrics`: what it gives unless a suite says otherwise, and `headline`, each
    by kind of data or one for all kinds; it does not apply to kinds that are not there.

    `ranked`: whether more is better at all; numbers of one that is not are read against the ceiling row, and
    shown as differences from it where `against` says what it is (`held-out data`). `floor` and
    `ceiling`: the controls between which values are placed, the first that is there (`exact`: the end of the metric's
    range; `chance`: what a blind score gives); none: no such scores. `over_targets`: the overview shows the mean over
    the headline's targets: over `all`, or over those that the dataset calls hard (`near`), the mean of the others
    beside it; `""`: the first target alone. A row is tuned for the same targets. `tuning`: what `genbench tune` may do,
    None where a row cannot be tuned for it. `verdict`: the words before the name of its leader in the page's verdict,
    such as "Best samples" ("Best in NAME" unless said). `sanity`: a function of a `protocols.results.Results`, or its
    `"module:function"`, that yields a sentence for each control out of its place; `copying`: likewise one that judges
    which rows copy their training data. `by_class`: those of its metrics that give a value for each class, shown in
    each model's panel and in no leaderboard. `pictures`: titles by name, in the order in which they are shown.
    `once_a_row`: measured on the first seed alone with nothing else running; `timed`: its numbers depend on the
    machine, which is part of their identity, and their intervals are quartiles. `of_model`: nothing of it depends on
    how samples are drawn, so that rows of one fitted model that differ in their sampler alone are measured once.
    `version` grows whenever the protocol changes.
    """

    name: str
    summary: str
    config: type[EvaluationConfig] = EvaluationConfig
    function: str | Callable[..., Any] | None = None
    capabilities: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    metrics: ByKind | tuple[str, ...] = ()
    headline: ByKind | str = ""
    ranked: bool = True
    against: str = ""
    floor: tuple[str, ...] = ()
    ceiling: tuple[str, ...] = ()
    over_targets: str = ""
    tuning: Tuning | None = None
    verdict: str = ""
    sanity: str | Callable[..., Any] | None = None
    copying: str | Callable[..., Any] | None = None
    by_class: tuple[str, ...] = ()
    pictures: Mapping[str, str] = field(default_factory=dict)
    once_a_row: bool = False
    timed: bool = False
    of_model: bool = False
    version: int = 1
    paper: str = ""

    def __post_init__(self) -> None:
        check_data_words(f"evaluation {self.name!r}", self.data)
        if self.over_targets not in OVER_TARGETS:
            raise ValueError(f"evaluation {self.name!r}: over_targets is one of {OVER_TARGETS}")
        for name in ("metrics", "headline"):
            given = getattr(self, name)
            if not isinstance(given, Mapping):
                object.__setattr__(self, name, dict.fromkeys(DataKind, given))
        if not self.verdict:
            object.__setattr__(self, "verdict", f"Best in {self.name.replace('-', ' ')}")

    def metrics_on(self, kind: DataKind) -> tuple[str, ...]:
        """What it gives on data of this kind unless a suite says otherwise."""
        assert isinstance(self.metrics, Mapping)
        return tuple(self.metrics.get(kind, ()))

    def headline_on(self, kind: DataKind) -> str:
        """The metric that stands for it on data of this kind, `""` where it does not apply."""
        assert isinstance(self.headline, Mapping)
        return str(self.headline.get(kind, ""))

    def own_metrics(self) -> tuple[str, ...]:
        """Everything that it gives on some kind of data unless a suite says otherwise, each once."""
        return tuple(dict.fromkeys(name for kind in DataKind for name in self.metrics_on(kind)))

    def misfit(self, facts: DataFacts) -> str | None:
        """Why it does not apply to this dataset, in words; None where it does."""
        lacking = facts.lacks(self.data)
        if lacking is None and not self.metrics_on(facts.kind):
            lacking = f"is {facts.kind.words}"
        return lacking

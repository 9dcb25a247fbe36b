"""What tuning leaves behind: trials, the study of a row on a dataset, and the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genbench.core.values import Status
from genbench.runs.suite import ModelUse, Tuned
from genbench.tuning.spaces import Space
from genbench.tuning.targets import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How is searched: `trials` a row, all drawn from `seed`; `sampler`: `random` or `optuna`.

    `metric`: what every row is tuned for, else each by what it can do (`targets.target`).
    """

    trials: int = 20
    seed: int = 0
    metric: str = ""
    sampler: str = "random"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One try. `options`: those that it changed; `seed`: that it was trained from; `images`: allotted to it, of which
    one that diverged has not seen all; `fitting`, `scoring`: seconds; `fit`, `job`: keys in the store."""

    index: int
    options: Mapping[str, Any]
    status: Status
    reason: str | None = None
    value: float | None = None
    seed: int = 0
    images: int = 0
    fitting: float = 0.0
    scoring: float = 0.0
    fit: str = ""
    job: str = ""

    @property
    def seconds(self) -> float:
        """Spent on fitting and scoring."""
        return self.fitting + self.scoring


@dataclass(slots=True)
class Study:
    """The trials of one row on one dataset. `base`: the row's options that every trial has unless it changes them."""

    use: ModelUse
    dataset: str
    space: Space
    target: Target
    base: Mapping[str, Any]
    trials: list[Trial] = field(default_factory=list)

    @property
    def ended_well(self) -> list[Trial]:
        """The trials that have a value."""
        return [trial for trial in self.trials if trial.value is not None]

    @property
    def best(self) -> Trial | None:
        """The best trial, of equals the earlier: the default stays where nothing is better."""
        return min(self.ended_well, key=lambda trial: (self.loss(trial), trial.index), default=None)

    @property
    def default(self) -> Trial | None:
        """The first trial, with the suite's own options, where it ended well."""
        return next((trial for trial in self.ended_well if trial.index == 0), None)

    @property
    def better(self) -> int:
        """How many trials beat the default."""
        default = self.default
        return 0 if default is None else sum(self.loss(t) < self.loss(default) for t in self.ended_well)

    @property
    def failed(self) -> int:
        """Trials that are spent and have no value."""
        return len(self.trials) - len(self.ended_well)

    @property
    def gain(self) -> float | None:
        """By which share of the default's value the best one is better; None without a default, or where that is 0."""
        best, default = self.best, self.default
        if best is None or default is None or best.value is None or not default.value:
            return None
        return (self.loss(default) - self.loss(best)) / abs(default.value)

    def loss(self, trial: Trial) -> float:
        """What is least for the best trial."""
        assert trial.value is not None
        return self.target.loss(trial.value)

    def tuned(self, search: Search) -> Tuned | None:
        """What the suite says of this study; None where no trial ended well."""
        best = self.best
        if best is None or best.value is None:
            return None
        return Tuned(
            metric=self.target.metric,
            value=_rounded(best.value),
            default=None if self.default is None else _rounded(self.default.value),
            trials=len(self.trials),
            failed=self.failed,
            images=sum(trial.images for trial in self.trials),
            seconds=round(sum(trial.seconds for trial in self.trials), 1),
            sampler=search.sampler,
            seed=search.seed,
        )


def _rounded(value: float | None) -> float:
    assert value is not None
    return float(f"{value:.6g}")


@dataclass(frozen=True, slots=True)
class Tuning:
    """The end of it. `idle`: rows that have nothing to tune, with the reason; `done`: jobs done now, not before."""

    folder: Path
    search: Search
    studies: list[Study]
    idle: Mapping[str, str]
    done: int = 0

    def cost(self) -> tuple[float, int]:
        """(seconds, images) of all trials; a model that two rows share (`ae+gaussian`, `ae+gmm10`) counts once."""
        trials = [trial for study in self.studies for trial in study.trials]
        fits = {trial.fit: trial for trial in trials}.values()
        return sum(t.scoring for t in trials) + sum(t.fitting for t in fits), sum(t.images for t in fits)

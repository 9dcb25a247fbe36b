"""Who proposes the trials of a study: seeded random draws, or Optuna's TPE, which learns from the trials so far."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from genbench import registry
from genbench.core import seeds
from genbench.core.errors import UsageError, nearest
from genbench.protocols.space import Choice, Range
from genbench.tuning.records import Search, Study
from genbench.tuning.spaces import draw


class SearchStrategy(Protocol):
    """`rounds`: which trials are proposed together; a later round knows how the earlier ones ended."""

    @property
    def rounds(self) -> Sequence[Sequence[int]]: ...

    def options(self, trial: int) -> Mapping[str, Any]:
        """The options of this trial; each is asked for once, in order."""


class RandomDraws:
    """All trials at once: none depends on another."""

    def __init__(self, study: Study, search: Search) -> None:
        self.study, self.seed = study, search.seed
        self.rounds = [range(search.trials)]

    def options(self, trial: int) -> Mapping[str, Any]:
        return draw(self.study.space, self.seed, trial)


class OptunaDraws:
    """The tree-structured Parzen estimator (Bergstra et al. 2011) of Optuna: the default, then random draws together,
    then one trial at a time.

    The first half of the trials, at most ten, are drawn at random: none depends on another, so they are one round.
    Equal scores give equal proposals, so that a second call finds every trial in the store.
    """

    def __init__(self, study: Study, search: Search) -> None:
        self.study = study
        self._optuna: Any = _optuna()
        seed = seeds.derive("tune", search.seed, study.use.name, study.dataset) % 2**32
        startup = min(10, max(1, search.trials // 2))
        later = [[trial] for trial in range(startup, search.trials)]
        self.rounds = [[0], *([list(range(1, startup))] if startup > 1 else []), *later]
        sampler = self._optuna.samplers.TPESampler(seed=seed, n_startup_trials=startup)
        self._asked: dict[int, Any] = {}
        self._optuna.logging.set_verbosity(self._optuna.logging.WARNING)
        self._memory = self._optuna.create_study(sampler=sampler)

    def options(self, trial: int) -> Mapping[str, Any]:
        if trial == 0:
            return {}
        self._learn()
        asked = self._asked[trial] = self._memory.ask()
        return {name: self._suggested(asked, name, domain) for name, domain in self.study.space.items()}

    def _suggested(self, asked: Any, name: str, domain: Range | Choice) -> Any:
        if isinstance(domain, Choice):
            return asked.suggest_categorical(name, domain.values)
        return domain.rounded(asked.suggest_float(name, domain.low, domain.high, log=domain.scale == "log"))

    def _learn(self) -> None:
        """Tell how the trials ended that it has not heard of; the default too, where the space holds it."""
        state = self._optuna.trial.TrialState
        for trial in self.study.trials:
            asked = self._asked.pop(trial.index, None)
            if asked is not None and trial.value is None:
                self._memory.tell(asked, state=state.FAIL)
            elif asked is not None:
                self._memory.tell(asked, self.study.loss(trial))
            elif trial.index == 0 and not self._memory.trials and trial.value is not None:
                self._tell_default(self.study.loss(trial))

    def _tell_default(self, loss: float) -> None:
        known = registry.models.get(self.study.use.model).options() | dict(self.study.base)
        space = self.study.space
        if not all(domain.holds(known[name]) for name, domain in space.items()):
            return
        of = self._optuna.distributions
        shapes = {
            name: of.CategoricalDistribution(domain.values)
            if isinstance(domain, Choice)
            else of.FloatDistribution(domain.low, domain.high, log=domain.scale == "log")
            for name, domain in space.items()
        }
        values = {name: known[name] for name in space}
        self._memory.add_trial(self._optuna.trial.create_trial(params=values, distributions=shapes, value=loss))


STRATEGIES: dict[str, Callable[[Study, Search], SearchStrategy]] = {"random": RandomDraws, "optuna": OptunaDraws}


def check_strategy(name: str) -> None:
    """Raise `UsageError` where there is no such sampler, or its package is missing."""
    if name not in STRATEGIES:
        near = nearest(name, STRATEGIES) or "random"
        raise UsageError(f"--sampler is one of {', '.join(STRATEGIES)}; got {name!r}: take {near!r}?")
    if name == "optuna":
        _optuna()


def _optuna() -> Any:
    try:
        return importlib.import_module("optuna")
    except ModuleNotFoundError as error:
        raise UsageError(
            "--sampler optuna needs Optuna: `pip install genbench[tune]`, or take --sampler random."
        ) from error

"""Tuning a suite: every row gets the same trials, run by the machinery of a run on the validation view of the data."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from genbench import registry
from genbench.core import paths
from genbench.core.errors import UsageError
from genbench.core.jobs import Job, Plan
from genbench.core.values import Status
from genbench.data.derived import VALIDATION
from genbench.evaluations.context import RunContext
from genbench.protocols.evaluation import EvaluationConfig
from genbench.runs import provenance
from genbench.runs.execution import Listener, execute
from genbench.runs.options import Options
from genbench.runs.plan import Conditions, make_job
from genbench.runs.session import prepare
from genbench.runs.suite import ModelUse, OptionTable, Suite
from genbench.tuning.records import Search, Study, Trial, Tuning
from genbench.tuning.spaces import row_space
from genbench.tuning.strategies import STRATEGIES, check_strategy
from genbench.tuning.targets import Target, target

TRAINED_FROM = 1_000_000
"""Added to the search's seed: trials are trained from a seed that no suite measures with."""

MOST_TRIALS = 10_000

RECORD = "tuning.json"


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """A trial that is to be run: the row that stands for it in the tuning suite, and its options."""

    study: Study
    index: int
    options: Mapping[str, Any]

    @property
    def use(self) -> ModelUse:
        """The trial as a row: `vae:3`."""
        own = self.study.use
        return ModelUse.model_validate({"use": own.use, "as": f"{own.name}:{self.index}"})

    @property
    def view(self) -> str:
        """The dataset as the trial sees it."""
        return f"{self.study.dataset}{VALIDATION}"


def tune(suite: Suite, options: Options, search: Search, listener: Listener) -> Tuning:
    """Do the trials that are missing and keep each the moment it ends; the same call again only reads.

    Raises `UsageError` where nothing can be tuned. The record is written to `tuning.json` after every round.
    """
    check_strategy(search.sampler)
    context = _context(suite, options)
    studies, idle = plan_studies(suite, context, search)
    if not studies:
        raise UsageError("nothing can be tuned: " + "; ".join(f"{row}: {why}" for row, why in idle.items()) + ".")
    strategies = [STRATEGIES[search.sampler](study, search) for study in studies]
    done, folder = 0, options.folder(tuning_name(suite))
    asked: list[Asked] = []
    for indices in strategies[0].rounds:
        new = [Asked(s, i, one.options(i)) for i in indices for s, one in zip(studies, strategies, strict=True)]
        asked += new
        done += _Round(suite, options, search, context).run(asked, new, listener)
        _write_record(folder / RECORD, suite, Tuning(folder, search, studies, idle))
    return Tuning(folder, search, studies, idle, done)


def tuning_name(suite: Suite) -> str:
    """What the suite of trials is called."""
    return f"{suite.name}-tuning"


def _context(suite: Suite, options: Options) -> RunContext:
    """One context for all rounds: data and encoders are loaded once."""
    device = provenance.pick_device(options.device)
    return RunContext(
        root=options.data_root, cache=paths.cache_dir(), device=device, threads=suite.threads, named=suite.named
    )


def plan_studies(suite: Suite, context: RunContext, search: Search) -> tuple[list[Study], dict[str, str]]:
    """A study for each row on each dataset, and the rows that have nothing to tune, with the reason."""
    if not 1 <= search.trials <= MOST_TRIALS:
        raise UsageError(f"--trials is from 1, the default alone, to {MOST_TRIALS:,}; got {search.trials:,}.")
    studies, idle = [], {}
    for dataset in suite.all_datasets():
        facts, spec = context.dataset(dataset).facts, context.dataset(f"{dataset}{VALIDATION}").spec
        for use in suite.models:
            aim = target(suite, use, facts, search.metric)
            space = row_space(use, spec, aim.config.name) if aim else {}
            if aim is None:
                idle[use.name] = f"gives no {search.metric or 'metric that it could be tuned for'}"
            elif use.checkpoint:
                idle[use.name] = "a checkpoint is not trained"
            elif not space:
                idle[use.name] = "no option to tune"
            else:
                studies.append(Study(use, dataset, space, aim, _base(suite, use, dataset)))
    return studies, idle


def _base(suite: Suite, use: ModelUse, dataset: str) -> dict[str, Any]:
    """The default that tuning must beat: the suite's own options, not those that an earlier tuning has found."""
    return use.options if use.name in suite.tuned.get(dataset, {}) else suite.options_of(use, dataset)


@dataclasses.dataclass(frozen=True, slots=True)
class _Round:
    """Runs trials, as far as they are missing, and adds the new ones to their studies."""

    suite: Suite
    options: Options
    search: Search
    context: RunContext

    def run(self, asked: Sequence[Asked], new: Sequence[Asked], listener: Listener) -> int:
        """`asked`: all trials so far, which together are the plan; how many jobs were done."""
        jobs: list[Job] = []

        def planner(made: Suite, conditions: Conditions) -> Plan:
            seed = TRAINED_FROM + self.search.seed
            jobs.extend(make_job(made, conditions, a.use, a.view, seed, a.study.target.config) for a in asked)
            headlines = {a.view: {a.study.target.config.name: a.study.target.metric} for a in asked}
            return Plan(jobs=tuple(jobs), headlines=headlines, datasets=conditions.datasets)

        prepared = prepare(tuning_suite(self.suite, asked), self.options, planner, context=self.context)
        done = execute(prepared, listener, command=self.options.command).done
        with prepared.folder.open() as store:
            ends, values = store.ends([job.key for job in jobs]), store.table(prepared.plan.id)
        measured = dict(iter(values.groupby("job")))
        for one, job in list(zip(asked, jobs, strict=True))[-len(new) :]:
            own = measured.get(job.key, values.iloc[:0])
            near = self.context.dataset(one.view).near
            one.study.trials.append(
                _trial(one, job, ends.get(job.key, {}), _headline_rows(own, one.study.target, near))
            )
        return done


def tuning_suite(suite: Suite, asked: Sequence[Asked]) -> Suite:
    """The suite whose rows are these trials, their options in its tables."""
    evaluations: dict[EvaluationConfig, dict[str, None]] = {}
    options: dict[str, OptionTable] = {}
    for one in asked:
        evaluations.setdefault(one.study.target.config, {})[one.view] = None
        options.setdefault(one.view, {})[one.use.name] = {**one.study.base, **one.options}
    return suite.model_copy(
        update={
            "name": tuning_name(suite),
            "summary": f"Trials of `genbench tune` for {suite.name}.",
            "models": tuple({one.use.name: one.use for one in asked}.values()),
            "datasets": tuple(options),
            "seeds": 1,
            "evaluations": tuple(e.model_copy(update={"datasets": tuple(views)}) for e, views in evaluations.items()),
            "options": options,
            "tuned": {},
        }
    )


def _headline_rows(values: pd.DataFrame, target: Target, near: Collection[str]) -> pd.DataFrame:
    """What the overview would show of a trial: of several scores the first that the model gives, of the targets those
    that the evaluation's record means."""
    rows = values[values.metric == target.metric]
    rows = rows[rows.score.fillna("") == rows.score.fillna("").iloc[0]] if len(rows) else rows
    hard = rows.target.isin(near)
    by_near = registry.evaluations.get(target.config.name).card.over_targets == "near"
    return rows[hard] if by_near and hard.any() else rows


def _trial(asked: Asked, job: Job, end: Mapping[str, Any], rows: pd.DataFrame) -> Trial:
    """How a trial ended. Its value is the mean over `rows`, the targets of its metric."""
    status, reason = Status(end.get("status", Status.FAILED)), end.get("reason") or (None if end else "it did not end")
    bad = rows[rows.status != Status.OK]
    if status is Status.OK and (rows.empty or len(bad)):
        status = Status.FAILED if rows.empty else Status(bad.status.iloc[0])
        reason = f"no {asked.study.target.metric} was measured" if rows.empty else bad.reason.iloc[0]
    return Trial(
        index=asked.index,
        options=dict(asked.options),
        status=status,
        reason=None if status is Status.OK else reason,
        value=float(rows.value.mean()) if status is Status.OK else None,
        seed=job.fit.seed,
        images=job.fit.budget.shown or int(end.get("images") or 0),
        fitting=float(end.get("fit_seconds") or 0.0),
        scoring=float(end.get("seconds") or 0.0),
        fit=job.fit.key,
        job=job.key,
    )


def _write_record(path: Path, suite: Suite, tuning: Tuning) -> None:
    with paths.last_writer(path) as temporary:
        temporary.write_text(json.dumps(record(suite, tuning), indent=2, default=str) + "\n", encoding="utf-8")


def record(suite: Suite, tuning: Tuning) -> dict[str, Any]:
    """Everything that tuning did, as JSON has it."""
    seconds, images = tuning.cost()
    return {
        "version": 1,
        "suite": suite.name,
        "budget": suite.budget.model_dump(mode="json"),
        "search": dataclasses.asdict(tuning.search),
        "seconds": seconds,
        "images": images,
        "idle": dict(tuning.idle),
        "studies": [_study(study) for study in tuning.studies],
    }


def _study(study: Study) -> dict[str, Any]:
    best = study.best
    return {
        "row": study.use.name,
        "dataset": study.dataset,
        "split": "val",
        "evaluation": study.target.config.name,
        "metric": study.target.metric,
        "direction": str(study.target.direction),
        "space": {name: str(domain) for name, domain in study.space.items()},
        "base": dict(study.base),
        "best": None if best is None else best.index,
        "better": study.better,
        "failed": study.failed,
        "gain": study.gain,
        "trials": [dataclasses.asdict(trial) for trial in study.trials],
    }

"""genbench from Python: run a suite, open a run's folder, draw from its models. Torch is imported when needed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from genbench import registry
from genbench.core.errors import DataError, UnknownName
from genbench.core.jobs import Event
from genbench.core.records import PlanRecord
from genbench.report.benchmark import benchmark_json
from genbench.report.data import RunData
from genbench.report.export import export
from genbench.report.output import board_records, read_run, write_file
from genbench.report.page import render
from genbench.runs.folder import RunFolder
from genbench.runs.options import Options, chosen_suite

if TYPE_CHECKING:
    from genbench.runs.session import Listener, Result, Session
    from genbench.runs.trained import TrainedModel
    from genbench.tuning.records import Search, Tuning

__all__ = ["Run", "board_records", "load", "run", "tune"]


class Run:
    """A finished (or half finished) run in its folder. `plan`: whose numbers it shows, the last that was asked for
    unless named."""

    def __init__(self, folder: RunFolder, plan: str | None = None) -> None:
        self.folder = folder
        self._plan = plan

    @property
    def plan(self) -> PlanRecord | None:
        """The plan whose numbers are shown; None where the store knows of none."""
        with self.folder.open() as store:
            return store.plan(self._plan)

    def plans(self) -> list[PlanRecord]:
        """All plans of the store, the one that was asked for last at the end."""
        with self.folder.open() as store:
            return store.plans()

    def data(self) -> RunData:
        """All that a report reads."""
        with self.folder.open() as store:
            return read_run(store, self._plan, root=self.folder.place.folder)

    def table(self) -> pd.DataFrame:
        """The tidy table: one row a value of the plan."""
        return self.data().table

    def datasets(self) -> list[str]:
        """The datasets of the plan, in order."""
        return list(self._rows().dataset.unique())

    def model(self, label: str, *, dataset: str, seed: int = 0, data_root: str | None = None) -> TrainedModel:
        """The model of this row, as it was trained. Raises `UnknownName` or `DataError` where there is none."""
        from genbench.runs.trained import TrainedModel

        rows = self._rows()
        if label not in set(rows.label):
            raise UnknownName("model", label, rows.label.unique())
        own = rows[rows.label == label]
        found = own[(own.dataset == dataset) & (own.seed == seed)]
        if found.empty:
            there = ", ".join(f"{d} seed {s}" for d, s in own[["dataset", "seed"]].drop_duplicates().values)
            raise DataError(f"{label} was not run on {dataset} with seed {seed}; there are: {there}.")
        return TrainedModel(self.folder, found.iloc[-1].to_dict(), data_root)

    def report(self, output: Path | None = None) -> Path:
        """Write the report; its path. Where it is the run's own, timings are written beside it."""
        path = output or self.folder.report
        self.folder.check_output(path)
        data = self.data()
        write_file(path, render(data))
        timings = benchmark_json(data) if output is None else None
        if timings is not None:
            write_file(self.folder.timings, timings)
        return path

    def export(self, form: str, output: Path | None = None) -> bytes:
        """The tables in this format, also written to a file where one is named."""
        if output is not None:
            self.folder.check_output(output)
        content = export(self.data(), form)
        if output is not None:
            write_file(output, content)
        return content

    def clean(self, *, keep_last: bool = False) -> tuple[int, int]:
        """Drop the files that no result refers to (with `keep_last` also the results of other plans): how many files,
        how many bytes."""
        with self.folder.open() as store:
            plan = store.plan(self._plan)
            return self.folder.clean(store, keep_only=plan.id if keep_last and plan else None)

    def _rows(self) -> pd.DataFrame:
        with self.folder.open() as store:
            plan = store.plan(self._plan)
            return store.rows(plan.id if plan else None)


class _Silent:
    def planned(self, session: Session) -> None: ...

    def event(self, event: Event) -> None: ...


def run(suite: str, options: Options | None = None, *, listener: Listener | None = None) -> Result:
    """Run what is missing of a suite and write the report; what `genbench run` does."""
    registry.run_begins()  # a script that calls this without a guard may be read by a worker process
    from genbench.runs import session

    chosen = options or Options()
    if not chosen.command:
        chosen = replace(chosen, command=f"genbench.run({suite!r})")
    prepared = session.prepare(chosen_suite(suite, chosen), chosen)
    result = session.execute(prepared, listener or _Silent(), command=chosen.command)
    Run(result.run).report()
    return result


def tune(suite: str, search: Search | None = None, options: Options | None = None) -> Tuning:
    """Give every row of a suite the same trials at the suite's budget, scored on `val`; what `genbench tune` does."""
    registry.run_begins()
    from genbench.tuning.records import Search
    from genbench.tuning.search import tune as search_options

    chosen = options or Options()
    if not chosen.command:
        chosen = replace(chosen, command=f"genbench.tune({suite!r})")
    return search_options(chosen_suite(suite, chosen), chosen, search or Search(), _Silent())


def load(place: str | Path, *, plan: str | None = None) -> Run:
    """Open a run's folder, or a store by its URL. `plan`: an older one, by its id (`genbench show run DIR`)."""
    return Run(RunFolder.find(str(place)), plan)

"""genbench from Python: run a suite, open a run's folder, read its tables, draw from its models, score samples.

Torch is imported when needed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from genbench import registry
from genbench.core.code_state import code_state
from genbench.core.errors import DataError, UnknownName, UsageError, nearest
from genbench.core.jobs import Event, content_key
from genbench.core.records import PlanRecord
from genbench.core.values import Status
from genbench.report import frames
from genbench.report.benchmark import benchmark_json
from genbench.report.compare import compare
from genbench.report.data import RunData
from genbench.report.differences import differences
from genbench.report.export import export
from genbench.report.figures import interval_plot
from genbench.report.folder_export import FOLDERS, export_folder
from genbench.report.language import ENGLISH, language
from genbench.report.leaderboard import leaderboards
from genbench.report.notebook import Drawing
from genbench.report.output import board_records, read_run, write_file
from genbench.report.page import render
from genbench.report.types import OVERVIEW, Leaderboard
from genbench.runs.folder import RunFolder
from genbench.runs.options import Options, chosen_suite
from genbench.runs.suite import Suite

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.runs.execution import Listener
    from genbench.runs.outcome import Result
    from genbench.runs.session import Session
    from genbench.runs.trained import TrainedModel
    from genbench.scoring import Array, Scores
    from genbench.tuning.records import Search, Tuning

__all__ = ["Run", "board_records", "load", "run", "score", "tune"]


NOTHING_YET = "nothing of this run is done yet: the same command goes on with it."


class Run:
    """A finished (or half finished) run in its folder: its tables, models and report.

    `plan`: whose numbers it shows, the last that was asked for unless named. `result`: what the call of `genbench.run`
    did that gave this, None for a run that was opened.
    """

    def __init__(self, folder: RunFolder, plan: str | None = None, result: Result | None = None) -> None:
        self.folder, self.result = folder, result
        self._plan = plan

    def __repr__(self) -> str:
        found = self.data()
        labels, wrong = found.table.get("label", pd.Series()).nunique(), len(self.failures())
        parts = [f"{labels} rows on {', '.join(self.datasets())}", f"{len(found.table)} values"]
        parts += [f"{wrong} jobs failed"] if wrong else []
        return f"<Run of {found.suite!r}: {', '.join(parts)}; {self.folder.place}>"

    @property
    def ok(self) -> bool:
        """Whether nothing failed, diverged or ran out of time."""
        return self.failures().empty if self.result is None else self.result.ok

    @property
    def total(self) -> int:
        """How many jobs the plan has."""
        return len(self.plan.jobs) if self.plan else 0

    @property
    def done(self) -> int:
        """How many of them the call did that gave this run; 0 for a run that was opened."""
        return self.result.done if self.result else 0

    @property
    def failed(self) -> Sequence[str]:
        """A line for each job that did not end well, with the reason; see `failures` for a table."""
        if self.result is not None:
            return self.result.failed
        return [
            f"{r.label} on {r.dataset}, seed {r.seed}, {r.evaluation}: {r.reason}" for r in self.failures().itertuples()
        ]

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

    def leaderboard(self, evaluation: str = OVERVIEW, *, dataset: str | None = None) -> pd.DataFrame:
        """One evaluation on one dataset (the first unless named) as a table, best first: means, half-widths, places.

        `overview` has the headline of each evaluation. Raises `UnknownName` with the nearest name.
        """
        return frames.board_frame(self._board(evaluation, dataset))

    def plot(self, evaluation: str = OVERVIEW, *, dataset: str | None = None) -> Drawing:
        """The means with their intervals as a picture that a notebook shows; `str` of it is SVG.

        Raises `UsageError` where fewer than two models have a value.
        """
        board = self._board(evaluation, dataset)
        drawn = interval_plot(board)
        if drawn is None:
            raise UsageError(f"{board.title} on {board.dataset}: fewer than two models have a value to be drawn.")
        return Drawing(drawn)

    def _repr_html_(self) -> str:
        """What a notebook shows of a run: the overview of each dataset."""
        boards = leaderboards(self.data()) if self.total else []
        return "".join(board._repr_html_() for board in boards if board.is_overview) or repr(self)

    def _board(self, evaluation: str, dataset: str | None) -> Leaderboard:
        """One leaderboard. Raises `UnknownName`."""
        boards = leaderboards(self.data())
        if not boards:
            raise DataError(NOTHING_YET)
        known = list(dict.fromkeys(board.dataset for board in boards))
        chosen = dataset or next(iter(known), "")
        if chosen not in known:
            raise UnknownName("dataset", chosen, known, place="this run")
        here = {board.evaluation: board for board in boards if board.dataset == chosen}
        if evaluation not in here:
            raise UnknownName("evaluation", evaluation, here, place="this run")
        return here[evaluation]

    def failures(self) -> pd.DataFrame:
        """What has no value because something went wrong: model, dataset, seed, evaluation, status and reason."""
        table = self.table()
        if table.empty:
            return table
        wrong = ~table["status"].isin([Status.OK, Status.UNSUPPORTED])
        columns = ["label", "dataset", "seed", "evaluation", "status", "reason"]
        return table.loc[wrong, columns].drop_duplicates(ignore_index=True)

    def curves(self) -> pd.DataFrame:
        """The training curves: model, dataset, seed, objective, images shown, loss."""
        return frames.curve_frame(self.data().fits)

    def compare(self, other: Run | str | Path) -> pd.DataFrame:
        """What changed from this run to another: a row a measurement with its difference, interval and verdict.

        `attrs["settings"]` has what the two were told that is not the same: a list of (setting, here, there).
        """
        before, after = self.data(), (other if isinstance(other, Run) else load(other)).data()
        found = pd.DataFrame([dataclasses.asdict(change) for change in compare(before.table, after.table)])
        found.attrs["settings"] = [dataclasses.astuple(one) for one in differences(before, after)]
        return found

    def datasets(self) -> list[str]:
        """The datasets of the plan, in order."""
        return list(self._rows().dataset.unique())

    def model(
        self, label: str, *, dataset: str | None = None, seed: int = 0, data_root: str | None = None
    ) -> TrainedModel:
        """The model of this row (on the first dataset that it was run on, unless named), as it was trained.

        Raises `UnknownName` or `DataError` where there is none.
        """
        from genbench.runs.trained import TrainedModel

        rows = self._rows()
        if rows.empty:
            raise DataError(NOTHING_YET)
        if label not in set(rows.label):
            raise UnknownName("model", label, rows.label.unique(), place="this run")
        own = rows[rows.label == label]
        wanted = dataset or own.dataset.iloc[0]
        found = own[(own.dataset == wanted) & (own.seed == seed)]
        if found.empty:
            there = ", ".join(f"{d} seed {s}" for d, s in own[["dataset", "seed"]].drop_duplicates().values)
            raise DataError(f"{label} was not run on {wanted} with seed {seed}; there are: {there}.")
        named = self.data().content.get("named", {})
        return TrainedModel(self.folder, found.iloc[-1].to_dict(), data_root, named=named)

    def samples(self, label: str, n: int = 64, *, dataset: str | None = None, seed: int = 0) -> Tensor:
        """(n, *shape): the first n draws of this row's model, those that were measured."""
        return self.model(label, dataset=dataset, seed=seed).sample(n)

    def report(self, output: Path | None = None, *, lang: str = ENGLISH) -> Path:
        """Write the report in this language; its path. Where it is the run's own, timings are written beside it."""
        path = output or self.folder.report
        self.folder.check_output(path)
        data = self.data()
        write_file(path, render(data, language(lang)))
        timings = benchmark_json(data) if output is None else None
        if timings is not None:
            write_file(self.folder.timings, timings)
        return path

    def page(self) -> Path:
        """The path of the run's own report, which is rendered unless it is what the store, genbench and its packages
        would give again."""
        with self.folder.open() as store:
            plan, code = store.plan(self._plan), code_state()
            made_of = content_key(state=store.state(plan.id), code=code) if plan and code else ""
        if not made_of or not self.folder.is_rendered(made_of):
            self.report()
            self.folder.note_rendered(made_of)
        return self.folder.report

    def export(self, form: str, output: Path | None = None) -> bytes:
        """The tables in this format, also written to a file where one is named.

        `mlflow`, `wandb`, `tensorboard`, `model-card` and `every-eval-ever` fill the new folder `output` and give no
        bytes.
        """
        if form in FOLDERS:
            self.folder.check_output((output or Path()) / form)
            export_folder(self.data(), form, output)
            return b""
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


@contextmanager
def _listening(listener: Listener | None, progress: bool | None) -> Iterator[Listener]:
    """Whoever is told how the run goes on: the caller's own, a line that is written again and again, or nobody."""
    from genbench.notebook import OneLine, in_notebook

    if listener is None and (in_notebook() if progress is None else progress):
        with OneLine() as line:
            yield line
    else:
        yield listener or _Silent()


def run(
    suite: str | Path | Mapping[str, Any] | Suite,
    options: Options | None = None,
    *,
    listener: Listener | None = None,
    progress: bool | None = None,
    **settings: Any,
) -> Run:
    """Run what is missing of a suite and write the report; what `genbench run` does.

    `suite`: a name, a `.toml` file, its content as a mapping, or a `Suite`. `options`, or its fields as keywords, are
    those of the command line: `genbench.run("quick", models=["vae", "gan"], seeds=3, out="runs/mine")`. `progress`:
    show how far it is, on one line; a notebook does unless it is False, a script where it is True.
    """
    registry.run_begins()  # a script that calls this without a guard may be read by a worker process
    from genbench.runs.execution import execute
    from genbench.runs.session import prepare

    chosen = _options(options, settings, f"genbench.run({_said(suite)})")
    prepared = prepare(chosen_suite(suite, chosen), chosen)
    with _listening(listener, progress) as watch:
        result = execute(prepared, watch, command=chosen.command)
    done = Run(result.run, result.plan, result)
    done.page()
    return done


def tune(
    suite: str | Path | Mapping[str, Any] | Suite,
    search: Search | None = None,
    options: Options | None = None,
    **settings: Any,
) -> Tuning:
    """Give every row of a suite the same trials at the suite's budget, scored on `val`; what `genbench tune` does."""
    registry.run_begins()
    from genbench.tuning.records import Search
    from genbench.tuning.search import tune as search_options

    chosen = _options(options, settings, f"genbench.tune({_said(suite)})")
    chosen = replace(chosen, controls=False)  # which have nothing to tune
    return search_options(chosen_suite(suite, chosen), chosen, search or Search(), _Silent())


def _options(options: Options | None, settings: Mapping[str, Any], command: str) -> Options:
    """The options with these fields in the place of theirs; raises `UsageError` with the nearest name."""
    known = [field.name for field in dataclasses.fields(Options)]
    for name in settings:
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean {near!r}?" if near else f"known are {', '.join(known)}."
            raise UsageError(f"{command.partition('(')[0]} has no option {name!r}: {hint}")
    given: dict[str, Any] = {name: Path(value) if name == "out" else value for name, value in settings.items()}
    chosen = replace(options or Options(), **given)
    return chosen if chosen.command else replace(chosen, command=command)


def _said(suite: object) -> str:
    return repr(suite) if isinstance(suite, str | Path) else f"<{type(suite).__name__}>"


def score(
    real: str | Path | Array,
    fake: str | Path | Array,
    *,
    train: str | Path | Array | None = None,
    encoder: str | None = None,
    metrics: Sequence[str] = (),
    data_root: str | None = None,
) -> Scores:
    """Score samples that genbench did not make; what `genbench score` does.

    `real`, `fake`, `train`: a path, or an array or tensor: images (N, C, H, W) or (N, H, W) in [0, 1] or uint8, or
    features (N, D). Raises `DataError`, `UsageError` or `UnknownName` in one sentence.
    """
    from genbench.scoring import Request
    from genbench.scoring import score as score_

    return score_(Request(real=real, fake=fake, train=train, encoder=encoder, metrics=metrics, data_root=data_root))


def load(place: str | Path, *, plan: str | None = None) -> Run:
    """Open a run's folder, or a store by its URL. `plan`: an older one, by its id (`genbench show run DIR`)."""
    return Run(RunFolder.find(str(place)), plan)

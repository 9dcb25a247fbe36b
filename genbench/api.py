"""genbench from Python: run a suite, open a run's folder, draw from its models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from genbench.core import paths
from genbench.core.errors import DataError, UnknownName, UsageError
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.pictures import grid, sample_picture
from genbench.executors.inline import make_bench, pinned
from genbench.executors.setting import Setting
from genbench.registry import models
from genbench.report.files import RunFolder, open_run, write_report
from genbench.run import session
from genbench.run.fit import weights_path
from genbench.run.options import Options, chosen_suite
from genbench.run.task import Event
from genbench.store import Store
from genbench.training.trainer import build
from genbench.training.weights import load_weights
from genbench.tuning.records import Search, Tuning
from genbench.tuning.search import tune as search_options


class Run:
    """A finished (or half finished) run in its folder."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder

    def table(self) -> pd.DataFrame:
        """The tidy table: one row a value."""
        store = Store(self.folder.store_url, existing=True)
        try:
            return store.table()
        finally:
            store.close()

    def model(self, label: str, *, dataset: str, seed: int = 0, data_root: str | None = None) -> Fitted:
        """The model of this row, as it was trained. Raises `UnknownName` or `DataError` where there is none."""
        store = Store(self.folder.store_url, existing=True)
        try:
            rows = store.rows()
        finally:
            store.close()
        if label not in set(rows.label):
            raise UnknownName("model", label, rows.label.unique())
        found = rows[(rows.label == label) & (rows.dataset == dataset) & (rows.seed == seed)]
        if found.empty:
            there = ", ".join(
                f"{d} seed {s}" for d, s in rows[rows.label == label][["dataset", "seed"]].drop_duplicates().values
            )
            raise DataError(f"{label} was not run on {dataset} with seed {seed}; there are: {there}.")
        row = found.iloc[-1].to_dict()
        if row["model"] not in models:
            raise UsageError(f"the model {row['model']!r} of this run came from a plugin: name its file with --plugin.")
        return Fitted(self.folder.folder, row, data_root)

    def datasets(self) -> list[str]:
        """The datasets that were run, in order."""
        store = Store(self.folder.store_url, existing=True)
        try:
            return list(store.rows().dataset.unique())
        finally:
            store.close()

    def report(self, output: Path | None = None) -> Path:
        """Write the report again; its path."""
        return write_report(self.folder, output)


class Fitted:
    """A trained model of a run with its sampler: draws the very samples that the run has measured."""

    def __init__(self, folder: Path, row: dict[str, Any], data_root: str | None) -> None:
        path = weights_path(folder, row["fit"])
        if not path.exists():
            raise DataError(f"the weights of {row['label']} are gone ({path}): run again with --force.")
        self._setting = Setting(folder=folder, cache=paths.cache_dir(), data_root=data_root)
        bench = make_bench(self._setting)
        entry = models.get(row["model"])
        spec = bench.dataset(row["dataset"]).spec
        self.module = build(entry.load(), spec, row["options"] or {}, seed=row["seed"]).eval()
        load_weights(self.module, path)
        self.label = row["label"]
        self._evidence = Evidence(self.module, row["sampler"], row["dataset"], row["seed"], bench)

    def sample(self, n: int) -> Tensor:
        """(n, *shape): the first n draws; fewer are a prefix of more."""
        with pinned(self._setting), torch.no_grad():
            return self._evidence.samples(n)

    def save(self, n: int, path: Path) -> None:
        """Write n samples: `.npy` for the array, `.png` for a picture. Raises `UsageError` for another form."""
        samples = self.sample(n)
        if path.suffix == ".npy":
            np.save(path, samples.detach().cpu().numpy())
            return
        if path.suffix != ".png":
            raise UsageError(f"samples are written as .png or .npy, got {str(path)!r}.")
        spec = self._evidence.dataset.spec
        if spec.is_image:
            path.write_bytes(grid(samples, spec, columns=max(1, round(n**0.5))))
            return
        pictures = sample_picture(samples, self._evidence.dataset)
        if not pictures:
            raise UsageError("these samples make no picture: give a name that ends in .npy.")
        path.write_bytes(pictures[0].png)


class _Silent:
    def planned(self, prepared: session.Prepared) -> None: ...

    def event(self, event: Event) -> None: ...


def run(suite: str, options: Options | None = None, *, listener: session.Listener | None = None) -> session.Result:
    """Run what is missing of a suite and write the report; what `genbench run` does."""
    chosen = options or Options()
    if not chosen.command:
        chosen = replace(chosen, command=f"genbench.run({suite!r})")
    prepared = session.prepare(chosen_suite(suite, chosen), chosen)
    result = session.execute(prepared, listener or _Silent(), command=chosen.command)
    write_report(RunFolder(result.folder, result.store_url))
    return result


def tune(suite: str, search: Search | None = None, options: Options | None = None) -> Tuning:
    """Give every row of a suite the same trials at the suite's budget, scored on `val`; what `genbench tune` does."""
    chosen = options or Options()
    if not chosen.command:
        chosen = replace(chosen, command=f"genbench.tune({suite!r})")
    return search_options(chosen_suite(suite, chosen), chosen, search or Search(), _Silent())


def load(place: str | Path) -> Run:
    """Open a run's folder, or a store by its URL."""
    return Run(open_run(str(place)))

"""A run written in the formats of MLflow, Weights & Biases and TensorBoard, each by its own library. Torch-free."""

from __future__ import annotations

import contextlib
import importlib
import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from genbench.core.errors import UsageError
from genbench.report.data import RunData
from genbench.report.tracked import TrackedRun, tracked_runs

MOST_AT_ONCE = 1_000
"""Metrics in one call of MLflow's client."""


def to_mlflow(data: RunData, path: Path) -> None:
    """An MLflow store: `mlflow ui --backend-store-uri sqlite:///PATH/mlflow.db` shows it.

    An experiment named as the suite, a run a row, dataset and seed: parameters, values, curves over images shown, and
    as tags `missing.KEY` what has no value and why.
    """
    entities = _library("mlflow.entities", "mlflow")
    with _quiet("mlflow", "alembic"):
        client = _library("mlflow", "mlflow").MlflowClient(tracking_uri=f"sqlite:///{path.absolute()}/mlflow.db")
        place = (path / "artifacts").absolute().as_uri()
        experiment = client.create_experiment(data.suite or "genbench", artifact_location=place)
        when = _milliseconds(data)
        for run in tracked_runs(data):
            made = client.create_run(experiment, start_time=when, run_name=run.name).info.run_id
            params = [entities.Param(name, str(value)) for name, value in run.params.items()]
            tags = [entities.RunTag(f"missing.{key}", reason[:5_000]) for key, reason in run.missing.items()]
            client.log_batch(made, params=params, tags=tags)
            numbers = [entities.Metric(name, value, when, step) for name, step, value in _series(run)]
            for start in range(0, len(numbers), MOST_AT_ONCE):
                client.log_batch(made, metrics=numbers[start : start + MOST_AT_ONCE])
            client.set_terminated(made, end_time=when)


def to_wandb(data: RunData, path: Path) -> None:
    """Runs of Weights & Biases that were made offline: `wandb sync PATH/wandb/offline-run-*` uploads them.

    A project named as the suite, a run a row, dataset and seed: parameters are its config, values its summary, what has
    no value is in the config's `missing`, and curves are its history over `images`.
    """
    wandb = _library("wandb", "wandb")
    settings = wandb.Settings(console="off", silent=True, disable_git=True, save_code=False)
    for run in tracked_runs(data):
        made = wandb.init(
            project=data.suite or "genbench",
            name=run.name,
            group=str(run.params.get("label", "")),
            dir=str(path),
            mode="offline",
            config={**run.params, "missing": dict(run.missing)},
            settings=settings,
            reinit="create_new",
        )
        made.define_metric("images")
        made.define_metric("loss/*", step_metric="images")
        steps: dict[int, dict[str, float]] = {}
        for name, curve in run.curves.items():
            for images, loss in curve:
                steps.setdefault(images, {})[name] = loss
        for images, losses in sorted(steps.items()):
            made.log({"images": images, **losses})
        made.summary.update(dict(run.values))
        made.finish()
    if wandb.run is None:  # nobody else's run is open
        wandb.teardown()  # its files are whole only when its process has ended


def to_tensorboard(data: RunData, path: Path) -> None:
    """Event files for `tensorboard --logdir PATH`: a folder a row, dataset and seed.

    Curves are scalars over images shown, values scalars at the last of these; parameters and what has no value are
    texts.
    """
    writers = _library("tensorboard.summary.writer.event_file_writer", "tensorboard")
    events = _library("tensorboard.compat.proto.event_pb2", "tensorboard")
    summaries = _library("tensorboard.compat.proto.summary_pb2", "tensorboard")
    tensors = _library("tensorboard.compat.proto.tensor_pb2", "tensorboard")
    types = _library("tensorboard.compat.proto.types_pb2", "tensorboard")
    plugin = summaries.SummaryMetadata(plugin_data=summaries.SummaryMetadata.PluginData(plugin_name="text"))
    when = _milliseconds(data) / 1_000
    for run in tracked_runs(data):
        writer = writers.EventFileWriter(str(path / run.name))
        texts = {"params": run.params, "missing": run.missing}
        found = [summaries.Summary.Value(tag=tag, simple_value=value) for tag, _, value in _series(run)]
        steps = [step for _, step, _ in _series(run)]
        for tag, mapping in texts.items():
            lines = "\n".join(f"- {name}: {value}" for name, value in mapping.items())
            tensor = tensors.TensorProto(dtype=types.DT_STRING, string_val=[lines.encode()])
            found.append(summaries.Summary.Value(tag=tag, tensor=tensor, metadata=plugin))
            steps.append(0)
        for step, one in zip(steps, found, strict=True):
            writer.add_event(events.Event(wall_time=when, step=step, summary=summaries.Summary(value=[one])))
        writer.close()


def _series(run: TrackedRun) -> Iterator[tuple[str, int, float]]:
    """(name, step, value) of each point of each curve, and of each value at the last image shown."""
    last = max((images for curve in run.curves.values() for images, _ in curve), default=0)
    yield from ((name, images, loss) for name, curve in run.curves.items() for images, loss in curve)
    yield from ((name, last, value) for name, value in run.values.items())


def _milliseconds(data: RunData) -> int:
    """When the run was started, since 1970; 0 where nobody knows."""
    run = data.last_run
    with contextlib.suppress(ValueError):
        return round(datetime.fromisoformat(run.started).timestamp() * 1_000) if run else 0
    return 0


def _library(module: str, package: str) -> Any:
    """A part of a tracker's own library. Raises `UsageError` with the remedy where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UsageError(f"--format {package} needs {package}: pip install genbench[{package}].") from error


@contextlib.contextmanager
def _quiet(*names: str) -> Iterator[None]:
    """Without the lines that these libraries log of their own making."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)

"""Exports that are a folder of files: for trackers of experiments, model cards, shared databases of evaluations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from genbench.core.errors import UsageError
from genbench.report.data import RunData
from genbench.report.every_eval_ever import to_every_eval_ever
from genbench.report.export import FOLDER_FORMATS
from genbench.report.model_cards import to_model_cards
from genbench.report.trackers import to_mlflow, to_tensorboard, to_wandb

_WRITERS = (to_mlflow, to_wandb, to_tensorboard, to_model_cards, to_every_eval_ever)

FOLDERS: dict[str, Callable[[RunData, Path], None]] = dict(zip(FOLDER_FORMATS, _WRITERS, strict=True))


def export_folder(data: RunData, format_: str, path: Path | None) -> None:
    """Write a run into a new or empty folder. Raises `UsageError` where there is none, or something is in it."""
    if path is None:
        raise UsageError(f"--format {format_} writes a folder: name a new one with -o.")
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UsageError(f"--format {format_} writes a folder, and {path} is not empty: name a new one with -o.")
    path.mkdir(parents=True, exist_ok=True)
    FOLDERS[format_](data, path)

"""Where the campaign happens, what it runs, and the table of a run that nothing disturbs."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mishaps.processes import Process, start
from mishaps.tables import table

MODELS = ["gaussian", "vae", "kde", "ae+gmm10", "control-train-copy"]


@dataclass(frozen=True)
class Campaign:
    """Where all of it happens, and the table of a run that nothing has disturbed."""

    folder: Path
    asked: argparse.Namespace
    whole: pd.DataFrame

    def run(self, out: str, executor: str = "inline", *more: str, **how: Any) -> Process:
        """The suite of the campaign, in a process of its own."""
        return start(self.folder, "kill.toml", out, executor, *more, **how)

    def table(self, out: str) -> pd.DataFrame:
        """What is in a folder's store; none where there is none yet."""
        return table(self.folder / out / "genbench.db")

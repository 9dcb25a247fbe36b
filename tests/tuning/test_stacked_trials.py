"""Trials in stacks find what trials one by one find: the same values up to rounding, the same winner."""

from __future__ import annotations

from pathlib import Path

import pytest
from tuning_toys import suite_of

from genbench.core.jobs import FitEnded
from genbench.runs.options import Options
from genbench.tuning.records import Search, Tuning
from genbench.tuning.search import tune


class Trained:
    """How each fit was trained."""

    def __init__(self) -> None:
        self.ways: list[str] = []

    def planned(self, prepared: object) -> None: ...

    def event(self, event: object) -> None:
        if isinstance(event, FitEnded):
            self.ways.append(event.record.trained)


def found(folder: Path, stack: str, *rows: object) -> tuple[Tuning, list[str]]:
    suite = suite_of(*rows, datasets=["ring8"], budget={"images": 6_400})
    trained = Trained()
    options = Options(out=folder, executor="inline", device="cpu", stack=stack)
    return tune(suite, options, Search(trials=5, seed=1), trained), trained.ways


def test_stacked_trials_have_the_values_and_the_winner_of_trials_one_by_one(tmp_path: Path) -> None:
    rows = ["beta-vae", {"use": "gan", "as": "gan-2", "latent": 2}]
    alone, ways = found(tmp_path / "off", "off", *rows)
    assert set(ways) == {"plain"} and len(ways) == 10
    stacked, ways = found(tmp_path / "on", "on", *rows)
    assert ways.count("stack of 5 settings") == 5, "a fixed code makes one shape"
    assert sum("stack" in way for way in ways) >= 7, "codes of three sizes make a stack for each size"
    for one, other in zip(alone.studies, stacked.studies, strict=True):
        assert [t.options for t in one.trials] == [t.options for t in other.trials]
        assert [t.value for t in other.trials] == pytest.approx([t.value for t in one.trials], rel=0.02)
        assert one.best is not None and other.best is not None and one.best.index == other.best.index
        assert [t.fit for t in one.trials] == [t.fit for t in other.trials], "keys do not say how it was trained"

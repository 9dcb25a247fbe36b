"""What the leaderboard is made of: parts of suites, each one command's work. Torch-free."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from itertools import product
from pathlib import Path
from typing import Any

import genbench
from genbench import registry
from genbench.core.errors import UsageError, nearest
from genbench.core.jobs import content_key
from genbench.runs import suite_file
from genbench.runs.options import Options
from genbench.runs.plan import later_versions
from genbench.runs.suite import Suite

LIST = Path(__file__).resolve().parents[1] / "leaderboard.toml"

TINY = {
    "samples": 200, "density_samples": 1_000, "training": 200, "paths": 20, "steps": 20, "classifiers": 2,
    "images": 256, "batch": 64, "seconds": 0.01,
}  # fmt: skip
"""Settings of evaluations with which every part is tried in a minute or two."""
TINY_IMAGES, TINY_FLOPS = 2_000, 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some of a suite, done by one command.

    `families`, `rows`, `datasets`: only these (the last two are patterns); all where empty. `profiles`: of the suite,
    one after the other. `minutes`: what it is expected to take on one H100.
    """

    name: str
    suite: str
    families: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ("",)
    minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line says of every part: see `bench/leaderboard.py --help`. `limit`: seconds for the next;
    `copies`: a folder that gets each packed part, too."""

    out: Path
    packed: Path
    copies: Path | None = None
    data_root: str | None = None
    device: str = "auto"
    workers: int | None = None
    nvidia_mps: bool = False
    executor: str = "auto"
    stack: str = "auto"
    seeds: int | None = None
    datasets: Sequence[str] = ()
    limit: float = math.inf
    settings: Sequence[str] = ()
    profile: str = ""
    tiny: bool = False


def parts(path: Path = LIST) -> list[Part]:
    """All parts, in the order in which they are best run."""
    return [_part(table) for table in tomllib.loads(path.read_text(encoding="utf-8"))["parts"]]


def _part(table: Mapping[str, Any]) -> Part:
    return Part(**{key: tuple(value) if isinstance(value, list) else value for key, value in table.items()})


def chosen(names: Sequence[str]) -> list[Part]:
    """The parts of these names; raises `UsageError` with the nearest one."""
    known = {part.name: part for part in parts()}
    for name in names:
        if name not in known:
            raise UsageError(f"no part is called {name!r}: did you mean {nearest(name, known)!r}? --list shows all.")
    return [known[name] for name in names]


def options(part: Part, profile: str, asked: Asked, folder: Path) -> Options | None:
    """What `genbench.run` is told of one profile of the part; None where nothing of the suite is left."""
    suite = suite_file.read(suite_file.find(part.suite), profile=profile)
    labels = [use.name for use in suite.models if _is_of(part, use.name, use.model)]
    datasets = [name for name in suite.all_datasets() if not part.datasets or _fits(name, part.datasets)]
    if profile == "small" and not datasets:
        datasets = suite.all_datasets()
    datasets = list(asked.datasets) or datasets
    if not labels or not datasets:
        return None
    return Options(
        models=labels,
        controls=False,
        datasets=datasets,
        seeds=1 if asked.tiny else asked.seeds,
        device=asked.device,
        out=folder.absolute(),
        executor=asked.executor,
        workers=asked.workers,
        nvidia_mps=asked.nvidia_mps,
        stack=asked.stack,
        data_root=asked.data_root,
        settings=[*(tiny(suite) if asked.tiny else ()), *asked.settings],
        profile=profile,
        command=f"python bench/leaderboard.py --part {part.name}",
    )


def made_by(part: Part) -> str:
    """What stands for all that its results depend on besides the data: the suite in each profile, and the versions of
    genbench, of its evaluations and of their metrics, and from the second on those of its models and backbones."""
    suites = [suite_file.read(suite_file.find(part.suite), profile=profile) for profile in part.profiles]
    versions = {"genbench": genbench.__version__}
    for config in suites[0].evaluations:
        record = registry.evaluations.get(config.name).card
        metrics = {name: registry.metrics.get(name).card.version for name in config.metrics or record.own_metrics()}
        versions |= {config.name: record.version} | metrics
    for suite in suites:
        for use, dataset in product(suite.models, suite.all_datasets()):
            if _is_of(part, use.name, use.model):
                later = later_versions(registry.models.get(use.model), suite.options_of(use, dataset))
                versions |= {f"{use.name}: {name}": version for name, version in later.items()}
    return content_key(suites=[suite.model_dump(mode="json") for suite in suites], versions=versions)


def state(part: Part, note: Mapping[str, Any] | None) -> str:
    """How much of a part is there by the note of its packed file: `missing`, `in part`, `outdated` (by another suite or
    version), `whole`."""
    if note is None:
        return "missing"
    if note.get("made by") != made_by(part):
        return "outdated"
    return "whole" if note["whole"] else "in part"


def _is_of(part: Part, label: str, model: str) -> bool:
    family = registry.models.get(model).card.family
    return (not part.families or family in part.families) and (not part.rows or _fits(label, part.rows))


def _fits(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def tiny(suite: Suite) -> list[str]:
    """Overrides that make a suite small: 2,000 images (or as little compute), few samples."""
    budget = [f"budget.flops={TINY_FLOPS:g}"] if suite.budget.flops else [f"budget.images={TINY_IMAGES}"]
    made = []
    for config in suite.evaluations:
        for name, field in type(config).model_fields.items():
            if name in TINY:
                least = next((bound.ge for bound in field.metadata if hasattr(bound, "ge")), 0)
                made.append(f"{config.name}.{name}={max(TINY[name], least)}")
    return [*budget, *dict.fromkeys(made)]


def profiles(part: Part, asked: Asked) -> tuple[str, ...]:
    """The profiles to run: the part's own, unless one is asked for."""
    return (asked.profile,) if asked.profile else part.profiles


def small(part: Part) -> Part:
    """The part without its patterns of rows and datasets, which a small profile has not."""
    return replace(part, rows=(), datasets=())

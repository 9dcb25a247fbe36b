"""Tuning by the clock, ways side by side in one run: trial after trial, in stacks, in stacks on several workers.

GENBENCH_DATA=DATA python bench/tune.py --device cuda --ways off on on*3 on*8+mps
python bench/tune.py --device cpu --suite quick --models vae,gan --datasets digits --trials 4 --images 9000

A way is `off` (each trial is trained alone) or `on` (trials whose shapes agree are trained as one stack), `*N` with N
workers on each device, `+mps` where these compute at the same time (`--nvidia-mps`). The encoder is trained and cached
before the first way. Read: `seconds` and the ratio to the first way; then whether the ways have the same winners (a
trial in a stack draws the noise that it would draw alone, so values agree up to rounding and what training makes of
it).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from scipy.stats import spearmanr

from genbench.cli.options import names
from genbench.core.jobs import Event, FitEnded, JobEnded
from genbench.core.records import FitRecord
from genbench.runs.options import Options, chosen_suite
from genbench.runs.provenance import pick_device
from genbench.runs.session import Session
from genbench.runs.suite import Suite
from genbench.tuning.records import Search, Study, Tuning
from genbench.tuning.search import tune


@dataclass
class Watch:
    """What came of a way: when the first result was there, how each fit was trained, and what it and its jobs took."""

    began: float = field(default_factory=time.perf_counter)
    first: float = 0.0
    trained: Counter[str] = field(default_factory=Counter)
    remarks: Counter[str] = field(default_factory=Counter)
    fitting: Counter[str] = field(default_factory=Counter)
    stepping: Counter[str] = field(default_factory=Counter)
    scoring: Counter[str] = field(default_factory=Counter)

    def planned(self, session: Session) -> None:
        del session

    def event(self, event: Event) -> None:
        if isinstance(event, FitEnded):
            self.first = self.first or time.perf_counter() - self.began
            self.trained[event.record.trained] += 1
            self.remarks.update(filter(None, [event.record.remark]))
            self.fitting[event.record.model] += event.record.seconds
            self.stepping[event.record.model] += without_setup(event.record)
        elif isinstance(event, JobEnded):
            self.scoring[event.record.row.model] += event.record.seconds


def without_setup(record: FitRecord) -> float:
    """Seconds of a fit that were spent on iterations: its share of its stack's."""
    rates = record.details.get("images per second")
    return record.curve["images"][-1] * statistics.mean(1 / rate for rate in rates) if rates else 0.0


@dataclass(frozen=True)
class Way:
    """How trials are done: in stacks or not, on how many workers a device."""

    name: str

    def options(self, options: Options, folder: Path) -> Options:
        name, _, mps = self.name.partition("+")
        stack, _, workers = name.partition("*")
        many = int(workers or 1)
        own = {"workers": many} if options.device == "cpu" else {"workers_per_device": many}
        return replace(options, out=folder / self.name.replace("*", "x"), stack=stack, nvidia_mps=bool(mps), **own)


def run(way: Way, suite: Suite, options: Options, search: Search, folder: Path) -> tuple[float, Watch, Tuning]:
    """Seconds of the whole search, worker processes started and ended included."""
    watch, began = Watch(), time.perf_counter()
    tuning = tune(suite, way.options(options, folder), search, watch)
    return time.perf_counter() - began, watch, tuning


def show(way: Way, seconds: float, watch: Watch, first: float) -> None:
    fits = sum(watch.trained.values())
    stacked = sum(n for name, n in watch.trained.items() if "stack" in name)
    print(f"{way.name:8} {seconds:8.1f} s   {first / seconds:5.2f} x   {fits} fits, {stacked} in stacks")
    fitting, stepping, scoring = (sum(c.values()) for c in (watch.fitting, watch.stepping, watch.scoring))
    print(
        f"    first result after {watch.first:.1f} s; summed over workers: fitting {fitting:.1f} s, {stepping:.1f} s "
        f"of it iterations and the rest set-up; scoring {scoring:.1f} s"
    )
    for model in watch.fitting:
        parts = f"fitting {watch.fitting[model]:7.2f} s ({watch.stepping[model]:.2f} s of it iterations)"
        print(f"    {model:16} {parts}, scoring {watch.scoring[model]:7.2f} s")
    for name, n in (*watch.trained.most_common(), *watch.remarks.most_common(5)):
        print(f"    {n:4d} {name}")


def compare(expected: Study, found: Study) -> str:
    """Whether two searches of one row found the same, and by how much the values of its trials differ."""
    values = {t.index: t.value for t in expected.ended_well}
    pairs = [(values[t.index], t.value) for t in found.ended_well if t.index in values]
    gaps = [abs(a - b) / max(abs(a), 1e-12) for a, b in pairs if a is not None and b is not None]
    best, other = expected.best, found.best
    winners = f"{best.index if best else None} and {other.index if other else None}"
    word = "the same winner" if best and other and best.index == other.index else "OTHER WINNERS"
    rank = float(spearmanr(*zip(*pairs, strict=True)).statistic) if len(pairs) > 2 else float("nan")
    middle = statistics.median(gaps) if gaps else float("nan")
    shown = " and ".join(f"{t.value:.4g}" for t in (best, other) if t and t.value is not None)
    return (
        f"{found.use.name:16} {word} ({winners}: {shown}); values differ by {middle:.1%} in the middle, "
        f"{max(gaps, default=float('nan')):.1%} at most; Spearman {rank:.3f}; "
        f"without a value {expected.failed} and {found.failed}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="bench/eight-models.toml")
    parser.add_argument("--models", default="", help="only these rows of the suite")
    parser.add_argument("--datasets", default="")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--images", type=int, default=100_000, help="the budget of a trial")
    parser.add_argument("--ways", nargs="+", default=["off", "on", "on*2", "on*3"])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--data-root")
    chosen = parser.parse_args()
    options = Options(
        models=names(chosen.models),
        datasets=names(chosen.datasets),
        controls=False,
        device=pick_device(chosen.device),
        executor="local",
        data_root=chosen.data_root,
        settings=[f"budget.images={chosen.images}"],
    )
    suite = chosen_suite(chosen.suite, options)
    with tempfile.TemporaryDirectory() as place:
        warm = suite.model_copy(update={"budget": suite.budget.model_copy(update={"images": 1_000})})
        run(Way("off"), warm, options, Search(trials=1), Path(place) / "warm")
        first, expected = 0.0, None
        for way in map(Way, chosen.ways):
            seconds, watch, tuning = run(way, suite, options, Search(trials=chosen.trials), Path(place))
            first = first or seconds
            show(way, seconds, watch, first)
            if expected is None:
                expected = tuning
                continue
            for before, after in zip(expected.studies, tuning.studies, strict=True):
                print(f"    {compare(before, after)}", flush=True)


if __name__ == "__main__":
    main()

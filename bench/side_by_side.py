"""Workers side by side on one device: the same suite by 1, 2, 4 of them in turn, and what each way takes.

GENBENCH_DATA=DATA python bench/side_by_side.py --device cuda --workers 1 2 3 4
python bench/side_by_side.py --device cpu --suite quick --models vae,gan --datasets digits --seeds 2 --images 5000

Read: `seconds` and the ratio to one worker; `GiB` is what all processes on the GPU took at most. On several GPUs the
workers are spread over them: `CUDA_VISIBLE_DEVICES=0,1` beside `CUDA_VISIBLE_DEVICES=0` shows what the second one adds.
`steady` is the images a second while all workers are at work, which leaves out how long they take to start and that
some wait for the last one: `--executor ray --workers 1` on one and on two GPUs shows what a cluster adds. The encoder
is trained and cached before the first way.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from genbench.cli.options import names
from genbench.core.jobs import Event, FitEnded
from genbench.runs.execution import execute
from genbench.runs.options import Options, chosen_suite
from genbench.runs.outcome import Result
from genbench.runs.provenance import pick_device
from genbench.runs.session import Session, prepare
from genbench.runs.suite import Suite


@dataclass(frozen=True)
class Fit:
    """A training: when it had ended, its seconds and its images."""

    end: float
    seconds: float
    images: int

    def images_between(self, begin: float, end: float) -> float:
        """How many of its images fell into a stretch of time."""
        shared = min(end, self.end) - max(begin, self.end - self.seconds)
        return self.images * max(0.0, shared) / self.seconds if self.seconds else 0.0


@dataclass
class Watch:
    """What came of a run: images that were trained on, when the first model was there, how much memory was taken."""

    began: float = field(default_factory=time.perf_counter)
    fits: list[Fit] = field(default_factory=list)
    stacked: bool = False
    taken: int = 0

    @property
    def images(self) -> int:
        """Of all models."""
        return sum(fit.images for fit in self.fits)

    def steady(self, hands: int) -> float:
        """Images a second while all workers are at work: from the time when as many models have ended as there are
        workers until that number of them is left; a model's images are spread evenly over its seconds. Not of stacks,
        whose models end together."""
        if len(self.fits) < 2 * hands or self.stacked:
            return math.nan
        begin, end = self.fits[hands - 1].end, self.fits[-hands].end
        return sum(fit.images_between(begin, end) for fit in self.fits) / (end - begin) if end > begin else math.nan

    @property
    def first(self) -> float:
        """Seconds until the first model was there."""
        return self.fits[0].end if self.fits else math.nan

    def planned(self, session: Session) -> None:
        del session

    def event(self, event: Event) -> None:
        if torch.cuda.is_available():
            free, total = torch.cuda.mem_get_info()
            self.taken = max(self.taken, total - free)
        if isinstance(event, FitEnded):
            fit = event.record
            self.stacked |= "stack" in fit.trained
            self.fits.append(Fit(time.perf_counter() - self.began, fit.seconds, fit.images))


def run(suite: Suite, options: Options, workers: int, folder: Path) -> tuple[float, Watch, Result]:
    """Seconds of the whole run, worker processes started and ended included."""
    if options.executor == "ray":
        own: dict[str, Any] = {"gpus": 1 / workers}
    else:
        own = {"workers": workers} if options.device == "cpu" else {"workers_per_device": workers}
    began, watch = time.perf_counter(), Watch()
    session = prepare(suite, replace(options, out=folder, **own))
    result = execute(session, watch)
    return time.perf_counter() - began, watch, result


def compare(suite: Suite, options: Options, counts: Sequence[int], folder: Path) -> None:
    one = suite.model_copy(update={"models": suite.models[:1], "seeds": 1})
    budget = suite.budget.model_copy(update={"images": 1_000})
    run(one.model_copy(update={"budget": budget}), options, 1, folder / "warm")
    print(f"{'workers':>8}{'seconds':>10}{'x':>7}{'images/s':>12}{'steady':>12}{'first':>8}{'GiB':>7}  fits, jobs")
    alone, devices = 0.0, max(1, torch.cuda.device_count()) if options.device == "cuda" else 1
    for workers in counts:
        seconds, watch, result = run(suite, options, workers, folder / str(workers))
        alone = alone or seconds
        print(
            f"{workers:8}{seconds:10.1f}{alone / seconds:7.2f}{watch.images / seconds:12,.0f}"
            f"{watch.steady(workers * devices):12,.0f}{watch.first:8.1f}{watch.taken / 2**30:7.1f}"
            f"  {len(watch.fits)}, {dict(result.counts)}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="bench/eight-models.toml")
    parser.add_argument("--models", default="", help="only these rows, or models that the suite does not have")
    parser.add_argument("--datasets", default="")
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--images", type=int, default=500_000, help="the budget of a fit")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 3, 4])
    parser.add_argument("--stack", default="auto", choices=["auto", "on", "off"])
    parser.add_argument("--executor", default="local", choices=["local", "ray"])
    parser.add_argument("--nvidia-mps", action="store_true", help="workers on a GPU compute at the same time")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--data-root")
    chosen = parser.parse_args()
    options = Options(
        models=names(chosen.models),
        datasets=names(chosen.datasets),
        seeds=chosen.seeds,
        controls=False,
        device=pick_device(chosen.device),
        executor=chosen.executor,
        nvidia_mps=chosen.nvidia_mps,
        stack=chosen.stack,
        data_root=chosen.data_root,
        settings=[f"budget.images={chosen.images}"],
    )
    with tempfile.TemporaryDirectory() as place:
        compare(chosen_suite(chosen.suite, options), options, chosen.workers, Path(place))


if __name__ == "__main__":
    main()

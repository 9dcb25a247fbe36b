"""When diffusion starts to copy: steps until authenticity falls under the ceiling row's band, by training size.

python bench/memorisation.py --sizes 50,100,200,400 --seeds 3 --steps 40000

After "Why diffusion models don't memorize" (arXiv 2505.17638): samples become good after a time that does not depend on
how many examples there are, and become copies after one that grows with their number. `ddpm` (its MLP) on digits; one
training a size and seed, looked at after 250 steps and then after each √2 times as many.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import json
import math
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from genbench import registry
from genbench.core import paths, seeds
from genbench.core.values import Value
from genbench.data.splits import shuffled
from genbench.evaluations.context import RunContext
from genbench.metrics.panel import feature_metrics
from genbench.metrics.pointset import PointSet
from genbench.protocols.dataset import Dataset
from genbench.protocols.model import Batch
from genbench.stats.intervals import mean_interval
from genbench.training.trainer import build

METRICS = ["authenticity", "frechet"]
BATCH, FIRST = 128, 250


@dataclasses.dataclass(frozen=True)
class Judge:
    """Measures samples against digits of which only some were trained on."""

    context: RunContext
    data: Dataset

    def of(self, x: Tensor) -> dict[str, Value]:
        """The metrics of n samples, n that of the reference."""
        encoder = self.context.encoder("auto", self.context.dataset("digits"))
        train = self.context.once(("few", len(self.data.train)), lambda: PointSet(encoder.features(self.data.train.x)))
        pixels = self.context.once(("pixels", len(self.data.train)), lambda: PointSet(self.data.train.x.flatten(1)))
        real = self.context.once("real", lambda: PointSet(encoder.features(self.data.reference.x)))
        flat = self.context.once("flat", lambda: PointSet(self.data.reference.x.flatten(1)))
        draw = lambda: seeds.generator("bench")
        found = feature_metrics(real, encoder.features(x), train=train, metrics=METRICS, generator=draw())
        return found | feature_metrics(flat, x.flatten(1), train=pixels, metrics=["copy-rate"], generator=draw())


def checkpoints(most: int) -> Iterator[int]:
    """250 steps, then √2 times as many again and again."""
    for i in range(100):
        steps = round(FIRST * 2 ** (i / 2))
        if steps > most:
            return
        yield steps


def trained(data: Dataset, seed: int, most: int) -> Iterator[tuple[int, nn.Module]]:
    """The averaged weights after each checkpoint's steps."""
    model = build(registry.models.get("ddpm").load(), data.spec, {}, seed=seed)
    average = copy.deepcopy(model).requires_grad_(requires_grad=False)
    (objective,) = model.objectives()
    optimizer = torch.optim.Adam(model.parameters(), lr=objective.optimizer.lr, fused=True)
    generator, done = seeds.generator("batches", seed), 0
    for goal in checkpoints(most):
        with seeds.seeded("bench", seed, done):
            for _ in range(goal - done):
                rows = torch.randint(len(data.train), (BATCH,), generator=generator)
                optimizer.zero_grad(set_to_none=True)
                objective.loss(Batch(data.train.x[rows])).backward()
                optimizer.step()
                for mean, new in zip(average.parameters(), model.parameters(), strict=True):
                    mean.lerp_(new.detach(), 1 - 0.995)
        done = goal
        yield done, average


def onset(data: Dataset, context: RunContext, seed: int, most: int) -> tuple[list[dict[str, float]], int | None]:
    """The curve over steps, and the first steps with an authenticity 3 standard errors under the ceiling's."""
    judge, n = Judge(context, data), len(data.reference)
    top = judge.of(data.ceiling.x[:n])["authenticity"]
    curve = []
    for steps, model in trained(data, seed, most):
        with torch.no_grad():
            x = seeds.draw(model.sample, n, "samples", seed)
        found = judge.of(x)
        own = found["authenticity"]
        band = 3 * math.hypot(_error(own), _error(top))
        curve.append({"steps": steps, "ceiling": top.value, "band": band} | {k: v.value for k, v in found.items()})
        print(f"N {len(data.train)} seed {seed}:", {k: round(v, 3) for k, v in curve[-1].items()}, flush=True)
        if own.value < top.value - band:
            return curve, steps
    return curve, None


def _error(value: Value) -> float:
    return (value.ci_high - value.ci_low) / 2 / 1.96


def first_of(data: Dataset, size: int) -> Dataset:
    """The dataset with so many of its training examples."""
    rows = torch.from_numpy(shuffled(len(data.train), "bench", size)[:size])
    return dataclasses.replace(data, name=f"digits-first-{size}", train=data.train.take(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="50,100,200,400")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=40_000)
    parser.add_argument("--out", type=Path, help="A JSON file for the curves.")
    options = parser.parse_args()
    context = RunContext(root=None, cache=paths.cache_dir(), device="cpu")
    digits, curves, rows = context.dataset("digits"), {}, []
    for size in map(int, options.sizes.split(",")):
        start, found = time.process_time(), []
        for seed in range(options.seeds):
            curves[f"{size}/{seed}"], steps = onset(first_of(digits, size), context, seed, options.steps)
            found.append(steps)
        rows.append((size, found, time.process_time() - start))
        if options.out is not None:
            options.out.write_text(json.dumps(curves))
    print(
        "| training examples | steps at onset, by seed | geometric mean [95 %] | epochs | CPU s |",
        "|---:|---|---|---:|---:|",
        sep="\n",
    )
    for size, found, seconds in rows:
        print(f"| {size} | {', '.join(map(str, found))} | {_mean(found)} | {_epochs(found, size)} | {seconds:.0f} |")


def _mean(found: list[int | None]) -> str:
    """The geometric mean with its interval over seeds, where each seed has an onset.

    It is widened by the grid: an onset may be a factor √2 before the look that sees it.
    """
    logs = [math.log(steps) for steps in found if steps]
    if len(logs) < len(found):
        return "not all within the steps allowed"
    middle, known = math.exp(sum(logs) / len(logs)), mean_interval(logs)
    if known is None:
        return f"{middle:,.0f}"
    return f"{middle:,.0f} [{math.exp(known.low) / math.sqrt(2):,.0f}, {math.exp(known.high):,.0f}]"


def _epochs(found: list[int | None], size: int) -> str:
    known = [steps * BATCH / size for steps in found if steps]
    return f"{sum(known) / len(known):,.0f}" if known else "-"


if __name__ == "__main__":
    main()

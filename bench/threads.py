"""Training on the CPU by threads and by stack: images a second of models of several sizes.

taskset -c 0,1 python bench/threads.py --threads 1,2
"""

from __future__ import annotations

import argparse
import statistics

import torch

from genbench import registry
from genbench.core.errors import Unsupported
from genbench.protocols.dataset import Dataset, DataSpec, Split
from genbench.protocols.model import Budget
from genbench.training.trainer import TrainConfig, fit_stack

CASES = {
    "vae, 2 numbers": ("vae", (2,), {}, 200),
    "vae, 8x8": ("vae", (1, 8, 8), {}, 200),
    "gan, 8x8": ("gan", (1, 8, 8), {}, 200),
    "vae, 28x28": ("vae", (1, 28, 28), {}, 100),
    "vae conv, 28x28": ("vae", (1, 28, 28), {"net": "conv"}, 20),
}


def rate(
    name: str, shape: tuple[int, ...], options: dict[str, str], steps: int, config: TrainConfig
) -> tuple[float, str]:
    """Images a second of three seeds, the set-up included, and how they were trained."""
    spec = DataSpec(shape, (0.0, 1.0), 0)
    split = Split(torch.rand(4_096, *shape, generator=torch.Generator().manual_seed(0)))
    data = Dataset("noise", spec, split, split, split, split)
    cls = registry.models.get(name).load()
    budget = Budget(steps=steps, batch=128)
    cpu = torch.device("cpu")
    results = fit_stack(lambda: cls(spec, **options), data, budget, seeds=(0, 1, 2), device=cpu, config=config)
    records = [training for _, training in results]
    together = "stack" in records[0].trained
    seconds = records[0].seconds if together else sum(r.seconds for r in records)
    return sum(r.images for r in records) / seconds, records[0].trained


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    counts = [int(count) for count in options.threads.split(",")]
    for title, (name, shape, chosen, steps) in CASES.items():
        line = f"{title:18}"
        torch.set_num_threads(1)
        try:
            rate(name, shape, chosen, 1, TrainConfig())
        except (Unsupported, ValueError) as error:
            print(f"{line}  {error}")
            continue
        for threads in counts:
            torch.set_num_threads(threads)
            for config, way in ((TrainConfig(), "plain"), (TrainConfig(stack=3), "stack of 3")):
                rates = [rate(name, shape, chosen, steps, config)[0] for _ in range(options.rounds)]
                line += f"  {threads} threads {way} {statistics.median(rates):9,.0f}"
        print(line, flush=True)


if __name__ == "__main__":
    main()

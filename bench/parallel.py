"""The data parallel path on the devices there are: `accelerate launch bench/parallel.py`, or plain python.

Prints the images a second with and without the group of processes, and the largest difference of a weight.
"""

from __future__ import annotations

import argparse

import torch

from genbench.models.vae import VAE
from genbench.protocols.dataset import Dataset, DataSpec, Split
from genbench.protocols.model import Budget
from genbench.training.parallel import Accelerated, Alone
from genbench.training.trainer import TrainConfig, build, fit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    group = Accelerated()
    x = torch.rand(4_096, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    split = Split(x)
    data = Dataset("noise", DataSpec((1, 28, 28), (0.0, 1.0)), split, split, split, split)
    rates, weights = [], []
    for processes in (Alone(), group):
        model = build(VAE, data.spec, {}, seed=0)
        config = TrainConfig(processes=processes, capture="never")
        training = fit(model, data, Budget(steps=300, batch=128), seed=0, device=group.device, config=config)
        rates.append(training.images_per_second)
        weights.append(torch.cat([p.detach().reshape(-1) for p in model.parameters()]))
    if group.rank == 0:
        gap = float((weights[0] - weights[1]).abs().max())
        rate = f"{rates[0]:,.0f} images/s alone, {rates[1]:,.0f} in the group"
        print(f"{group.size} process(es) on {group.device}: {rate}, largest difference {gap:.1e}")


if __name__ == "__main__":
    main()

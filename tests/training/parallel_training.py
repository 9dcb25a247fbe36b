"""One process of a data parallel training: `python parallel_training.py OUT BATCH`, under a launcher."""

from __future__ import annotations

import sys

import torch
from torch import nn
from training_toys import CPU, TinyVAE, toy_data, weights

from genbench.protocols.model import Budget
from genbench.training.parallel import Accelerated
from genbench.training.trainer import TrainConfig, build, fit


class Reconstructing(TinyVAE):
    """Without noise, so that several processes and one see the same; with a buffer that counts steps."""

    def __init__(self, data) -> None:
        super().__init__(data)
        self.register_buffer("steps", torch.zeros(()))

    def loss(self, batch):
        self.steps += 1
        return nn.functional.mse_loss(self.dec(self.enc(batch.x)[:, :2]), batch.x)


def main(out: str, batch: int) -> None:
    processes, data = Accelerated(cpu=True), toy_data()
    # Another seed in each process: the first one's weights must win.
    model = build(Reconstructing, data.spec, {}, seed=processes.rank)
    training = fit(
        model,
        data,
        Budget(images=3_200, batch=batch),
        seed=0,
        device=CPU,
        config=TrainConfig(processes=processes),
    )
    record = {"trained": training.trained, "curve": training.curve["elbo"], "weights": weights(model)}
    torch.save(record, f"{out}.{processes.rank}")
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

"""A training that kills its own process: `python killed_training.py CHECKPOINT IMAGES`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from training_toys import CPU, SHORT, PenaltyGAN, toy_data

from genbench.training.trainer import TrainConfig, build, fit


def main(path: str, kill_at: int) -> None:
    def progress(images: int, total: int) -> None:
        if images >= kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    data = toy_data()
    model = build(PenaltyGAN, data.spec, {}, seed=0)
    config = TrainConfig(checkpoint=Path(path), every=0.0)
    fit(model, data, SHORT, seed=0, device=CPU, progress=progress, config=config)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

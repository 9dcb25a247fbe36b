"""Sampling on a GPU, eager and as the replay of a captured chunk: seconds for n samples, and whether they are equal.

python bench/sampling.py --models vae,ddpm,edm --samples 10000
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor

from genbench import registry
from genbench.core import seeds
from genbench.protocols.dataset import DataSpec
from genbench.training.sampling import captured, chunks
from genbench.training.trainer import build

SPEC = DataSpec((1, 28, 28), (0.0, 1.0), 10)


def replayed(sample: Callable[..., Tensor], n: int, device: torch.device) -> Tensor:
    """n samples as evaluations draw them: captured where that works."""
    return torch.cat(list(chunks(sample, n, "bench", device=device)))[:n]


def eager(sample: Callable[..., Tensor], n: int, device: torch.device) -> Tensor:
    """The same n samples, chunk by chunk."""
    return seeds.draw(sample, n, "bench", device=device)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="vae,ddpm,edm,flow-matching,maf")
    parser.add_argument("--samples", type=int, default=10_000)
    options = parser.parse_args()
    device = torch.device("cuda")
    print(torch.cuda.get_device_name(), torch.__version__)
    for name in options.models.split(","):
        model = build(registry.models.get(name).load(), SPEC, {}, seed=0).to(device).eval()
        with torch.no_grad():
            seconds, drawn = {}, {}
            for way, how in {"eager": eager, "captured": replayed, "eager again": eager}.items():
                torch.cuda.synchronize()
                began = time.perf_counter()
                drawn[way] = how(model.sample, options.samples, device)
                torch.cuda.synchronize()
                seconds[way] = time.perf_counter() - began
            try:
                captured(model.sample, seeds.CHUNK, device)
                remark = ""
            except Exception as error:
                remark = f"not captured: {error}"
        gap = float((drawn["eager"] - drawn["captured"]).abs().max())
        times = ", ".join(f"{way} {value:.3f} s" for way, value in seconds.items())
        print(f"{name:8} {options.samples:,} samples: {times}; largest difference {gap:.1e} {remark}", flush=True)


if __name__ == "__main__":
    main()

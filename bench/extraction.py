"""Extra memory of drawing n samples and their features: what the process grows by beyond the features themselves.

python bench/extraction.py            # a VAE's 32 × 32 × 3 samples, the in-domain encoder, n = 10,000 and 50,000
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

import torch

from genbench import registry
from genbench.evaluations.context import RunContext
from genbench.evaluations.evidence import Evidence
from genbench.training.trainer import build

MIB = 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="portraits")
    parser.add_argument("--n", type=int, nargs="*", default=[10_000, 50_000])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        for n in [1_000, *options.n]:  # the first run trains the encoder and is not shown
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                line = pool.apply(measured, (options.dataset, n, cache))
            if n in options.n:
                print(line, flush=True)


def measured(dataset: str, n: int, cache: str) -> str:
    context = RunContext(root=None, cache=Path(cache), device="cpu")
    data = context.dataset(dataset)
    encoder = context.encoder("in-domain", data)
    model = build(registry.models.get("vae").load(), data.spec, {}, seed=0).eval()
    evidence = Evidence(model, "", dataset, 0, context)
    with torch.no_grad():
        Evidence(model, "", dataset, 0, context).features(1_000, encoder)  # the libraries' own buffers
        before, began = peak(), time.perf_counter()
        features = evidence.features(n, encoder)
    extra = (peak() - before - features.numel() * 4) / MIB
    whole = n * data.spec.size * 4 / MIB
    return (
        f"{dataset} {data.spec.shape}, n = {n:,}: {extra:.0f} MiB beyond the features "
        f"(all samples would be {whole:.0f} MiB), {time.perf_counter() - began:.1f} s"
    )


def peak() -> int:
    """The largest resident size of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()

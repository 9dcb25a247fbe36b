"""The conformance kit on every registered model and device: what is wrong, and why a model is not stacked or captured.

python bench/conform.py --device cuda
"""

from __future__ import annotations

import argparse
import time

import torch

from genbench import registry
from genbench.conformance import check_model

QUIET = ("it does not claim", "it does not solve", "it fits itself", "trained without an error")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    for name in registry.models.names():
        began = time.perf_counter()
        found = check_model(name, device=torch.device(options.device))
        said = [f"{f.check}: {f.sentence}" for f in found if f.status != "ok" and not f.sentence.startswith(QUIET)]
        wrong = sum(f.status == "wrong" for f in found)
        if said or wrong:
            print(f"{name:20} {time.perf_counter() - began:5.1f} s  {wrong} wrong  {' | '.join(said)}", flush=True)


if __name__ == "__main__":
    main()

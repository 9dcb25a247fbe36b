"""The contact sheet of memorisation, from the curves of bench/memorisation.py. Needs matplotlib.

python bench/memorisation.py --out law.json
python bench/memorisation_sheet.py law.json docs/evaluations/memorisation.png
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genbench.core import paths, seeds
from genbench.evaluations.context import RunContext
from genbench.protocols.dataset import Dataset

FEW, STEPS, SHOWN = 50, 4_000, 12


def beside(x: Tensor, train: Tensor) -> Tensor:
    """Samples, each with its three nearest training examples, as one picture, two samples a row."""
    nearest = torch.cdist(x.flatten(1), train.flatten(1)).topk(3, largest=False).indices
    groups = torch.cat([x[:, None], train[nearest]], 1)[:, :, 0]  # samples, 4, height, width
    cells = torch.nn.functional.pad(groups, (1, 1, 1, 1), value=0.35)
    strips = torch.nn.functional.pad(cells.permute(0, 2, 1, 3).flatten(2), (2, 2, 1, 1), value=0.0)
    return torch.cat([torch.cat(list(pair), 1) for pair in strips.split(2)], 0)


def drawn(data: Dataset) -> Tensor:
    """Samples of a diffusion model after the last checkpoint."""
    from memorisation import trained  # beside this script

    for _, model in trained(data, 0, STEPS):
        last = model
    with torch.no_grad():
        return seeds.draw(last.sample, SHOWN, "samples", 0)


def curves(axis: Any, found: dict[str, list[dict[str, float]]]) -> None:
    """Authenticity over steps, a colour a size, with the ceiling's band."""
    sizes: dict[int, list[list[dict[str, float]]]] = defaultdict(list)
    for name, curve in found.items():
        sizes[int(name.partition("/")[0])].append(curve)
    for i, (size, runs) in enumerate(sorted(sizes.items())):
        for j, curve in enumerate(runs):
            steps, values = [p["steps"] for p in curve], [p["authenticity"] for p in curve]
            axis.plot(steps, values, color=f"C{i}", lw=1.2, label=f"{size} training digits" if j == 0 else None)
            axis.plot(steps[-1], values[-1], "o", color=f"C{i}", ms=4)
        axis.axhline(runs[0][0]["ceiling"], color=f"C{i}", lw=0.8, ls=":")
    axis.set(xscale="log", xlabel="training steps", ylabel="authenticity", ylim=(0, 1.02))
    axis.set_xticks([250, 500, 1_000, 2_000, 4_000], ["250", "500", "1,000", "2,000", "4,000"])
    axis.minorticks_off()
    axis.set_title("ddpm: dots, first look under the ceiling's band\n(dotted: the ceiling row)", fontsize=9)
    axis.legend(fontsize=8, loc="lower left")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("curves", type=Path)
    parser.add_argument("sheet", type=Path)
    options = parser.parse_args()
    from matplotlib.figure import Figure
    from memorisation import first_of

    digits = RunContext(root=None, cache=paths.cache_dir(), device="cpu").dataset("digits")
    few, whole = first_of(digits, FEW), first_of(digits, len(digits.train))
    panels = {
        "copies of training digits (control-train-copy)": (digits.train.x[:SHOWN], digits),
        f"ddpm on {FEW} digits, {STEPS:,} steps: copies": (drawn(few), few),
        f"ddpm on {len(digits.train)} digits, {STEPS:,} steps: not yet": (drawn(whole), whole),
        "held-out digits (control-test-half)": (digits.ceiling.x[:SHOWN], digits),
    }
    figure = Figure(figsize=(10, 7), layout="constrained")
    grid = figure.add_gridspec(2, 3, width_ratios=[1, 1, 1.25])
    for i, (title, (x, data)) in enumerate(panels.items()):
        axis = figure.add_subplot(grid[i // 2, i % 2])
        axis.imshow(beside(x.clamp(0, 1), data.train.x), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        axis.set_title(title, fontsize=9)
        axis.axis("off")
    curves(figure.add_subplot(grid[:, 2]), json.loads(options.curves.read_text()))
    figure.suptitle("Each sample, followed by its three nearest training examples", fontsize=10)
    figure.savefig(options.sheet, dpi=100)


if __name__ == "__main__":
    main()

"""GANs by draws of their hyperparameters: what these change, and what the objectives do (Lucic et al. 2018).

GENBENCH_DATA=DATA python bench/draws.py --trials 24 --images 300000
GENBENCH_DATA=DATA python bench/draws.py --out DIR        # what is there is not done again

Each model gets as many draws of its declared space (`genbench tune`), the first its own defaults, one training each,
and is scored by the Fréchet distance to a part of the training data that it did not see. Read: the best, the middle and
the worst draw of each; the factor by which the draws of one model differ beside that by which the best of all models
differ; and how the order of the best stands to the published one.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # where `board` is, whoever reads this file

from board.numbers import Mean, markdown, order
from board.paper_gans import LUCIC

import genbench
from genbench.tuning.records import Search, Study

SUITE = Path(__file__).with_name("lucic-draws.toml")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--images", type=int, default=300_000, help="the budget of a draw")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--nvidia-mps", action="store_true", help="workers on a GPU compute at the same time")
    parser.add_argument("--data-root")
    parser.add_argument("--out", type=Path, help="where results are kept")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        found = genbench.tune(
            SUITE,
            Search(trials=chosen.trials),
            device=chosen.device,
            executor="local",
            workers=chosen.workers,
            nvidia_mps=chosen.nvidia_mps,
            data_root=chosen.data_root,
            out=chosen.out or place,
            settings=[f"budget.images={chosen.images}"],
        )
    show({study.use.name: study for study in found.studies})


def show(studies: Mapping[str, Study]) -> None:
    """The table of the draws and the two factors that the paper compares."""
    values = {name: sorted(t.value for t in study.ended_well if t.value is not None) for name, study in studies.items()}
    rows = []
    for name in sorted((name for name, found in values.items() if found), key=lambda name: values[name][0]):
        best, own = studies[name].best, studies[name].default
        drawn = ", ".join(f"{k} {v:.3g}" for k, v in best.options.items()) if best and best.options else "its defaults"
        cells = (values[name][0], statistics.median(values[name]), values[name][-1])
        rows.append(
            (f"`{name}`", *(f"{value:.3g}" for value in cells), f"{own.value:.3g}" if own and own.value else "none",
             f"{studies[name].failed}", drawn)
        )  # fmt: skip
    print("\n".join(markdown(("model", "best", "median", "worst", "defaults", "failed", "the best draw"), rows)))
    within = {name: found[-1] / found[0] for name, found in values.items() if len(found) > 1}
    bests = {name: found[0] for name, found in values.items() if found}
    print(f"\nworst over best of one model's draws: {_each(within)}; median {statistics.median(within.values()):.3g}")
    print(f"worst over best of the models' best draws: {max(bests.values()) / min(bests.values()):.3g}")
    kept = order(LUCIC, {name: Mean(value, 0.0, (value,)) for name, value in bests.items()})
    print(f"order of the best draws beside the published one: {kept.text} alike; not {list(kept.turned)}")


def _each(factors: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {factor:.3g}" for name, factor in factors.items())


if __name__ == "__main__":
    main()

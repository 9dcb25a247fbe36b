"""A campaign of faults: kills at random moments, deaths of workers, a full disk, a database and a machine that go away,
a loss of power. Counts are printed; exit 1 where a measurement was lost, doubled or changed.

    python bench/faults.py
    python bench/faults.py --only kills power
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # where `mishaps` is, whoever reads this file

from mishaps.campaign import MODELS, Campaign
from mishaps.deaths import deaths, models
from mishaps.found import HEADING, Found, line
from mishaps.kills import kills, together
from mishaps.power_losses import losses
from mishaps.processes import preload, start, suite
from mishaps.surroundings import full, nodes, postgresql
from mishaps.tables import table

PARTS: dict[str, Callable[[Campaign], Iterator[Found]]] = {
    "kills": kills,
    "deaths": deaths,
    "models": models,
    "full": full,
    "postgresql": postgresql,
    "nodes": nodes,
    "power": losses,
    "together": together,
}


def main() -> int:
    """Every part of the campaign; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, nargs=3, default=[20, 20, 12], help="of inline, local and ray")
    parser.add_argument("--deaths", type=int, default=20, help="of each kind of worker's death")
    parser.add_argument("--models", type=int, default=3, help="seeds of each model that takes its worker with it")
    parser.add_argument("--restarts", type=int, default=10, help="of PostgreSQL")
    parser.add_argument("--nodes", type=int, default=3, help="of a Ray cluster that are killed")
    parser.add_argument("--powers", type=int, default=300, help="losses of power, of each executor")
    parser.add_argument("--only", nargs="*", choices=list(PARTS), default=list(PARTS))
    asked = parser.parse_args()
    found: list[Found] = []
    preload()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        suite(folder / "kill.toml", MODELS, ["digits", "ring8"], seeds=2, encoder="identity")
        if start(folder, "kill.toml", "whole", "inline").wait() != 0:
            raise SystemExit("the run that nothing disturbs has failed")
        campaign = Campaign(folder, asked, table(folder / "whole" / "genbench.db"))
        for part in asked.only:
            began = time.monotonic()
            for one in PARTS[part](campaign):
                one.seconds, began = time.monotonic() - began, time.monotonic()
                found.append(one)
                print(line(one), flush=True)
    print(f"\n{HEADING}", *map(line, found), sep="\n")
    wrong = sum(one.wrong for one in found)
    total = sum(one.faults for one in found)
    print(f"\n{total} faults, {sum(o.lost for o in found)} measurements lost, {sum(o.doubled for o in found)} doubled, "
          f"{wrong} mistakes of genbench")  # fmt: skip
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""A campaign by the clock: run a suite inline, render its report, print the wall clock of each model.

GENBENCH_DATA=DATA python bench/campaign.py bench/eight-models.toml --out runs/eight-models
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path

from genbench.api import Run
from genbench.core.jobs import Event, FitEnded, JobEnded
from genbench.runs.execution import execute
from genbench.runs.options import Options, chosen_suite
from genbench.runs.session import Session, prepare


class Clock:
    """Seconds by model and by what was done, from one event to the next."""

    def __init__(self) -> None:
        self.spent: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self.last = time.perf_counter()

    def planned(self, session: Session) -> None:
        del session

    def event(self, event: Event) -> None:
        now = time.perf_counter()
        if isinstance(event, FitEnded):
            self.spent[event.record.model]["training"] += now - self.last
        elif isinstance(event, JobEnded):
            self.spent[event.record.row.label][event.record.evaluation] += now - self.last
        self.last = now


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--models", nargs="*", default=())
    parser.add_argument("--device", default="auto")
    chosen = parser.parse_args()
    began = time.perf_counter()
    options = Options(models=chosen.models, out=chosen.out, executor="inline", device=chosen.device)
    session = prepare(chosen_suite(chosen.suite, options), options)
    print(f"{session.setting.device}: {len(session.missing)} jobs", flush=True)
    clock = Clock()
    result = execute(session, clock)
    Run(result.run).report()
    names = list(dict.fromkeys(name for spent in clock.spent.values() for name in spent))
    print(f"{'seconds':16}" + "".join(f"{name:>16}" for name in names) + f"{'in all':>10}")
    for model, spent in sorted(clock.spent.items(), key=lambda item: -sum(item[1].values())):
        print(f"{model:16}" + "".join(f"{spent[name]:16.1f}" for name in names) + f"{sum(spent.values()):10.1f}")
    print(f"{time.perf_counter() - began:.1f} s in all, data and report included; {dict(result.counts)}")


if __name__ == "__main__":
    main()

"""Hostile input, many times more than the tests try: how many cases of each kind there were, and what came of them.

python bench/fuzz.py --times 7
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1] / "tests"
FILES = [TESTS / "cli" / "test_fuzz.py", TESTS / "cli" / "test_fuzz_store.py"]


class Counts:
    """Prints how many cases there were."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        tried = sys.modules["test_fuzz"].TRIED
        for name, cases in tried.items():
            terminalreporter.write_line(f"{cases:7,} {name.partition('::')[2]}")
        spent = time.monotonic() - self.began
        terminalreporter.write_line(f"{sum(tried.values()):7,} cases in {spent:.0f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=7, help="as many cases as the tests try")
    options = parser.parse_args()
    os.environ["GENBENCH_FUZZ"] = str(options.times)
    return int(pytest.main(["-q", "--benchmark-disable", *map(str, FILES)], plugins=[Counts()]))


if __name__ == "__main__":
    sys.exit(main())

"""`board`, the package of bench/ that makes the pages of the reference leaderboard, can be imported by its tests."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "bench" / "board" / "__init__.py"

# Its folder stays off the path: other files there would answer for modules that somebody else asks for.
spec = importlib.util.spec_from_file_location("board", PACKAGE)
assert spec is not None and spec.loader is not None
sys.modules["board"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["board"])

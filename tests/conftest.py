"""What every test shares: where the real data is, and a cache of the session's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from genbench.registry import plugins
from genbench.registry.registries import ALL

hypothesis.settings.register_profile("no clock", deadline=None)  # a busy machine is no fault
hypothesis.settings.load_profile("no clock")


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of real data: `GENBENCH_DATA`, else `../shared/data` beside the repository; skips where missing."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    root = Path(os.environ.get("GENBENCH_DATA") or beside)
    if not root.is_dir():
        pytest.skip(f"the real data is not at {root}: set GENBENCH_DATA")
    return root


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """What a test registers is forgotten after it: no other test may meet its plugins."""
    states = [(registry, vars(registry) | {"_own": dict(registry._own), "_refused": {}}) for registry in ALL]
    files = dict(plugins._LOADED)
    yield
    for registry, before in states:
        vars(registry).update(before)
    plugins._LOADED.clear()
    plugins._LOADED.update(files)


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The session's cache: no test reads or writes the user's."""
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])  # what tests start is this checkout's genbench
    before = os.environ.get("GENBENCH_CACHE")
    place = tmp_path_factory.mktemp("cache")
    os.environ["GENBENCH_CACHE"] = str(place)
    yield place
    if before is None:
        del os.environ["GENBENCH_CACHE"]
    else:
        os.environ["GENBENCH_CACHE"] = before

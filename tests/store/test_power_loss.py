"""Whatever a disk has kept when the power goes, all that was said to be done is in the store, once, with its files."""

from __future__ import annotations

import importlib.util
import os
import random
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from genbench.core.errors import GenbenchError
from genbench.runs.folder import RunFolder
from genbench.store import Store

WRITES = """
import sys
from pathlib import Path
from dataclasses import replace
from test_database import JOB, TWO
from genbench.runs.folder import RunFolder

folder = RunFolder.to_make(Path(sys.argv[1]) / "new" / "out")
for part in range(3):
    with folder.open(existing=False) as store:
        for i in range(4):
            key = f"{part}{i:019d}"
            picture = folder.save_picture(key, "samples", bytes(5_000) + b"end", "")
            store.add_job(replace(JOB, key=key), TWO, [picture])
            folder.log("job ended", job=key)
"""


@pytest.fixture(scope="module")
def power() -> ModuleType:
    path = Path(__file__).parents[2] / "bench" / "power.py"
    spec = importlib.util.spec_from_file_location("power_of_bench", path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_loss_of_power_takes_nothing_that_was_acknowledged(power: ModuleType, tmp_path: Path) -> None:
    library = power.compiled(tmp_path)
    if library is None:
        pytest.skip("there is no C compiler, or no Linux")
    root, journal = tmp_path / "root", tmp_path / "journal"
    root.mkdir()
    here = os.pathsep.join([str(Path(__file__).parents[2]), str(Path(__file__).parent)])
    noted = {"LD_PRELOAD": str(library), "POWER_ROOT": str(root), "POWER_JOURNAL": str(journal), "PYTHONPATH": here}
    subprocess.run([sys.executable, "-c", WRITES, str(root)], env=os.environ | noted, check=True)
    steps = power.read(journal)
    ended = list(power.acknowledged(steps))
    assert len(ended) == 12 and {step.what for step in steps} >= set("cmwsru")
    disk, chance = power.Disk(root), random.Random(0)
    moments = {*range(0, len(steps), 7), *(at + 1 for at, _ in ended), len(steps)}
    for moment in range(len(steps) + 1):
        if moment in moments:
            target = tmp_path / f"after{moment}"
            disk.lose_power(target, chance)
            assert_whole(target / "new" / "out", {key for at, key in ended if at < moment})
        if moment < len(steps):
            disk.do(steps[moment])


def assert_whole(out: Path, known: set[str]) -> None:
    try:
        with RunFolder.find(str(out)).open() as store:
            assert known <= set(store.settled()) and store.faults() == []
            pictures = store.pictures()
    except GenbenchError:
        assert not known
        return
    for path in pictures["path"]:
        assert (out / path).read_bytes() == bytes(5_000) + b"end"


def test_what_was_not_flushed_may_be_gone(power: ModuleType, tmp_path: Path) -> None:
    """The model of a disk itself: it loses names and contents that nobody has flushed."""
    root, found = tmp_path / "root", set()
    for seed in range(40):
        disk = power.Disk(root)
        for what, path, data in [("c", "a", b""), ("w", "a", b"x" * 600), ("c", "b", b""), ("w", "b", b"y")]:
            disk.do(power.Step(what, str(root / path), "", 0, data))
        disk.do(power.Step("s", str(root / "b"), "", 0, b""))
        target = tmp_path / str(seed)
        disk.lose_power(target, random.Random(seed))
        found.add(tuple((path.name, path.stat().st_size) for path in sorted(target.iterdir())))
    assert () in found and (("a", 600), ("b", 1)) in found and (("a", 0), ("b", 1)) in found
    assert any(len(files) == 1 for files in found)


def test_a_store_that_was_opened_is_on_the_disk(tmp_path: Path) -> None:
    with Store(tmp_path / "deep" / "er" / "genbench.db") as store:
        assert store.settled() == {} and store.file == tmp_path / "deep" / "er" / "genbench.db"

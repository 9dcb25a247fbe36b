"""Whatever a file, a URL or an argument holds, the answer is a result or a sentence of genbench's own.

A few hundred cases here; `make fuzz` tries thousands (`GENBENCH_FUZZ` multiplies the number of cases).
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import signal
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from genbench.core import paths
from genbench.core.errors import GenbenchError
from genbench.data.arrays import read_npy, read_npz
from genbench.data.images import read_images
from genbench.data.own_tables import csv
from genbench.runs import suite_file
from genbench.store import Place

cli = importlib.import_module("genbench.cli.main")

MORE = int(os.environ.get("GENBENCH_FUZZ", "1"))


def cases(n: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """So many cases, times what the environment asks for."""
    slow = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=n * MORE, suppress_health_check=slow, derandomize=MORE == 1)


TRIED: Counter[str] = Counter()
"""How many cases of each test there were; `bench/fuzz.py` prints them."""

LONGEST = 10
"""Seconds of the processor that a case may take; of the clock it may be six times as many, on a busy machine."""


@contextlib.contextmanager
def in_time() -> Iterator[None]:
    """A case that takes too long fails instead of going on for ever, where the system has alarms."""
    TRIED[os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0].partition("[")[0]] += 1
    if not hasattr(signal, "SIGPROF"):
        yield
        return

    def late(*_: object) -> None:
        raise AssertionError(f"it took longer than {LONGEST} s")

    clocks = {signal.SIGPROF: (signal.ITIMER_PROF, LONGEST), signal.SIGALRM: (signal.ITIMER_REAL, 6 * LONGEST)}
    before = {number: signal.signal(number, late) for number in clocks}
    for clock, seconds in clocks.values():
        signal.setitimer(clock, seconds)
    try:
        yield
    finally:
        for number, (clock, _) in clocks.items():
            signal.setitimer(clock, 0)
            signal.signal(number, before[number])


def answered(call: Callable[[], object]) -> None:
    """No exception but genbench's own leaves the call, and it ends in time."""
    with in_time(), contextlib.suppress(GenbenchError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call()


@st.composite
def spoilt(draw: st.DrawFn, whole: bytes) -> bytes:
    """The bytes with a few places changed, taken out, doubled or cut off."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(0, len(content) - 1)))
        length = draw(st.integers(0, 40))
        how = draw(st.sampled_from(["change", "cut", "double", "end"]))
        if how == "change":
            content[start : start + length] = draw(st.binary(min_size=length, max_size=length))
        elif how == "cut":
            del content[start : start + length]
        elif how == "double":
            content[start:start] = content[start : start + length]
        else:
            del content[start:]
    return bytes(content)


def array(save: Callable[..., None], *values: object, **more: object) -> bytes:
    file = io.BytesIO()
    save(file, *values, **more)
    return file.getvalue()


NPY = array(np.save, np.arange(60, dtype=np.float32).reshape(20, 3))
NPZ = array(np.savez, images=np.zeros((6, 4, 4), np.uint8), labels=np.arange(6))
CSV = b"a,b,c\n" + b"".join(b"%d,%d.5,%d\n" % (i, i, i % 3) for i in range(20))
TOML = (paths.folder("suites") / "quick.toml").read_bytes()


def png() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(file, format="PNG")
    return file.getvalue()


@cases(60)
@given(spoilt(TOML))
def test_spoilt_suites(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    answered(lambda: suite_file.read(path))


SCALARS = st.one_of(
    st.integers(-(10**30), 10**30), st.floats(), st.booleans(), st.text(max_size=8), st.just([]), st.just({})
)


@cases(60)
@given(
    st.sampled_from(
        "schema name models datasets seeds threads budget budget.images budget.batch evaluations options "
        "options.digits tuned profiles precision nosuch models.0 summary".split()
    ),
    SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=6), SCALARS, max_size=2),
)
def test_any_value_for_any_key(key: str, value: object) -> None:
    text = "inf" if value == float("inf") else repr(value).replace("True", "true").replace("False", "false")
    answered(lambda: suite_file.read(suite_file.find("quick"), settings=[f"{key}={text}"]))


@cases(40)
@given(st.text(max_size=40))
def test_any_text_to_set(text: str) -> None:
    answered(lambda: suite_file.read(suite_file.find("quick"), settings=[text]))


@pytest.mark.parametrize(
    ("name", "read", "whole"),
    [("x.npy", read_npy, NPY), ("x.npz", read_npz, NPZ), ("x.csv", csv, CSV), ("x.zip", read_images, NPZ)],
)
@cases(60)
@given(data=st.data())
def test_spoilt_files(
    tmp_path: Path, name: str, read: Callable[[str], object], whole: bytes, data: st.DataObject
) -> None:
    path = tmp_path / name
    path.write_bytes(data.draw(spoilt(whole)))
    answered(lambda: read(str(path)))


@cases(60)
@given(spoilt(png()), st.sampled_from(["a.png", "a.tif", "a.gif", "a.ppm", "a.webp"]))
def test_spoilt_images(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(content)
    answered(lambda: read_images(tmp_path, size=4))
    (tmp_path / name).unlink()


@cases(80)
@given(st.sampled_from(["", "sqlite://", "postgresql://", "mysql+x://", "://", "a b://"]), st.text(max_size=30))
def test_any_url_of_a_store(scheme: str, rest: str) -> None:
    answered(lambda: str(Place.of(Path("x"), f"{scheme}{rest}")))


@cases(40)
@given(st.sampled_from(["list", "show", "report", "export", "compare", "run", "new"]), st.lists(st.text(max_size=12)))
def test_any_argument(command: str, arguments: list[str]) -> None:
    given_, before = ["genbench", command, *arguments[:3]], Path.cwd()
    if command == "run":
        given_.append("--dry-run")
    elif command == "new":
        given_[2:2] = ["nosuchkind"]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "argv", given_)
        patched.setattr(cli.stopping, "install", lambda: None)
        patched.setattr(cli.console, "prepare_streams", lambda: None)
        patched.setattr(cli.warnings, "showwarning", warnings.showwarning)
        with in_time(), pytest.raises(SystemExit) as ended:
            cli.main()
    assert ended.value.code in (0, 1, 2) and Path.cwd() == before

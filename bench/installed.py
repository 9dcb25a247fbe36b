"""Whether the package works as a stranger has it: the built wheel, in a new environment, outside the checkout, offline.

python bench/installed.py                      builds, installs with dependencies (by the network), runs quick
python bench/installed.py --models vae,gan     further arguments are those of `genbench run quick`
python bench/installed.py --pip="--extra-index-url https://download.pytorch.org/whl/cpu"    torch without CUDA
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]

BLOCKED = """
import socket


def refuse(*_, **__):
    raise OSError("the network is blocked")


socket.getaddrinfo = socket.create_connection = socket.socket.connect = refuse
"""
"""What Python runs first in each process of an environment that is to reach no network."""


def build(place: Path) -> Path:
    """The wheel below `place`, built from the source distribution, which lies beside it, and not from the checkout."""
    call(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(place), cwd=CHECKOUT)
    source = next(place.glob("genbench-*.tar.gz"))
    options = ("-q", "--no-deps", "--no-index", "--no-build-isolation", "-w", str(place))
    call(sys.executable, "-m", "pip", "wheel", *options, str(source), cwd=place)
    return next(place.glob("*.whl"))


def block(site: Path) -> None:
    """From now on no process that imports from this folder reaches the network."""
    (site / "sitecustomize.py").write_text(BLOCKED)


def call(*command: str, cwd: Path) -> None:
    """Run a command as in a shell of its own: nothing of this process's Python paths reaches it."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GENBENCH"))}
    subprocess.run(command, cwd=cwd, env=own | {"GENBENCH_CACHE": str(cwd / "cache")}, check=True)


def install(wheel: Path, place: Path, options: list[str]) -> Path:
    """The folder of the programs of a new environment that holds the wheel and what it asks for."""
    venv.create(place, with_pip=True, clear=True)
    programs = place / ("Scripts" if os.name == "nt" else "bin")
    call(str(programs / "python"), "-m", "pip", "install", "-q", *options, str(wheel), cwd=place)
    return programs


def main() -> None:
    """Build, install, block, run; nothing is left behind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pip", default="", help="further options of pip install")
    options, arguments = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        place, elsewhere = Path(folder).resolve(), Path(folder).resolve() / "elsewhere"
        elsewhere.mkdir()
        programs = install(build(place), place / "environment", shlex.split(options.pip))
        block(next((place / "environment").rglob("site-packages")))
        call(str(programs / "python"), "-c", OUTSIDE, str(place), cwd=elsewhere)
        start = time.perf_counter()
        call(str(programs / "genbench"), "run", "quick", *arguments, cwd=elsewhere)
        page = elsewhere / "runs" / "quick" / "report.html"
        print(f"{time.perf_counter() - start:.0f} s, a page of {page.stat().st_size / 2**20:.1f} MiB")


OUTSIDE = """
import socket, sys, genbench
assert genbench.__file__.startswith(sys.argv[1]), genbench.__file__
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
except OSError as error:
    assert "blocked" in str(error), error
else:
    raise SystemExit("the network is not blocked")
"""
"""Raises where genbench is not the installed one, or the network is within reach."""


if __name__ == "__main__":
    main()

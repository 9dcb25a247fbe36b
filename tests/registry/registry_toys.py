"""Source files for tests to write, change and load."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

from genbench.registry import Origin

DATASET = """
from genbench import register_dataset

@register_dataset({name!r}, summary="For a test.")
def build(*, root=None):
    return {value!r}
"""


def dataset(name: str = "mine", value: object = 1) -> str:
    """The source of a plugin that registers one dataset, whose builder gives this value."""
    return DATASET.format(name=name, value=value)


class Files:
    """A folder of source files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, source: str) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(source), encoding="utf-8")
        importlib.invalidate_caches()
        return file

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Python in this folder."""
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, capture_output=True, text=True, check=False
        )

    def replayed(self, origins: tuple[Origin, ...] | Path, *, then: str = "") -> subprocess.CompletedProcess[str]:
        """A new process that replays these origins (or those pickled in a file) and prints the dataset's names."""
        file = self.folder / "origins.pickle" if isinstance(origins, tuple) else origins
        if isinstance(origins, tuple):
            file.write_bytes(pickle.dumps(origins))
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        source = f"""
            import pickle, sys
            from pathlib import Path
            from genbench import registry
            from genbench.core.errors import GenbenchError
            try:
                origins = pickle.loads(Path({str(file)!r}).read_bytes())
                registry.replay(origins)
                for one in (name for origin in origins if origin.kind != "nothing" for name in origin.names):
                    getattr(registry, one.kind + "s").get(one.name)
            except GenbenchError as error:
                sys.exit(f"REFUSED {{error}}")
            print("KNOWN", *(e.card.name for e in registry.datasets.registered()))
            {then}
        """
        return subprocess.run(
            [sys.executable, "-c", textwrap.dedent(source)], cwd=elsewhere, capture_output=True, text=True, check=False
        )

"""The notebooks of the documents: `python docs/execute.py` runs them and keeps their outputs.

A test runs them again (`tests/core/test_doc_notebooks.py`) and holds what is kept to `faults`.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "notebooks"
MOST = 150_000
"""Bytes of a notebook with its outputs."""
LIMIT = 300
"""Seconds that a cell may take, on the busiest machine."""

Notebook = dict[str, Any]


def notebooks() -> list[Path]:
    """The notebooks, by name."""
    return sorted(FOLDER.glob("*.ipynb"))


def read(path: Path) -> Notebook:
    """A notebook as it is kept."""
    content: Notebook = json.loads(path.read_text(encoding="utf-8"))
    return content


def executed(path: Path, folder: Path) -> Notebook:
    """The notebook with new outputs, run in this folder. Raises `CellExecutionError` where a cell raises."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=LIMIT, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env=os.environ | {"OMP_NUM_THREADS": "1", "GENBENCH_OFFLINE": "1"})
    return tidy(json.loads(nbformat.writes(notebook)))


def tidy(notebook: Notebook) -> Notebook:
    """Without what changes from one execution or machine to the next and tells a reader nothing."""
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
        for output in cell.get("outputs", ()):
            output.pop("transient", None)
            output.get("data", {}).pop("image/jpeg", None)  # beside the same as PNG
            output["metadata"] = {}
    notebook["metadata"] = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook | {"nbformat": 4, "nbformat_minor": 4}


def faults(notebook: Notebook) -> Iterator[str]:
    """What a reader should not meet: a cell that did not run, an error, a path of this machine, too much output."""
    for i, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] != "code":
            continue
        if cell["execution_count"] is None:
            yield f"cell {i} was not run"
        for output in cell["outputs"]:
            if output["output_type"] == "error" or output.get("name") == "stderr":
                yield f"cell {i} has an error or a warning: {str(output)[:300]}"
    text = json.dumps([cell.get("outputs") for cell in notebook["cells"]], ensure_ascii=False)
    found = re.search(r"/(?:home|root|tmp|work|Users|usr|opt)/[\w./-]+", text)
    if found:
        yield f"it shows the path {found[0]}"
    if len(text) > MOST:
        yield f"its outputs are {len(text):,} bytes, more than {MOST:,}"


def main() -> None:
    """Run every notebook and keep its outputs."""
    for path in [FOLDER / name for name in sys.argv[1:]] or notebooks():
        with tempfile.TemporaryDirectory() as folder:
            made = executed(path, Path(folder))
        for fault in faults(made):
            print(f"{path.name}: {fault}", file=sys.stderr)
        path.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

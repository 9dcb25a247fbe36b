"""Wrong input gets a sentence and exit status 2, before anything is started."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def genbench(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.argv = ['genbench', *{list(arguments)!r}]; from genbench.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "quick", "--models", "vae,nosuch"), ("nosuch", "genbench list models")),
        (("run", "quick", "--models", "vea"), ("vea", "did you mean 'vae'")),
        (("run", "quik"), ("did you mean 'quick'",)),
        (("run", "nosuch.toml"), ("nosuch.toml",)),
        (("run", "quick", "--set", "budget.image=3"), ("budget.image", "images")),
        (("run", "quick", "--executor", "lokal"), ("lokal", "local")),
        (("run", "quick", "--plugin", "missing.py"), ("missing.py",)),
        (("list", "model"), ("did you mean 'models'",)),
        (("show", "model", "wgan-pg"), ("did you mean 'wgan-gp'",)),
        (("report", "nowhere"), ("nowhere",)),
        (("runn",), ("runn",)),
    ],
)
def test_wrong_input_is_a_sentence_and_exit_2(
    tmp_path: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    done = genbench(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr and done.stdout == ""
    said = " ".join(done.stderr.split())
    assert all(word in said for word in words), done.stderr
    assert list(tmp_path.iterdir()) == [], "nothing is written"


def test_a_misspelt_key_of_a_suite_names_file_key_and_nearest(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('schema = 1\nname = "m"\nmodels = ["vae"]\ndataset = ["digits"]\n[[evaluations]]\nname = "speed"\n')
    done = genbench("run", "mine.toml", cwd=tmp_path)
    said = " ".join(done.stderr.split())
    assert done.returncode == 2 and "mine.toml" in said and "'dataset'" in said and "'datasets'" in said


def test_a_plugin_that_cannot_be_imported_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import nosuchmodule\n")
    done = genbench("run", "quick", "--plugin", "broken.py", cwd=tmp_path)
    said = " ".join(done.stderr.split())
    assert done.returncode == 2 and "broken.py" in said and "nosuchmodule" in said

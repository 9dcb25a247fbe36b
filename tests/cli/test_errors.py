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
        (("run", "quick", "--models", ","), ("list of names",)),
        (("run", "quick", "--models", "VAE"), ("did you mean 'vae'",)),
        (("run", "quick", "--datasets", "nosuch"), ("nosuch",)),
        (("run", "quick", "--device", "nosuch"), ("nosuch", "take cpu")),
        (("run", "quick", "--device", "gpu"), ("did you mean 'cuda'",)),
        (("run", "quick", "--seeds", "1,2"), ("`--seeds 2`",)),
        (("run", "quick", "--datasets", "mine.npz"), ("name it 'npz:mine.npz'",)),
        (("run", "quick", "--set", "vae.latnt=2"), ("--set", "did you mean 'latent'")),
        (("list", "models", "--family", "gans"), ("known are",)),
        (("run", "quick", "--time-limit", "0"), ("--time-limit", "above 0")),
        (("run", "quick", "--time-limit", "5", "--executor", "inline"), ("--executor local",)),
        (("run", "quick", "--set", "budget.images="), ("budget.images=", "no value")),
        (("run", "quick", "--set", "budget.steps=5"), ("images and steps",)),
        (("run", "quick", "--store", "nosuch://x"), ("nosuch://x",)),
        (("new", "model", "vae"), ("already",)),
        (("new", "model", "../x"), ("my-model",)),
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


BASE = 'schema = 1\nname = "m"\nmodels = {models}\ndatasets = ["digits"]\n{evaluations}\n'
SPEED = '[[evaluations]]\nname = "speed"'


@pytest.mark.parametrize(
    ("models", "evaluations", "words"),
    [
        ("[]", SPEED, ("models", "empty")),
        ('[{ use = "vae", as = "../../evil" }]', SPEED, ("../../evil", "letters")),
        ('["vae"]', SPEED + "\n" + SPEED, ("speed", "twice on digits")),
        ('["vae"]', SPEED + '\nheadline = "frechett"', ("frechett", "'frechet'")),
        ('[{ use = "vae", latnt = 2 }]', SPEED, ("latnt", "'latent'")),
        ('["vae"]', SPEED.replace("speed", "sped"), ("sped", "'speed'")),
    ],
)
def test_a_suite_that_makes_no_sense_is_refused(
    tmp_path: Path, models: str, evaluations: str, words: tuple[str, ...]
) -> None:
    (tmp_path / "mine.toml").write_text(BASE.format(models=models, evaluations=evaluations))
    done = genbench("run", "mine.toml", "--dry-run", cwd=tmp_path)
    said = " ".join(done.stderr.split())
    assert done.returncode == 2 and "Traceback" not in said and all(word in said for word in words), done.stderr


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    import sqlite3

    connection = sqlite3.connect(tmp_path / "genbench.db")
    connection.execute("CREATE TABLE theirs (x)")
    connection.commit()
    connection.close()
    done = genbench("report", ".", cwd=tmp_path)
    assert done.returncode == 2 and "not a store of genbench" in done.stderr
    connection = sqlite3.connect(tmp_path / "genbench.db")
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    connection.close()


def test_json_has_no_infinity(tmp_path: Path) -> None:
    import json

    metrics = json.loads(genbench("list", "metrics", "--json", cwd=tmp_path).stdout)
    assert {m["name"]: m["high"] for m in metrics}["frechet"] is None


def test_a_suite_is_shown_as_it_is_written(tmp_path: Path) -> None:
    shown = genbench("show", "suite", "quick", cwd=tmp_path).stdout
    (tmp_path / "copy.toml").write_text(shown)
    assert genbench("run", "copy.toml", "--dry-run", cwd=tmp_path).returncode == 0

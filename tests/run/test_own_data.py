"""Own data get every evaluation that applies, with its headline, and a line for each that does not."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from genbench import api
from genbench.evaluations import context as contexts
from genbench.report.leaderboard import leaderboards
from genbench.runs.execution import execute
from genbench.runs.options import Options, chosen_suite
from genbench.runs.session import prepare

MODELS = ("gaussian", "ppca", "control-marginals", "control-test-half")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of strangers, with labels and without, and a table."""
    folder = tmp_path_factory.mktemp("own")
    digits = load_digits()
    images = np.round(np.kron(digits.images[:600], np.ones((1, 2, 2))) * 255 / 16).astype(np.uint8)
    np.savez(folder / "labelled.npz", images=images, labels=digits.target[:600])
    np.savez(folder / "plain.npz", images=images)
    rows = np.random.default_rng(0).normal(size=(400, 3)) @ np.array([[1.0, 0.5, 0], [0, 1, 0], [0, 0, 2]])
    kind = np.where(rows[:, :1] > 0, "a", "b")
    table = "\n".join(["x,y,z,kind", *(",".join([*map(str, row), k[0]]) for row, k in zip(rows, kind, strict=True))])
    (folder / "table.csv").write_text(table + "\n")
    return folder


def run(dataset: str, folder: Path) -> api.Run:
    given = Options(
        datasets=(dataset,), models=MODELS, seeds=1, out=folder, device="cpu", executor="inline", command="x",
        settings=("budget.images=1000",),
    )  # fmt: skip
    assert api.run("quick", given).ok
    return api.load(folder)


@pytest.mark.parametrize(
    ("name", "headline", "encoder"),
    [
        ("npz:{}/labelled.npz", "frechet", "in-domain"),
        ("npz:{}/plain.npz", "frechet", "effnet-lite0"),
        ("csv:{}/table.csv?label=kind", "frechet", "identity"),
        ("ring8", "sliced-wasserstein", "identity"),
        ("digits", "frechet", "in-domain"),
    ],
)
def test_quick_on_anything_has_its_headline(
    tmp_path: Path, files: Path, name: str, headline: str, encoder: str
) -> None:
    dataset = name.format(files)
    done = run(dataset, tmp_path)
    (overview,) = [board for board in leaderboards(done.data()) if board.is_overview]
    heads = {column.evaluation: column for column in overview.columns}
    assert heads["sample-quality"].metric == headline
    assert heads["sample-quality"].encoder == encoder
    row = next(row for row in overview.rows if row.label == "gaussian")
    assert row.cells[heads["sample-quality"].key].mean is not None
    assert {"diversity", "memorisation", "reconstruction", "outlier-detection", "speed"} <= heads.keys()


def test_a_set_without_labels_says_which_features_it_has(tmp_path: Path, files: Path) -> None:
    done = run(f"npz:{files}/plain.npz", tmp_path)
    assert [note for note in done.data().notes if "has no labels" in note and "effnet-lite0" in note]


def test_a_restriction_is_about_the_suites_own_datasets(tmp_path: Path) -> None:
    suite = tmp_path / "mine.toml"
    suite.write_text(
        'schema = 1\nname = "mine"\nmodels = ["gaussian"]\ndatasets = ["digits", "ring8"]\n'
        '[[evaluations]]\nname = "sample-quality"\ndatasets = ["digits"]\n[[evaluations]]\nname = "speed"\n'
    )

    def asked(*datasets: str) -> set[tuple[str, str]]:
        chosen = chosen_suite(str(suite), Options(datasets=datasets, out=tmp_path / "out"))
        return {(dataset, config.name) for dataset, config in chosen.pairs()}

    assert asked() == {("digits", "sample-quality"), ("digits", "speed"), ("ring8", "speed")}
    assert asked("ring8") == {("ring8", "speed")}
    assert asked("grid25") == {("grid25", "sample-quality"), ("grid25", "speed")}


def test_nothing_is_loaded_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: Counter[str] = Counter()
    for name in ("load_dataset", "load_encoder"):
        real = getattr(contexts, name)

        def count(what: str, *arguments: object, _real=real, _name=name, **more: object) -> object:
            loaded[f"{_name} {what} {getattr(arguments[0], 'name', '') if arguments else ''}"] += 1
            return _real(what, *arguments, **more)

        monkeypatch.setattr(contexts, name, count)
    given = Options(
        datasets=("digits", "digits-without-3"), models=MODELS, seeds=1, out=tmp_path, device="cpu",
        executor="inline", command="x", settings=("budget.images=1000",),
    )  # fmt: skip
    prepared = prepare(chosen_suite("quick", given), given)
    execute(prepared, api._Silent())
    assert loaded["load_dataset digits "] == 1 and set(loaded.values()) == {1}


def test_two_names_of_the_same_content_have_a_table_each(tmp_path: Path, files: Path) -> None:
    twin = tmp_path / "twin.npz"
    twin.write_bytes((files / "plain.npz").read_bytes())
    names = (f"npz:{files}/plain.npz", f"npz:{twin}")
    given = Options(
        datasets=names, models=("gaussian",), controls=False, seeds=1, out=tmp_path / "run", device="cpu",
        executor="inline", settings=("evaluations=[{name = 'reconstruction'}, {name = 'outlier-detection'}]",),
    )  # fmt: skip
    assert api.run("quick", given).total == 4
    assert set(api.load(tmp_path / "run").table()["dataset"]) == set(names)

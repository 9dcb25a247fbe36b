"""The documents say what the code says: layers, the walk through a run, what to add and how, evaluations, metrics."""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import pandas as pd
import pytest
from test_layers import LAYERS, PACKAGE
from typer.testing import CliRunner, Result

from genbench import api, registry
from genbench.cli.app import app
from genbench.cli.main import COMMANDS
from genbench.core.records import DATA_WORDS, DataKind
from genbench.data.conformance import check_dataset
from genbench.evaluations.catalogue import CATALOGUE as EVALUATIONS
from genbench.metrics.catalogue import METRICS
from genbench.protocols.evaluation import Evaluation, EvaluationConfig
from genbench.protocols.metric import NEEDS
from genbench.registry.registries import ALL
from genbench.runs.options import Options
from genbench.store.schema import VERSION, metadata

ROOT = Path(__file__).resolve().parents[2]
ARROWS = {"lower": "↓", "higher": "↑"}


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table whose heading begins with this cell."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    table = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.replace("\\|", "¦").strip("|").split("|")])
    return table


def found_in(place: str) -> Any:
    """What `genbench/FILE.py:NAME` names."""
    path, _, name = place.partition(":")
    found: Any = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    for part in name.split("."):
        found = getattr(found, part)
    return found


def call(*arguments: str) -> Result:
    assert COMMANDS
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


# --- architecture


def test_the_table_of_layers_is_the_one_that_imports_are_held_to() -> None:
    shown = [re.findall(r"`([\w/]+)`", row[0]) for row in rows(page("docs/architecture.md"), "layer")]
    assert [[name.rstrip("/") for name in names] for names in shown] == LAYERS
    for name in (name for names in shown for name in names):
        assert (PACKAGE / name).is_dir() if name.endswith("/") else (PACKAGE / f"{name}.py").is_file(), name


def walk() -> list[str]:
    """The numbered steps of the picture."""
    return re.findall(r"^ *\d+ +(genbench/[\w/]+\.py:[\w.]+)", page("docs/architecture.md"), re.MULTILINE)


def test_every_function_that_a_document_names_is_there() -> None:
    named = {
        place
        for name in ("docs/architecture.md", "CONTRIBUTING.md", "docs/metrics.md", "docs/evaluations/README.md")
        for place in re.findall(r"genbench/[\w/]+\.py:\w[\w.]*\w", page(name))
    }
    assert set(walk()) < named
    assert all(callable(found_in(place)) for place in named)


def test_every_file_that_a_document_names_is_there() -> None:
    for name in ("README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))):
        for path in re.findall(r"`((?:genbench|tests|docs|templates|suites|bench)/[\w./-]+\.\w+)`", page(name)):
            assert (ROOT / path).is_file(), f"{name} names {path}"
        for link in re.findall(r"\]\(([\w./-]+\.md)(?:#[\w-]+)?\)", page(name)):
            assert (ROOT / name).parent.joinpath(link).is_file(), f"{name} points to {link}"


def test_a_run_walks_through_the_steps_of_the_picture_in_their_order(tmp_path: Path) -> None:
    steps = walk()
    assert 3 < len(steps) < 12
    codes = {found_in(step).__code__: step for step in steps}
    seen: list[str] = []

    def watch(frame: Any, event: str, _: object) -> None:
        code: CodeType = frame.f_code
        if event == "call" and code in codes and codes[code] not in seen:
            seen.append(codes[code])

    suite = tmp_path / "walk.toml"
    suite.write_text(
        'schema = 1\nname = "walk"\nmodels = ["control-test-half"]\ndatasets = ["ring8"]\nseeds = 1\n'
        '[[evaluations]]\nname = "sample-quality"\nsamples = 100\nmetrics = ["frechet"]\n'
    )
    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        result = api.run(str(suite), Options(out=tmp_path / "run", executor="inline", device="cpu"))
    finally:
        sys.setprofile(before)
    assert result.ok and seen == steps


def test_the_tables_of_the_store_are_named() -> None:
    text = page("docs/architecture.md")
    shown = [row[0].strip("`") for row in rows(text, "table")]
    assert shown == [table.name for table in metadata.tables.values()]
    assert f"format {VERSION}" in text


# --- from Python


def test_every_block_of_the_python_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", page("docs/python.md"), re.DOTALL)
    assert len(blocks) > 4
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks:
        exec(compile(block, "docs/python.md", "exec"), names)
    assert len(names["board"]) == 5 and names["x"].shape == (16, 1, 8, 8) and names["page"].is_file()
    assert {"frechet", "mse"} <= set(names["changes"]["metric"]) and names["value"].status == "ok"


# --- what to add, and how


def snippets() -> dict[str, str]:
    """The plugin files of CONTRIBUTING.md by name."""
    blocks = re.findall(r"```python\n(# (\w+\.py)\n.*?)```", page("CONTRIBUTING.md"), re.DOTALL)
    return {name: text for text, name in blocks}


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """The snippets as files, loaded one by one; what they register is forgotten afterwards."""
    folder = tmp_path_factory.mktemp("plugins")
    before = {(r.kind, e.card.name) for r in ALL for e in r.registered()}
    files = {}
    for name, text in snippets().items():
        files[name] = folder / name
        files[name].write_text(text, encoding="utf-8")
        registry.load_plugin(files[name])
    yield files
    for one in ALL:
        for entry in one.registered():
            if (one.kind, entry.card.name) not in before:
                one.remove(entry.card.name)


SUITE = """
schema = 1
name = "added"
models = ["diagonal-gaussian", "ae", "control-test-half"]
datasets = ["digits", "stripes"]
seeds = 1
[budget]
images = 1_280
[[evaluations]]
name = "sample-quality"
encoder = "thumbnail"
samples = 200
metrics = ["frechet", "mean-gap"]
[[evaluations]]
name = "denoising"
noise = 0.3
"""


@pytest.fixture(scope="module")
def table(plugins: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The tidy table of a small run that asks for everything that the snippets add."""
    folder = tmp_path_factory.mktemp("added")
    (folder / "added.toml").write_text(SUITE)
    given = [word for file in plugins.values() for word in ("--plugin", str(file))]
    place = ("--out", str(folder / "run"), "--executor", "inline", "--device", "cpu")
    done = call("run", str(folder / "added.toml"), *given, *place)
    assert done.exit_code == 0, done.output
    return api.load(folder / "run").table()


def values(table: pd.DataFrame, **where: str) -> pd.Series:
    for column, wanted in where.items():
        table = table[table[column] == wanted]
    assert len(table) and (table.status == "ok").all(), f"{where}: {table[['label', 'status', 'reason']]}"
    return table.value


def test_there_is_a_snippet_for_everything_that_can_be_added(plugins: dict[str, Path]) -> None:
    added = {e.site.owner.file: r.kind for r in ALL for e in r.registered() if e.site}
    assert {added[str(file)] for file in plugins.values()} == {r.kind for r in ALL}


def test_the_added_model_keeps_its_promises(plugins: dict[str, Path]) -> None:
    done = call("check", "diagonal-gaussian", "--plugin", str(plugins["diagonal_gaussian.py"]), "--json")
    assert done.exit_code == 0, done.output
    assert any(one["status"] == "ok" for one in json.loads(done.output))


def test_the_added_dataset_has_nothing_wrong(plugins: dict[str, Path]) -> None:
    assert check_dataset(registry.datasets.get("stripes").load()()) == []


def test_the_added_model_is_a_row(table: pd.DataFrame) -> None:
    for dataset in ("digits", "stripes"):
        real = values(table, label="control-test-half", metric="frechet", dataset=dataset)
        assert values(table, label="diagonal-gaussian", metric="frechet", dataset=dataset).iloc[0] > real.iloc[0]


def test_the_added_dataset_encoder_and_metric_give_values(table: pd.DataFrame) -> None:
    values(table, label="control-test-half", dataset="stripes", metric="mean-gap", encoder="thumbnail")
    gaps = values(table, metric="mean-gap", encoder="thumbnail", label="control-test-half")
    assert (gaps > 0).all() and (gaps < 0.5).all()


def test_the_added_evaluation_gives_values_and_is_asked_of_models_that_can(table: pd.DataFrame) -> None:
    values(table, evaluation="denoising", label="ae", metric="mse")
    cannot = table[(table.evaluation == "denoising") & (table.label == "diagonal-gaussian")]
    assert set(cannot.status) == {"unsupported"}


# --- metrics and evaluations


def test_the_snippets_of_the_metrics_page_run() -> None:
    import torch

    names: dict[str, Any] = {
        name: torch.rand(60, 4, generator=torch.Generator().manual_seed(i))
        for i, name in enumerate(("real_features", "generated_features", "train_features"))
    }
    before = registry.metrics.names()
    blocks = re.findall(r"```python\n(.*?)```", page("docs/metrics.md"), re.DOTALL)
    try:
        for block in blocks:
            exec(compile(block, "docs/metrics.md", "exec"), names)
        assert len(blocks) == 2 and names["values"]["frechet"].value > 0
        added = set(registry.metrics.names()) - set(before)
        inputs = {name: registry.metrics.get(name).card.needs for name in added}
        assert inputs == {"mean-shift": "features"}
    finally:
        for name in set(registry.metrics.names()) - set(before):
            registry.metrics.remove(name)


def test_the_metrics_page_has_direction_needs_and_least_n_of_each() -> None:
    shown = {
        re.findall(r"`([^`]+)`", cells[0])[0]: cells
        for line in page("docs/metrics.md").splitlines()
        if len(cells := [cell.strip() for cell in line.replace("|p", "").replace("|F", "").strip("|").split(" | ")]) > 5
        and cells[0].startswith("`")
    }
    for metric in METRICS:
        _, _, better, _, needs, least, *_ = shown[metric.name]
        assert better == ARROWS.get(metric.direction, f"→ {metric.best:g}" if metric.best is not None else "")
        assert (needs, least) == (metric.needs, str(metric.least_n)), metric.name


def test_the_metrics_page_says_for_every_need_what_is_handed_over() -> None:
    shown = {need for row in rows(page("docs/metrics.md"), "record") for need in re.findall(r"`([^`]+)`", row[1])}
    assert shown == set(NEEDS)


def row_of(record: Evaluation) -> str:
    """The row of an evaluation in docs/evaluations/README.md."""
    cells = (
        f"`{record.name}`",
        record.summary,
        _by_kind({kind: (record.headline_on(kind),) for kind in DataKind if record.metrics_on(kind)}),
        _by_kind({kind: record.metrics_on(kind) for kind in DataKind if record.metrics_on(kind)}),
        ", ".join(record.inputs),
        " or ".join(record.capabilities) or "nothing",
        ", ".join(record.data) or "nothing",
        ", ".join(f"`{name} = {_toml(value)}`" for name, value in _settings(record.config).items()) or "none",
    )
    return f"| {' | '.join(cells)} |"


def _by_kind(found: dict[DataKind, tuple[str, ...]]) -> str:
    """One list where all kinds of data have the same; else what all have, then what only some have."""
    if len(set(found.values())) == 1:
        only = f" ({next(iter(found))} only)" if len(found) < len(DataKind) else ""
        return ", ".join(f"`{name}`" for name in next(iter(found.values()))) + only
    names = dict.fromkeys(name for own in found.values() for name in own)
    kinds = {name: [str(kind) for kind, own in found.items() if name in own] for name in names}
    return ", ".join(f"`{n}`" + ("" if len(k) == len(found) else f" ({' and '.join(k)})") for n, k in kinds.items())


def _settings(config: type[EvaluationConfig]) -> dict[str, Any]:
    return {k: f.default for k, f in config.model_fields.items() if k not in EvaluationConfig.model_fields}


def _toml(value: Any) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, str) else f"{value:_}" if isinstance(value, int) else str(value)


def test_the_table_of_evaluations_is_the_registry() -> None:
    wanted = [row_of(record) for record in EVALUATIONS]
    shown = [line for line in page("docs/evaluations/README.md").splitlines() if line.startswith("| `")]
    assert shown[: len(wanted)] == wanted, "the table should read:\n" + "\n".join(wanted)
    assert all(f"`{word}`" in page("docs/evaluations/README.md") for word in DATA_WORDS)


# --- words


PRIVATE = re.compile(
    r"\b(house|rooms?|decks?|rulers?|strange|stranger|strangest|in vain|told|journal|keeper|ledger)\b", re.IGNORECASE
)
ALLOWED = {"CHANGELOG.md": ("`deck`",), "docs/datasets.md": ("`ruler-1`",)}


PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/evaluations/README.md", "docs/architecture.md")
PAGES += ("docs/datasets.md", "docs/report.md", "docs/tuning.md")


@pytest.mark.parametrize("name", PAGES)
def test_no_private_words(name: str) -> None:
    text = page(name)
    for allowed in ALLOWED.get(name, ()):
        text = text.replace(allowed, "")
    assert not PRIVATE.findall(text)


def test_every_command_is_in_the_readme() -> None:
    names = {str(info.name or info.callback.__name__) for info in app.registered_commands if info.callback}
    assert len(names) == len(COMMANDS)
    assert all(f"genbench {name}" in page("README.md") for name in names), names

"""Exports that are a folder, read back with the libraries of those that they are for, equal the run."""

from __future__ import annotations

import json
import math
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from synthetic import make_run

from genbench.core.errors import UsageError
from genbench.report.data import RunData, read_rows
from genbench.report.export import FOLDER_FORMATS
from genbench.report.folder_export import FOLDERS, export_folder
from genbench.report.model_cards import yaml
from genbench.report.tracked import TrackedRun, tracked_runs

pytestmark = pytest.mark.filterwarnings("ignore")  # of other people's libraries
ROWS = ("vae", "control-test-half", "gan")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> RunData:
    """Three rows from one seed on one dataset, and their training curves."""
    whole = make_run(tmp_path_factory.mktemp("run"), seeds=3)
    table = whole.table
    table = table[table["label"].isin(ROWS) & (table["dataset"] == "digits")]
    table = table.assign(fit=[f"{label}-{seed}" for label, seed in zip(table["label"], table["seed"], strict=True)])
    fits = pd.DataFrame(
        [
            {
                "key": f"vae-{seed}",
                "options": {"latent": 2},
                "parameters": 1_234,
                "curve": {"images": [128, 256, 384], "elbo": [3.0, 2.0, 1.5 + seed]},
            }
            for seed in range(3)
        ]
    )
    return RunData(table=table, fits=fits, runs=whole.runs)


@pytest.fixture(scope="module")
def one_seed(data: RunData) -> RunData:
    return RunData(table=data.table[data.table["seed"] == 0], fits=data.fits, runs=data.runs)


def by_name(data: RunData) -> dict[str, TrackedRun]:
    return {run.name: run for run in tracked_runs(data)}


def test_every_value_of_the_table_is_tracked_once_and_every_missing_one_named(data: RunData) -> None:
    runs, found = tracked_runs(data), read_rows(data.table)
    numbers = [value for run in runs for key, value in run.values.items() if not key.endswith(("/ci_low", "/ci_high"))]
    assert sorted(numbers) == sorted(e.value for e in found if e.ok and e.value is not None)
    for end in ("ci_low", "ci_high"):
        ends = [value for run in runs for key, value in run.values.items() if key.endswith(f"/{end}")]
        assert sorted(ends) == sorted(data.table[end].dropna())
    assert sum(len(run.missing) for run in runs) == sum(not e.ok for e in found) > 0
    assert len({run.name for run in runs}) == len(runs) == 9
    assert all(": " in reason for run in runs for reason in run.missing.values())


def test_values_that_would_share_a_key_are_told_apart() -> None:
    table = pd.DataFrame(
        {
            "label": "a", "model": "a", "dataset": "d", "seed": 0, "evaluation": "e", "metric": "m",
            "value": [1.0, 2.0], "status": "ok", "encoder": ["pixels", "in-domain"],
        }
    )  # fmt: skip
    (run,) = tracked_runs(RunData(table=table))
    assert dict(run.values) == {"e/m/pixels": 1.0, "e/m/in-domain": 2.0}


def test_mlflow_gives_back_what_the_store_has(data: RunData, tmp_path: Path) -> None:
    mlflow = pytest.importorskip("mlflow", exc_type=ImportError)
    pytest.importorskip("alembic")
    export_folder(data, "mlflow", tmp_path / "out")
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'out' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name(data.suite)
    found = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    expected = by_name(data)
    assert found.keys() == expected.keys()
    for name, run in expected.items():
        values = {key: value for key, value in found[name].data.metrics.items() if not key.startswith("loss/")}
        assert values == dict(run.values)
        assert found[name].data.params == {key: str(value) for key, value in run.params.items()}
        assert {key for key in found[name].data.tags if key.startswith("missing.")} == {
            f"missing.{key}" for key in run.missing
        }
    history = client.get_metric_history(found["vae-digits-seed2"].info.run_id, "loss/elbo")
    assert [(point.step, point.value) for point in history] == [(128, 3.0), (256, 2.0), (384, 3.5)]


def test_tensorboard_gives_back_what_the_store_has(data: RunData, tmp_path: Path) -> None:
    module = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator", exc_type=ImportError)
    export_folder(data, "tensorboard", tmp_path)
    for name, run in by_name(data).items():
        events = module.EventAccumulator(str(tmp_path / name))
        events.Reload()
        tags = events.Tags()["scalars"]
        assert set(tags) == {*run.values, *run.curves}
        read = {tag: events.Scalars(tag)[-1].value for tag in run.values}
        assert read == pytest.approx(dict(run.values), rel=1e-6)  # a scalar is a float32 there
        for tag, curve in run.curves.items():
            assert [(point.step, point.value) for point in events.Scalars(tag)] == curve


def test_wandb_gives_back_what_the_store_has(
    one_seed: RunData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("WANDB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "data"))
    pytest.importorskip("wandb", exc_type=ImportError)
    export_folder(one_seed, "wandb", tmp_path / "out")
    files = sorted((tmp_path / "out" / "wandb").glob("offline-run-*/*.wandb"))
    found = dict(_wandb(file) for file in files)
    expected = by_name(one_seed)
    assert found.keys() == expected.keys()
    for name, run in expected.items():
        summary, history = found[name]
        assert {key: summary[key] for key in run.values} == dict(run.values)
        for key, curve in run.curves.items():
            assert [(row["images"], row[key]) for row in history] == curve


def _wandb(file: Path) -> tuple[str, tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The run's name, its summary and its history, from the file that W&B would upload."""
    from wandb.proto import wandb_internal_pb2

    name, summary, history = "", {}, []
    for block in _blocks(file.read_bytes()):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(block)
        kind = record.WhichOneof("record_type")
        if kind == "run":
            name = record.run.display_name
        items = {"summary": record.summary.update, "history": record.history.item}.get(kind, ())
        values = {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}
        if kind == "summary":
            summary |= values
        if kind == "history":
            history.append(values)
    return name, (summary, history)


def _blocks(content: bytes, size: int = 2**15, head: int = 7) -> Iterator[bytes]:
    """The records of a file in LevelDB's log format, after a header: checksum (4 bytes), length (2), kind (1), data."""
    place, parts = head, b""
    while place + head <= len(content):
        left = size - place % size
        if left < head:  # the rest of a block that is too short for a record
            place += left
            continue
        length, kind = int.from_bytes(content[place + 4 : place + 6], "little"), content[place + 6]
        parts += content[place + head : place + head + length]
        place += head + length
        if kind in (1, 4):  # whole, or the last part
            yield parts
            parts = b""


def test_a_model_card_is_read_by_the_hub_s_own_library(data: RunData, tmp_path: Path) -> None:
    hub = pytest.importorskip("huggingface_hub", exc_type=ImportError)
    export_folder(data, "model-card", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gan", "vae"]
    card = hub.ModelCard.load(tmp_path / "vae" / "README.md")
    found = {one.metric_type: one for one in card.data.eval_results if one.dataset_type == "digits"}
    values = data.table.query("label == 'vae' and metric == 'frechet' and status == 'ok'")["value"]
    assert found["frechet"].metric_value == pytest.approx(values.mean())
    assert card.data.library_name == "genbench" and "vae" in card.data.tags
    assert "control-test-half" in card.content and "| gan" not in card.content


def test_the_front_matter_is_yaml_whatever_names_hold() -> None:
    library = pytest.importorskip("yaml")
    value = {"a: b": ["x", {"c-d": [1, 2.5, None, True], "e": {}}, "- #'\"\n"], "n": {"inner": [{"k": "v", "l": []}]}}
    assert library.safe_load("\n".join(yaml(value))) == value


SCORE = {
    "type": "object",
    "required": ["evaluation_name", "source_data", "metric_config", "score_details"],
    "properties": {
        "source_data": {"required": ["dataset_name", "source_type"]},
        "metric_config": {
            "required": ["lower_is_better", "score_type", "min_score", "max_score"],
            "properties": {"lower_is_better": {"type": "boolean"}, "score_type": {"const": "continuous"}},
        },
        "score_details": {
            "required": ["score"],
            "properties": {
                "score": {"type": "number"},
                "details": {"additionalProperties": {"type": "string"}},
                "uncertainty": {"properties": {"num_samples": {"type": "integer"}}},
            },
        },
    },
}
RECORD = {
    "type": "object",
    "required": [
        "schema_version", "evaluation_id", "retrieved_timestamp", "source_metadata", "eval_library", "model_info",
        "evaluation_results",
    ],
    "properties": {
        "retrieved_timestamp": {"type": "string", "pattern": "^[0-9]+$"},
        "source_metadata": {
            "required": ["source_type", "source_organization_name", "evaluator_relationship"],
            "properties": {"additional_details": {"additionalProperties": {"type": "string"}}},
        },
        "eval_library": {"required": ["name", "version"]},
        "model_info": {"required": ["name", "id"]},
        "evaluation_results": {"type": "array", "items": SCORE},
    },
}  # fmt: skip
"""What version 0.2.1 of the schema asks for, as far as it concerns these files."""


def test_every_eval_ever_files_follow_the_schema_and_hold_means_and_intervals(data: RunData, tmp_path: Path) -> None:
    schema = pytest.importorskip("jsonschema")
    export_folder(data, "every-eval-ever", tmp_path)
    files = list(tmp_path.rglob("*.json"))
    records = {record["model_info"]["name"]: record for record in (json.loads(f.read_text()) for f in files)}
    assert records.keys() == set(ROWS)
    for record in records.values():
        schema.validate(record, RECORD)
        assert re.fullmatch(r"[^/]+/genbench_[^/]+/[0-9]+", record["evaluation_id"])
    scores = {r["evaluation_name"]: r for r in records["vae"]["evaluation_results"]}
    values = data.table.query("label == 'vae' and metric == 'frechet' and status == 'ok'")["value"]
    found = scores["sample-quality/frechet"]["score_details"]
    assert found["score"] == pytest.approx(values.mean()) and found["uncertainty"]["num_samples"] == 3
    ends = found["uncertainty"]["confidence_interval"]
    assert ends["lower"] < found["score"] < ends["upper"] and math.isfinite(ends["upper"])
    assert not any("memorisation/ct" in name for name in scores)
    assert records["vae"]["source_metadata"]["additional_details"]["left_out_without_two_directions"]


def test_every_eval_ever_files_are_the_same_when_they_are_written_again(data: RunData, tmp_path: Path) -> None:
    for name in ("a", "b"):
        export_folder(data, "every-eval-ever", tmp_path / name)
    first, again = ({path.name for path in (tmp_path / name).rglob("*.json")} for name in ("a", "b"))
    assert first == again


@pytest.mark.parametrize("form", FOLDER_FORMATS)
def test_a_folder_format_needs_a_new_folder(data: RunData, tmp_path: Path, form: str) -> None:
    assert form in FOLDERS
    with pytest.raises(UsageError, match="name a new one with -o"):
        export_folder(data, form, None)
    (tmp_path / "there").write_text("x")
    with pytest.raises(UsageError, match="is not empty"):
        export_folder(data, form, tmp_path)


@pytest.mark.parametrize("form", ["mlflow", "wandb", "tensorboard"])
def test_what_is_not_installed_is_named_with_the_remedy(
    data: RunData, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(UsageError, match=re.escape(f"pip install genbench[{form}]")):
        export_folder(data, form, tmp_path / "out")


def test_no_warning_of_ours_is_hidden_here(data: RunData) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert tracked_runs(data)

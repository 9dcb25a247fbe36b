"""A run in the schema of Every Eval Ever (arXiv:2606.14516, `eval.schema.json` 0.2.1). Torch-free.

Its scores know two directions. Metrics that are best nearest to a value, or that have no direction, are left out, and
the file names them.
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from genbench.core.values import Direction
from genbench.report import glossary
from genbench.report.data import RunData
from genbench.report.leaderboard import leaderboards
from genbench.report.model_cards import described, labels
from genbench.report.output import write_file
from genbench.report.tracked import file_name
from genbench.report.types import Cell, Column, Leaderboard, LeaderboardRow

VERSION = "0.2.1"
UNBOUNDED = sys.float_info.max
"""The schema asks for both ends of a range, and JSON has no infinity."""


def to_every_eval_ever(data: RunData, path: Path) -> None:
    """`PATH/SUITE/genbench/LABEL/UUID.json` for each row, controls too; the name follows from the content."""
    boards = [board for board in leaderboards(data) if not board.is_overview]
    controls = dict.fromkeys(row.label for board in boards for row in board.controls)
    for label in [*labels(boards), *controls]:
        record = evaluation_record(data, boards, label)
        if not record["evaluation_results"]:
            continue
        text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        name = f"{uuid.uuid5(uuid.NAMESPACE_URL, text)}.json"
        write_file(path / file_name(data.suite or "genbench") / "genbench" / file_name(label) / name, text)


def evaluation_record(data: RunData, boards: Sequence[Leaderboard], label: str) -> dict[str, Any]:
    """All results of one row as the schema has them: means over seeds with their intervals."""
    rows = [(board, row) for board in boards for row in board.all_rows if row.label == label]
    first, run = rows[0][1], data.last_run
    versions = run.provenance.get("versions", {}) if run else {}
    when = str(int(datetime.fromisoformat(run.started).timestamp())) if run and run.started else "0"
    about = {"model": first.model, "family": first.family, "sampler": first.sampler}
    left = dict.fromkeys(c.title for board, _ in rows for c in board.columns if not _has_two_ends(c))
    return {
        "schema_version": VERSION,
        "evaluation_id": f"{data.suite or 'genbench'}/genbench_{file_name(label)}/{when}",
        "retrieved_timestamp": when,
        "source_metadata": {
            "source_name": f"genbench suite {data.suite}",
            "source_type": "evaluation_run",
            "source_organization_name": "not stated",
            "evaluator_relationship": "other",
            "additional_details": {
                "command": run.command if run else "",
                "left_out_without_two_directions": ", ".join(left),
            },
        },
        "eval_library": {"name": "genbench", "version": str(versions.get("genbench", "unknown"))},
        "model_info": {
            "name": label,
            "id": f"genbench/{file_name(label)}",
            "additional_details": {name: value for name, value in about.items() if value},
        },
        "evaluation_results": [result for board, row in rows for result in _results(board, row)],
    }


def _has_two_ends(column: Column) -> bool:
    return column.sense.direction in (Direction.LOWER, Direction.HIGHER)


def _results(board: Leaderboard, row: LeaderboardRow) -> Iterator[dict[str, Any]]:
    for column in filter(_has_two_ends, board.columns):
        cell = row.cells.get(column.key)
        if cell is None or cell.mean is None:
            continue
        parts = (board.evaluation, column.metric, column.target, row.score)
        yield {
            "evaluation_name": "/".join(part for part in parts if part),
            "source_data": {"dataset_name": board.dataset, "source_type": "other"},
            "metric_config": _config(column),
            "score_details": {"score": cell.mean, "details": _details(cell), "uncertainty": _uncertainty(cell)},
        }


def _config(column: Column) -> dict[str, Any]:
    spec = glossary.metric(column.metric)
    low, high = (spec.low, spec.high) if spec else (-UNBOUNDED, UNBOUNDED)
    details = {"metric": column.metric, "encoder": column.encoder, "split": column.split, "unit": column.unit}
    return {
        "evaluation_description": described(column),
        "lower_is_better": column.sense.direction is Direction.LOWER,
        "score_type": "continuous",
        "min_score": max(low, -UNBOUNDED),
        "max_score": min(high, UNBOUNDED),
        "additional_details": {name: value for name, value in details.items() if value},
    }


def _details(cell: Cell) -> dict[str, str]:
    """The identity of the number and its place, as the strings that the schema takes."""
    said: dict[str, Any] = {f"seed_{seed}": repr(value) for seed, value in cell.values.items()}
    said |= {f"seed_{seed}": status for seed, status in cell.missing.items()}
    if cell.identities:
        one = cell.identities[0]
        said |= {"n": one.n, "m": one.m, "kind": one.kind, "budget": one.budget, "metric_version": one.metric_version}
    said |= {"place": cell.place_range, "flags": ", ".join(cell.flags)}
    return {name: str(value) for name, value in said.items() if value not in (None, "")}


def _uncertainty(cell: Cell) -> dict[str, Any]:
    """The interval of the mean over seeds; without one that over samples, which is another thing and says so."""
    if cell.half is not None and cell.mean is not None:
        ends, method = (cell.mean - cell.half, cell.mean + cell.half), "Student's t over seeds"
    elif cell.sample is not None:
        ends, method = cell.sample, "over the samples of one fitted model"
    else:
        return {"num_samples": cell.n}
    interval = {"lower": ends[0], "upper": ends[1], "confidence_level": 0.95, "method": method}
    return {"confidence_interval": interval, "num_samples": cell.n}

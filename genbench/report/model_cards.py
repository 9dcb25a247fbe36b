"""Model cards for the Hugging Face Hub: what was measured of each row, beside floor and ceiling. Torch-free."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from genbench.core.records import DataKind
from genbench.report import glossary
from genbench.report.data import RunData
from genbench.report.export import board_markdown
from genbench.report.leaderboard import leaderboards
from genbench.report.output import write_file
from genbench.report.tracked import file_name
from genbench.report.types import Cell, Column, Leaderboard, LeaderboardRow

TASKS = {DataKind.IMAGES: "unconditional-image-generation"}


def to_model_cards(data: RunData, path: Path) -> None:
    """`PATH/LABEL/README.md` for each model that is no control: its results as the Hub's `model-index`, and tables."""
    boards = leaderboards(data)
    for label in labels(boards):
        write_file(path / file_name(label) / "README.md", model_card(data, boards, label))


def labels(boards: Sequence[Leaderboard]) -> list[str]:
    """The models of some leaderboards, controls apart, each once."""
    return list(dict.fromkeys(row.label for board in boards for row in board.rows))


def model_card(data: RunData, boards: Sequence[Leaderboard], label: str) -> str:
    """The card of one row."""
    own = [board for board in boards if any(row.label == label for row in board.rows)]
    row = next(row for row in own[0].rows if row.label == label)
    results = [_result(data, board, label) for board in own if not board.is_overview]
    front = {
        "library_name": "genbench",
        "tags": list(dict.fromkeys(["genbench", "generative-model", row.family, row.model])),
        "model-index": [{"name": label, "results": [result for result in results if result["metrics"]]}],
    }
    parts = ["---\n" + "\n".join(yaml(front)) + "\n---", f"# {label}", _about(row)]
    parts += [board_markdown(_alone(board, label)) for board in own]
    parts += [*_without_number(own, label), *_how(data)]
    return "\n\n".join(parts) + "\n"


def _alone(board: Leaderboard, label: str) -> Leaderboard:
    """The leaderboard with this model and the controls only; places are still those among all."""
    rows = tuple(row for row in board.rows if row.label == label)
    others = len(labels([board]))
    notes = (f"Places are among the {others} models of this leaderboard.", *board.notes)
    has_places = any(cell.place for row in rows for cell in row.cells.values())
    return dataclasses.replace(board, rows=rows, notes=notes if has_places else board.notes)


def _result(data: RunData, board: Leaderboard, label: str) -> dict[str, Any]:
    kind = data.content.get("datasets", {}).get(board.dataset, {}).get("kind", "")
    metrics = [
        _metric(column, cell, row.score)
        for row in board.rows
        if row.label == label
        for column in board.columns
        if (cell := row.cells.get(column.key)) is not None and cell.mean is not None
    ]
    return {
        "task": {"type": TASKS.get(kind, "other"), "name": board.title},
        "dataset": {"type": board.dataset, "name": board.dataset},
        "metrics": metrics,
    }


def _metric(column: Column, cell: Cell, score: str) -> dict[str, Any]:
    said: dict[str, Any] = {
        "type": f"{column.metric}:{column.target}" if column.target else column.metric,
        "value": cell.mean,
        "name": described(column, score),
    }
    arguments = {
        "seeds": cell.n,
        "half_width_95": cell.half,
        "place": cell.place_range,
        "better": column.sense.words,
        "flags": ", ".join(cell.flags),
    }
    return said | {"args": {name: value for name, value in arguments.items() if value not in (None, "")}}


def described(column: Column, score: str = "") -> str:
    """The display name of numbers that are neither scaled nor differences, as the store has them."""
    parts = (column.target, score, f"on {column.encoder}" if column.encoder else "", *column.about, column.unit)
    details = ", ".join(part for part in parts if part)
    return f"{column.title} ({details})" if details else column.title


def _about(row: LeaderboardRow) -> str:
    card = glossary.model(row.model)
    said = [f"The model `{row.model}`" + (f" with the sampler `{row.sampler}`" if row.sampler else "")]
    said[0] += f": {card.summary}" if card else "."
    if card and card.paper:
        said.append(f"Paper: {card.paper}.")
    said.append("Floor and ceiling stand beside its numbers: a number means little without them.")
    return " ".join(said)


def _without_number(boards: Sequence[Leaderboard], label: str) -> Iterator[str]:
    """Why some evaluations gave this row no number."""
    lines = []
    for board in boards:
        cells = [cell for row in board.rows if row.label == label for cell in row.cells.values() if not cell.values]
        reasons = dict.fromkeys(reason for cell in cells for reason in cell.reasons)
        lines += [f"- {board.dataset}, {board.title}: {reason}" for reason in reasons if not board.is_overview]
    if lines:
        yield "\n".join(["### Without a number", "", *lines])


def _how(data: RunData) -> Iterator[str]:
    run = data.last_run
    if run is None:
        return
    versions = ", ".join(f"{name} {value}" for name, value in run.provenance.get("versions", {}).items())
    yield f"### How it was measured\n\n`{run.command}`, {run.started}" + (f" ({versions})." if versions else ".")


def yaml(value: Any, indent: str = "") -> Iterator[str]:
    """Mappings and lists of plain values as YAML lines; words are quoted as JSON does, which YAML reads."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if _is_plain(inner):
                yield f"{indent}{_key(name)}: {_plain(inner)}"
            else:
                yield f"{indent}{_key(name)}:"
                yield from yaml(inner, indent + "  ")
        return
    for inner in value:
        if _is_plain(inner):
            yield f"{indent}- {_plain(inner)}"
            continue
        first, *rest = yaml(inner, indent + "  ")
        yield f"{indent}- {first.lstrip()}"
        yield from rest


def _is_plain(value: Any) -> bool:
    return not isinstance(value, Mapping | list) or not value


def _key(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() else json.dumps(name)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if value is not None else "null"

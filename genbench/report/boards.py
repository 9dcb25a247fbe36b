"""Leaderboards: for each dataset an overview (a headline of each evaluation) and a table for each evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from genbench.report import cells as making
from genbench.report import glossary, judge, memory, sanity
from genbench.report.board import OVERVIEW, Board, BoardRow, Cell, Column, RowKey
from genbench.report.data import Entry, RunData, entries
from genbench.stats.intervals import LEAST

Grid = dict[str, dict[RowKey, Cell]]
"""Cells by column key and row."""


def leaderboards(data: RunData) -> list[Board]:
    """The boards of all datasets in the order of the table: first a dataset's overview, then its evaluations."""
    return all_boards(entries(data.table), headlines(data))


def all_boards(found: Sequence[Entry], heads: Mapping[str, str]) -> list[Board]:
    """`leaderboards` of typed entries."""
    boards: list[Board] = []
    for dataset in dict.fromkeys(e.dataset for e in found):
        boards += dataset_boards(dataset, [e for e in found if e.dataset == dataset], heads)
    return boards


def headlines(data: RunData) -> dict[str, str]:
    """The headline metric of each evaluation: the suite's word, else the evaluation's own."""
    found: dict[str, str] = {}
    for evaluation in dict.fromkeys(map(str, data.table["evaluation"])) if len(data.table) else ():
        card = glossary.evaluation(evaluation)
        found[evaluation] = card.headline if card else ""
    for run in data.runs:
        for asked in run.provenance.get("suite", {}).get("evaluations", ()):
            if asked.get("headline"):
                found[asked["name"]] = asked["headline"]
    return found


def dataset_boards(dataset: str, found: Sequence[Entry], heads: Mapping[str, str]) -> list[Board]:
    """The overview and the evaluations' boards of one dataset."""
    by_evaluation: dict[str, list[Entry]] = {}
    for entry in found:
        by_evaluation.setdefault(entry.evaluation, []).append(entry)
    boards = [evaluation_board(dataset, name, rows, heads.get(name, "")) for name, rows in by_evaluation.items()]
    copies = memory.copying(boards)
    warnings = tuple(sanity.check(boards, copies))
    overview = overview_board(dataset, by_evaluation, boards, heads)
    return [replace(_flag_copies(b, copies), warnings=warnings if b.is_overview else ()) for b in [overview, *boards]]


def evaluation_board(dataset: str, name: str, found: Sequence[Entry], headline: str) -> Board:
    """All metrics of one evaluation on one dataset."""
    columns = making.find_columns(found)
    if not any(e.ok for e in found):
        columns = [c for c in columns if c.metric == headline] or columns[:1]
    rows = making.row_keys(found)
    by_label: dict[str, list[Entry]] = {}
    for entry in found:
        by_label.setdefault(entry.label, []).append(entry)
    grid: Grid = {}
    finished = []
    for column in columns:
        done, grid[column.key] = _column_cells(column, by_label, rows)
        finished.append(done)
    first = next((c for c in finished if c.metric == headline), finished[0])
    card = glossary.evaluation(name)
    return _assemble(
        Board(
            dataset=dataset,
            evaluation=name,
            title=name.replace("-", " ").capitalize(),
            summary=card.summary if card else "",
            headline=first.key,
            columns=tuple(finished),
            rows=(),
            controls=(),
        ),
        rows,
        grid,
    )


def _column_cells(
    column: Column, by_label: Mapping[str, Sequence[Entry]], rows: Mapping[RowKey, Entry]
) -> tuple[Column, dict[RowKey, Cell]]:
    """The column, finished, and its judged cells by row."""
    made: dict[RowKey, Cell] = {}
    for label, score in rows:
        own = [e for e in by_label[label] if e.score == score or (not e.ok and not e.score)]
        cell = making.make_cell(own, column)
        if cell is not None:
            made[label, score] = cell
    column = making.finish_column(column, list(made.values()))
    return column, judged(column, made, rows)


def judged(column: Column, made: Mapping[RowKey, Cell], rows: Mapping[RowKey, Entry]) -> dict[RowKey, Cell]:
    """The column's cells with texts, places (models only), normalised scores and flags."""
    texts = {key: making.write(cell, column) for key, cell in made.items()}
    models = {key: cell for key, cell in texts.items() if not rows[key].is_control}
    placed = texts | judge.give_places(models, column)
    scored = judge.give_scores(placed, rows, column)
    return {key: judge.flag_below_chance(cell, column) for key, cell in scored.items()}


def _assemble(board: Board, rows: Mapping[RowKey, Entry], grid: Grid) -> Board:
    """The board with its rows, models and controls apart, each best first by the headline."""
    headline = grid.get(board.headline, {})
    column = board.column(board.headline) if board.columns else None
    models = judge.best_first([k for k in rows if not rows[k].is_control], headline, column)
    told = [k for k in rows if rows[k].is_control and any(_speaks(grid[c.key].get(k)) for c in board.columns)]
    controls = judge.best_first(told, headline, column)
    return replace(
        board,
        rows=tuple(_row(key, rows[key], board.columns, grid) for key in models),
        controls=tuple(_row(key, rows[key], board.columns, grid) for key in controls),
        notes=_notes(board, grid, rows),
    )


def _speaks(cell: Cell | None) -> bool:
    """Whether a control has a value or a failure here; one that this is not made for is left out."""
    return cell is not None and (cell.mean is not None or bool(cell.failed))


def _row(key: RowKey, entry: Entry, columns: Sequence[Column], grid: Grid) -> BoardRow:
    found = {c.key: grid[c.key][key] for c in columns if key in grid[c.key]}
    return BoardRow(
        label=key[0], model=entry.model, family=entry.family, sampler=entry.sampler, score=key[1], cells=found
    )


def overview_board(
    dataset: str, found: Mapping[str, Sequence[Entry]], boards: Sequence[Board], heads: Mapping[str, str]
) -> Board:
    """The headline of each evaluation side by side; a metric with several targets is averaged over them, an outlier
    detector shows the first score that its model gives (an order that is fixed before any outlier is seen)."""
    rows: dict[RowKey, Entry] = {}
    for entry in (e for part in found.values() for e in part):
        rows.setdefault((entry.label, ""), entry)
    columns: list[Column] = []
    grid: Grid = {}
    for board in boards:
        firsts: dict[str, str] = {}
        for label, score in making.row_keys(found[board.evaluation]):
            firsts.setdefault(label, score)
        column, cells = _headline_cells(board, firsts, rows)
        if any(_speaks(cell) for cell in cells.values()) or (board is boards[-1] and not columns):
            columns.append(column)
            grid[column.key] = cells
    overview = Board(
        dataset=dataset,
        evaluation=OVERVIEW,
        title=dataset,
        headline=columns[0].key,
        columns=tuple(columns),
        rows=(),
        controls=(),
    )
    return _assemble(overview, rows, grid)


def _headline_cells(
    board: Board, firsts: Mapping[str, str], rows: Mapping[RowKey, Entry]
) -> tuple[Column, dict[RowKey, Cell]]:
    """The headline column of a board and the cells of each label's first score."""
    head = board.column(board.headline)
    same = [c for c in board.columns if (c.metric, c.encoder, c.split) == (head.metric, head.encoder, head.split)]
    chosen = {row.label: row for row in board.all_rows if row.score == firsts[row.label]}
    if len(same) > 1 and board.evaluation != "speed":
        made = {(label, ""): _over_targets(row, same) for label, row in chosen.items()}
        told = replace(head, key=f"{head.key}|mean", target=f"mean of {len(same)} sets")
        column = replace(making.finish_column(told, list(made.values())), about=head.about)
        cells = judged(column, made, rows)
    else:
        column = head
        cells = {(label, ""): row.cells[head.key] for label, row in chosen.items() if head.key in row.cells}
        if firsts and any(firsts.values()):
            cells = judged(column, {key: _unjudged(cell) for key, cell in cells.items()}, rows)
    return column, {key: replace(cell, note=firsts[key[0]]) for key, cell in cells.items()}


def _unjudged(cell: Cell) -> Cell:
    return replace(cell, place=None, last_place=None, shared=False, score=None, flags=())


def _over_targets(row: BoardRow, columns: Sequence[Column]) -> Cell:
    """A row's mean over targets, seed by seed; a seed that lacks a target has no value."""
    parts = [row.cells.get(c.key, Cell()) for c in columns]
    seeds = sorted({s for cell in parts for s in (*cell.values, *cell.missing)})
    whole = [s for s in seeds if all(s in cell.values for cell in parts)]
    statuses = {s: next((c.missing[s] for c in parts if s in c.missing), "failed") for s in seeds if s not in whole}
    return making.summarise(
        Cell(
            values={s: fmean(cell.values[s] for cell in parts) for s in whole},
            missing=statuses,
            reasons=tuple(dict.fromkeys(r for cell in parts for r in cell.reasons)),
            identity=("mean",) if all(cell.comparable for cell in parts) else ("unlike",),
        )
    )


def _flag_copies(board: Board, copies: Mapping[str, memory.Copying]) -> Board:
    """The board with its rows flagged where they copy their training data."""

    def flagged(row: BoardRow) -> BoardRow:
        if row.label not in copies:
            return row
        verdict = copies[row.label]
        found = row.cells
        if board.evaluation == "memorisation":
            marks = {c.key for c in board.columns if c.metric in verdict.flagged}
            found = {k: replace(c, flags=(*c.flags, memory.MARK)) if k in marks else c for k, c in found.items()}
        return replace(row, cells=found, flags=(memory.MEMORISES,) if verdict.memorises else ())

    rows, controls = tuple(map(flagged, board.rows)), tuple(map(flagged, board.controls))
    return replace(board, rows=rows, controls=controls)


def _notes(board: Board, grid: Grid, rows: Mapping[RowKey, Entry]) -> tuple[str, ...]:
    """What a reader must know of this table: what is not ranked, and why."""
    models = {k for k, e in rows.items() if not e.is_control}
    cells = [(c, grid[c.key][k]) for c in board.columns for k in grid[c.key] if k in models]
    notes = []
    if board.evaluation in judge.UNRANKED:
        notes.append("Nothing is ranked here: each number is read against the ceiling row, and more is not better.")
    if cells and not any(cell.place for _, cell in cells) and board.evaluation not in judge.UNRANKED:
        notes.append("No places: they need 3 seeds of at least 2 complete rows. Rows are in order of value.")
    if any(0 < cell.n < LEAST for _, cell in cells):
        notes.append("Means over fewer than 3 seeds have no ±.")
    if any(cell.failed and cell.n for _, cell in cells):
        notes.append(
            "Rows with failed seeds show the mean of the seeds that ended well, are marked, and have no place."
        )
    blind = [c.title for c in board.columns if any(not cell.score_clear for cell in grid[c.key].values())]
    if blind:
        notes.append(f"No bar where floor and ceiling cannot be told apart on this dataset: {', '.join(blind)}.")
    unlike = sorted({c.title for c, cell in cells if not cell.comparable})
    if unlike:
        notes.append(
            "Numbers marked ≠ differ from their column in n, kind, likelihood, version, encoder or device and are not "
            f"ranked ({', '.join(unlike)})."
        )
    return tuple(notes)

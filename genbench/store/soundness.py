"""Whether the rows of an SQLite store are such as genbench writes: SQLite itself takes any value for any column.

One pass over each table, by the database itself, before anything is read from it: what reads the rows later need not
ask what is in them.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from genbench.core.values import Direction, Kind, Status
from genbench.store import schema

_TYPES = ((sa.Boolean, "integer"), (sa.Integer, "integer"), (sa.Float, "number"), (sa.String, "text"))
_KINDS = {"integer": "('integer')", "number": "('integer', 'real')", "text": "('text')"}
_WORDS = {"integer": "a whole number", "number": "a finite number", "text": "a text"}


def unsound(connection: sa.Connection) -> str | None:
    """The first column that holds what it cannot, in words; None where all is as it should be."""
    there = set(sa.inspect(connection).get_table_names())
    for name, table in schema.metadata.tables.items():
        if name not in there:
            continue
        rules = _rules(table)
        counts = ", ".join(f"SUM(NOT COALESCE({rule}, 0))" for _, rule in rules)
        found = connection.exec_driver_sql(f"SELECT {counts} FROM {name}").one()
        for (what, _), wrong in zip(rules, found, strict=True):
            if wrong:
                return f"{wrong} rows of {name} have something else than {what}"
    return None


def _rules(table: sa.Table) -> list[tuple[str, str]]:
    """What must hold of each row, in words and in SQL."""
    rules = []
    for column in table.columns:
        kind = next((kind for type_, kind in _TYPES if isinstance(column.type, type_)), "text")
        rule = f"typeof({column.name}) IN {_KINDS[kind]}"
        if kind == "number":
            rule = f"({rule} AND abs({column.name}) <= 1.7976931348623157e308)"
        elif kind == "text":  # a byte 0 ends a text for some who read it
            rule = f"({rule} AND instr({column.name}, char(0)) = 0)"
        if column.nullable:
            rule = f"({column.name} IS NULL OR {rule})"
        rules.append((f"{_WORDS[kind]} in {column.name}", rule))
    return rules + _MORE.get(table.name, [])


def _one_of(column: str, words: Iterable[str], *more: str) -> tuple[str, str]:
    listed = ", ".join(f"'{word}'" for word in (*words, *more))
    return f"one of {listed} in {column}", f"{column} IN ({listed})"


_MORE = {
    "fits": [_one_of("status", Status)],
    "jobs": [_one_of("status", Status)],
    "measurements": [
        _one_of("status", Status),
        _one_of("direction", Direction, ""),
        _one_of("kind", Kind),
        ("a value exactly where the status is ok", f"(status = '{Status.OK}') = (value IS NOT NULL)"),
    ],
}

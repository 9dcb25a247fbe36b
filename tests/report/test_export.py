from __future__ import annotations

import builtins
import io
import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from synthetic import make_table, run_record, tiny, walk

from genbench.core.errors import UsageError
from genbench.report.data import RunData
from genbench.report.export import FORMATS, export, render_table

CONTRACT = (
    "model family sampler dataset seed evaluation metric target value ci_low ci_high n direction kind encoder status "
    "reason seconds"
).split()


@pytest.fixture(scope="module")
def data() -> RunData:
    return RunData(table=make_table(), runs=[run_record()])


def test_csv_has_the_contract_columns_first_and_keeps_every_digit(data: RunData) -> None:
    again = pd.read_csv(io.BytesIO(export(data, "csv")))
    assert list(again.columns)[: len(CONTRACT)] == CONTRACT
    assert len(again) == len(data.table)
    assert np.array_equal(again["value"].to_numpy(), data.table["value"].to_numpy(), equal_nan=True)


def test_what_is_not_ok_is_empty_with_its_reason(data: RunData) -> None:
    again = pd.read_csv(io.BytesIO(export(data, "csv")))
    bad = again[again["status"] != "ok"]
    assert len(bad) and bad["value"].isna().all() and bad["reason"].notna().all()
    objects = json.loads(export(data, "json"))
    assert all((row["value"] is None) == (row["status"] != "ok") for row in objects)
    assert not any(isinstance(leaf, float) and leaf != leaf for leaf in walk(objects))


def test_nested_columns_become_json_text() -> None:
    table = tiny(["a"], [[1.0]])
    table["details"] = [{"k": 5}]
    again = pd.read_csv(io.BytesIO(render_table(table, "csv")))
    assert json.loads(again["details"][0]) == {"k": 5}
    assert json.loads(render_table(table, "json"))[0]["details"] == {"k": 5}


def test_parquet_or_the_sentence_how_to_get_it(data: RunData, monkeypatch: pytest.MonkeyPatch) -> None:
    load = builtins.__import__

    def without(name: str, *args: Any, **more: Any) -> Any:
        if name.startswith("pyarrow") and "parquet" in ((args and args[0]) or {}).get("__name__", ""):
            raise ImportError(name)
        return load(name, *args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "__import__", without)
        with pytest.raises(UsageError, match="pip install pyarrow"):
            export(data, "parquet")
    pytest.importorskip("pyarrow")
    again = pd.read_parquet(io.BytesIO(export(data, "parquet")))
    assert np.array_equal(again["value"].to_numpy(), data.table["value"].to_numpy(), equal_nan=True)


def test_markdown_has_a_table_for_each_board(data: RunData) -> None:
    text = export(data, "markdown").decode()
    assert "### digits: overview" in text and "### ring8: Diversity" in text
    for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.M):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1
    assert "1. **9.0 ± 0.5**" in text and "(2 of 3 seeds)" in text and "below chance" in text


def test_latex_is_escaped_and_balanced() -> None:
    text = render_table(tiny(["a_b & 100 %", "c"], [[1.0, 1.1, 1.2], [5.0, 5.1, 5.2]]), "latex").decode()
    assert "a\\_b \\& 100 \\%" in text and "\\mathbf{1.10 \\pm" in text
    assert text.count("\\begin{") == text.count("\\end{")
    for line in text.splitlines():
        if line.endswith("\\\\"):
            assert line.count(" & ") == 1
    assert not set("↓↑→±–−×³") & set(text)


def test_an_unknown_format_names_the_nearest(data: RunData) -> None:
    with pytest.raises(UsageError, match="did you mean 'parquet'"):
        export(data, "parket")


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"parquet"}))
def test_an_empty_table_can_be_exported(form: str) -> None:
    export(RunData(table=make_table().head(0)), form)


def test_a_tie_is_said_in_words_and_nothing_is_bold() -> None:
    table = tiny(["a", "b"], [[1.0, 2.0, 3.0], [2.0, 1.0, 3.3]])
    for form in ("latex", "markdown"):
        text = render_table(table, form).decode()
        assert "3 seeds can't separate these" in text
        assert "mathbf" not in text and "**" not in text


def test_json_keeps_all_digits() -> None:
    values = [0.1 + 0.2, 1.2345678901234567e-17, 123456789.12345679]
    table = tiny(["a", "b", "c"], [[v] for v in values])
    assert [row["value"] for row in json.loads(render_table(table, "json"))] == values

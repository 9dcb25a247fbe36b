"""Which metric stands for an evaluation on a dataset, and what a plan leaves out."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from synthetic import Maker, make_table, run_record

from genbench.core.records import PlanRecord
from genbench.report.data import RunData, read_rows
from genbench.report.export import export
from genbench.report.headlines import headlines
from genbench.report.page import render
from genbench.report.provenance import changes, commands, origins

NOTE = "outlier-detection does not apply to mine: it has no outlier sets"


def table(**datasets: tuple[str, ...]) -> Maker:
    """Sample quality on datasets with these metrics."""
    maker = Maker()
    for dataset, metrics in datasets.items():
        for metric in metrics:
            maker.add("vae", 0, "sample-quality", metric, 1.0, dataset=dataset)
    return maker


def plan(**content: Any) -> PlanRecord:
    return PlanRecord(id="plan1", suite="mine", jobs=(), content=content)


def chosen(data: RunData) -> dict[str, str]:
    found = headlines(data, read_rows(data.table))
    return {dataset: heads["sample-quality"] for dataset, heads in found.items()}


BOTH = {"digits": ("kid", "frechet"), "ring8": ("frechet", "tv", "sliced-wasserstein")}


def test_the_plan_decides_for_each_dataset() -> None:
    heads = {"digits": {"sample-quality": "kid"}, "ring8": {"sample-quality": "tv"}}
    data = RunData(table=table(**BOTH).frame(), plan=plan(headlines=heads), runs=[run_record()])
    assert chosen(data) == {"digits": "kid", "ring8": "tv"}


def test_without_a_plan_the_last_runs_suite_decides_where_it_was_measured() -> None:
    old, new = run_record(), run_record()
    old.provenance["suite"]["evaluations"][0]["headline"] = "tv"
    new.provenance["suite"]["evaluations"][0]["headline"] = "kid"
    data = RunData(table=table(**BOTH).frame(), runs=[old, new])
    assert chosen(data) == {"digits": "kid", "ring8": "frechet"}
    new.provenance["suite"]["evaluations"] = [
        {"name": "sample-quality", "headline": "frechet", "datasets": ["digits"]},
        {"name": "sample-quality", "headline": "tv", "datasets": ["ring8"]},
        {"name": "diversity", "headline": "kid"},
    ]
    assert chosen(data) == {"digits": "frechet", "ring8": "tv"}


def test_the_record_decides_by_the_kind_of_the_dataset() -> None:
    bare = RunData(table=table(**BOTH).frame())
    assert chosen(bare) == {"digits": "frechet", "ring8": "frechet"}
    kinds = {"digits": {"kind": "images"}, "ring8": {"kind": "points"}}
    assert chosen(dataclasses.replace(bare, plan=plan(datasets=kinds))) == {
        "digits": "frechet", "ring8": "sliced-wasserstein",
    }  # fmt: skip
    odd = plan(datasets={"digits": {"kind": "sounds"}, "ring8": {}}, headlines={"digits": {}})
    assert chosen(dataclasses.replace(bare, plan=odd)) == chosen(bare)


def test_at_last_the_first_metric_that_was_measured_decides() -> None:
    maker = table(digits=("kid", "recall"))
    maker.add("vae", 0, "sample-quality", "frechet", None, dataset="digits", status="failed", reason="it broke")
    assert chosen(RunData(table=maker.frame())) == {"digits": "kid"}
    maker.rows = maker.rows[-1:]
    assert chosen(RunData(table=maker.frame())) == {"digits": "frechet"}


def test_notes_are_on_the_page_in_markdown_and_at_hand_for_the_terminal() -> None:
    data = RunData(table=make_table(1), runs=[run_record()], plan=plan(notes=[NOTE]))
    assert data.notes == (NOTE,)
    html, markdown = render(data), export(data, "markdown").decode()
    assert html.count(NOTE) == 1 and "What does not apply (1)" in html
    assert html.index('id="failures"') < html.index(NOTE) < html.index('id="provenance"')
    assert markdown.endswith(f"### What does not apply\n\n- {NOTE}\n")
    bare = dataclasses.replace(data, plan=None)
    assert "What does not apply" not in render(bare) + export(bare, "markdown").decode() and bare.notes == ()


def test_notes_alone_make_the_section_and_cannot_break_the_page() -> None:
    data = RunData(table=table(digits=("kid",)).frame(), plan=plan(notes=["<script>x</script>"]))
    html = render(data)
    assert 'id="failures"' in html and "Nothing failed." in html and "<script>x" not in html


def test_a_page_is_named_after_its_plan_and_shows_the_settings_of_its_last_run() -> None:
    own = dataclasses.replace(run_record(), plan="plan1", command="genbench run mine")
    later = dataclasses.replace(run_record(("ring8",)), plan="other", suite="other", command="genbench run other")
    later.provenance["versions"]["torch"] = "3.0.0"
    data = RunData(table=make_table(1), runs=[own, later], plan=plan())
    assert data.suite == "mine" and data.last_run is own
    assert origins(data)["versions"]["torch"] == "2.14.1" and "digits" in origins(data)["datasets"]
    assert changes(data) == ["torch 3.0.0"] and [c for c, _ in commands(data)] == [own.command, later.command]
    assert "<bdi>mine</bdi>" in render(data) and 'download="mine.csv"' in render(data)


@pytest.mark.parametrize("content", [{"headlines": None}, {"headlines": {"digits": None}}, {"datasets": []}], ids=str)
def test_content_of_another_shape_is_no_headline(content: dict[str, Any]) -> None:
    assert chosen(RunData(table=table(**BOTH).frame(), plan=plan(**content)))["digits"] == "frechet"

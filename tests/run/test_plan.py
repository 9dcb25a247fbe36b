"""Plans: one key for one content, and nothing done twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from genbench import registry
from genbench.core import seeds
from genbench.core.errors import SuiteError
from genbench.core.jobs import Plan, tasks
from genbench.core.records import DataFacts, DataKind
from genbench.core.values import Status
from genbench.protocols.card import NETS
from genbench.runs import plan as planning
from genbench.runs.plan import Conditions, make_plan
from genbench.runs.suite import Suite

DIGITS = DataFacts(
    name="digits",
    fingerprint="aaaa",
    kind=DataKind.IMAGES,
    has=frozenset({"images", "unit-images", "labels", "outliers"}),
    outliers={"noise": "1"},
)
RING8 = DataFacts(name="ring8", fingerprint="bbbb", kind=DataKind.POINTS, has=frozenset({"density", "modes"}))
CONDITIONS = Conditions(datasets={"digits": DIGITS, "ring8": RING8}, machine="one")


def suite(**changes: object) -> Suite:
    content = {
        "schema": 1,
        "name": "small",
        "models": ["ae", "ae+gmm10", "vae"],
        "datasets": ["digits", "ring8"],
        "seeds": 2,
        "evaluations": [
            {"name": "sample-quality"},
            {"name": "reconstruction", "datasets": ["digits"]},
            {"name": "speed"},
        ],
    }
    return Suite.model_validate(content | changes)


def plan(conditions: Conditions = CONDITIONS, **changes: object) -> Plan:
    return make_plan(suite(**changes), conditions)


def keys(made: Plan) -> set[str]:
    return {job.key for job in made.jobs}


def changed(conditions: Conditions, **changes: object) -> set[str]:
    """The evaluations whose jobs have other keys than under the usual conditions."""
    before = keys(plan(**changes))
    return {job.evaluation for job in plan(conditions, **changes).jobs if job.key not in before}


def test_seeds_of_one_model_can_make_one_task() -> None:
    made = [t for t in tasks(plan().jobs, together=True) if not t.alone]
    assert {len(t.fits) for t in made} == {2} and len(made) == 2 * 2
    assert sum(len(t.jobs) for t in made) == len([j for j in plan().jobs if j.evaluation != "speed"])


def test_every_wanted_job_is_there_once() -> None:
    jobs = plan().jobs
    assert len(keys(plan())) == len(jobs) == 2 * 3 * 2 + 2 * 3 + 3 * 2
    assert all(job.row.seed == 0 for job in jobs if job.evaluation == "speed")


def test_the_sampler_changes_the_row_and_not_the_fit() -> None:
    fits = {job.row.label: job.fit.key for job in plan().jobs if job.row.dataset == "digits" and job.row.seed == 0}
    assert fits["ae"] == fits["ae+gmm10"] != fits["vae"]


def test_keys_change_with_what_numbers_depend_on() -> None:
    base = keys(plan())
    assert base == keys(plan())
    assert not base & keys(plan(budget={"images": 7}))
    assert not base & keys(plan(threads=2))
    assert not base & keys(plan(precision="bfloat16"))
    other = {"digits": replace(DIGITS, fingerprint="x"), "ring8": replace(RING8, fingerprint="y")}
    assert not base & keys(plan(replace(CONDITIONS, datasets=other)))
    assert not base & keys(plan(replace(CONDITIONS, device="cuda")))
    assert base < keys(plan(seeds=3))


def test_an_outlier_file_changes_the_keys_of_what_looks_at_it_alone() -> None:
    def made(asked: list[str] | None, **sets: str) -> dict[str, set[str]]:
        conditions = replace(CONDITIONS, datasets={"digits": replace(DIGITS, outliers=sets)})
        judged = {"name": "outlier-detection", "outliers": asked}
        jobs = plan(conditions, datasets=["digits"], evaluations=[{"name": "sample-quality"}, judged]).jobs
        names = ("sample-quality", "outlier-detection")
        return {name: {job.key for job in jobs if job.evaluation == name} for name in names}

    before, after = made(None, noise="1"), made(None, noise="1", kmnist="2")
    assert before["sample-quality"] == after["sample-quality"]
    assert not before["outlier-detection"] & after["outlier-detection"]
    assert made(["noise"], noise="1") == made(["noise"], noise="1", kmnist="2")
    assert made(["kmnist"], noise="1")["outlier-detection"] != made(["kmnist"], kmnist="2")["outlier-detection"]


def test_another_machine_changes_speed_alone() -> None:
    assert changed(replace(CONDITIONS, machine="two")) == {"speed"}


def test_a_headline_is_not_content_of_a_job_and_is_of_the_plan() -> None:
    evaluations = [
        {"name": "sample-quality", "headline": "kid"},
        {"name": "reconstruction", "datasets": ["digits"]},
        {"name": "speed"},
    ]
    made = plan(evaluations=evaluations)
    assert keys(made) == keys(plan()) and made.id != plan().id
    assert made.headlines["digits"]["sample-quality"] == "kid"


def test_a_job_that_did_not_settle_is_missing() -> None:
    made = plan()
    settled = {job.key: is_final for job, is_final in zip(made.jobs, (True, False, True), strict=False)}
    assert made.missing(settled) == [made.jobs[1], *made.jobs[3:]]
    assert len(made.missing(settled, force=True)) == len(made.jobs)


def test_tasks_share_fits_and_what_runs_alone_comes_last() -> None:
    made = tasks(plan().jobs)
    alone = [task.alone for task in made]
    assert alone == sorted(alone) and sum(alone) == 4
    assert len([t for t in made if not t.alone]) == len({j.fit.key for j in plan().jobs})
    assert sum(len(t.jobs) for t in made) == len(plan().jobs)


def test_a_plan_is_known_by_its_jobs() -> None:
    assert plan().id == plan().id != plan(seeds=1).id


# --- what applies


def test_metrics_and_headline_follow_the_kind_of_data() -> None:
    made = plan()
    assert made.headlines["digits"]["sample-quality"] == "frechet"
    assert made.headlines["ring8"]["sample-quality"] == "sliced-wasserstein"
    metrics = {job.row.dataset: job.metrics for job in made.jobs if job.evaluation == "sample-quality"}
    assert "kid" in metrics["digits"] and "tv" not in metrics["digits"]
    assert "tv" in metrics["ring8"] and "kid" not in metrics["ring8"]


def test_what_does_not_apply_is_one_line_with_the_reason() -> None:
    made = plan(evaluations=[{"name": "outlier-detection"}, {"name": "density"}])
    assert made.notes == (
        "density does not apply to digits: it has no known density.",
        "outlier-detection does not apply to ring8: it has no outlier sets.",
    )
    assert {(job.evaluation, job.row.dataset) for job in made.jobs} == {
        ("outlier-detection", "digits"),
        ("density", "ring8"),
    }


def test_a_metric_that_the_data_cannot_give_is_left_out_with_a_line() -> None:
    asked = {"name": "sample-quality", "metrics": ["frechet", "tv"], "headline": "tv"}
    made = plan(evaluations=[asked])
    assert made.notes == ("sample-quality leaves out tv: digits has no known density.",)
    assert {job.row.dataset: job.metrics for job in made.jobs} == {"digits": ("frechet",), "ring8": ("frechet", "tv")}
    assert {d: made.headlines[d]["sample-quality"] for d in ("digits", "ring8")} == {"digits": "frechet", "ring8": "tv"}


def test_a_suite_of_which_nothing_applies_is_refused_with_the_reasons() -> None:
    with pytest.raises(SuiteError, match="density does not apply to digits: it has no known density"):
        plan(datasets=["digits"], evaluations=[{"name": "density"}])


# --- what keys cover: each bumped, and exactly its jobs are missing


@pytest.fixture
def bumped(monkeypatch: pytest.MonkeyPatch) -> Any:
    def bump(registered: registry.Registry[Any], name: str, **changes: object) -> None:
        entry = registered.get(name)
        card = {key: changes.pop(key) for key in list(changes) if key == "version"}
        new = replace(entry, card=replace(entry.card, **card), **changes)
        monkeypatch.setitem(registered._own, name, new)

    return bump


EVERY: Mapping[str, Any] = {
    "datasets": ["digits"],
    "evaluations": [
        {"name": "sample-quality", "metrics": ["cmmd"]},
        {"name": "diversity"},
        {"name": "reconstruction"},
        {"name": "speed"},
    ],
}


@pytest.mark.parametrize(
    ("kind", "name", "change", "missing"),
    [
        ("metrics", "cmmd", {"version": 99}, {"sample-quality"}),
        ("metrics", "cmmd", {"code": "edited"}, {"sample-quality"}),
        ("metrics", "coverage", {"version": 99}, {"diversity"}),
        ("metrics", "kid", {"version": 99}, set()),  # nobody asks for it
        ("evaluations", "reconstruction", {"version": 99}, {"reconstruction"}),
        ("evaluations", "diversity", {"code": "edited"}, {"diversity"}),
        ("models", "vae", {"version": 99}, {"sample-quality", "diversity", "reconstruction", "speed"}),
        ("models", "vae", {"code": "edited"}, {"sample-quality", "diversity", "reconstruction", "speed"}),
    ],
)
def test_a_new_version_or_code_makes_exactly_its_jobs_missing(
    bumped: Any, kind: str, name: str, change: dict[str, object], missing: set[str]
) -> None:
    before = keys(plan(**EVERY))
    bumped(getattr(registry, kind), name, **change)
    new = [job for job in plan(**EVERY).jobs if job.key not in before]
    assert {job.evaluation for job in new} == missing
    if kind == "models":
        assert {job.row.model for job in new} == {"vae"}


def test_a_new_version_of_a_backbone_makes_its_fits_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"use": "vae", "net": "conv"}, {"use": "ae", "net": "mlp"}, "gan"]
    before = keys(plan(models=rows, datasets=["digits"]))
    monkeypatch.setitem(NETS, "conv", 99)
    new = [job for job in plan(models=rows, datasets=["digits"]).jobs if job.key not in before]
    assert {job.row.model for job in new} == {"vae"}


def test_another_encoder_changes_what_stands_on_it_alone() -> None:
    def conditions(identity: str) -> Conditions:
        return replace(CONDITIONS, encoder=lambda name, dataset: ("in-domain", identity))

    evaluations = [{"name": "sample-quality"}, {"name": "outlier-detection"}]
    before = keys(make_plan(suite(datasets=["digits"], evaluations=evaluations), conditions("one")))
    after = make_plan(suite(datasets=["digits"], evaluations=evaluations), conditions("two"))
    assert {job.evaluation for job in after.jobs if job.key not in before} == {"sample-quality"}


def test_code_without_source_is_never_taken_for_known(bumped: Any) -> None:
    bumped(registry.models, "vae", code=None)
    one, two = plan(replace(CONDITIONS, nonce="1")), plan(replace(CONDITIONS, nonce="2"))
    assert {job.row.model for job in one.jobs if job.key in keys(two)} == {"ae"}
    fits = {(job.row.dataset, job.row.seed, job.fit.key) for job in one.jobs if job.row.model == "vae"}
    assert len(fits) == 4  # within one plan the jobs of one fit agree


def test_the_content_of_a_file_that_an_option_names_counts(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    uses = ["ae", {"use": "vae", "net": str(path)}]
    path.write_bytes(b"one")
    before = plan(models=uses)
    assert keys(plan(models=uses)) == keys(before)
    path.write_bytes(b"two")
    after = plan(models=uses)
    assert {job.row.label for job in after.jobs if job.key not in keys(before)} == {"vae"}


def test_samples_come_in_chunks_whose_size_is_in_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert planning.CHUNK == seeds.CHUNK
    before = keys(plan())
    monkeypatch.setattr(planning, "CHUNK", 7)
    assert not before & keys(plan())


def test_settings_of_an_evaluation_count_for_it_alone() -> None:
    asked = [{"name": "sample-quality"}, {"name": "diversity", "k": 3}]
    before = keys(plan(evaluations=[{"name": "sample-quality"}, {"name": "diversity"}]))
    assert {job.evaluation for job in plan(evaluations=asked).jobs if job.key not in before} == {"diversity"}


def test_a_setting_that_came_later_counts_only_where_it_is_set() -> None:
    (first, *_) = plan(evaluations=[{"name": "sample-quality"}]).jobs
    assert "importance_samples" not in first.config.identity() and "samples" in first.config.identity()
    before = keys(plan(evaluations=[{"name": "sample-quality"}]))
    for set_to, same in ((None, True), (64, False)):
        asked = [{"name": "sample-quality", "importance_samples": set_to}]
        assert (keys(plan(evaluations=asked)) == before) is same
        written = suite(evaluations=asked).model_dump(mode="json")["evaluations"][0]
        assert ("importance_samples" not in written) is same


def test_how_jobs_may_end_for_good() -> None:
    from genbench.core.jobs import FINAL

    assert {str(status) for status in Status if status not in FINAL} == {"failed", "timeout"}

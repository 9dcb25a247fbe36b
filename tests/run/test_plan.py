"""Plans: one key for one content, and nothing done twice."""

from __future__ import annotations

from dataclasses import replace

from genbench.core.values import Status
from genbench.run.plan import Conditions, Plan, make_plan, runs_alone, tasks
from genbench.run.suite import Suite

CONDITIONS = Conditions(fingerprints={"digits": "aaaa", "ring8": "bbbb"}, machine="one")


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


def test_seeds_of_one_model_can_make_one_task() -> None:
    made = [t for t in tasks(plan().jobs, together=True) if not runs_alone(t)]
    assert {len(t.fits) for t in made} == {2} and len(made) == 2 * 2
    assert sum(len(t.jobs) for t in made) == len([j for j in plan().jobs if j.settings.name != "speed"])


def test_every_wanted_job_is_there_once() -> None:
    jobs = plan().jobs
    assert len(keys(plan())) == len(jobs) == 2 * 3 * 2 + 2 * 3 + 3 * 2
    assert all(job.row.seed == 0 for job in jobs if job.settings.name == "speed")


def test_the_sampler_changes_the_row_and_not_the_fit() -> None:
    fits = {job.row.label: job.fit.key for job in plan().jobs if job.row.dataset == "digits" and job.row.seed == 0}
    assert fits["ae"] == fits["ae+gmm10"] != fits["vae"]


def test_keys_change_with_what_numbers_depend_on() -> None:
    base = keys(plan())
    assert base == keys(plan())
    assert not base & keys(plan(budget={"images": 7}))
    assert not base & keys(plan(threads=2))
    assert not base & keys(plan(precision="bfloat16"))
    assert not base & keys(plan(Conditions(fingerprints={"digits": "x", "ring8": "y"}, machine="one")))
    assert not base & keys(plan(Conditions(fingerprints=CONDITIONS.fingerprints, device="cuda", machine="one")))
    assert base < keys(plan(seeds=3))


def test_an_outlier_file_changes_the_keys_of_what_looks_at_it_alone() -> None:
    def made(asked: list[str] | None, **sets: str) -> dict[str, set[str]]:
        conditions = replace(CONDITIONS, outliers={"digits": sets})
        judged = {"name": "outlier-detection", "outliers": asked}
        jobs = plan(conditions, datasets=["digits"], evaluations=[{"name": "sample-quality"}, judged]).jobs
        names = ("sample-quality", "outlier-detection")
        return {name: {job.key for job in jobs if job.settings.name == name} for name in names}

    before, after = made(None, noise="1"), made(None, noise="1", kmnist="2")
    assert before["sample-quality"] == after["sample-quality"]
    assert not before["outlier-detection"] & after["outlier-detection"]
    assert made(["noise"], noise="1") == made(["noise"], noise="1", kmnist="2")
    assert made(["kmnist"], noise="1")["outlier-detection"] != made(["kmnist"], kmnist="2")["outlier-detection"]


def test_another_machine_changes_speed_alone() -> None:
    other = plan(Conditions(fingerprints=CONDITIONS.fingerprints, machine="two"))
    changed = [job.settings.name for job in plan().jobs if job.key not in keys(other)]
    assert set(changed) == {"speed"} and len(changed) == 6


def test_a_headline_is_not_content() -> None:
    evaluations = [
        {"name": "sample-quality", "headline": "kid"},
        {"name": "reconstruction", "datasets": ["digits"]},
        {"name": "speed"},
    ]
    assert keys(plan(evaluations=evaluations)) == keys(plan())


def test_failed_and_timed_out_jobs_are_missing_and_diverged_ones_not() -> None:
    made = plan()
    how = [Status.OK, Status.UNSUPPORTED, Status.DIVERGED, Status.FAILED, Status.TIMEOUT]
    known = {job.key: status for job, status in zip(made.jobs, how, strict=False)}
    assert [job.key for job in made.missing(known)] == [job.key for job in made.jobs[3:]]
    assert len(made.missing(known, force=True)) == len(made.jobs)


def test_tasks_share_fits_and_what_runs_alone_comes_last() -> None:
    made = tasks(plan().jobs)
    alone = [runs_alone(task) for task in made]
    assert alone == sorted(alone) and sum(alone) == 4
    assert len([t for t in made if not runs_alone(t)]) == len({j.fit.key for j in plan().jobs})
    assert sum(len(t.jobs) for t in made) == len(plan().jobs)

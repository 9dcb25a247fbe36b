"""The time left is guessed from what the like has cost, here and before; and says how much of it is known."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path
from typing import Any

import pytest

from genbench.core.jobs import BudgetConfig, Fit, FitEnded, Job, JobEnded
from genbench.core.records import FitRecord, JobRecord, Row
from genbench.core.values import Status
from genbench.protocols.evaluation import EvaluationConfig
from genbench.report.formatting import estimate
from genbench.runs.costs import FILE, CostBook, Extent, Guess, remaining
from genbench.runs.folder import RunFolder
from genbench.runs.progress import Tally

FITS = {"vae": 2.0, "gan": 6.0}
JOBS = {"quality": 0.5, "speed": 1.0}


def job(model: str, seed: int, evaluation: str, *, images: int = 1_000, dataset: str = "d") -> Job:
    fit = Fit(
        key=f"{model}-{seed}-{images}-{dataset}",
        stack_key=f"{model}-{images}-{dataset}",
        model=model,
        options={},
        dataset=dataset,
        seed=seed,
        budget=BudgetConfig(images=images),
    )
    row = Row(label=model, model=model, family=model, sampler="", dataset=dataset, seed=seed)
    return Job(
        key=f"{fit.key}-{evaluation}",
        fit=fit,
        row=row,
        config=EvaluationConfig(name=evaluation),
        evaluation=evaluation,
        metrics=(),
        alone=evaluation == "speed",
    )


def fitted(one: Job, seconds: float) -> FitEnded:
    fit = one.fit
    record = FitRecord(
        key=fit.key, model=fit.model, dataset=fit.dataset, seed=fit.seed, status=Status.OK, seconds=seconds
    )
    return FitEnded(record)


def ended(one: Job, seconds: float) -> JobEnded:
    record = JobRecord(
        key=one.key, fit=one.fit.key, row=one.row, evaluation=one.evaluation, status=Status.OK, seconds=seconds
    )
    return JobEnded(record, ())


def learnt(book: CostBook, one: Job, *, fit: float, evaluation: float) -> None:
    book.add_fit(one.fit, fitted(one, fit).record)
    book.add_job(one, ended(one, evaluation).record)


def guess(book: CostBook, jobs: list[Job], workers: float = 1) -> Guess:
    return remaining(jobs, book, workers=workers, fitted=lambda _: False, extents={})


PLAN = [job(model, seed, name) for seed in range(5) for model in FITS for name in JOBS]
TRUE = 5 * sum(FITS.values()) + 10 * sum(JOBS.values())


def test_a_large_dataset_of_which_nothing_is_known_takes_longer() -> None:
    large = [job("vae", 0, "quality", dataset="large")]
    extents = {"large": Extent(values=784, examples=10_000)}
    found = remaining(large, CostBook(), workers=1, fitted=lambda _: True, extents=extents)
    small = remaining(large, CostBook(), workers=1, fitted=lambda _: True, extents={})
    assert found.is_rough and 20 * small.seconds < found.seconds < 500 * small.seconds


def test_an_evaluation_without_a_number_of_samples_takes_all_examples() -> None:
    class Whole(EvaluationConfig):
        samples: int | None = None

    large = dataclasses.replace(job("vae", 0, "quality", dataset="large"), config=Whole(name="quality"))
    extents = {"large": Extent(values=784, examples=10_000)}
    found, all_of_them = (
        remaining([one], CostBook(), workers=1, fitted=lambda _: True, extents=extents)
        for one in (large, dataclasses.replace(large, config=Whole(name="quality", samples=10_000)))
    )
    assert found.seconds == all_of_them.seconds


def test_what_is_known_of_each_kind_adds_up() -> None:
    book = CostBook()
    for one in PLAN[:4]:
        learnt(book, one, fit=FITS[one.row.model], evaluation=JOBS[one.evaluation])
    found = guess(book, PLAN)
    assert found.seconds == pytest.approx(TRUE) and found.known == found.seconds and not found.is_rough
    shared = 5 * sum(FITS.values()) + 10 * JOBS["quality"]
    assert guess(book, PLAN, workers=2).seconds == pytest.approx(shared / 2 + 10 * JOBS["speed"])


def test_nothing_known_is_rough_and_more_images_take_longer() -> None:
    few, many = (guess(CostBook(), [job("vae", 0, "quality", images=n)]) for n in (10_000, 1_000_000))
    assert few.is_rough and few.known == 0 and many.seconds > 10 * few.seconds


def test_a_fit_is_guessed_from_the_same_model_with_another_budget() -> None:
    book = CostBook()
    learnt(book, job("vae", 0, "quality"), fit=2.0, evaluation=0.1)
    assert book.fit_seconds(job("vae", 0, "quality", images=10_000).fit).seconds == pytest.approx(20.0)
    assert book.fit_seconds(job("vae", 0, "quality", images=500, dataset="e").fit).seconds == pytest.approx(1.0)


def test_the_first_of_its_kind_pays_for_what_is_made_once_and_is_left_out() -> None:
    book = CostBook()
    for seed, seconds in enumerate((30.0, 0.2, 0.2, 0.2)):
        book.add_job(PLAN[0], ended(job("vae", seed, "quality"), seconds).record)
    assert book.job_seconds(job("vae", 9, "quality")).seconds == pytest.approx(0.2)


def test_the_book_is_kept_for_the_next_run_and_a_spoilt_one_is_empty(tmp_path: Path) -> None:
    book = CostBook.read(tmp_path, "cpu")
    learnt(book, PLAN[0], fit=2.0, evaluation=0.5)
    book.write()
    assert CostBook.read(tmp_path, "cpu").fit_seconds(PLAN[0].fit) == Guess(2.0, 2.0)
    assert CostBook.read(tmp_path, "cuda:1").fit_seconds(PLAN[0].fit).known == 0
    for content in ("", "[]", '{"x": 1}', '{"x": ["a", "b", "c"]}', "\x00"):
        (tmp_path / FILE).write_text(content)
        assert CostBook.read(tmp_path, "cpu").seen == {}


class _Session:
    """As much of a session as a tally looks at."""

    def __init__(self, jobs: list[Job], cache: Path) -> None:
        self.missing, self.executor = jobs, "inline"
        self.setting = type("Setting", (), {"cache": cache, "device": "cpu"})()
        self.suite = type("Suite", (), {"all_datasets": lambda _: []})()
        self.workers = type("Workers", (), {"workers": 1})()
        self.known = type("Known", (), {"given": None})()
        self.folder, self.force = RunFolder.to_make(cache / "run", None), False


def tally(jobs: list[Job], cache: Path) -> Tally:
    found = Tally()
    found.planned(_Session(jobs, cache))  # type: ignore[arg-type]
    return found


def play(watch: Tally, jobs: list[Job], noise: float = 0.0) -> list[tuple[float, float]]:
    """Every job in order; after each what is left in truth and by the tally."""
    draw, seen, found = random.Random(0), set(), []
    costs = [(FITS[one.row.model], JOBS[one.evaluation]) for one in jobs]
    left = sum(cost for _, cost in costs) + sum(
        {one.fit.key: fit for one, (fit, _) in zip(jobs, costs, strict=True)}.values()
    )
    for one, (fit, cost) in zip(jobs, costs, strict=True):
        shaken = 1 + noise * (draw.random() - 0.5)
        if one.fit.key not in seen:
            seen.add(one.fit.key)
            left -= fit
            watch.event(fitted(one, fit * shaken))
        left -= cost
        watch.event(ended(one, cost * shaken))
        watch._estimate = (0.0, None)
        guessed = watch.left()
        found.append((left, guessed.seconds if guessed else 0.0))
    return found


def test_the_time_left_is_right_once_each_model_was_seen_and_from_the_start_the_next_time(tmp_path: Path) -> None:
    found = play(tally(PLAN, tmp_path), PLAN, noise=0.2)
    for true, guessed in found[4:]:
        assert guessed == pytest.approx(true, rel=0.15, abs=0.5)
    again = [dataclasses.replace(one, key=f"{one.key}-again") for one in PLAN]
    first = tally(again, tmp_path).left()
    assert first is not None and first.seconds == pytest.approx(TRUE, rel=0.15) and not first.is_rough


def test_a_failure_is_news_once_for_a_row() -> None:
    watch, said = Tally(), []
    for name in JOBS:
        one = ended(job("vae", 0, name), 0.1)
        failed: Any = dataclasses.replace(one.record, status=Status.FAILED, reason="it broke")
        said.append(watch.is_news(JobEnded(failed, ())))
    assert said == [True, False]


@pytest.mark.parametrize(
    ("seconds", "rough", "said"),
    [
        (0.2, False, "about 1 s"),
        (352, False, "about 6 min"),
        (47, False, "about 45 s"),
        (240, True, "roughly 2 min to 8 min"),
        (20_000, False, "about 5.6 h"),
    ],
)
def test_a_guess_is_said_to_as_many_digits_as_it_has(seconds: float, rough: bool, said: str) -> None:
    assert estimate(seconds, is_rough=rough) == said

"""The pages of the reference leaderboard: verdicts by their rules, numbers as they are, sentences from a table."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from board import claims, findings, paper_gans, papers, scaling
from board.boards import Board
from board.claims import Comparison, Line
from board.numbers import Mean, mean_of, means, order
from board.paper_outliers import ADBENCH, SVDD
from board.paper_training import _ratio
from board.scaling import Point
from synthetic import make_run

from genbench.report.leaderboard import leaderboards


def mean(value: float, half: float = 0.1) -> Mean:
    return Mean(value, half, (value,) * 5)


def test_an_order_counts_the_pairs_that_both_set_apart() -> None:
    published = {"a": (1.0, 0.1), "b": (2.0, 0.1), "c": (3.0, 0.1), "d": (3.1, 0.2)}
    same = order(published, {"a": mean(10), "b": mean(20), "c": mean(30), "d": mean(40)})
    assert (same.alike, same.pairs, same.agrees) == (5, 5, True)  # c and d are one in the paper
    turned = order(published, {"a": mean(30), "b": mean(20), "c": mean(10), "d": mean(9)})
    assert (turned.alike, turned.agrees) == (0, False) and ("a", "b") in turned.turned
    blurred = order(published, {name: mean(10 + k, 5.0) for k, name in enumerate(published)})
    assert blurred.pairs == 0 and blurred.agrees is None


def table(values: dict[str, list[float]], metric: str = "frechet", **more: object) -> pd.DataFrame:
    rows = [
        {"label": label, "seed": seed, "metric": metric, "value": value, "status": "ok", "ci_low": value - 0.196,
         "ci_high": value + 0.196, "dataset": "mnist", "target": "", "score": "", **more}
        for label, found in values.items() for seed, value in enumerate(found)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_means_are_over_seeds_with_the_sampling_error() -> None:
    found = means(table({"vae": [1.0, 2.0, 3.0]}), "frechet")["vae"]
    assert found.value == 2.0 and found.error == pytest.approx(0.1) and found.spread == pytest.approx(1.0)
    assert found.half == pytest.approx(4.3027 / np.sqrt(3), rel=1e-4)
    assert mean_of([1.0, 2.0]).text() == "1.50 (2 seeds)"
    assert mean_of([8.0, 8.0, 8.0]).text() == "8.00 (every seed)"


def test_the_ratio_of_training_to_sampling_is_what_was_planted() -> None:
    draw = np.random.default_rng(0)
    sampling, training = 0.1, 0.32
    ratios = []
    for _ in range(200):
        values = 5 + training * draw.standard_normal(20) + sampling * draw.standard_normal(20)
        low, mid, high = _ratio(mean_of(values.tolist(), sampling))
        ratios.append((low <= 3.2 <= high, mid))
    assert np.mean([held for held, _ in ratios]) > 0.9
    assert np.median([mid for _, mid in ratios]) == pytest.approx(3.2, rel=0.1)


def tables(**found: pd.DataFrame):
    return lambda name: found.get(name.replace("-", "_"))


def test_nats_agree_by_their_distance_and_fail_by_it() -> None:
    good = {"vae": [89.0, 89.1, 89.2], "iwae-5": [87.5, 87.6, 87.7], "iwae-50": [86.4, 86.5, 86.6]}
    found = papers.iwae(tables(paper_iwae=table(good, "nll")))
    assert found.verdict == "yes" and all(line.agrees for line in found.lines) and len(found.lines) == 4
    bad = {name: [value + 10 for value in values] for name, values in good.items()}
    found = papers.iwae(tables(paper_iwae=table(bad, "nll")))
    assert [line.agrees for line in found.lines] == [False, False, True, True]
    assert papers.iwae(tables()).lines == ()


def test_an_onset_that_grows_with_the_set_has_the_slope_that_was_planted() -> None:
    found = {}
    for images, name in zip(papers.memorisation.__globals__["LOOKS"], [*range(1, 9), 0], strict=True):
        parts = []
        for size in (50, 100, 200, 400):
            copied = images >= 2_560 * size
            values = {"ddpm": [0.1 if copied else 0.9] * 3, "control-test-half": [0.55] * 3}
            part = table(values, "authenticity", dataset=f"digits@{size}")
            parts.append(part.assign(ci_low=part.value - 0.02, ci_high=part.value + 0.02))
        found[f"paper_memorisation_look_{name}" if name else "paper_memorisation"] = pd.concat(parts)
    made = papers.memorisation(tables(**found))
    assert [line.agrees for line in made.lines] == [True, True] and "50" in made.body[3]


def test_neighbours_far_apart_need_few_seeds_and_equal_ones_too_many() -> None:
    draw = np.random.default_rng(0)
    near = [mean_of((value * np.exp(0.05 * draw.standard_normal(5))).tolist()) for value in (2.0, 2.01, 3.0)]
    far = scaling.seeds_needed(near[0], near[2])
    assert far is not None and far <= 4
    close = scaling.seeds_needed(near[0], Mean(near[0].value * 1.001, None, near[0].values))
    assert close is None


def test_a_pair_that_changes_places_is_found() -> None:
    def points(*values: float) -> list[Point]:
        return [Point(mean_of([v, 1.01 * v, 0.99 * v], 0.01), 10.0 * 4**k, k, k) for k, v in enumerate(values)]

    found = {"early": points(5, 4, 3.9), "late": points(9, 4, 2), "worst": points(20, 19, 18)}
    assert scaling.flips(found) == [("early", "late", 0, 2)]
    assert "| `early` | `late` | 10 | 160 |" in scaling.turned(found, (10.0, 40.0, 160.0))
    assert scaling.turned({"early": found["early"]}, (10.0, 40.0, 160.0))[0].endswith("at another.")


def test_the_page_of_papers_says_what_agrees_and_what_was_not_run() -> None:
    lines = [
        Line("a claim", "1", "2", False, "a rule"),
        Line("another", "1", "1", True),
        Line("a third", "1", "1", True),
    ]
    text = claims.page(
        [
            Comparison("one", "One paper", "source", "differs.", "paper-one", lines),
            Comparison("two", "Two", "source", "", "paper-two"),
        ],
        {"one": "Since the moon was full."},
    )
    assert "| [One paper](#one-paper) | in part | 2 of 3 |" in text
    assert "**no**" in text and "Since the moon was full." in text and "Not run yet." in text


def test_findings_are_sentences_with_numbers_and_links(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = make_run(tmp_path, seeds=5)
    data.table["dataset"] = data.table["dataset"].replace("digits", "mnist")
    data.fits["dataset"] = data.fits["dataset"].replace("digits", "mnist")
    made = Board("board-mnist", data, leaderboards(data))
    monkeypatch.setattr(Board, "of", classmethod(lambda cls, stores, suite: made if suite == made.suite else None))
    text = findings.page(tmp_path, ["board-mnist", "board-toys"])
    sentences = [line for line in text.replace("\n  ", " ").splitlines() if line.startswith("- ")]
    assert len(sentences) > 8
    for sentence in sentences:
        assert "](" in sentence and any(c.isdigit() for c in sentence), sentence
    assert "nan" not in text.lower().split()
    outliers = next(s for s in sentences if "digits-without-3, outlier-detection]" in s)
    assert "AUROC, mean of" in outliers  # not of one target, the easiest of which has all rows at its end
    first, *others = map(float, re.findall(r"\b[01]\.\d+(?= ±)", outliers))
    assert others and all(first >= other for other in others)


def near(value: float) -> list[float]:
    """Five seeds close to a value."""
    return [value * (1 + 0.001 * k) for k in range(5)]


def rae_table(*, turned: bool = False) -> pd.DataFrame:
    parts = []
    for dataset, published in papers.RAE.items():
        rebuilt, quality = {}, {}
        for name, (reconstruction, plain, gmm) in published.items():
            first, second = papers.OURS[name]
            rebuilt[first] = near(reconstruction)
            quality |= {first: near(gmm if turned else plain), second: near(plain if turned else gmm)}
        parts += [table(quality, dataset=dataset), table(rebuilt, "frechet-reconstruction", dataset=dataset)]
    return pd.concat(parts)


def test_the_published_numbers_agree_with_themselves_and_not_when_turned() -> None:
    found = papers.rae(tables(paper_rae=rae_table()))
    assert [line.agrees for line in found.lines] == [True] * 10
    turned = papers.rae(tables(paper_rae=rae_table(turned=True)))
    assert [line.agrees for line in turned.lines][:2] == [False, False]

    gans = {name: near(value) for name, (value, _) in paper_gans.LUCIC.items()}
    found = paper_gans.lucic(tables(paper_lucic=table(gans)))
    assert (
        found.lines[0].agrees and "21 of 21" not in found.lines[0].ours
    )  # pairs that overlap in the paper are left out
    back = {name: near(1 / value) for name, (value, _) in paper_gans.LUCIC.items()}
    assert paper_gans.lucic(tables(paper_lucic=table(back))).lines[0].agrees is False
    rates = {f"{name}-1e-4": near(10 * value) for name, (value, _) in paper_gans.LUCIC.items()}
    moved = [paper_gans.lucic(tables(paper_lucic=table(some))).lines[2] for some in (gans, gans | rates)]
    assert [line.agrees for line in moved] == [False, True] and "a factor of 10 (median" in moved[1].ours

    ten = [
        table(
            {"vae": near(value / 100)},
            "auroc",
            dataset=f"mnist-only-{digit}",
            target="other-classes",
            score="reconstruction",
        )
        for digit, value in enumerate(SVDD)
    ]
    found = papers.deep_svdd(tables(paper_deep_svdd=pd.concat(ten)))
    assert found.verdict == "yes" and len(found.lines) == 2 and "`vae`, reconstruction" in "\n".join(found.body)


def test_packs_that_reach_more_modes_agree() -> None:
    def modes(
        gan: float, pack: float, dataset: str = "grid25", images: float = 2e6, *, kl: tuple[float, float] = (0.7, 0.1)
    ) -> pd.DataFrame:
        found = [("modes", gan, pack), ("mode-kl", *kl)]
        return pd.concat(
            [table({"gan": near(a), "pacgan": near(b)}, name, dataset=dataset, budget=images) for name, a, b in found]
        )

    def judged(**suites: pd.DataFrame) -> list[bool | None]:
        return [line.agrees for line in paper_gans.pacgan(tables(**suites)).lines]

    assert judged(paper_pacgan=modes(17, 23)) == [True, True]
    assert judged(paper_pacgan=modes(23, 17)) == [False, True]
    assert judged(paper_pacgan=modes(25, 25, kl=(0.1, 0.7))) == [None, False]
    assert judged(paper_pacgan=modes(17, 17.01, kl=(0.1, 0.1))) == [None, None]
    stacked = modes(640, 100, "stacked-mnist")  # a profile of its own
    assert judged(paper_pacgan=modes(17, 23), paper_pacgan_stacked=stacked) == [True, True, False, True]
    long = paper_gans.pacgan(tables(paper_pacgan_long=modes(11, 18, images=1e7), paper_pacgan=modes(23, 17)))
    assert long.verdict == "yes" and "10,000,000 images" in long.lines[0].ours  # the longest training decides
    assert [row.split(" | ")[1] for row in long.body if row.startswith("| `gan`")] == ["2,000,000", "10,000,000"]


def test_packs_whose_samples_scatter_do_not_agree() -> None:
    values = {"gan": near(17), "pacgan": near(23)}
    found = [table(values, "modes", dataset="grid25", budget=2e6)]
    for pack, agrees in ((0.5, True), (0.1, False)):
        share = table(
            {"gan": near(0.8), "pacgan": near(pack)}, "modes", dataset="grid25", budget=2e6, target="high-quality"
        )
        (line,) = paper_gans.pacgan(tables(paper_pacgan=pd.concat([*found, share]))).lines
        assert line.agrees is agrees


def test_the_lottery_is_judged_model_by_model() -> None:
    draw = np.random.default_rng(1)
    values = {name: (5 + 0.5 * draw.standard_normal(20)).tolist() for name in ("vae", "gan", "ddpm")}
    found = papers.lottery(tables(paper_lottery=table(values)))
    assert [line.agrees for line in found.lines] == [True, True]
    calm = {name: (5 + 0.05 * draw.standard_normal(20)).tolist() for name in ("vae", "gan", "ddpm")}
    assert [line.agrees for line in papers.lottery(tables(paper_lottery=table(calm))).lines] == [False, False]


def test_tables_of_adbench_agree_within_both_intervals_and_say_what_is_missing() -> None:
    def table_of(shift: float) -> pd.DataFrame:
        parts = []
        for name, columns in ADBENCH.items():
            for label, published in zip(("isolation-forest", "knn"), columns, strict=True):
                value = float(np.mean(published)) + shift
                part = table({label: near(value)}, "auroc", dataset=f"adbench:{name}", reason=None)
                parts.append(part.assign(ci_low=part.value - 0.01, ci_high=part.value + 0.01))
        return pd.concat(parts)

    good = papers.adbench(tables(paper_adbench=table_of(0.0)))
    assert [line.agrees for line in good.lines] == [True] * 4
    assert papers.adbench(tables(paper_adbench=table_of(0.5))).lines[0].agrees is False
    lost = table_of(0.0)
    lost.loc[lost["dataset"] == "adbench:glass", ["status", "value", "reason"]] = ["unsupported", None, "one outlier"]
    assert "| glass, nearest neighbours | 0.82 ± 0.25 | one outlier |" in "\n".join(
        papers.adbench(tables(paper_adbench=lost)).body
    )

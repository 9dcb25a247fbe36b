from __future__ import annotations

import pytest
from synthetic import CONTROLS, Maker, make_table, quality

from genbench.evaluations.diversity import expected_coverage
from genbench.report.data import RunData
from genbench.report.figures import reference_lines
from genbench.report.leaderboard import leaderboards


def warnings(maker: Maker) -> list[str]:
    return list(leaderboards(RunData(table=maker.frame()))[0].warnings)


def run() -> Maker:
    maker = Maker()
    for seed in range(3):
        for label in ("vae", "ddpm", *CONTROLS):
            quality(maker, label, seed)
    return maker


def change(maker: Maker, label: str, metric: str, value: float) -> Maker:
    for row in maker.rows:
        if (row["label"], row["metric"]) == (label, metric):
            row |= {"value": value, "ci_low": value, "ci_high": value}
    return maker


def test_controls_in_their_places_raise_nothing() -> None:
    assert warnings(run()) == []


def test_expected_coverage() -> None:
    """Known answer 22."""
    assert expected_coverage(400, 400) == pytest.approx(0.96933, abs=5e-6)
    assert expected_coverage(400, 150) == pytest.approx(0.79862, abs=5e-6)


@pytest.mark.parametrize(
    ("label", "metric", "value", "said"),
    [
        ("vae", "frechet", 0.2, "nearer to the data than the data"),
        ("control-marginals", "frechet", 1.5, "far behind"),
        ("control-noise", "frechet", 1.5, "far behind"),
        ("control-test-half", "density", 0.3, "density near 1"),
        ("control-test-half", "coverage", 0.6, "coverage near 0.969"),
        ("control-noise", "coverage", 0.95, "cover far less"),
        ("control-mean-image", "vendi", 9.0, "Vendi score of 1"),
        ("control-mean-image", "duplicate-rate", 0.4, "all duplicates"),
        ("control-train-copy", "authenticity", 0.6, "not flagged by authenticity"),
        ("control-train-copy", "ct", 0.0, "not flagged by ct"),
    ],
)
def test_a_control_out_of_its_place_is_named(label: str, metric: str, value: float, said: str) -> None:
    found = warnings(change(run(), label, metric, value))
    assert any(said in warning and label in warning for warning in found), found


def test_a_control_that_cannot_copy_but_is_flagged() -> None:
    maker = change(change(run(), "control-noise", "authenticity", 0.1), "control-noise", "ct", -9.0)
    assert any("control-noise is flagged" in w for w in warnings(maker))


def test_a_copy_may_lead_without_a_warning() -> None:
    assert warnings(change(run(), "control-train-copy", "frechet", 0.4)) == []


def test_models_that_beat_the_training_data_say_that_the_reference_is_drawn_in_another_way() -> None:
    maker = Maker()
    at = {"family": "control"}
    for seed in range(5):
        for label, value in (("control-test-half", 0.02), ("control-train-copy", 4.5), ("control-marginals", 11.0)):
            maker.add(label, seed, "sample-quality", "frechet", value + seed / 1e3, **at)
        for label, value in (("vae", 30.0), ("gan", 0.6), ("ddpm", 1.0)):
            maker.add(label, seed, "sample-quality", "frechet", value + seed / 1e3)
    (found,) = warnings(maker)
    assert found.startswith("2 of 3 models have a better Fréchet distance than control-train-copy")
    assert warnings(change(maker, "control-train-copy", "frechet", 0.02)) == []


def test_on_toys_the_floors_are_judged_by_total_variation() -> None:
    """A ring and its marginals have one mean and covariance: a Fréchet distance on points cannot tell them apart."""
    maker = Maker()
    for seed in range(3):
        for label, frechet, tv in (("oracle", 0.01, 0.1), ("control-marginals", 0.01, 0.8), ("vae", 0.02, 0.4)):
            at = {"family": "vae" if label == "vae" else "control"}
            maker.add(label, seed, "sample-quality", "frechet", frechet + seed / 1e4, **at)
            maker.add(label, seed, "sample-quality", "tv", tv + seed / 1e3, **at)
    assert warnings(maker) == []
    found = warnings(change(maker, "control-marginals", "tv", 0.15))
    assert len(found) == 1 and "control-marginals should be far behind oracle in total variation" in found[0]


def test_a_random_score_far_from_chance_is_named() -> None:
    maker = Maker()
    for seed in range(3):
        at = {"score": "random", "target": "class-3"}
        maker.interval("control-noise", seed, "outlier-detection", "auroc", 0.8, 0.02, **at)
        maker.interval("vae", seed, "outlier-detection", "auroc", 0.9, 0.02, score="nll", target="class-3")
    assert any("AUROC of 0.5 on class-3" in w for w in warnings(maker))


@pytest.mark.parametrize("given", [{"k": 3}, '{"k": 3}'])
def test_coverage_is_expected_at_the_k_of_the_record(given: object) -> None:
    """0.875 is what three neighbours give; with five it would be out of its place. A CSV file holds JSON text."""
    maker = change(run(), "control-test-half", "coverage", expected_coverage(5_000, 5_000, 3))
    for row in maker.rows:
        row |= {"n": 5_000, "m": 5_000}
    assert any("coverage near 0.969" in w for w in warnings(maker))
    for row in maker.rows:
        row["details"] = given if row["metric"] == "coverage" else {}
    assert warnings(maker) == []


def test_the_made_up_run_is_sane() -> None:
    boards = leaderboards(RunData(table=make_table()))
    assert [w for b in boards for w in b.warnings] == []


def test_on_a_known_density_the_floors_are_judged_by_total_variation() -> None:
    maker = Maker()
    for seed in range(3):
        for label, tv in (("oracle", 0.0), ("control-test-half", 0.05), ("control-marginals", 0.8), ("vae", 0.2)):
            at = {"family": "vae" if label == "vae" else "control"}
            maker.add(label, seed, "density", "tv", tv + seed / 1e3, **at)
    assert warnings(maker) == []
    assert any("control-noise should be far behind oracle" in w for w in warnings(with_noise(maker)))


def test_on_a_line_the_marginals_are_the_law_and_no_floor() -> None:
    for dimensions, number in ((2, 1), (1, 0)):
        maker = Maker()
        for seed in range(3):
            for label in ("oracle", "control-marginals", "vae"):
                at = {"family": "vae" if label == "vae" else "control", "details": {"dimensions": dimensions}}
                maker.add(label, seed, "density", "tv", 0.06 + seed / 1e3, **at)
        assert len(warnings(maker)) == number


def with_noise(maker: Maker) -> Maker:
    for seed in range(3):
        maker.add("control-noise", seed, "density", "tv", 0.0, family="control")
    return maker


def test_sentences_on_diversity_come_in_the_order_of_its_metrics() -> None:
    maker = change(change(run(), "control-test-half", "coverage", 0.6), "control-test-half", "density", 0.3)
    found = [w for w in warnings(maker) if w.startswith("control-test-half should")]
    assert ["density" in found[0], "coverage" in found[1]] == [True, True]


def test_a_table_bounded_by_controls_is_not_scored_where_nothing_is_ranked() -> None:
    """The memorisation table has a ceiling row and a floor, which its plot shows; more is not better."""
    board = next(b for b in leaderboards(RunData(table=run().frame())) if b.evaluation == "memorisation")
    column = board.column(board.headline)
    assert [name for name, _ in reference_lines(board, column)] == ["ceiling", "floor"]
    assert all(row.cells[column.key].score is None for row in board.all_rows)

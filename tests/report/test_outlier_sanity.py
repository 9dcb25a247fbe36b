"""Detectors that a reader must not trust, as the report says it: below chance, and no better than untrained weights."""

from __future__ import annotations

from synthetic import Maker

from genbench.evaluations.outlier_detection import UNTRAINED
from genbench.report.data import RunData
from genbench.report.leaderboard import leaderboards
from genbench.report.types import Flag


def table(scores: dict[tuple[str, str], float]) -> Maker:
    """AUROC by label and score on two sets, three seeds, 0.002 apart."""
    maker = Maker()
    for seed in range(3):
        for (label, score), value in scores.items():
            for target, more in (("near", 0.0), ("far", 0.1)):
                at = {"score": score, "target": target, "family": "control" if label.startswith("control") else "vae"}
                found = min(0.999, value + more + 0.001 * (seed - 1))
                spread = {"ci_low": found - 0.01, "ci_high": found + 0.01}
                maker.add(label, seed, "outlier-detection", "auroc", found, **at, **spread)
    return maker


def test_below_chance_is_flagged_and_ranks_last() -> None:
    found = table({("good", "nll"): 0.9, ("turned", "nll"): 0.2, ("blind", "nll"): 0.5})
    board = leaderboards(RunData(table=found.frame()))[1]
    cells = board.cells(board.headline)
    assert Flag.BELOW_CHANCE in cells["turned"].flags
    assert not cells["good"].flags and not cells["blind"].flags
    assert [row.label for row in board.rows] == ["good", "blind", "turned"]


def warnings(scores: dict[tuple[str, str], float]) -> list[str]:
    return list(leaderboards(RunData(table=table(scores).frame()))[0].warnings)


def test_a_trained_score_no_better_than_untrained_weights_is_said() -> None:
    trained = {("vae", "nll"): 0.746, ("vae", "kl"): 0.85, (UNTRAINED, "nll"): 0.746, (UNTRAINED, "kl"): 0.6}
    said = warnings(trained)
    assert len(said) == 1
    assert "vae's score nll is on no outlier set surely beyond the same score of control-untrained" in said[0]
    assert "AUROC at best 0.846 and 0.846" in said[0]
    assert warnings({**trained, ("vae", "nll"): 0.85}) == []
    assert warnings({key: value for key, value in trained.items() if key[0] != UNTRAINED}) == []


def test_where_untrained_weights_are_perfect_nothing_is_said() -> None:
    """On uniform noise, all that own data have, the untrained score was at 1.000, and no model could be beyond it."""
    assert warnings({("vae", "nll"): 0.999, (UNTRAINED, "nll"): 0.985}) == []


def test_a_score_that_does_not_help_several_models_is_said_once() -> None:
    rows = {("vae", "nll"): 0.6, ("ae", "nll"): 0.5, ("gan", "nll"): 0.9, (UNTRAINED, "nll"): 0.7}
    (said,) = warnings(rows)
    assert said.startswith("vae, ae: the score nll is") and "AUROC at best 0.700 and 0.800" in said


def test_a_score_that_untrained_weights_do_not_have_is_not_judged() -> None:
    assert warnings({("vae", "nll"): 0.6, (UNTRAINED, "kl"): 0.7}) == []


def test_a_score_that_helps_few_models_is_doubted_not_they() -> None:
    """On MNIST the distance in latents of 32 models of 33 was beyond that of untrained weights on no set."""
    rows = {(f"vae-{i}", "latent-distance"): 0.6 for i in range(4)} | {("ae", "latent-distance"): 0.9}
    (said,) = warnings({**rows, (UNTRAINED, "latent-distance"): 0.7})
    assert said.startswith(
        "the score latent-distance of 4 of 5 models is on no outlier set surely beyond that of control-untr"
    )
    assert "vae-0" not in said and "trained?" not in said

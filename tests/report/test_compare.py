from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from synthetic import Maker, make_table, tiny

from genbench.report.compare import Change, Verdict, compare, frame


def changes(a: pd.DataFrame, b: pd.DataFrame) -> dict[str, Change]:
    return {change.label: change for change in compare(a, b)}


def test_a_table_is_the_same_as_itself() -> None:
    found = compare(make_table(), make_table())
    assert found and {c.verdict for c in found} == {Verdict.SAME}
    assert not any(c.is_untested for c in found)
    assert not any(c.is_regression for c in found)


def test_worse_and_better_follow_the_direction_of_the_metric() -> None:
    low, high = [[1.0, 1.1, 1.2]], [[5.0, 5.1, 5.25]]
    for direction, verdict in (("lower", Verdict.WORSE), ("higher", Verdict.BETTER)):
        before = tiny(["a"], low, metric="unheard-of", direction=direction)
        after = tiny(["a"], high, metric="unheard-of", direction=direction)
        assert changes(before, after)["a"].verdict is verdict
        assert changes(after, before)["a"].verdict is not verdict
    change = changes(tiny(["a"], low), tiny(["a"], high))["a"]
    assert change.is_regression and change.difference == pytest.approx(4.0166667)
    assert change.low is not None and change.high is not None and change.low < 4.0166667 < change.high


def test_seeds_are_not_pairs() -> None:
    """Where the code differs, one seed draws other numbers: a common effect of the seed is chance."""
    before = [[10.0, 50.0, 90.0, 30.0]]
    after = [[10.5, 50.51, 90.49, 30.5]]
    change = changes(tiny(["a"], before), tiny(["a"], after))["a"]
    assert change.verdict is Verdict.UNCLEAR and change.p is not None and change.p > 0.9


def test_equal_differences_are_not_certain() -> None:
    """p was 0 for differences without spread."""
    change = changes(tiny(["a"], [[0.01, 0.02, 0.03]]), tiny(["a"], [[0.02, 0.03, 0.04]]))["a"]
    assert change.verdict is Verdict.UNCLEAR and change.p is not None and change.p > 0.2


def test_the_distance_to_an_ideal_value_is_tested() -> None:
    """From .4 to .6 around 0.5 nothing got better or worse; from .4 to .45 it did."""
    at = {"metric": "c2st", "direction": "nearest"}
    low = tiny(["a"], [[0.400, 0.401, 0.399]], **at)
    high = tiny(["a"], [[0.600, 0.601, 0.599]], **at)
    near = tiny(["a"], [[0.450, 0.451, 0.449]], **at)
    assert changes(low, high)["a"].verdict is Verdict.UNCLEAR
    assert changes(low, near)["a"].verdict is Verdict.UNCLEAR  # within the binomial error of 449 points
    sized = [table.assign(n=100_000, m=100_000) for table in (low, near)]
    assert changes(*sized)["a"].verdict is Verdict.BETTER
    change = changes(*sized[::-1])["a"]
    assert change.verdict is Verdict.WORSE and change.difference == pytest.approx(-0.05)
    assert change.low is not None and change.high is not None and change.low < -0.05 < change.high < 0


def test_few_seeds_around_an_ideal_value() -> None:
    def table(value: float) -> pd.DataFrame:
        maker = Maker()
        maker.interval("a", 0, "sample-quality", "c2st", value, 0.01, direction="nearest")
        return maker.frame()

    assert changes(table(0.4), table(0.6))["a"].verdict is Verdict.UNCLEAR
    assert changes(table(0.4), table(0.51))["a"].verdict is Verdict.BETTER
    assert changes(table(0.505), table(0.6))["a"].verdict is Verdict.WORSE


def test_twenty_unchanged_shares_rarely_speak() -> None:
    """Trained again, 20 shares of .998 at n = 449 and 3 seeds: a comparison spoke in 37 % of runs."""
    draw = np.random.default_rng(0)

    def table() -> pd.DataFrame:
        shares = (draw.binomial(449, 0.998, size=(20, 3)) / 449).tolist()
        return tiny([f"row {i}" for i in range(20)], shares, metric="precision", direction="higher")

    spoke = [any(c.verdict in (Verdict.WORSE, Verdict.BETTER) for c in compare(table(), table())) for _ in range(60)]
    assert sum(spoke) <= 5


def test_numbers_of_two_encoders_of_one_name_are_not_compared() -> None:
    before = tiny(["a"], [[1.0, 1.1, 1.2]]).assign(encoder="in-domain", encoder_fingerprint="one")
    change = changes(before, before.assign(encoder_fingerprint="two"))["a"]
    assert change.verdict is Verdict.UNLIKE and "in-domain one" in change.reason


def test_runs_of_unlike_budgets_are_not_compared() -> None:
    before = tiny(["a"], [[1.0, 1.1, 1.2]]).assign(budget=1e11, budget_unit="flops")
    for amount, unit, words in (
        (1e12, "flops", "1e+12 operations"),
        (60.0, "seconds", "60 seconds"),
        (1e11, "", "images"),
    ):
        change = changes(before, before.assign(budget=amount, budget_unit=unit))["a"]
        assert change.verdict is Verdict.UNLIKE and words in change.reason
    assert changes(before, before.assign(value=9.0))["a"].verdict is not Verdict.UNLIKE


def test_noise_is_unclear() -> None:
    assert changes(tiny(["a"], [[1.0, 2.0, 3.0]]), tiny(["a"], [[2.9, 1.2, 2.1]]))["a"].verdict is Verdict.UNCLEAR


def test_holm_is_over_all_that_was_tested() -> None:
    before = [[1.0, 1.1, 1.2, 1.3]] * 40
    after = [[1.45, 1.55, 1.65, 1.75]] + [[1.31, 0.99, 1.11, 1.22]] * 39
    labels = [f"row {i}" for i in range(40)]
    alone = changes(tiny(labels[:1], before[:1]), tiny(labels[:1], after[:1]))["row 0"]
    among = changes(tiny(labels, before), tiny(labels, after))
    assert alone.verdict is Verdict.WORSE and among["row 0"].verdict is Verdict.UNCLEAR
    assert alone.p is not None and among["row 0"].p is not None and among["row 0"].p > 10 * alone.p
    assert {c.verdict for c in among.values()} == {Verdict.UNCLEAR}


def test_few_seeds_are_judged_by_their_samples_alone() -> None:
    def table(value: float, half: float, evaluation: str = "sample-quality") -> pd.DataFrame:
        maker = Maker()
        maker.interval("a", 0, evaluation, "frechet", value, half)
        return maker.frame()

    worse = changes(table(1.0, 0.2), table(2.0, 0.2))["a"]
    assert worse.verdict is Verdict.WORSE and worse.difference == 1.0 and worse.is_untested
    assert worse.low is None and worse.reason == "1 common seed: an interval over seeds needs 3"
    assert changes(table(2.0, 0.2), table(1.0, 0.2))["a"].verdict is Verdict.BETTER
    assert changes(table(1.0, 0.6), table(2.0, 0.6))["a"].verdict is Verdict.UNCLEAR
    assert changes(table(1.0, 0.2, "speed"), table(2.0, 0.2, "speed"))["a"].verdict is Verdict.UNCLEAR
    assert changes(tiny(["a"], [[1.0]]), tiny(["a"], [[2.0]]))["a"].verdict is Verdict.UNCLEAR


def test_what_broke_is_a_regression_and_says_why() -> None:
    maker = Maker()
    maker.add("a", 0, "sample-quality", "frechet", 1.0, encoder="in-domain", split="reference")
    before = maker.frame()
    maker = Maker()
    maker.missing("a", 0, "sample-quality", "failed", "it broke")
    found = compare(before, maker.frame())
    assert [(c.verdict, c.is_regression) for c in found] == [(Verdict.BROKEN, True)]
    assert "it broke" in found[0].reason
    assert [c.verdict for c in compare(maker.frame(), before)] == [Verdict.MENDED]


def test_new_and_gone_rows_are_told_and_are_no_regression() -> None:
    found = changes(tiny(["a", "b"], [[1.0], [2.0]]), tiny(["b", "c"], [[2.0], [3.0]]))
    assert {k: v.verdict for k, v in found.items()} == {"a": "gone", "b": "same", "c": "new"}
    assert not any(c.is_regression for c in found.values())


def test_numbers_of_unlike_identity_are_not_compared() -> None:
    change = changes(tiny(["a"], [[1.0, 1.1, 1.2]], n=449), tiny(["a"], [[5.0, 5.1, 5.2]], n=100))["a"]
    assert change.verdict is Verdict.UNLIKE and not change.is_regression
    assert "n = 449" in change.reason and "n = 100" in change.reason


def test_other_seeds_have_nothing_in_common() -> None:
    before = tiny(["a"], [[1.0, 1.1, 1.2]])
    change = changes(before, before.assign(seed=before["seed"] + 10))["a"]
    assert (change.verdict, change.seeds, change.reason) == (Verdict.UNCLEAR, 0, "no common seeds")


def test_the_changes_make_a_table() -> None:
    table = frame(compare(tiny(["a"], [[1.0]]), tiny(["a"], [[1.0]])))
    assert table.loc[0, "verdict"] == "same" and table.loc[0, "label"] == "a"
    assert list(frame([]).columns) == list(table.columns)

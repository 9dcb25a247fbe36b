from __future__ import annotations

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


def test_pairing_by_seed_finds_a_small_change_under_a_large_seed_effect() -> None:
    before = [[10.0, 50.0, 90.0, 30.0]]
    after = [[10.5, 50.51, 90.49, 30.5]]
    assert changes(tiny(["a"], before), tiny(["a"], after))["a"].verdict is Verdict.WORSE


def test_numbers_of_two_encoders_of_one_name_are_not_compared() -> None:
    before = tiny(["a"], [[1.0, 1.1, 1.2]]).assign(encoder="in-domain", encoder_fingerprint="one")
    change = changes(before, before.assign(encoder_fingerprint="two"))["a"]
    assert change.verdict is Verdict.UNLIKE and "in-domain one" in change.reason


def test_noise_is_unclear() -> None:
    assert changes(tiny(["a"], [[1.0, 2.0, 3.0]]), tiny(["a"], [[2.9, 1.2, 2.1]]))["a"].verdict is Verdict.UNCLEAR


def test_holm_is_over_all_that_was_tested() -> None:
    before = [[1.0, 2.0, 3.0, 4.0]] * 40
    after = [[1.3, 2.1, 3.35, 4.2]] + [[0.9, 2.1, 3.1, 3.9]] * 39
    labels = [f"row {i}" for i in range(40)]
    alone = changes(tiny(labels[:1], before[:1]), tiny(labels[:1], after[:1]))["row 0"]
    among = changes(tiny(labels, before), tiny(labels, after))["row 0"]
    assert alone.verdict is Verdict.WORSE and among.verdict is Verdict.UNCLEAR
    assert alone.p is not None and among.p == pytest.approx(40 * alone.p)


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

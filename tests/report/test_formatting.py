from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench.report.formatting import decimals, duration, pads, scale_for, text

THIN, MINUS = "\N{NARROW NO-BREAK SPACE}", "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("value", "half", "shown"),
    [
        (12.3456, 1.13, "12.3"),
        (12.3456, 0.5, "12.3"),
        (54.1, 4.6, "54"),
        (164.4, 20.0, "164"),
        (0.70381, 0.0074, "0.704"),
        (0.70381, 0.0134, "0.704"),
        (1.2649, None, "1.26"),
        (171.3, None, "171"),
        (0.97, None, "0.970"),
        (0.0, None, "0"),
        (-0.00001, 0.2, "0.00"),
        (-3.27, 0.2, f"{MINUS}3.27"),
        (1234.5, 30.0, f"1{THIN}234"),
        (1.8e-5, None, f"1.8e{MINUS}5"),
    ],
)
def test_as_many_digits_as_are_known(value: float, half: float | None, shown: str) -> None:
    assert text(value, decimals(value, half)) == shown


@given(st.lists(st.floats(-1e5, 1e5).map(lambda v: text(v, decimals(v, None))), min_size=1, max_size=8))
def test_padded_numbers_have_their_point_in_one_line(texts: list[str]) -> None:
    padded = [t + p for t, p in zip(texts, pads(texts), strict=True) if "e" not in t]
    assert len({len(t) - t.index(".") if "." in t else 0 for t in padded}) <= 1


def test_scales() -> None:
    assert scale_for([3.0, 500.0]).factor == 1
    assert scale_for([203_456.0, 1e5]).note == "thousand"
    assert scale_for([8.4e7]).note == "million"
    assert scale_for([2e-5, 9e-4]).note == "× 10³"
    assert scale_for([0.0]).factor == 1


@pytest.mark.parametrize(
    ("declared", "note"), [(1e-3, "× 10³"), (1e3, "thousand"), (100.0, "× 10⁻²"), (1e-12, "× 10¹²"), (0.25, "× 4")]
)
def test_a_declared_scale_is_kept_and_said(declared: float, note: str) -> None:
    scale = scale_for([3.0], declared=declared)
    assert (scale.factor, scale.note) == (declared, note)


def test_durations() -> None:
    assert [duration(s) for s in (3.21, 42.4, 250, 180, 7500, 7200)] == [
        "3.2 s", "42 s", "4 min 10 s", "3 min", "2 h 5 min", "2 h",
    ]  # fmt: skip

"""The table of what training cost: one row a model with its options and dataset, medians over seeds, no controls."""

from __future__ import annotations

import re
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from synthetic import make_run

from genbench.core.records import FitRecord
from genbench.core.values import Direction, Status
from genbench.report import glossary
from genbench.report.costs import CostAxis
from genbench.report.data import FITS, RunData
from genbench.report.figures import TICK, apart, fit_axis
from genbench.report.language import language
from genbench.report.page import render
from genbench.report.provenance import TrainingCost, training_costs
from genbench.report.scatter import LETTER, _panel, short
from genbench.report.tuning import option_rows
from genbench.report.types import Cell, Column

EN, DOWN = language("en"), glossary.Sense(Direction.LOWER, 0.0)


def record(model: str, seed: int, **more: object) -> FitRecord:
    given = {"status": Status.OK, "images": 99_968, "updates": 781, "flops": 271_400_000_000, "seconds": 2.0}
    return FitRecord(
        **{"key": f"{model}{seed}{more}", "model": model, "dataset": "digits", "seed": seed} | given | more
    )


def with_fits(*fits: FitRecord) -> RunData:
    return RunData(table=pd.DataFrame(), fits=pd.DataFrame([asdict(fit) for fit in fits], columns=FITS))


def test_each_model_has_a_row_with_its_medians() -> None:
    data = with_fits(
        *(record("vae", seed, seconds=seconds) for seed, seconds in enumerate((2.0, 9.0, 2.5))),
        record("vae", 0, options={"latent": 2}),
        record("gaussian", 0, updates=None, flops=None, images=1_000),
        record("gan", 0, images=49_920, updates=390, flops=310_000_000_000),
        record("gan", 1, status=Status.DIVERGED, images=0, updates=None, flops=None),
        record("control-noise", 0, updates=None, flops=None),
    )
    thin = "\N{NARROW NO-BREAK SPACE}"
    assert training_costs(data) == [
        TrainingCost("vae", "digits", f"99{thin}968", "781", "271", "2.50"),
        TrainingCost("vae (latent = 2)", "digits", f"99{thin}968", "781", "271", "2.00"),
        TrainingCost("gaussian", "digits", f"1{thin}000", "–", "–", "2.00"),
        TrainingCost("gan", "digits", f"49{thin}920", "390", "310", "2.00"),
    ]


def test_fits_of_an_older_store_have_no_updates_and_no_operations() -> None:
    data = with_fits(record("vae", 0))
    old = RunData(table=data.table, fits=data.fits.drop(columns=["updates", "flops"]))
    assert [(row.updates, row.operations) for row in training_costs(old)] == [("–", "–")]
    assert training_costs(RunData(table=pd.DataFrame())) == []


def test_the_page_shows_it(tmp_path: Path) -> None:
    page = render(make_run(tmp_path))
    assert "What training cost" in page and "operations, 10⁹" in page


def test_what_was_trained_elsewhere_is_a_row_of_its_own_without_costs() -> None:
    data = with_fits(record("vae", 0), record("vae", 1, key="given", trained="elsewhere", images=0, seconds=0.0))
    first, given = training_costs(data)
    assert (first.model, given.model) == ("vae", "vae, trained elsewhere")
    assert (given.images, given.updates, given.operations, given.seconds) == ("–", "–", "–", "–")


def test_a_checkpoint_is_named_among_the_options_and_rows_without_one_have_none() -> None:
    plain = {"use": "gaussian", "as": "", "checkpoint": ""}
    models = [plain, {"use": "vae", "as": "mine", "checkpoint": "a.safetensors"}]
    (row,) = option_rows({"models": models, "datasets": ["digits"]})
    assert (row.label, row.options, row.origin) == ("mine", "checkpoint = a.safetensors", "trained elsewhere")


@pytest.mark.parametrize("code", ["en", "vi"])
@pytest.mark.parametrize("low", [1e-7, 3e-3, 0.9, 70.0, 9e3, 123_456.0, 2e9])
@pytest.mark.parametrize("times", [1.0, 1.01, 3.0, 50.0, 1e3, 1e7])
@pytest.mark.parametrize("width", [90, 216, 340])
def test_labels_of_ticks_never_touch(code: str, low: float, times: float, width: int) -> None:
    words, axis = language(code), fit_axis([low, low * times], 40, 40 + width)
    shown = apart(axis, lambda value: short(value, words))
    ends = [(x - TICK * len(text) / 2, x + TICK * len(text) / 2) for x, text in shown]
    assert all(before < after for (_, before), (after, _) in pairwise(ends))
    assert len(shown) > 1 or len(axis.ticks()) < 2 or width < 340


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0.2, "0.2"),
        (999.6, "1,000"),
        (2_345, "2,345"),
        (9_999, "10 thousand"),
        (203_400, "203 thousand"),
        (999_999, "1 million"),
    ],
)
def test_a_number_is_short_in_the_unit_that_it_is_rounded_to(number: float, said: str) -> None:
    assert short(number, language("en")) == said


def test_names_of_points_leave_the_title_of_the_axis_free() -> None:
    """Many of the best stand together at the top, where the title is; names are moved up and down to find room."""
    rows = {f"a-longer-name-{i}": Cell(values={0: 1.0 + i / 99}, mean=1.0 + i / 99) for i in range(12)}
    rows["worse"] = Cell(values={0: 9.0}, mean=9.0)
    cost = CostAxis("training", "s", {label: 20.0 - i for i, label in enumerate(rows)} | {"worse": 30.0})
    drawn = _panel(cost, rows, Column(key="q", evaluation="e", metric="m", title="Fréchet distance", sense=DOWN), EN)
    names = re.findall(r'text-anchor="(start|end)" data-m="[^"]+" x="([\d.]+)" y="([\d.-]+)">([^<]+)<', drawn)
    lefts = [float(x) - (LETTER * len(name) if side == "end" else 0) for side, x, y, name in names if float(y) < 22]
    assert len(names) > 2
    assert all(left >= 2 + LETTER * len("Fréchet distance ↓") for left in lefts), names


def test_one_wild_row_does_not_press_the_others_together() -> None:
    """136 ± 153: an interval that reached below 0 made the axis linear, on which 0.39 and 10 were one point."""
    means = [0.03, 0.39, 10.0, 136.0]
    axis = fit_axis(means, 0, 100, ends=[0.12, 0.66, 9.5, 10.5, -17.0, 289.0])
    assert axis.is_log and axis(10.0) - axis(0.39) > 25
    assert axis(-17.0) == 0 and axis(289.0) < 100
    with_marks = fit_axis(means, 0, 100, marks=[0.0, 400.0])  # KID's ceiling may be 0 or less
    assert with_marks.is_log and with_marks(0.0) == 0 and axis(136.0) < with_marks(400.0) < 100
    plain = fit_axis([-1.0, 10.0, 136.0], 0, 100, ends=[-17.0, 289.0])
    assert not plain.is_log and 0 < plain(-17.0) < plain(-1.0) and plain(289.0) < 100

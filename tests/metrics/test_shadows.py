"""Who has a row of another set within a distance: as by all pairs, of nearly none."""

from __future__ import annotations

import pytest
import torch
from oracles import gen, normal
from torch import Tensor

from genbench.metrics import shadows
from genbench.metrics.pointset import Pair, PointSet
from genbench.metrics.shadows import Shadow

D = shadows.DIMENSIONS * shadows.LEAST_AXES


def smooth(n: int, seed: int) -> Tensor:
    """Rows of which few directions vary much, as pictures are."""
    return normal(n, 12, seed) @ normal(12, D, 99) + 0.1 * normal(n, D, seed + 1)


def nudged(x: Tensor, by: float, seed: int) -> Tensor:
    """Rows moved by from 0 to twice this length."""
    step = torch.nn.functional.normalize(normal(len(x), D, seed), dim=1)
    return x + 2 * by * torch.rand(len(x), 1, generator=gen(seed)) * step


SETS = {
    "smooth": smooth(700, 1),
    "noise": normal(700, D, 3),
    "far from 0": smooth(700, 5) + 1000,
    "float32": smooth(700, 7).float(),
    "one row, again and again": smooth(1, 9).expand(700, -1).clone(),
    "few rows": smooth(3, 11),
}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("block", [None, 64])
def test_it_is_what_the_nearest_neighbours_say(name: str, block: int | None) -> None:
    columns = SETS[name]
    near = 0.1 * float(torch.cdist(smooth(200, 1), smooth(200, 21)).median())
    rows = torch.cat([nudged(columns[:300], near, 22).to(columns.dtype), columns[:5], normal(80, D, 23).to(columns)])
    pair = Pair(PointSet(rows), PointSet(columns, block=block))
    found = pair.within(near)
    assert "rows" not in pair._nearest
    assert found.equal(pair.nearest_rows.nearest2.sqrt() < near)
    assert 0 < int(found.sum()) < len(rows)


def test_few_pairs_are_measured_in_all_dimensions(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = 0
    whole = shadows.squared_distances

    def counted(x: Tensor, y: Tensor, i: Tensor, j: Tensor) -> Tensor:
        nonlocal measured
        measured += len(i)
        return whole(x, y, i, j)

    monkeypatch.setattr(shadows, "squared_distances", counted)
    for columns, rows in ((smooth(700, 1), smooth(400, 31)), (normal(700, D), normal(400, D, 33))):
        nearest = torch.cdist(columns, columns).fill_diagonal_(torch.inf).amin(1)
        shadows.within(rows, columns, Shadow(columns, columns.mean(0)), 0.1 * float(nearest.median()))
        assert measured < 400 * 700 / 1000


def test_shadows_are_no_farther_apart_than_what_they_are_of() -> None:
    columns, rows = smooth(300, 1), normal(200, D, 2)
    shadow = Shadow(columns, columns.mean(0))
    seen = torch.cdist(shadow.of(rows).x, shadow.points.x)
    assert shadow.points.dim == shadows.LEAST_AXES + 1
    assert (seen <= torch.cdist(rows, columns) * (1 + 1e-12)).all()


def test_in_few_dimensions_all_pairs_are_measured() -> None:
    rows, columns = normal(50, 4), normal(80, 4, 1)
    pair = Pair(PointSet(rows), PointSet(columns))
    assert pair.within(0.3).equal(torch.cdist(rows, columns).amin(1) < 0.3)
    assert "rows" in pair._nearest

"""Ties, as binary pixels and tables have them: votes are shared, balls hold all that they hold, whatever the order."""

from __future__ import annotations

import pytest
import torch
from oracles import gen, normal, number, values
from torch import Tensor

from genbench.metrics.neighbours import top
from genbench.metrics.pointset import PointSet


def binary(n: int, d: int, seed: int, share: float = 0.5) -> Tensor:
    return (torch.rand(n, d, generator=gen(seed)) < share).float()


def squared(x: Tensor, y: Tensor) -> Tensor:
    return (x[:, None].double() - y[None].double()).square().sum(2)


def votes(x: Tensor, y: Tensor) -> float:
    """Mean share of own points among the nearest others of each x, by all pairs."""
    own, across = squared(x, x).fill_diagonal_(torch.inf), squared(x, y)
    least = torch.minimum(own.amin(1), across.amin(1))[:, None]
    right, wrong = (own == least).sum(1).double(), (across == least).sum(1).double()
    return float((right / (right + wrong)).mean())


def authentic(g: Tensor, t: Tensor) -> float:
    own, far = squared(t, t).fill_diagonal_(torch.inf).amin(1), squared(g, t)
    tied = (far == far.amin(1, keepdim=True)).double()
    return float(((far.amin(1, keepdim=True) > own[None]).double() * tied).sum(1).div(tied.sum(1)).mean())


def clipped_density(r: Tensor, g: Tensor, k: int = 5) -> float:
    within = squared(r, r).fill_diagonal_(torch.inf)
    radii = within.sort(1).values[:, k - 1]
    radii = radii.clamp(max=float(radii.double().quantile(0.5)))
    own = (within <= radii[:, None]).sum(0).clamp(max=k).double().mean()
    return min(1.0, float((squared(g, r) <= radii).sum(1).clamp(max=k).double().mean() / own))


CASES = [(6, 0.5), (12, 0.3), (40, 0.2)]


@pytest.mark.parametrize("small", [None, 0])
@pytest.mark.parametrize(("d", "share"), CASES)
def test_binary_data_have_the_answers_of_all_pairs(
    d: int, share: float, small: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if small is not None:
        monkeypatch.setattr("genbench.metrics.points.SMALL", small)  # float32 products
    r, g, t = binary(150, d, 0), binary(120, d, 1, share), binary(200, d, 2)
    found = values(r, g, "nn-accuracy", "authenticity", "clipped-density", train=t)
    assert found["nn-accuracy:real"].value == pytest.approx(votes(r, g), abs=1e-12)
    assert found["nn-accuracy:generated"].value == pytest.approx(votes(g, r), abs=1e-12)
    assert found["authenticity"].value == pytest.approx(authentic(g, t), abs=1e-12)
    if found["clipped-density"].value is None:
        assert "radii are 0" in (found["clipped-density"].reason or "")
    else:
        assert found["clipped-density"].value == pytest.approx(clipped_density(r, g), abs=1e-12)


def test_a_ball_holds_more_points_than_its_list_of_neighbours() -> None:
    r, g = binary(400, 8, 3), binary(400, 8, 4, 0.1)
    assert int(PointSet(r).self_balls.max()) > 8  # k + 3 are kept
    assert number(r, g, "clipped-density") == pytest.approx(clipped_density(r, g), abs=1e-12)


def test_votes_of_one_law_are_even_on_binary_data() -> None:
    # before votes were shared, a tie was wrong: one law then read far below a half
    found = [number_all(binary(300, 10, 2 * i), binary(300, 10, 2 * i + 1)) for i in range(8)]
    assert sum(found) / len(found) == pytest.approx(0.5, abs=0.03)


def number_all(x: Tensor, y: Tensor) -> float:
    value = values(x, y, "nn-accuracy")["nn-accuracy:all"].value
    assert value is not None
    return value


@pytest.mark.parametrize("levels", [2, 4, 256])
def test_the_order_of_rows_of_quantised_data_does_not_matter(levels: int) -> None:
    sides = [torch.randint(levels, (n, 9), generator=gen(n)).float() / (levels - 1) for n in (140, 120, 160)]
    mixed = [x[torch.randperm(len(x), generator=gen(7))] for x in sides]
    names = ("nn-accuracy", "authenticity", "clipped-density", "clipped-coverage", "density", "duplicate-rate")
    before = values(sides[0], sides[1], *names, train=sides[2])
    after = values(mixed[0], mixed[1], *names, train=mixed[2])
    for key, one in before.items():
        assert (after[key].value is None) == (one.value is None), key
        assert after[key].value == pytest.approx(one.value, abs=1e-12), key


def test_copies_of_distinct_rows_are_all_wrong_and_a_set_twice_is_shared() -> None:
    x = normal(60, 3)
    assert number_all(x, x.clone()) == 0  # the copy alone is nearest
    twice = torch.cat([x, x])
    # each point's nearest are its own twin and both copies across: a third of the vote
    assert number_all(twice, twice.clone()) == pytest.approx(1 / 3)


def test_identical_rows_say_how_many_balls_are_points() -> None:
    x = normal(40, 3)
    x[:10] = x[0]
    assert "10 of 40 radii of the reference are 0" in (
        values(x, normal(40, 3, 1), "precision")["precision"].reason or ""
    )
    flat = values(x[:1].repeat(30, 1), x[:1].repeat(30, 1), "precision", "clipped-density")
    assert flat["precision"].value == 0 and "all radii" in (flat["precision"].reason or "")
    assert flat["clipped-density"].value is None and "radii are 0" in (flat["clipped-density"].reason or "")


@pytest.mark.parametrize("shape", [(30, 2048), (30, 2050), (5, 700), (1, 1500)])
def test_the_largest_are_found_in_rows_and_in_columns(shape: tuple[int, int]) -> None:
    for u in (normal(*shape), normal(*shape).round()):
        expected = u.topk(4, 1).values
        for found in (top(u, 4), top(u.T.contiguous().T, 4)):
            assert found[0].equal(expected) and u.gather(1, found[1]).equal(expected)
            assert all(len(set(row)) == 4 for row in found[1].tolist())

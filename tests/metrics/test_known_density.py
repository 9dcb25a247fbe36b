"""Known answers on known laws, and of likelihoods."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from laws import Normal, ring8
from oracles import gen
from scipy.stats import norm

from genbench.core.values import Kind, Status
from genbench.metrics.grid import box
from genbench.metrics.laws import ModelLaw, fineness, integral, masses, support
from genbench.metrics.likelihood import bits_per_dim, nll_metrics
from genbench.metrics.toys import density_metrics
from genbench.protocols.dataset import Density

GRID = ("tv", "kl-forward", "kl-reverse", "dense-error", "sparse-error")


@pytest.mark.parametrize("shift", [0.0, 0.3, 1.0])
def test_shifted_normals_have_their_closed_forms(shift: float) -> None:
    law, other = Normal(0.0), Normal(shift)
    model = ModelLaw(other.sample(10_000, generator=gen()), other.log_prob)
    found = {key: v.value for key, v in density_metrics(law, model, metrics=GRID).items()}
    assert found["tv"] == pytest.approx(2 * norm.cdf(shift / 2) - 1, abs=1e-4)
    assert found["kl-forward"] == pytest.approx(shift**2 / 2, abs=2e-3)
    assert found["dense-error"] + found["sparse-error"] == pytest.approx(found["tv"], abs=1e-4)


def test_the_entropy_of_a_ring_is_its_closed_form_and_its_nll() -> None:
    law = ring8()
    x = law.sample(40_000, generator=gen())
    value = nll_metrics(law.log_prob(x), size=2, kind=Kind.EXACT)["nll"]
    assert law.entropy == pytest.approx(math.log(8) + 1 + math.log(2 * math.pi) + 2 * math.log(0.02))
    assert value.ci_low < law.entropy < value.ci_high


def test_a_uniform_density_has_8_bits_a_dimension() -> None:
    assert bits_per_dim(0.0, 784) == 8
    found = nll_metrics(torch.zeros(10), size=784, kind=Kind.EXACT, pixels=True)
    assert found["nll:bits-per-dim"].value == 8


def test_the_truth_integrates_to_1_and_has_no_error() -> None:
    law = ring8()
    model = ModelLaw(law.sample(10_000, generator=gen()), law.log_prob)
    assert integral(model, support(model)) == pytest.approx(1, abs=0.01)
    assert all(v.value == pytest.approx(0, abs=1e-9) for v in density_metrics(law, model, metrics=GRID).values())


def test_a_density_that_does_not_integrate_to_1_fails_with_its_integral() -> None:
    law = ring8()
    model = ModelLaw(law.sample(10_000, generator=gen()), lambda x: law.log_prob(x) + math.log(2))
    value = density_metrics(law, model, metrics=["tv"])["tv"]
    assert value.status is Status.FAILED
    assert "2" in (value.reason or "")


def test_a_histogram_of_the_truth_is_near_and_of_one_mode_far() -> None:
    law = ring8()
    near = density_metrics(law, law.sample(100_000, generator=gen()), metrics=GRID)
    one = law.modes[:1] + 0.02 * torch.randn(100_000, 2, generator=gen())
    far = density_metrics(law, one, metrics=GRID)
    assert near["tv"].kind is Kind.ESTIMATE
    assert near["tv"].value < 0.03
    assert far["tv"].value == pytest.approx(7 / 8, abs=0.02)


def test_the_reverse_divergence_of_a_histogram_is_not_that_of_the_half_samples() -> None:
    law = ring8()
    x = law.sample(5_000, generator=gen())
    one = law.modes[:1] + 0.02 * torch.randn(5_000, 2, generator=gen())
    truth, dropped = (density_metrics(law, g, metrics=["kl-reverse"])["kl-reverse"] for g in (x, one))
    # with 1/2 in each cell: 146.9 and 148.6
    assert dropped.value == pytest.approx(math.log(8), abs=0.03)
    assert 0 <= truth.value < 0.03
    assert truth.kind is Kind.ESTIMATE


def test_the_reverse_divergence_of_a_histogram_is_its_sum_over_the_cells_that_hold_samples() -> None:
    law, x = Normal(0.0), 0.5 * torch.randn(2_000, 1, generator=gen())
    low, high = box(law)
    counts, edges = np.histogram(x[:, 0].double().numpy(), 200, (float(low), float(high)))
    p, q = np.diff(norm.cdf(edges)), counts / 2_000
    expected = float((q[q > 0] * np.log(q[q > 0] / p[q > 0])).sum())
    found = density_metrics(law, x, metrics=["kl-reverse"])["kl-reverse"].value
    assert found == pytest.approx(expected, abs=1e-3)


def test_samples_outside_the_box_are_mass_where_the_truth_has_next_to_none() -> None:
    law = ring8()
    x = law.sample(10_000, generator=gen())
    x[:1000] += 100
    found = density_metrics(law, x, metrics=["kl-reverse"])["kl-reverse"].value
    assert found == pytest.approx(0.1 * math.log(0.1 / 1e-6) + 0.9 * math.log(0.9), abs=0.02)


def test_the_box_of_the_integral_holds_10000_samples_and_no_more() -> None:
    law, seen = Normal(0.0), []
    x = law.sample(20_000, generator=gen())
    x[15_000] = 1e4  # one more draw of a heavy tail would make the cells too wide to see the density

    def log_prob(points: torch.Tensor) -> torch.Tensor:
        seen.append(float(points.max()))
        return law.log_prob(points)

    wide = ModelLaw(x, log_prob)
    assert integral(wide, support(wide)) == pytest.approx(1, abs=1e-3)
    assert max(seen) < 10
    few = ModelLaw(x[:50], law.log_prob, support=x[:10_000])
    assert integral(few, support(few)) == pytest.approx(1, abs=1e-3)


class Cauchy:
    """Heavy tails along both axes, as those of a flow that throws a sample in thousands far away."""

    modes = mode_weights = mode_sigma = None

    def sample(self, n: int, *, generator: torch.Generator) -> torch.Tensor:
        return torch.empty(n, 2).cauchy_(generator=generator)

    def log_prob(self, x: torch.Tensor) -> torch.Tensor:
        return -(math.pi * (1 + x.double().square())).log().sum(1)


@pytest.mark.parametrize("factor", [1.0, 1.5, 0.5])
def test_a_heavy_tail_is_no_fault_of_a_density_and_hides_none(factor: float) -> None:
    """A MAF of one seed on pinwheel was failed for an integral of 0.0035: its farthest of 10,000 samples was at 25,000,
    and cells of a box that holds it miss the law. Where the data lie it integrates to the share of its samples."""
    law, truth = Cauchy(), ring8()
    x = law.sample(20_000, generator=gen())
    model = ModelLaw(x, lambda points: law.log_prob(points) + math.log(factor))
    assert float(x[:10_000].abs().max()) > 1_000 and abs(integral(model, support(model)) - 1) > 0.01
    assert (fineness(truth, model).fault is not None) == (factor != 1)
    if factor == 1:
        assert fineness(truth, replace(model, kind=Kind.BOUND)).fault is None
        both = masses(truth, model, fineness(truth, model).times)
        assert float(both.log_q.exp().sum()) == pytest.approx(_inside(truth, x), abs=0.02)


def _inside(truth: Density, x: torch.Tensor) -> float:
    low, high = box(truth)
    return float(((x >= low) & (x <= high)).all(1).double().mean())


class Ridge:
    """A normal along the diagonal, .005 wide across it: a flow that found a line."""

    modes = mode_weights = mode_sigma = None
    scale = torch.tensor([1.0, 0.005])
    turn = torch.tensor([[1.0, 1.0], [-1.0, 1.0]]) / math.sqrt(2)

    def sample(self, n: int, *, generator: torch.Generator) -> torch.Tensor:
        return torch.randn(n, 2, generator=generator) * self.scale @ self.turn

    def log_prob(self, x: torch.Tensor) -> torch.Tensor:
        z = x.double() @ self.turn.T.double() / self.scale
        return -0.5 * z.square().sum(1) - math.log(2 * math.pi) - self.scale.log().sum()


def test_a_density_that_changes_within_a_cell_gets_a_finer_grid() -> None:
    """A MAF of one seed on ring8 was failed, for its density integrated to 0.9428 on cells wider than its lines."""
    law = Ridge()
    model = ModelLaw(law.sample(10_000, generator=gen()), law.log_prob)
    assert abs(integral(model, support(model)) - 1) > 0.01
    found = fineness(law, model)
    assert found.times > 1 and found.fault is None
    both = masses(law, model, found.times)
    assert float(both.log_q.exp().sum()) == pytest.approx(1, abs=0.01) and len(both.log_q) == len(both.log_p)


def test_a_density_that_is_none_is_named_after_two_grids() -> None:
    law, asked = Normal(0.0), []

    def doubled(points: torch.Tensor) -> torch.Tensor:
        asked.append(len(points))
        return law.log_prob(points) + math.log(2)

    found = fineness(law, ModelLaw(law.sample(10_000, generator=gen()), doubled))
    assert found.fault == "where the data lie the model's density integrates to 2, and 1 of its samples do"
    assert sum(asked) == 2 * (4_000 + 8_000), "on two boxes"


def test_wasserstein_1_on_the_line_is_the_shift() -> None:
    value = density_metrics(Normal(0.0), torch.randn(20_000, 1, generator=gen(3)) + 1, metrics=["wasserstein-1"])
    assert value["wasserstein-1"].value == pytest.approx(1, abs=0.03)


def test_a_likelihood_that_is_not_finite_is_diverged_with_the_count() -> None:
    value = nll_metrics(torch.tensor([0.0, float("inf"), 1.0]), size=2, kind=Kind.EXACT)["nll"]
    assert value.status is Status.DIVERGED
    assert "1 of 3" in (value.reason or "")

"""Draws lie in the space and depend on seed, trial and option alone; every model can be built from its space."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from genbench import registry
from genbench.core.errors import UsageError
from genbench.protocols.dataset import DataSpec
from genbench.protocols.space import Choice, Range
from genbench.runs.suite import ModelUse
from genbench.training.trainer import build
from genbench.tuning.spaces import draw, model_space, row_space

IMAGES = DataSpec((1, 8, 8), (0.0, 1.0), 10)
SHARES = st.floats(0.0, 1.0, exclude_max=True)
SPACE = {"lr": Range(1e-4, 1e-2), "latent": Choice(8, 16, 32), "corruption": Range(0.05, 0.6, "linear")}
BUILT_IN = [entry for entry in registry.models if isinstance(entry.target, str)]
TUNABLE = [entry.card.name for entry in BUILT_IN if model_space(entry.card.name)]


@given(st.floats(1e-6, 1e3), st.floats(1.01, 1e4), SHARES, st.sampled_from(["log", "linear"]))
def test_a_draw_lies_in_its_range_and_rises_with_its_share(low: float, ratio: float, u: float, scale: str) -> None:
    domain = Range(low, low * ratio, scale)  # type: ignore[arg-type]
    assert domain.holds(domain.at(u)) and domain.at(0.0) <= domain.at(u)
    assert domain.at(u) == domain.rounded(domain.at(u))


@given(SHARES)
def test_a_log_range_treats_ratios_alike(u: float) -> None:
    assert Range(1e-4, 1e-2).at(u) == pytest.approx(1e-4 * 100**u, rel=6e-3)


@given(st.integers(0, 10_000), st.integers(1, 500))
def test_draws_are_reproducible_and_in_the_space(seed: int, trial: int) -> None:
    options = draw(SPACE, seed, trial)
    assert options == draw(SPACE, seed, trial) and options.keys() == SPACE.keys()
    assert all(SPACE[name].holds(value) for name, value in options.items())


@given(st.integers(0, 10_000), st.integers(1, 500))
def test_an_option_is_drawn_alike_whatever_else_is_drawn(seed: int, trial: int) -> None:
    assert draw({"lr": SPACE["lr"]}, seed, trial)["lr"] == draw(SPACE, seed, trial)["lr"]


def test_the_first_trial_changes_nothing_and_others_differ() -> None:
    assert draw(SPACE, 0, 0) == {}
    assert len({tuple(draw(SPACE, seed, trial).values()) for seed in range(3) for trial in range(1, 20)}) == 57


def test_choices_come_about_equally_often() -> None:
    counts = [sum(draw(SPACE, 0, t)["latent"] == value for t in range(1, 3001)) for value in (8, 16, 32)]
    assert all(850 < count < 1150 for count in counts)  # 1,000 each, standard deviation 26


@pytest.mark.parametrize(
    "bad",
    [
        lambda: Range(2, 1),
        lambda: Range(0, 1),
        lambda: Range(1, 2, "lgo"),
        lambda: Choice(1),
        lambda: Choice(1, 1),
        lambda: Choice(None, 1),
    ],
)
def test_an_impossible_domain_is_a_sentence(bad) -> None:
    with pytest.raises(UsageError, match="got"):
        bad()


@pytest.mark.parametrize("name", TUNABLE)
def test_the_default_lies_in_the_space_and_every_corner_can_be_built(name: str) -> None:
    entry, space = registry.models.get(name), model_space(name)
    for option, default in entry.options().items():
        assert option not in space or default is None or space[option].holds(default), option
    for share in (0.0, 0.5, 1 - 1e-9):
        build(entry.load(), IMAGES, {option: domain.at(share) for option, domain in space.items()}, seed=0)


@pytest.mark.parametrize("name", [n for n in TUNABLE if "lr" in model_space(n)])
def test_every_player_moves_at_the_rate_that_is_tuned(name: str) -> None:
    builder = registry.models.get(name).load()
    rates = [[o.optimizer.lr for o in build(builder, IMAGES, {"lr": lr}, seed=0).objectives()] for lr in (1e-3, 2e-3)]
    assert torch.allclose(2 * torch.tensor(rates[0]), torch.tensor(rates[1]))


def test_every_trained_model_can_be_tuned() -> None:
    trained = {e.card.name for e in BUILT_IN if e.card.family not in ("classical", "control", "outside")}
    assert {name for name in trained if "lr" in model_space(name)} == trained


def test_what_a_row_fixes_is_not_tuned_and_a_code_is_not_grown_for_its_reconstruction() -> None:
    use = ModelUse.model_validate({"use": "beta-vae", "as": "x", "beta": 4.0})
    assert row_space(use, IMAGES, "sample-quality").keys() == {"lr", "latent"}
    assert row_space(use, IMAGES, "reconstruction").keys() == {"lr"}

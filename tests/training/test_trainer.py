"""The plain trainer: budgets, seeds, objectives, curves, divergence."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from training_toys import CPU, SHORT, TinyGAN, TinyVAE, toy_data, weights

from genbench.core.errors import Diverged, UsageError
from genbench.protocols.dataset import Dataset
from genbench.protocols.model import Adam, Batch, Budget, GenerativeModel, Objective
from genbench.training.indices import ShuffledIndices
from genbench.training.trainer import build, fit, fit_stack


def test_indices_are_permutations_end_to_end():
    indices = ShuffledIndices(10, seed=3)
    stream = indices.slice(0, 40)
    assert all(sorted(stream[i : i + 10].tolist()) == list(range(10)) for i in range(0, 40, 10))
    assert torch.equal(indices.slice(7, 33), stream[7:33])
    assert not torch.equal(ShuffledIndices(10, seed=4).slice(0, 40), stream)


def test_vae_learns_and_its_curve_says_so():
    data = toy_data()
    model = build(TinyVAE, data.spec, {}, seed=0)
    training = fit(model, data, SHORT, seed=0, device=CPU)
    assert training.images == 3_200 and training.steps == 100 and training.trained == "plain"
    elbo = training.curve["elbo"]
    assert len(elbo) == len(training.curve["images"]) == 100 and training.curve["images"][-1] == 3_200
    assert sum(elbo[-10:]) < 0.7 * sum(elbo[:10])
    assert all(len(series) == 100 for series in training.details.values())
    assert not model.training


def test_same_seed_same_weights_other_seed_other_weights_and_outer_randomness_untouched():
    data, results = toy_data(), []
    for seed in (0, 0, 1):
        torch.manual_seed(len(results))
        outside = torch.get_rng_state()
        model = build(TinyVAE, data.spec, {}, seed=seed)
        fit(model, data, SHORT, seed=seed, device=CPU)
        assert torch.equal(torch.get_rng_state(), outside)
        results.append(weights(model))
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


def test_every_objectives_images_are_counted_and_only_its_parameters_change():
    data = toy_data()
    model = build(TinyGAN, data.spec, {"critic_steps": 3}, seed=0)
    steps: list[str] = []
    before = {name: p.clone() for name, p in model.named_parameters()}

    def watch(name: str, loss: object):
        def spy(batch: Batch) -> Tensor:
            steps.append(name)
            return loss(batch)

        return spy

    model.critic = watch("critic", model.critic)
    model.generator = watch("generator", model.generator)
    training = fit(model, data, Budget(images=8 * 4 * 5 + 8, batch=8), seed=0, device=CPU)
    assert steps == ["critic", "critic", "critic", "generator"] * (1 + 5)  # a dry run counts operations
    assert training.images == 8 * 4 * 5 and training.steps == 20
    assert all(not torch.equal(p, before[name]) for name, p in model.named_parameters())


def test_an_objective_trains_its_own_parameters_only():
    data = toy_data()
    model = build(TinyGAN, data.spec, {}, seed=0)
    model.objectives = lambda: [Objective("critic", model.d.parameters(), model.critic)]
    generator_before = [p.clone() for p in model.g.parameters()]
    fit(model, data, SHORT, seed=0, device=CPU)
    assert all(torch.equal(a, b) for a, b in zip(generator_before, model.g.parameters(), strict=True))


def test_the_plain_trainer_is_adam_on_the_ordered_batches():
    data = toy_data()

    class Mean(GenerativeModel):
        def __init__(self, spec):
            super().__init__()
            self.mean = nn.Parameter(torch.zeros(spec.size))

        def objectives(self):
            return [Objective("mse", [self.mean], self.loss, optimizer=Adam(lr=0.05, weight_decay=0.1))]

        def loss(self, batch):
            return ((batch.x - self.mean) ** 2).mean()

    ours = build(Mean, data.spec, {}, seed=2)
    fit(ours, data, SHORT, seed=2, device=CPU)
    by_hand = nn.Parameter(torch.zeros(6))
    adam = torch.optim.AdamW([by_hand], lr=0.05, weight_decay=0.1)
    for rows in ShuffledIndices(256, 2).slice(0, 3_200).split(32):
        adam.zero_grad()
        ((data.train.x[rows] - by_hand) ** 2).mean().backward()
        adam.step()
    assert torch.allclose(ours.mean, by_hand, rtol=1e-5, atol=1e-6)


class Bomb(GenerativeModel):
    """Its loss is the sum of squares until the fuse has burnt down, then inf."""

    def __init__(self, spec, *, fuse: int = 10):
        super().__init__()
        self.w = nn.Parameter(torch.ones(3))
        self.register_buffer("left", torch.tensor(float(fuse)))

    def objectives(self):
        return [Objective("bang", [self.w], self.loss)]

    def loss(self, batch):
        self.left.sub_(1)
        return (self.w**2).sum() + torch.where(self.left < 0, math.inf, 0.0)


def test_divergence_stops_early_names_the_place_and_keeps_the_last_finite_state():
    data = toy_data()
    model = build(Bomb, data.spec, {"fuse": 50}, seed=0)
    with pytest.raises(Diverged, match=r"'bang' became NaN or inf between 1,600 and 1,632 images"):
        fit(model, data, SHORT, seed=0, device=CPU)
    assert torch.isfinite(weights(model)).all()
    assert model.left == 0 and not model.training


def test_a_diverged_seed_of_a_stack_says_so():
    data = toy_data()
    ((_, training),) = fit_stack(lambda: Bomb(data.spec), data, SHORT, seeds=(0,), device=CPU)
    assert "bang" in training.diverged


def test_weights_that_go_nan_under_a_finite_loss_are_found():
    data = toy_data()

    class Root(GenerativeModel):
        def __init__(self, spec):
            super().__init__()
            self.w = nn.Parameter(torch.zeros(()))

        def objectives(self):
            return [Objective("root", [self.w], lambda batch: self.w.abs().sqrt())]

    with pytest.raises(Diverged):
        fit(Root(data.spec), data, SHORT, seed=0, device=CPU)


class ClosedForm(GenerativeModel):
    def __init__(self, spec):
        super().__init__()
        self.register_buffer("mean", torch.zeros(0))
        self.bad = False

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        self.mean = data.train.x.mean(0) + torch.randn(6, generator=generator) * (math.nan if self.bad else 0)


def test_a_model_that_fits_itself_is_left_to_it():
    data = toy_data()
    model = ClosedForm(data.spec)
    training = fit(model, data, SHORT, seed=0, device=CPU)
    assert training.trained == "closed form" and torch.allclose(model.mean, data.train.x.mean(0))
    model.bad = True
    with pytest.raises(Diverged, match="mean"):
        fit(model, data, SHORT, seed=0, device=CPU)


def test_progress_reaches_the_total():
    data, seen = toy_data(), []
    model = build(TinyVAE, data.spec, {}, seed=0)
    fit(model, data, SHORT, seed=0, device=CPU, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (3_200, 3_200) and [d for d, _ in seen] == sorted(d for d, _ in seen)


@pytest.mark.parametrize("objectives", [list, lambda: [Objective("a", [], lambda b: b.x.sum())]])
def test_objectives_that_cannot_be_trained_are_named(objectives):
    model = TinyVAE(toy_data().spec)
    model.objectives = objectives
    with pytest.raises(UsageError, match="TinyVAE"):
        fit(model, toy_data(), SHORT, seed=0, device=CPU)


@pytest.mark.parametrize("lost", [lambda loss: loss.detach(), lambda loss: torch.zeros(()), lambda loss: loss.item()])
def test_a_loss_without_a_gradient_is_a_sentence(lost):
    class Detached(TinyVAE):
        def loss(self, batch: Batch) -> Tensor:
            return lost(super().loss(batch))

    data = toy_data()
    with pytest.raises(ValueError, match=r"the loss 'elbo' has no gradient.*detach"):
        fit(build(Detached, data.spec, {}, seed=0), data, SHORT, seed=0, device=CPU)

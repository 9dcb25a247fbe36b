"""Seeds trained together end where they end alone, given the same noise; what cannot be stacked says why."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from training_toys import CPU, SHORT, BatchNormVAE, PenaltyGAN, TinyGAN, TinyVAE, toy_data, weights

from genbench.protocols.model import Adam, Objective
from genbench.training import stack_size as module
from genbench.training.cost import iteration_cost
from genbench.training.history import TrainHistory
from genbench.training.indices import ShuffledIndices
from genbench.training.loop import run
from genbench.training.replicas import SingleModel
from genbench.training.stacked import StackedModels
from genbench.training.train_state import TrainState
from genbench.training.trainer import TrainConfig, build, fit, fit_stack

SEEDS = (0, 3, 4)


def train(replicas, data, seeds) -> None:
    """Train replicas with torch's own seed fixed, so that each draws the same noise."""
    state = TrainState(replicas, data.train, SHORT.batch, [ShuffledIndices(len(data.train), s) for s in seeds])
    with torch.random.fork_rng():
        torch.manual_seed(5)
        run(state, SHORT, TrainHistory(), train_step=state.train_step, after=lambda: True)
    for optimizer in state.optimizers:
        optimizer.adopt_average()
    replicas.copy_to_models()


@pytest.mark.parametrize("model", [TinyVAE, TinyGAN, BatchNormVAE, PenaltyGAN])
def test_a_stack_and_single_runs_agree_given_the_same_noise(model):
    data = toy_data()
    together = [build(model, data.spec, {}, seed=s).train() for s in SEEDS]
    start = [weights(m) for m in together]
    train(StackedModels(together, noise="same"), data, SEEDS)
    for seed, stacked, before in zip(SEEDS, together, start, strict=True):
        alone = build(model, data.spec, {}, seed=seed).train()
        train(SingleModel(alone), data, (seed,))
        assert torch.allclose(weights(stacked), weights(alone), rtol=1e-4, atol=1e-5)
        assert (weights(stacked) - before).abs().max() > 0.01


def test_each_seed_of_a_stack_starts_and_is_shown_data_as_it_would_be_alone():
    data = toy_data()
    seen: dict[int, list] = {}

    class Watching(TinyVAE):
        def objectives(self):
            return [Objective("mse", self.parameters(), self.loss, optimizer=Adam(lr=0.0))]

        def loss(self, batch):
            return (self.dec(self.enc(batch.x)[:, :2]) - batch.x).square().mean()

    stacked = fit_stack(lambda: Watching(data.spec), data, SHORT, seeds=SEEDS, device=CPU, config=TrainConfig(stack=3))
    for seed, (model, training) in zip(SEEDS, stacked, strict=True):
        alone = build(Watching, data.spec, {}, seed=seed)
        seen[seed] = fit(alone, data, SHORT, seed=seed, device=CPU).curve["mse"]
        assert torch.equal(weights(model), weights(alone))
        assert training.curve["mse"] == pytest.approx(seen[seed], rel=1e-5)
        assert training.trained == "stack of seeds 0, 3, 4" and not model.training
    assert seen[0] != seen[3]


def test_seeds_of_a_stack_draw_different_noise():
    data = toy_data()

    class Noise(TinyVAE):
        def loss(self, batch):
            return torch.randn(()) + 0 * sum(p.sum() for p in self.parameters())

    results = fit_stack(lambda: Noise(data.spec), data, SHORT, seeds=(0, 1), device=CPU, config=TrainConfig(stack=2))
    first, second = (training.curve["elbo"] for _, training in results)
    assert first != second


def test_one_seed_that_diverges_leaves_the_others_alone():
    data = toy_data()

    class Fragile(TinyVAE):
        def __init__(self, spec):
            super().__init__(spec)
            self.register_buffer("left", torch.tensor(50.0 if torch.rand(()) < 0.5 else 1e9))

        def loss(self, batch):
            self.left -= 1
            return super().loss(batch) / (self.left >= 0)

    seeds = tuple(range(6))
    results = fit_stack(lambda: Fragile(data.spec), data, SHORT, seeds=seeds, device=CPU, config=TrainConfig(stack=6))
    dead = [model for model, training in results if training.diverged]
    assert 0 < len(dead) < 6, "the toy's initialisation should make some seeds fragile and some not"
    assert all(torch.isfinite(weights(model)).all() for model, _ in results)
    assert all(model.left == 0 for model in dead)
    assert all("between 1,600 and 1,632" in t.diverged for _, t in results if t.diverged)


class SpectralVAE(TinyVAE):
    def __init__(self, spec):
        super().__init__(spec)
        self.enc[0] = nn.utils.parametrizations.spectral_norm(self.enc[0])


class Choosy(TinyVAE):
    def loss(self, batch):
        return super().loss(batch) if batch.x.mean() > -1 else batch.x.sum()


@pytest.mark.parametrize("model, word", [(SpectralVAE, "div.out"), (Choosy, "data-dependent")])
def test_what_cannot_be_stacked_is_trained_alone_and_says_why(model, word):
    data = toy_data()
    results = fit_stack(lambda: model(data.spec), data, SHORT, seeds=(0, 1), device=CPU, config=TrainConfig(stack=2))
    alone = build(model, data.spec, {}, seed=1)
    fit(alone, data, SHORT, seed=1, device=CPU)
    assert all(t.trained == "plain" and t.remark.startswith("not stacked") and word in t.remark for _, t in results)
    assert torch.equal(weights(results[1][0]), weights(alone)), "the attempt must leave no trace"


class Counter(TinyVAE):
    """Its loss counts in a buffer that no checkpoint holds."""

    def __init__(self, spec):
        super().__init__(spec)
        self.register_buffer("calls", torch.zeros(()), persistent=False)

    def loss(self, batch):
        self.calls += 1
        return super().loss(batch)


def test_a_dry_run_leaves_no_trace_in_a_buffer_that_no_checkpoint_holds(monkeypatch):
    data = toy_data()
    models = [build(Counter, data.spec, {}, seed=s).train() for s in range(2)]
    monkeypatch.setattr(module, "on_gpu", lambda model: True)
    monkeypatch.setattr(module, "copies_that_fit", lambda state: 2)
    assert module.stack_size(models, data.train, 32, TrainConfig()) == (2, "")
    assert [float(model.calls) for model in models] == [0, 0]


def test_labels_are_stacked_too():
    data = toy_data()

    class Labelled(TinyVAE):
        def loss(self, batch):
            return super().loss(batch) + nn.functional.cross_entropy(self.enc(batch.x)[:, :2], batch.y)

    together = [build(Labelled, data.spec, {}, seed=s).train() for s in SEEDS]
    train(StackedModels(together, noise="same"), data, SEEDS)
    alone = build(Labelled, data.spec, {}, seed=4).train()
    train(SingleModel(alone), data, (4,))
    assert torch.allclose(weights(together[2]), weights(alone), rtol=1e-4, atol=1e-5)


def test_more_seeds_than_a_stack_holds_make_several_stacks():
    data = toy_data()
    results = fit_stack(
        lambda: TinyVAE(data.spec), data, SHORT, seeds=(0, 1, 2, 3, 4), device=CPU, config=TrainConfig(stack=2)
    )
    assert [t.trained for _, t in results] == ["stack of seeds 0-1"] * 2 + ["stack of seeds 2-3"] * 2 + ["plain"]
    starts = {round(float(weights(model).sum()), 6) for model, _ in results}
    assert len(starts) == 5


def test_what_fits_decides_how_many_seeds_a_gpu_stacks_and_a_large_update_stays_alone(monkeypatch):
    data = toy_data()
    models = [build(TinyVAE, data.spec, {}, seed=s).train() for s in range(5)]
    before = [weights(model).clone() for model in models]
    monkeypatch.setattr(module, "on_gpu", lambda model: True)
    monkeypatch.setattr(module, "copies_that_fit", lambda state: 3)
    assert module.stack_size(models, data.train, 32, TrainConfig()) == (3, "")
    assert module.stack_size(models, data.train, 32, TrainConfig(stack=2)) == (2, "")
    update = iteration_cost(TrainState(SingleModel(models[0]), data.train, 32, [ShuffledIndices(len(data.train), 0)]))
    monkeypatch.setattr(module, "LARGEST", update.flops)
    assert module.stack_size(models, data.train, 32, TrainConfig())[0] == 3
    monkeypatch.setattr(module, "LARGEST", update.flops - 1)
    assert module.stack_size(models, data.train, 32, TrainConfig()) == (1, "")
    assert module.stack_size(models, data.train, 32, TrainConfig(stack=5)) == (3, ""), "who asks for it gets it"
    assert all(torch.equal(weights(m), b) for m, b in zip(models, before, strict=True)), "nothing is trained by it"

"""What an objective asks of its optimisation: averages, schedules, clipping; budgets; memory."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from training_toys import CPU, SHORT, TinyVAE, toy_data, weights

from genbench.core.errors import GenbenchError, UsageError
from genbench.protocols.model import Adam, Batch, Budget, GenerativeModel, Objective
from genbench.training import trainer
from genbench.training.indices import ShuffledIndices
from genbench.training.replicas import SingleModel
from genbench.training.train_state import TrainState
from genbench.training.trainer import TrainConfig, build, fit, fit_stack


class Slope(GenerativeModel):
    """A loss with gradient (3, 4) everywhere: each step shows the optimiser at work."""

    def __init__(self, spec, **settings):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(2))
        self.settings = settings

    def objectives(self):
        return [Objective("slope", [self.w], self.loss, **self.settings)]

    def loss(self, batch: Batch):
        return (self.w * torch.tensor([3.0, 4.0])).sum()


@pytest.mark.parametrize("schedule, end", [("constant", 1.0), ("linear", 0.0), ("cosine", 0.0)])
def test_schedules_rise_in_the_warm_up_and_end_where_they_say(schedule, end):
    adam = Adam(schedule=schedule, warmup=0.2)
    assert adam.factor(0.0) == 0 and adam.factor(0.1) == pytest.approx(0.5) and adam.factor(0.2) == pytest.approx(1)
    assert adam.factor(1.0) == pytest.approx(end)
    values = [adam.factor(0.2 + 0.8 * i / 50) for i in range(51)]
    assert values == sorted(values, reverse=True)


def test_the_learning_rate_follows_the_schedule_step_by_step():
    # Adam's step on a constant gradient is lr a step, so the weights sum up the schedule.
    adam = Adam(lr=0.01, schedule="cosine", warmup=0.1)
    model = Slope(None, optimizer=adam)
    fit(model, toy_data(), Budget(steps=200, batch=4), seed=0, device=CPU)
    assert -model.w[0].item() == pytest.approx(0.01 * sum(adam.factor(i / 200) for i in range(200)), rel=1e-4)


def test_averages_are_what_the_model_ends_with_and_the_record_says_so():
    model = Slope(None, ema=0.9, optimizer=Adam(lr=0.01))
    training = fit(model, toy_data(), Budget(steps=50, batch=4), seed=0, device=CPU)
    weight, average = 0.0, 0.0
    for step in range(50):
        weight -= 0.01
        decay = min(0.9, (1 + step) / (10 + step))
        average = decay * average + (1 - decay) * weight
    assert model.w[0].item() == pytest.approx(average, rel=1e-4)
    assert training.weights == "ema 0.9"


def test_clipping_bounds_each_gradient_and_each_seed_by_itself():
    state = TrainState(SingleModel(Slope(None, clip=0.5)), toy_data().train, 4, [ShuffledIndices(256, 0)])
    state.train_step(state.rows(0, 1)[0])
    assert state.optimizers[0].gradient_norm().item() == pytest.approx(0.5, rel=1e-4)
    assert torch.allclose(state.optimizers[0].parameters[0].grad, torch.tensor([0.3, 0.4]), rtol=1e-4)


def test_a_budget_of_steps_counts_every_objectives():
    model = build(TinyVAE, toy_data().spec, {}, seed=0)
    training = fit(model, toy_data(), Budget(steps=77, batch=16), seed=0, device=CPU)
    assert training.steps == 77 and training.images == 77 * 16


def test_a_budget_of_seconds_stops_near_it_and_reports_progress_in_it():
    seen = []
    model = build(TinyVAE, toy_data().spec, {}, seed=0)
    training = fit(
        model,
        toy_data(),
        Budget(seconds=0.3, batch=16),
        seed=0,
        device=CPU,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert training.steps > 1 and training.images == training.steps * 16
    assert seen[-1] == (300, 300) and training.seconds >= 0.3
    assert len(training.curve["images"]) > 5


@pytest.mark.parametrize("wrong", [{}, {"images": 1, "steps": 1}, {"seconds": -1.0}, {"images": 1, "batch": 0}])
def test_a_budget_that_says_nothing_or_two_things_is_refused(wrong):
    with pytest.raises(UsageError, match="budget"):
        Budget(**wrong)


class Hungry(TinyVAE):
    """Runs out of memory above 10 examples."""

    def loss(self, batch):
        if len(batch.x) > 10:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate much")
        return (self.dec(self.enc(batch.x)[:, :2]) - batch.x).square().mean()


def test_out_of_memory_splits_the_batch_and_changes_nothing_but_rounding():
    data = toy_data()
    hungry, roomy = build(Hungry, data.spec, {}, seed=0), build(Hungry, data.spec, {}, seed=0)
    roomy.loss = lambda batch: (roomy.dec(roomy.enc(batch.x)[:, :2]) - batch.x).square().mean()
    split, whole = (fit(model, data, SHORT, seed=0, device=CPU) for model in (hungry, roomy))
    assert "split in 4" in split.remark and whole.remark == ""
    assert torch.allclose(weights(hungry), weights(roomy), rtol=1e-4, atol=1e-5)
    assert split.curve["elbo"] == pytest.approx(whole.curve["elbo"], rel=1e-4)


def test_out_of_memory_is_a_named_failure_where_it_may_not_split_or_cannot():
    data = toy_data()
    with pytest.raises(GenbenchError, match="out of memory in the loss 'elbo' at batch 32"):
        fit(Hungry(data.spec), data, SHORT, seed=0, device=CPU, config=TrainConfig(out_of_memory="fail"))

    class Starving(Hungry):
        def loss(self, batch):
            raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(GenbenchError, match="in 32 part"):
        fit(Starving(data.spec), data, SHORT, seed=0, device=CPU)


def test_another_runtime_error_is_not_taken_for_memory():
    class Broken(TinyVAE):
        def loss(self, batch):
            raise RuntimeError("my decoder is broken")

    with pytest.raises(RuntimeError, match="my decoder"):
        fit(Broken(toy_data().spec), toy_data(), SHORT, seed=0, device=CPU)


def test_capture_is_not_tried_without_a_gpu_and_stacks_are_not_made_unasked_on_the_cpu():
    data = toy_data()
    results = fit_stack(lambda: TinyVAE(data.spec), data, SHORT, seeds=(0, 1), device=CPU)
    assert [t.trained for _, t in results] == ["plain", "plain"]
    assert all(math.isfinite(t.images_per_second) and t.remark == "" for _, t in results)


@pytest.mark.parametrize("able", [True, False])
def test_bfloat16_runs_the_loss_under_autocast_where_the_device_gains(monkeypatch, able):
    monkeypatch.setattr(trainer, "multiplies_bfloat16", lambda device: able)
    seen = []

    class Watched(TinyVAE):
        def loss(self, batch):
            seen.append(torch.is_autocast_enabled("cpu"))
            return super().loss(batch)

    data = toy_data()
    reduced, full = (build(Watched, data.spec, {}, seed=0) for _ in range(2))
    training = fit(reduced, data, SHORT, seed=0, device=CPU, config=TrainConfig(precision="bfloat16"))
    assert all(seen) == able and training.trained == ("plain, bfloat16" if able else "plain")
    plain = fit(full, data, SHORT, seed=0, device=CPU)
    assert plain.trained == "plain" and all(p.dtype == torch.float32 for p in reduced.parameters())
    assert torch.equal(weights(reduced), weights(full)) == (not able)
    assert training.curve["elbo"][-1] == pytest.approx(plain.curve["elbo"][-1], rel=0.1)

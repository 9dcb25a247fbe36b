"""What a training cost: operations by torch's formulas, images that are read, updates of the network that samples."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from training_toys import CPU, SHORT, PenaltyGAN, TinyGAN, TinyVAE, toy_data

from genbench.core.errors import UsageError
from genbench.models.catalogue import CATALOGUE
from genbench.protocols.dataset import Dataset, DataSpec, Split
from genbench.protocols.model import Adam, Batch, Budget, GenerativeModel, Objective
from genbench.registry import Entry
from genbench.training.config import TrainConfig
from genbench.training.cost import OperationCounter, iteration_cost
from genbench.training.indices import ShuffledIndices
from genbench.training.loop import total_iterations
from genbench.training.replicas import SingleModel
from genbench.training.stacked import StackedModels
from genbench.training.train_state import TrainState
from genbench.training.trainer import build, fit, fit_stack

TRAINED = {
    card.name: Entry(card, target)
    for card, target in CATALOGUE
    if card.family not in ("classical", "control", "outside")
}


def images(n: int = 256) -> Dataset:
    """Grey noise with two classes, 1 × 8 × 8."""
    g = torch.Generator().manual_seed(0)
    split = Split(torch.rand(n, 1, 8, 8, generator=g), torch.randint(2, (n,), generator=g))
    return Dataset("noise", DataSpec((1, 8, 8), (0.0, 1.0), 2), split, split, split, split)


def state_of(models: list[nn.Module], data: Dataset, batch: int) -> TrainState:
    replicas = SingleModel(models[0]) if len(models) == 1 else StackedModels(models)
    return TrainState(replicas, data.train, batch, [ShuffledIndices(len(data.train), i) for i in range(len(models))])


def made(name: str, data: Dataset, **options: object) -> nn.Module:
    return build(TRAINED[name].load(), data.spec, {"width": 32, **options}, seed=0).train()


def test_operations_of_linear_layers_are_two_for_each_multiply_add() -> None:
    """Forward, the weights' gradients, and the inputs' gradients of all layers but the first."""
    cost = iteration_cost(state_of([TinyVAE(toy_data().spec)], toy_data(), 32))
    layers = [(6, 16), (16, 4), (2, 16), (16, 6)]
    products = [32 * a * b for a, b in layers]
    assert cost.flops == 2 * (3 * sum(products) - products[0])
    assert (cost.images, cost.updates, cost.reason) == (32, 1, "")


@pytest.mark.parametrize("name", ["vae", "gan", "ddpm", "vq-vae"])
def test_operations_are_those_of_torchs_own_counter(name: str) -> None:
    data = images()
    state = state_of([made(name, data, net="mlp" if name == "vq-vae" else "conv")], data, 8)
    with FlopCounterMode(display=False) as theirs:
        state.train_step(state.rows(0, 1)[0])
    assert iteration_cost(state).flops == theirs.get_total_flops()


def test_a_stacks_operations_are_those_of_one_seed() -> None:
    data = images()
    one, two = (state_of([made("gan", data, net="conv") for _ in range(n)], data, 8) for n in (1, 2))
    before = {name: t.clone() for name, t in two.tensors().items()}
    assert iteration_cost(two) == iteration_cost(one)
    assert all(torch.equal(before[name], t) for name, t in two.tensors().items())


def test_counting_changes_no_result() -> None:
    with OperationCounter():
        counted = TinyVAE(toy_data().spec).enc(toy_data().train.x).shape
    assert counted == (256, 4)
    data, ends = toy_data(), []
    for loss in (TinyGAN.critic, PenaltyGAN.critic):
        state = state_of([build(PenaltyGAN, data.spec, {}, seed=0)], data, 16)
        random, tensors = torch.get_rng_state(), {k: t.clone() for k, t in state.tensors().items()}
        ends.append(iteration_cost(state).flops)
        assert torch.equal(random, torch.get_rng_state()), loss
        assert all(torch.equal(tensors[k], t) for k, t in state.tensors().items())
        assert all(module.training for module in state.replicas.models[0].modules())
    assert ends[0] == ends[1]


@pytest.mark.parametrize(
    ("name", "updates", "read"),
    [
        ("vae", 781, 781),
        ("gan", 390, 390),
        ("aae", 260, 780),
        ("wgan-gp", 130, 650),
        ("r3gan", 390, 780),
        ("f-anogan", 111, 666),
        ("vae-gan", 260, 780),
        ("factor-vae", 390, 780),
        ("two-stage-vae", 390, 780),
        ("vq-vae", 390, 780),
        ("cgan", 390, 390),
        ("infogan", 390, 390),
        ("began", 390, 390),
        ("ddpm", 781, 781),
        ("realnvp", 781, 781),
        ("ae", 781, 781),
        ("ganomaly", 390, 780),
    ],
)
def test_a_hundred_thousand_images_move_the_network_that_samples_so_often(name: str, updates: int, read: int) -> None:
    data = images()
    state = state_of([made(name, data)], data, 128)
    cost, iterations = iteration_cost(state), total_iterations(Budget(images=100_000, batch=128), state)
    assert cost.updates is not None
    assert (iterations * cost.updates, iterations * cost.images) == (updates, read * 128)


@pytest.mark.parametrize("name", TRAINED)
def test_every_models_operations_and_updates_can_be_counted(name: str) -> None:
    data = images()
    cost = iteration_cost(state_of([made(name, data)], data, 8))
    assert cost.flops and cost.updates and not cost.reason


@pytest.mark.parametrize("name", TRAINED)
def test_objectives_say_truly_whether_they_read_data(name: str) -> None:
    """Other examples change a loss that reads them, and no loss that says it does not."""
    data = images()
    model = made(name, data)
    state = {key: t.clone() for key, t in model.state_dict().items()}

    def loss(objective: Objective, x: torch.Tensor) -> float:
        model.load_state_dict(state)
        torch.manual_seed(0)
        return float(objective.loss(Batch(x, data.train.y[:8])).detach())

    for objective in model.objectives():
        same = loss(objective, data.train.x[:8]) == loss(objective, 1 - data.train.x[:8])
        assert same == (not objective.reads_data), objective.name


class SamplingGAN(TinyGAN):
    def sample(self, n: int, *, generator: torch.Generator) -> torch.Tensor:
        out: torch.Tensor = self.g(torch.randn(n, 2, generator=generator))
        return out


def test_the_result_says_what_was_read_updated_and_computed() -> None:
    data = toy_data()
    result = fit(build(SamplingGAN, data.spec, {}, seed=0), data, SHORT, seed=0, device=CPU)
    one = iteration_cost(state_of([build(SamplingGAN, data.spec, {}, seed=0)], data, 32))
    assert result.steps == 100 and result.updates == 25 and result.seeds == 1
    assert result.flops == 25 * one.flops and result.images == 100 * 32  # it says of no loss that it reads no data
    assert fit(build(TinyGAN, data.spec, {}, seed=0), data, SHORT, seed=0, device=CPU).updates is None


class Elementwise(GenerativeModel):
    """No product, no convolution: torch has no formula for what it does."""

    def __init__(self, spec: DataSpec) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(spec.size))

    def objectives(self) -> list[Objective]:
        return [Objective("mse", [self.mean], self.loss, optimizer=Adam(lr=0.05))]

    def loss(self, batch: Batch) -> torch.Tensor:
        return ((batch.x - self.mean) ** 2).mean()


def test_operations_that_cannot_be_counted_say_so_and_make_no_budget() -> None:
    data = toy_data()
    result = fit(Elementwise(data.spec), data, SHORT, seed=0, device=CPU)
    assert result.flops is None and result.updates is None
    assert result.remark == "operations not counted: torch knows no formula for what it does"
    with pytest.raises(UsageError, match=r"operations of Elementwise cannot be counted .*budget of images"):
        fit(Elementwise(data.spec), data, Budget(flops=1e6), seed=0, device=CPU)


def test_a_budget_of_operations_is_spent_by_unlike_models_nearly_alike() -> None:
    data, seen = images(), []
    budget = Budget(flops=2e8, batch=16)
    spent = {}
    for name in ("vae", "wgan-gp", "ddpm"):
        model = made(name, data)
        report = lambda done, total: seen.append(done / total)
        spent[name] = fit(model, data, budget, seed=0, device=CPU, progress=report)
        assert seen[-1] == 1
    for name, result in spent.items():  # whole iterations, so that what is left over is under one of them
        one = iteration_cost(state_of([made(name, data)], data, 16)).flops
        assert budget.flops - one < result.flops <= budget.flops and one < 0.05 * budget.flops, name
    assert len({result.images for result in spent.values()}) == 3


def test_stacked_seeds_spend_the_operations_of_one_alone() -> None:
    data, budget = toy_data(), Budget(flops=2e6, batch=16)
    pairs = fit_stack(lambda: TinyVAE(data.spec), data, budget, seeds=(0, 1), device=CPU, config=TrainConfig(stack=2))
    alone = fit(TinyVAE(data.spec), data, budget, seed=0, device=CPU)
    assert [(t.flops, t.images, t.updates, t.seeds) for _, t in pairs] == [
        (alone.flops, alone.images, alone.updates, 2)
    ] * 2


def test_a_budget_of_seconds_is_a_seeds_own_in_a_stack_too() -> None:
    data, budget, seen = toy_data(), Budget(seconds=0.2, batch=16), []
    pairs = fit_stack(
        lambda: TinyVAE(data.spec),
        data,
        budget,
        seeds=(0, 1, 2),
        device=CPU,
        config=TrainConfig(stack=3),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen[-1] == (600, 600)
    assert all(t.seconds >= 0.6 and t.seconds / t.seeds >= 0.2 for _, t in pairs)


def test_a_model_that_fits_itself_has_neither() -> None:
    from genbench.models.classical import Gaussian

    result = fit(Gaussian(toy_data().spec), toy_data(), Budget(flops=1e9), seed=0, device=CPU)
    assert (result.trained, result.updates, result.flops) == ("closed form", None, None)

"""Do plain, captured and stacked training agree, given the same noise? And do models that cannot be captured say why?

python bench/agree.py --device cuda

Prints the largest difference of any weight after each way, relative to how far the weights were from their start.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from genbench import registry
from genbench.protocols.dataset import Dataset, DataSpec, Split
from genbench.protocols.model import Batch, Budget, GenerativeModel, Objective
from genbench.training.capture import captured
from genbench.training.history import TrainHistory
from genbench.training.indices import ShuffledIndices
from genbench.training.loop import run
from genbench.training.replicas import Replicas, SingleModel
from genbench.training.stacked import StackedModels
from genbench.training.train_state import TrainState
from genbench.training.trainer import build, fit

SPEC = DataSpec((1, 28, 28), (0.0, 1.0), 10)
SEEDS = (0, 1, 2)
VAE, GAN, WGANGP, DDPM = (registry.models.get(name).load() for name in ("vae", "gan", "wgan-gp", "ddpm"))


class BatchNormVAE(VAE):
    """With batch statistics, to see that buffers change too."""

    def __init__(self, data: DataSpec) -> None:
        super().__init__(data)
        first = nn.Linear(data.size, 64, bias=False)
        self.encoder = nn.Sequential(nn.Flatten(), first, nn.BatchNorm1d(64), nn.SiLU(), nn.Linear(64, 2 * self.latent))


class Averaged(GAN):
    """With averages, schedules and clipping, that the host changes between replays."""

    def objectives(self) -> list[Objective]:
        critic, generator = super().objectives()
        adam = type(critic.optimizer)(lr=1e-3, schedule="cosine", warmup=0.1)
        return [
            Objective("critic", critic.parameters, critic.loss, clip=1.0, optimizer=adam, steps=2),
            Objective("generator", generator.parameters, generator.loss, ema=0.99, optimizer=adam),
        ]


class Waits(VAE):
    """Reads a value on the host."""

    def loss(self, batch: Batch) -> Tensor:
        return super().loss(batch) * (1.0 if batch.x.mean().item() > -1 else 2.0)


class Counts(VAE):
    """Keeps a counter in Python."""

    seen = 0

    def loss(self, batch: Batch) -> Tensor:
        self.seen += 1
        return super().loss(batch) / self.seen**0.01


class Rebinds(VAE):
    """Gives a buffer a new tensor at each step."""

    def loss(self, batch: Batch) -> Tensor:
        self.log_scale = self.log_scale + 1e-3
        return super().loss(batch)


def data(device: torch.device) -> Dataset:
    """Blurred noise of MNIST's shape."""
    g = torch.Generator().manual_seed(0)
    x = nn.functional.avg_pool2d(torch.rand(4_096, 1, 32, 32, generator=g), 5, 1)
    split = Split(x, torch.randint(10, (4_096,), generator=g)).to(device)
    return Dataset("noise", SPEC, split, split, split, split)


def train(replicas: Replicas, data: Dataset, seeds: Sequence[int], budget: Budget, *, capture: bool) -> list[float]:
    """Train replicas from torch seed 5; the curve of the first objective's first seed."""
    state = TrainState(replicas, data.train, budget.batch, [ShuffledIndices(len(data.train), s) for s in seeds])
    for model in replicas.models:
        model.train()
    torch.manual_seed(5)
    history = TrainHistory()
    run(state, budget, history, train_step=captured(state) if capture else state.train_step, after=lambda: True)
    for optimizer in state.optimizers:
        optimizer.adopt_average()
    replicas.copy_to_models()
    return [point[0][0] for point in history.losses]


def weights(model: nn.Module) -> Tensor:
    """All of a model in one vector."""
    return torch.cat([t.detach().reshape(-1).double() for t in model.state_dict().values()])


def compare(cls: type[GenerativeModel], data: Dataset, device: torch.device, budget: Budget) -> None:
    """Every way of training one model, against the plain one."""
    fresh = lambda seed: build(cls, data.spec, {}, seed=seed).to(device)
    plain, again, graph, hosted = fresh(1), fresh(1), fresh(1), fresh(1)
    start = weights(plain)
    train(SingleModel(plain), data, (1,), budget, capture=False)
    change = (weights(plain) - start).abs().max()
    gap = lambda model: float((weights(model) - weights(plain)).abs().max() / change)
    train(SingleModel(again), data, (1,), budget, capture=False)
    line = f"{cls.__name__:14} plain again {gap(again):8.1e}"
    if device.type == "cuda":
        train(SingleModel(graph), data, (1,), budget, capture=True)
        line += f"  captured {gap(graph):8.1e}"
        train(SingleModel(hosted), replace(data, train=data.train.to("cpu")), (1,), budget, capture=True)
        line += f"  from main memory {gap(hosted):8.1e}"
    for capture in (False, True) if device.type == "cuda" else (False,):
        members = [fresh(seed) for seed in SEEDS]
        train(StackedModels(members, noise="same"), data, SEEDS, budget, capture=capture)
        line += f"  {'captured ' if capture else ''}stack {gap(members[1]):8.1e}"
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--steps", type=int, default=60)
    options = parser.parse_args()
    device = torch.device(options.device)
    if device.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
    toy, budget = data(device), Budget(steps=options.steps, batch=64)
    for cls in (VAE, BatchNormVAE, GAN, WGANGP, Averaged, DDPM):
        compare(cls, toy, device, budget)
    for cls in (Waits, Counts, Rebinds):
        model, alike = (build(cls, toy.spec, {}, seed=0) for _ in range(2))
        training = fit(model, toy, budget, seed=0, device=device)
        fit(alike, toy, budget, seed=0, device=device)
        same = torch.equal(weights(model), weights(alike))
        print(f"{cls.__name__:14} {training.trained}: {training.remark}  repeatable: {same}", flush=True)


if __name__ == "__main__":
    main()

"""Training speed side by side: pythae's trainer, a plain eager loop, and genbench, on the same model and data.

python bench/train.py --device cpu                            # MLP VAE: pythae, eager, genbench
python bench/train.py --device cuda --models mlp,conv,gan,wgan-gp

Needs the extra `bench` for pythae (`pip install --no-deps pythae`), and MNIST below GENBENCH_DATA for real images
(random ones otherwise, which are as fast). Each way is timed `--rounds` times in turn; the table gives the median.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import functools
import io
import json
import logging
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, wait
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genbench import registry
from genbench.protocols.dataset import Dataset, DataSpec, Split
from genbench.protocols.model import Adam, Batch, Budget, GenerativeModel, ModelBuilder, Objective
from genbench.training.indices import ShuffledIndices
from genbench.training.objective_optimizer import multiplies_bfloat16
from genbench.training.trainer import TrainConfig, TrainResult, build, fit, fit_stack

SPEC = DataSpec((1, 28, 28), (0.0, 1.0), 10)
BATCH = 128
Fit = Callable[[int], tuple[nn.Module, int]]
"""Trains from a seed with a budget of images and gives (a model, images trained, of all seeds)."""


class MlpVAE(GenerativeModel):
    """pythae's default VAE: 784-512-16-512-784, ReLU, half the squared error and the KL divergence."""

    def __init__(self, data: DataSpec, *, latent: int = 16, hidden: int = 512) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(data.size, hidden), nn.ReLU())
        self.mean, self.log_var = nn.Linear(hidden, latent), nn.Linear(hidden, latent)
        self.decoder = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, data.size), nn.Sigmoid())

    def objectives(self) -> list[Objective]:
        return [Objective("elbo", self.parameters(), self.loss, optimizer=Adam(lr=1e-3))]

    def loss(self, batch: Batch) -> Tensor:
        h = self.body(batch.x)
        mean, log_var = self.mean(h), self.log_var(h)
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * log_var)
        error = 0.5 * F.mse_loss(self.decoder(z), batch.x.flatten(1), reduction="none").sum(-1)
        kl = -0.5 * (1 + log_var - mean.pow(2) - log_var.exp()).sum(-1)
        return (error + kl).mean()


class ConvVAE(MlpVAE):
    """A small convolutional VAE: two strided convolutions each way, 32 and 64 channels."""

    def __init__(self, data: DataSpec, *, latent: int = 16) -> None:
        super().__init__(data, latent=latent)
        self.body = nn.Sequential(
            nn.Conv2d(1, 32, 4, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 4, 2, 1), nn.ReLU(), nn.Flatten()
        )
        self.mean, self.log_var = nn.Linear(3136, latent), nn.Linear(3136, latent)
        self.decoder = nn.Sequential(
            nn.Linear(latent, 3136),
            nn.ReLU(),
            nn.Unflatten(1, (64, 7, 7)),
            nn.ConvTranspose2d(64, 32, 4, 2, 1),
            nn.ReLU(),
            nn.ConvTranspose2d(32, 1, 4, 2, 1),
            nn.Sigmoid(),
            nn.Flatten(),
        )


MODELS: dict[str, ModelBuilder] = {
    "mlp": MlpVAE,
    "mlp256": partial(MlpVAE, hidden=256),
    "conv": ConvVAE,
    "gan": registry.models.get("gan").load(),
    "wgan-gp": registry.models.get("wgan-gp").load(),
    **{
        f"{name}-conv": partial(registry.models.get(name).load(), net="conv")
        for name in ("vae", "gan", "wgan-gp", "r3gan", "ddpm", "flow-matching", "realnvp")
    },
}


@functools.cache
def mnist() -> tuple[Dataset, str]:
    """MNIST where it is found, else noise of its shape."""
    root = os.environ.get("GENBENCH_DATA", str(Path(__file__).parents[2] / "shared" / "data"))
    try:
        from torchvision.datasets import MNIST

        parts = [MNIST(root, train=train, download=False) for train in (True, False)]
        splits = [Split((p.data.float() / 255)[:, None], p.targets) for p in parts]
        title = "MNIST"
    except (RuntimeError, ImportError):
        g = torch.Generator().manual_seed(0)
        splits = [Split(torch.rand(n, 1, 28, 28, generator=g), torch.zeros(n).long()) for n in (60_000, 10_000)]
        title = "noise"
    train, test = splits
    return Dataset("mnist", SPEC, train, test, test, test), title


def eager(model: nn.Module, data: Dataset, images: int, seed: int, device: torch.device) -> int:
    """The loop that everybody writes, over tensors on the device: torch's default Adam, a loss read once an epoch."""
    model.to(device).train()
    objectives = model.objectives()
    optimizers = [torch.optim.Adam(p.parameters, lr=p.optimizer.lr, betas=p.optimizer.betas) for p in objectives]
    x, indices = data.train.x.to(device), ShuffledIndices(len(data.train), seed)
    iterations = max(1, images // (BATCH * sum(p.steps for p in objectives)))
    position, total = 0, torch.zeros((), device=device)
    for _ in range(iterations):
        for objective, optimizer in zip(objectives, optimizers, strict=True):
            for _ in range(objective.steps):
                rows = indices.slice(position, position + BATCH).to(device)
                position += BATCH
                optimizer.zero_grad()
                loss = objective.loss(Batch(x[rows]))
                loss.backward()
                optimizer.step()
                total += loss.detach()
    assert torch.isfinite(total)
    return position


def pythae_trainer(data: Dataset, images: int, device: torch.device, folder: str, hidden: int) -> tuple[nn.Module, int]:
    """pythae's own trainer with its own VAE, as its documentation has it; `hidden` other than 512 narrows its nets."""
    from pythae.data.datasets import BaseDataset
    from pythae.models import VAE, VAEConfig
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    logging.getLogger("pythae").setLevel(logging.ERROR)
    rows = min(images, len(data.train))
    config = BaseTrainerConfig(
        output_dir=folder,
        num_epochs=max(1, round(images / rows)),
        learning_rate=1e-3,
        per_device_train_batch_size=BATCH,
        no_cuda=device.type == "cpu",
    )
    model = VAE(VAEConfig(input_dim=(1, 28, 28), latent_dim=16))
    if hidden != 512:
        model.encoder.layers[0][0] = nn.Linear(784, hidden)
        model.encoder.embedding, model.encoder.log_var = nn.Linear(hidden, 16), nn.Linear(hidden, 16)
        model.decoder.layers[0][0], model.decoder.layers[1][0] = nn.Linear(16, hidden), nn.Linear(hidden, 784)
    train = BaseDataset(data.train.x[:rows], torch.zeros(rows))
    BaseTrainer(model=model, train_dataset=train, training_config=config).train()
    return model, rows * config.num_epochs


def ways(name: str, data: Dataset, images: int, device: torch.device, folder: str, seeds: int) -> dict[str, Fit]:
    """The ways to train this model that this machine and environment have; `seeds`: of a stack."""
    cls = MODELS[name]

    def plain(seed: int) -> tuple[nn.Module, int]:
        model = build(cls, data.spec, {}, seed=seed)
        return model, eager(model, data, images, seed, device)

    def genbench(seed: int, config: TrainConfig = TrainConfig()) -> tuple[nn.Module, int]:  # noqa: B008
        model = build(cls, data.spec, {}, seed=seed)
        training = fit(model, data, Budget(images=images, batch=BATCH), seed=seed, device=device, config=config)
        _remark(name, training)
        return model, training.images

    def stacked(seed: int) -> tuple[nn.Module, int]:
        budget, config = Budget(images=images, batch=BATCH), TrainConfig(stack=seeds)
        results = fit_stack(lambda: cls(data.spec), data, budget, seeds=range(seeds), device=device, config=config)
        _remark(name, results[0][1])
        return results[0][0], sum(training.images for _, training in results)

    found: dict[str, Fit] = {"eager loop": plain, "genbench": genbench}
    if name in ("mlp", "mlp256") and multiplies_bfloat16(device):
        found["genbench, bfloat16"] = lambda seed: genbench(seed, TrainConfig(precision="bfloat16"))
    if device.type == "cpu" and name in ("mlp", "mlp256"):
        found["genbench, 2 seeds"] = partial(side_by_side, name, two_workers(), images)
    if device.type == "cuda":
        found["genbench, plain"] = lambda seed: genbench(seed, TrainConfig(capture="never"))
        found[f"genbench, {seeds} seeds"] = stacked
    with contextlib.suppress(ImportError):
        import pythae  # noqa: F401

        if name in ("mlp", "mlp256"):
            hidden = 512 if name == "mlp" else 256
            found = {"pythae": lambda seed: pythae_trainer(data, images, device, folder, hidden)} | found
    return found


def side_by_side(name: str, workers: Executor, images: int, seed: int) -> tuple[nn.Module, int]:
    """Two seeds at once, each in a process of one thread: how `genbench run` trains a suite on two cores."""
    ends = [workers.submit(_alone, name, images, s) for s in (seed, seed + 1)]
    return ends[0].result(), 2 * images // BATCH * BATCH


def _alone(name: str, images: int, seed: int) -> nn.Module:
    torch.set_num_threads(1)
    data, _ = mnist()
    model = build(MODELS[name], data.spec, {}, seed=seed)
    if images:
        fit(model, data, Budget(images=images, batch=BATCH), seed=seed, device=torch.device("cpu"))
    return model


def two_workers() -> Executor:
    """Two processes that have imported everything and read the data."""
    workers = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))
    wait([workers.submit(_alone, "mlp", 5_000, 0) for _ in range(4)])
    return workers


REMARKS: dict[str, str] = {}
"""How genbench trained what, its images a second without the set-up, and why it was not the fast way."""


def _remark(model: str, training: TrainResult) -> None:
    setup = training.seconds - training.images / training.images_per_second * training.seeds
    rate = f"{training.images_per_second:,.0f} images/s without the set-up of {setup:.2f} s"
    REMARKS[f"{model}, {training.trained}"] = f"{rate} {training.remark}"


def test_loss(model: nn.Module, data: Dataset, device: torch.device) -> float:
    """The VAE's loss on the test images, by one function for every way: final quality, lower is better."""
    twin = copy.deepcopy(model).to(device).eval()
    x = data.reference.x.to(device)
    torch.manual_seed(0)
    with torch.no_grad():
        if isinstance(twin, MlpVAE):
            return float(twin.loss(Batch(x)))
        return float(twin({"data": x}).loss)


def timed(way: Fit, seed: int, device: torch.device) -> tuple[float, nn.Module]:
    """Images a second of wall clock, set-up and all, and the model."""
    began = time.perf_counter()
    noise = io.StringIO()
    with contextlib.redirect_stderr(noise), contextlib.redirect_stdout(noise), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, images = way(seed)
    if device.type == "cuda":
        torch.cuda.synchronize()
    return images / (time.perf_counter() - began), model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--models", default="mlp")
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=8, help="of a stack, which is timed on a GPU")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    data, title = mnist()
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    versions = f"torch {torch.__version__}, Python {sys.version.split()[0]}"
    print(f"{name}, {versions}, {title}, batch {BATCH}, {options.images:,} images")
    table = []
    eager(build(MlpVAE, data.spec, {}, seed=0), data, 20 * BATCH, 0, device)  # wakes the device up
    with tempfile.TemporaryDirectory() as folder:
        for model in options.models.split(","):
            found = ways(model, data, options.images, device, folder, options.seeds)
            table += _measure(model, found, data, device, options.rounds)
    print("\n".join(f"{how}: {why}" for how, why in REMARKS.items()))
    if options.json:
        options.json.write_text(json.dumps({"machine": name, "torch": torch.__version__, "rows": table}, indent=1))


def _measure(
    model: str, found: dict[str, Fit], data: Dataset, device: torch.device, rounds: int
) -> list[dict[str, object]]:
    rates: dict[str, list[float]] = {way: [] for way in found}
    losses: dict[str, list[float]] = {way: [] for way in found}
    for seed in range(rounds):
        for way, function in found.items():
            rate, trained = timed(function, seed, device)
            rates[way].append(rate)
            if model in ("mlp", "mlp256", "conv"):
                losses[way].append(test_loss(trained, data, device))
    base = statistics.median(rates["eager loop"])
    rows: list[dict[str, object]] = []
    for way, values in rates.items():
        rate = statistics.median(values)
        times = f"{rate / base:6.2f} x eager"
        if "pythae" in rates:
            times += f"  {rate / statistics.median(rates['pythae']):6.2f} x pythae"
        quality = f"  test loss {statistics.mean(losses[way]):.2f}" if losses[way] else ""
        print(f"{model:8} {way:16} {rate:12,.0f} images/s  {times}{quality}", flush=True)
        rows.append({"model": model, "way": way, "rates": values, "losses": losses[way]})
    return rows


if __name__ == "__main__":
    main()

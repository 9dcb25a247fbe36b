"""Published behaviour of the zoo, one claim a command: what the papers say must also be seen here.

python bench/published.py modes                            # PacGAN covers at least as many modes as GAN: ring8, grid25
GENBENCH_DATA=DATA python bench/published.py nll           # binarised MNIST: VAE under 92 nats, IWAE-50 1.5 nats better
python bench/published.py mig                              # β-TC-VAE has a higher MIG than VAE on shapes
GENBENCH_DATA=DATA python bench/published.py vamp          # what more passes and importance samples give a VampPrior
GENBENCH_DATA=DATA python bench/published.py one-class     # a VAE of one digit tells it from others: AUROC above 90 %

Each prints its figures a seed, their medians, the machine, and whether the claim holds (exit status 0).
"""

from __future__ import annotations

import argparse
import math
import platform
import statistics
import sys
import time

import torch
from torch import Tensor, nn

from genbench import registry
from genbench.core import seeds
from genbench.data.loading import load_dataset
from genbench.metrics.auc import auc
from genbench.metrics.disentanglement import mig
from genbench.protocols.dataset import Dataset
from genbench.protocols.model import Batch, Budget
from genbench.training.trainer import fit_stack


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("claim", choices=["modes", "nll", "vamp", "mig", "one-class"])
    parser.add_argument(
        "--images", type=int, default=0, help="training images a model (each claim has its own default)"
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--k", type=int, default=1000, help="importance samples of the bound")
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--lr", type=float, default=0.0, help="modes: learning rate of both players")
    parser.add_argument("--latent", type=int, default=0, help="modes, one-class: numbers in a code")
    parser.add_argument("--data", default="ring8,grid25", help="modes: the mixtures")
    options = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    machine = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor() or platform.machine()
    print(f"{' '.join(sys.argv)} on {machine}, torch {torch.__version__}")
    began = time.perf_counter()
    claims = {"modes": modes, "nll": nll, "vamp": vamp, "mig": disentangled, "one-class": one_class}
    holds = claims[options.claim](options, device)
    print(f"{'holds' if holds else 'DOES NOT HOLD'} ({time.perf_counter() - began:.0f} s)")
    sys.exit(0 if holds else 1)


def trained(
    name: str, data: Dataset, images: int, count: int, device: torch.device, **chosen: object
) -> list[nn.Module]:
    """Models of `count` seeds, trained together where they can be."""
    cls = _drawing(registry.models.get(name).load()) if data.bernoulli else registry.models.get(name).load()
    pairs = fit_stack(lambda: cls(data.spec, **chosen), data, Budget(images=images), seeds=range(count), device=device)
    return [model for model, _ in pairs]


def _drawing(cls: type[nn.Module]) -> type[nn.Module]:
    """The model, seeing each batch as fresh coin flips of its pixels; 0 and 1 stay what they are."""

    class Drawn(cls):  # type: ignore[valid-type, misc]
        def loss(self, batch: Batch) -> Tensor:
            loss: Tensor = super().loss(batch._replace(x=torch.bernoulli(batch.x)))
            return loss

    return Drawn


def modes(options: argparse.Namespace, device: torch.device) -> bool:
    """Modes with at least one of 2,500 samples within 3 σ, median over seeds."""
    medians: dict[tuple[str, str], float] = {}
    mixtures = options.data.split(",")
    chosen = {key: value for key in ("lr", "latent") if (value := getattr(options, key))}
    for dataset in mixtures:
        data = load_dataset(dataset)
        for name in ("gan", "pacgan"):
            fitted = trained(name, data, options.images or 2_000_000, options.seeds, device, **chosen)
            found = [covered(model, data, seed) for seed, model in enumerate(fitted)]
            medians[name, dataset] = statistics.median(found)
            print(f"{dataset} {name}: {found}, median {medians[name, dataset]:g}", flush=True)
    gains = [medians["pacgan", d] - medians["gan", d] for d in mixtures]
    return min(gains) >= 0 and max(gains) > 0


def covered(model: nn.Module, data: Dataset, seed: int) -> int:
    law = data.density
    assert law is not None and law.modes is not None and law.mode_sigma is not None
    device = next(model.parameters()).device
    with torch.no_grad():
        x = seeds.draw(model.sample, 2500, "modes", seed, device=device).cpu()  # type: ignore[arg-type]
    near, which = torch.cdist(x.double(), law.modes.double()).min(1)
    return len(set(which[near < 3 * law.mode_sigma].tolist()))


def nll(options: argparse.Namespace, device: torch.device) -> bool:
    """Importance-weighted bound on the reference of dynamically binarised MNIST, latents 50, two layers of `width`."""
    data = load_dataset("binarised-mnist-dynamic")
    images = options.images or 8_000_000
    found = {}
    for label, name, chosen in (("vae", "vae", {}), ("iwae-50", "iwae", {"k": 50})):
        fitted = trained(name, data, images, 1, device, latent=50, width=options.width, **chosen)
        bounds = bounds_of(fitted[0], data.reference.x.to(device), options.k)
        error = float(bounds.std()) / math.sqrt(len(bounds))
        found[label] = -float(bounds.mean())
        print(f"{label}: {found[label]:.2f} ± {1.96 * error:.2f} nats (k = {options.k}, n = {len(bounds)})", flush=True)
    return found["vae"] < 92 and found["vae"] - found["iwae-50"] >= 1.5


def vamp(options: argparse.Namespace, device: torch.device) -> bool:
    """`vamp-vae` as in `paper-iwae` (published: 85.57 nats after 2,000 passes), in 80 passes and in `--images`, by 64
    importance samples and by `--k` on the same 2,000 examples."""
    data = load_dataset("binarised-mnist-dynamic")
    chosen = {"latent": 40, "width": 616, "components": 500}
    least, some = math.inf, 2_000
    for images in (4_000_000, options.images or 20_000_000):
        for seed, model in enumerate(trained("vamp-vae", data, images, options.seeds, device, **chosen)):
            x = data.reference.x.to(device)
            few, many = bounds_of(model, x, 64), bounds_of(model, x[:some], options.k)
            least = min(least, -float(many.mean()))
            print(
                f"{images:,} images, seed {seed}: {-few[:some].mean():.2f} nats by 64 samples, {-many.mean():.2f} by "
                f"{options.k:,}; {-few.mean():.2f} by 64 on all {len(x):,}",
                flush=True,
            )
    return least < 85.57 + 2


def bounds_of(model: nn.Module, x: Tensor, k: int) -> Tensor:
    """The bound on each example's log-likelihood by k importance samples: (n,)."""
    with torch.no_grad():
        return torch.cat([model.log_prob(part, k=k) for part in x.split(500)])  # type: ignore[operator]


def disentangled(options: argparse.Namespace, device: torch.device) -> bool:
    """Mutual information gap of 10,000 codes against the true factors, median over seeds."""
    data = load_dataset("shapes")
    medians = {}
    for name in ("vae", "beta-tc-vae"):
        fitted = trained(name, data, options.images or 1_000_000, options.seeds, device, latent=10)
        split = data.train.take(slice(0, 10_000))
        assert split.factors is not None
        with torch.no_grad():
            codes = [model.encode(split.x.to(device)).cpu() for model in fitted]  # type: ignore[operator]
        found = [mig(z, split.factors) for z in codes]
        values = found
        medians[name] = statistics.median(values)
        print(f"{name}: {[round(v, 3) for v in values]}, median {medians[name]:.3f}", flush=True)
    return medians["beta-tc-vae"] > medians["vae"]


def one_class(options: argparse.Namespace, device: torch.device) -> bool:
    """Squared reconstruction error of a VAE trained on one digit, that digit's test images against all others':
    the mean of the ten AUROCs (the protocol of Ruff et al. 2018, Deep SVDD, whose mean is 94.8 %)."""
    found = []
    for digit in range(10):
        data = load_dataset(f"mnist-only-{digit}")
        chosen = {"latent": options.latent} if options.latent else {}
        fitted = trained("vae", data, options.images or 500_000, options.seeds, device, **chosen)
        scores = [
            [errors(model, split.x, device) for split in (data.reference, data.outliers["other-classes"])]
            for model in fitted
        ]
        found.append([auc(outliers, usual) for usual, outliers in scores])
        print(
            f"{digit}: {[round(100 * v, 1) for v in found[-1]]}, mean {100 * statistics.mean(found[-1]):.1f} %",
            flush=True,
        )
    means = [statistics.mean(by_seed) for by_seed in zip(*found, strict=True)]
    print(f"mean over digits a seed: {[round(100 * v, 2) for v in means]}, mean {100 * statistics.mean(means):.2f} %")
    return statistics.mean(means) > 0.9


def errors(model: nn.Module, x: Tensor, device: torch.device) -> Tensor:
    with torch.no_grad():
        parts = [(model.reconstruct(part) - part).square().flatten(1).sum(1) for part in x.to(device).split(2000)]  # type: ignore[operator]
    return torch.cat(parts).cpu()


if __name__ == "__main__":
    main()

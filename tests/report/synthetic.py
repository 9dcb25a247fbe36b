"""A made-up run: many models, failed and diverged seeds, unsupported cells, long names, one seed, nothing at all."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from genbench.core.records import RunRecord
from genbench.report.data import FITS, PICTURES, RunData

TIDY = (
    "model family sampler dataset seed evaluation metric target value ci_low ci_high n direction kind encoder status "
    "reason seconds label m split score likelihood metric_version budget trained device"
).split()

FAMILIES = {
    "ae": "autoencoder", "vae": "vae", "vae-z2": "vae", "gan": "gan", "wgan-gp": "gan", "ddpm": "diffusion",
    "gaussian": "classical",
}  # fmt: skip
QUALITY = {
    "ae+gaussian": 38.0, "ae+gmm10": 12.0, "vae": 30.0, "vae+gmm10": 18.0, "gan": 41.0, "wgan-gp": 24.0, "ddpm": 9.0,
    "gaussian": 55.0, "control-test-half": 1.26, "control-train-copy": 1.31, "control-marginals": 171.0,
    "control-noise": 114.0, "control-mean-image": 160.0,
}  # fmt: skip
CONTROLS = [name for name in QUALITY if name.startswith("control-")]
DIRECTIONS = {
    "frechet": "lower", "kid": "lower", "sliced-wasserstein": "lower", "tv": "lower", "precision": "higher",
    "recall": "higher", "density": "higher", "coverage": "higher", "vendi": "higher", "duplicate-rate": "lower",
    "modes": "higher", "authenticity": "higher", "ct": "nearest", "nn-distance-ratio": "nearest", "copy-rate": "lower",
    "mse": "lower", "psnr": "higher", "ssim": "higher", "auroc": "higher", "aupr-out": "higher", "fpr95": "lower",
    "train-throughput": "higher", "sample-latency": "lower", "sample-throughput": "higher", "parameters": "lower",
    "peak-memory": "lower",
}  # fmt: skip
EVALUATIONS = {
    "sample-quality": ("frechet", "kid"),
    "diversity": ("precision", "recall", "density", "coverage", "vendi", "duplicate-rate"),
    "memorisation": ("authenticity", "ct", "nn-distance-ratio", "copy-rate"),
    "reconstruction": ("mse", "psnr", "ssim"),
    "outlier-detection": ("auroc", "aupr-out", "fpr95"),
    "speed": ("train-throughput", "sample-latency", "sample-throughput", "parameters", "peak-memory"),
}
COPIES = frozenset({"control-train-copy"})


@dataclass
class Maker:
    """Rows of a tidy table, made one by one."""

    seeds: int = 3
    n: int = 449
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, label: str, seed: int, evaluation: str, metric: str, value: float | None, **more: Any) -> None:
        model, _, sampler = label.partition("+")
        family = "control" if label.startswith("control-") else FAMILIES.get(model, "vae")
        row = dict.fromkeys(TIDY, "") | {
            "model": model, "family": family, "sampler": sampler or "prior", "dataset": "digits", "seed": seed,
            "evaluation": evaluation, "metric": metric, "value": value, "ci_low": None, "ci_high": None, "n": self.n,
            "m": self.n, "direction": DIRECTIONS.get(metric, "lower"), "kind": "exact", "status": "ok", "reason": None,
            "seconds": 0.4, "label": label, "metric_version": 1, "budget": 100_000, "trained": "plain", "device": "cpu",
        }  # fmt: skip
        self.rows.append(row | more)

    def interval(
        self, label: str, seed: int, evaluation: str, metric: str, value: float, half: float, **more: Any
    ) -> None:
        self.add(label, seed, evaluation, metric, value, ci_low=value - half, ci_high=value + half, **more)

    def missing(self, label: str, seed: int, evaluation: str, status: str, reason: str, **more: Any) -> None:
        for metric in EVALUATIONS[evaluation]:
            self.add(label, seed, evaluation, metric, None, status=status, reason=reason, n=None, m=None, **more)

    def frame(self) -> pd.DataFrame:
        more = [name for name in ("details",) if any(name in row for row in self.rows)]
        table = pd.DataFrame(self.rows, columns=[*TIDY, *more])
        return table.astype({"value": float, "ci_low": float, "ci_high": float, "n": "Int64", "m": "Int64"})


def noise(*parts: str | int) -> np.random.Generator:
    """A generator that depends on these words only."""
    return np.random.default_rng(zlib.crc32("|".join(map(str, parts)).encode()))


def quality(maker: Maker, label: str, seed: int, dataset: str = "digits") -> None:
    """Sample quality, diversity and memorisation of a row that can sample."""
    fixed = label == "control-test-half"
    spread = 0.0 if fixed else float(noise(label, seed, dataset).normal())
    level = QUALITY.get(label, 70.0)
    value = level * (1 + 0.03 * spread)
    at = {"encoder": "in-domain", "split": "reference", "dataset": dataset}
    maker.interval(label, seed, "sample-quality", "frechet", value, 0.04 * level, **at)
    maker.interval(label, seed, "sample-quality", "kid", 0.0004 * value - 0.0006, 0.0002, **at)
    near = float(np.exp(-(level - 1.26) / 25))
    for metric, top in (("precision", 0.96), ("recall", 0.95), ("density", 1.0), ("coverage", 0.97)):
        maker.interval(label, seed, "diversity", metric, max(0.0, top * near + 0.004 * spread), 0.02, **at)
    mean_image = label == "control-mean-image"
    maker.add(label, seed, "diversity", "vendi", 1.0 if mean_image else 60 * near + 5 + 0.3 * spread, **at)
    maker.add(label, seed, "diversity", "duplicate-rate", 1.0 if mean_image else 0.0, **at)
    copied = label in COPIES
    base = 0.0 if copied else 0.55 + 0.3 * (1 - near)
    at["split"] = "train"
    maker.interval(label, seed, "memorisation", "authenticity", base, 0.0 if copied else 0.045, **at)
    ct = -24.1 if copied else 0.3 + 8 * (1 - near) + spread / 2
    maker.add(label, seed, "memorisation", "ct", ct, **at)
    maker.interval(label, seed, "memorisation", "nn-distance-ratio", 0.0 if copied else 1 + 2 * (1 - near), 0.03, **at)
    maker.interval(label, seed, "memorisation", "copy-rate", 1.0 if copied else 0.0, 0.0, **at | {"encoder": "pixels"})


def reconstruct(maker: Maker, label: str, seed: int, error: float) -> None:
    value = error * (1 + 0.02 * float(noise(label, seed).normal()))
    maker.interval(label, seed, "reconstruction", "mse", value, value / 20, split="reference")
    maker.add(label, seed, "reconstruction", "psnr", -10 * np.log10(value), split="reference")
    maker.interval(label, seed, "reconstruction", "ssim", 1 - 10 * value, 0.01, split="reference")


def outliers(maker: Maker, label: str, seed: int, scores: dict[str, float]) -> None:
    for score, level in scores.items():
        for target, shift in (("class-3", 0.0), ("uniform-noise", 0.12), ("flat-grey", 0.15)):
            value = min(
                0.999,
                level + (0 if score == "random" else shift) + 0.01 * float(noise(label, score, target, seed).normal()),
            )
            at = {"target": target, "score": score, "split": "reference", "dataset": "digits-without-3"}
            maker.interval(label, seed, "outlier-detection", "auroc", value, 0.02, **at)
            maker.interval(label, seed, "outlier-detection", "aupr-out", value * 0.95, 0.03, **at)
            maker.add(label, seed, "outlier-detection", "fpr95", max(0.0, 1 - value), **at)


def speed(maker: Maker, label: str, model_scale: float) -> None:
    at = {"n": 12, "m": None}
    for metric, value in (("train-throughput", 90_000.0), ("sample-throughput", 1.2e6), ("peak-memory", 8.4e6)):
        maker.interval(label, 0, "speed", metric, value / model_scale, value / model_scale / 10, **at)
    maker.interval(label, 0, "speed", "sample-latency", 0.2 * model_scale, 0.02, target="p50", **at)
    maker.add(label, 0, "speed", "sample-latency", 0.31 * model_scale, target="p95", **at)
    maker.add(label, 0, "speed", "parameters", 203_456.0, n=None, m=None)


def make_table(seeds: int = 3) -> pd.DataFrame:
    """Digits, ring8 and digits-without-3 with every kind of trouble."""
    maker = Maker(seeds=seeds)
    for seed in range(seeds):
        for label in QUALITY:
            if label == "gan" and seed == 1:
                for evaluation in ("sample-quality", "diversity", "memorisation"):
                    maker.missing(
                        label, seed, evaluation, "diverged", "the loss of the discriminator became NaN at step 412"
                    )
                continue
            quality(maker, label, seed)
        no_prior = "AE has no prior to sample from: give it a latent sampler, such as +gmm10."
        for evaluation in ("sample-quality", "diversity", "memorisation"):
            maker.missing("ae", seed, evaluation, "unsupported", no_prior)
            maker.missing(
                "broken", seed, evaluation, "failed", "RuntimeError: mat1 and mat2 shapes cannot be multiplied"
            )
        for label, error in {"ae": 0.011, "vae": 0.021, "gaussian": 0.016, "control-mean-image": 0.071}.items():
            reconstruct(maker, label, seed, error)
        for label in ("gan", "wgan-gp", "ddpm"):
            maker.missing(label, seed, "reconstruction", "unsupported", "it cannot reconstruct: it has no encoder.")
        ring8(maker, seed)
        outliers(maker, "vae", seed, {"reconstruction": 0.82, "nll": 0.44, "latent-distance": 0.6})
        outliers(maker, "ae", seed, {"reconstruction": 0.85, "latent-distance": 0.7})
        outliers(maker, "gan", seed, {"discriminator": 0.35})
        outliers(maker, "control-noise", seed, {"random": 0.5})
    for label, cost in {"ae": 1.0, "vae": 1.1, "gan": 1.6, "wgan-gp": 2.9, "ddpm": 24.0, "gaussian": 0.3}.items():
        speed(maker, label, cost)
    return maker.frame()


def ring8(maker: Maker, seed: int) -> None:
    """A toy: two metrics on the density, modes."""
    name = "my-very-long-model-name-with-many-options-and-a-sampler+gmm10"
    for label, level in {
        "gan": 0.9,
        "wgan-gp": 0.2,
        "vae": 0.5,
        "ddpm": 0.1,
        name: 0.3,
        "control-test-half": 0.02,
    }.items():
        value = level * (1 + 0.1 * float(noise(label, seed, "ring8").normal()))
        at = {"dataset": "ring8", "encoder": "identity", "split": "reference", "n": 5000, "m": 5000}
        maker.interval(label, seed, "sample-quality", "frechet", value / 10, value / 100, **at)
        maker.interval(label, seed, "sample-quality", "sliced-wasserstein", value, value / 20, **at)
        tv = {"dataset": "ring8", "split": "density", "kind": "estimate", "m": 100_000, "n": None}
        maker.add(label, seed, "sample-quality", "tv", min(1.0, value), **tv)
        modes = {"dataset": "ring8", "split": "density", "m": 2500, "n": None}
        maker.add(label, seed, "diversity", "modes", float(8 - round(7 * min(1.0, level))), **modes)


def curves() -> pd.DataFrame:
    """Training curves of the trained models on both datasets."""
    images = np.linspace(500, 100_000, 80)
    rows = []
    for model, names in {
        "ae": ["loss"],
        "vae": ["elbo"],
        "gan": ["discriminator", "generator"],
        "ddpm": ["denoise"],
    }.items():
        for dataset in ("digits", "ring8"):
            for seed in range(3):
                draw = noise(model, dataset, seed)
                curve = {name: (1 + 9 * np.exp(-images / 2e4) + draw.normal(0, 0.2, 80)).tolist() for name in names}
                rows.append({
                    "key": f"{model}{dataset}{seed}", "model": model, "dataset": dataset, "seed": seed, "status": "ok",
                    "seconds": 3.2, "parameters": 203_456, "images": 100_000, "trained": "plain", "device": "cpu",
                    "curve": {"images": images.tolist(), **curve},
                })  # fmt: skip
    return pd.DataFrame(rows, columns=FITS)


def draw_pictures(root: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Grids and maps that look like pictures of an evaluation, for every row that samples or reconstructs."""
    rows = []
    names = {"sample-quality": ("samples",), "reconstruction": ("reconstructions",), "memorisation": ("neighbours",)}
    good = table[table["status"] == "ok"].drop_duplicates(["label", "dataset", "seed", "evaluation"])
    for row in good.itertuples():
        for name in names.get(str(row.evaluation), ()):
            if row.dataset == "ring8" and name != "samples":
                continue
            path = f"artifacts/pictures/{row.label}-{row.dataset}-{row.seed}-{name}.png".replace("+", "_")
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            picture(name, str(row.label), toy=row.dataset == "ring8").save(root / path)
            rows.append((f"job{len(rows)}", name, path, f"64 {name}, the first ones drawn", row.label, row.dataset,
                         row.seed, row.evaluation))  # fmt: skip
    return pd.DataFrame(rows, columns=PICTURES)


def picture(name: str, label: str, *, toy: bool) -> Image.Image:
    draw = noise(name, label)
    if toy:
        angles = np.arange(8) * np.pi / 4
        points = np.stack([np.cos(angles), np.sin(angles)], 1)[draw.integers(8, size=5000)] + draw.normal(
            0, 0.06, (5000, 2)
        )
        counts, _, _ = np.histogram2d(points[:, 0], points[:, 1], bins=240, range=[[-1.6, 1.6]] * 2)
        shade = np.sqrt(counts / counts.max())[..., None]
        return Image.fromarray((255 - shade * np.array([60, 200, 230])).astype(np.uint8))
    rows, columns = {"samples": (8, 8), "reconstructions": (4, 8), "neighbours": (4, 16)}[name]
    tiles = draw.random((rows, columns, 8, 8)) ** 2
    page = np.ones((rows * 34 + 2, columns * 34 + 2))
    for i in range(rows):
        for j in range(columns):
            page[2 + 34 * i : 34 + 34 * i, 2 + 34 * j : 34 + 34 * j] = np.kron(tiles[i, j], np.ones((4, 4)))
    return Image.fromarray((255 * page).astype(np.uint8), "L")


def run_record(datasets: Sequence[str] = ("digits", "ring8", "digits-without-3")) -> RunRecord:
    """Provenance in the shape that a run writes."""
    suite = {"name": "quick", "summary": "Six evaluations on small real images and on a density that is known.",
             "evaluations": [{"name": "sample-quality", "headline": "frechet"}]}  # fmt: skip
    entry = {"fingerprint": "0f3a9c51b2d44e17", "shape": [1, 8, 8], "outliers": {}, "title": "Handwritten digits, 8×8",
             "splits": {"train": 899, "val": 0, "reference": 449, "ceiling": 449}, "licence": "CC BY 4.0",
             "source": "scikit-learn"}  # fmt: skip
    return RunRecord(
        id="20261124-220000-abc123", suite="quick", started="2026-11-24T22:00:00+00:00", command="genbench run quick",
        provenance={
            "suite": suite, "seeds": [0, 1, 2], "threads": 1, "device": "cpu", "machine": "Some CPU, 2, torch 2.14.1",
            "versions": {"genbench": "0.1.0", "python": "3.12.3", "torch": "2.14.1", "numpy": "2.3.0"},
            "hardware": {"system": "Linux", "processor": "Some CPU @ 2.60GHz", "cores": 2, "memory GiB": 8},
            "datasets": dict.fromkeys(datasets, entry),
            "encoders": {"in-domain for digits": {"name": "in-domain", "fingerprint": "77aa", "accuracy": 0.9714}},
        },
    )  # fmt: skip


def make_run(root: Path, seeds: int = 3) -> RunData:
    """The whole run with its picture files below `root`."""
    table = make_table(seeds)
    return RunData(table=table, fits=curves(), pictures=draw_pictures(root, table), runs=[run_record()], root=root)


def tiny(
    labels: Sequence[str], values: Sequence[Sequence[float]], metric: str = "frechet", **more: Any
) -> pd.DataFrame:
    """One metric of one evaluation: values by row and seed."""
    maker = Maker()
    for label, row in zip(labels, values, strict=True):
        for seed, value in enumerate(row):
            maker.add(label, seed, "sample-quality", metric, value, **more)
    return maker.frame()


def walk(value: Any) -> Iterator[Any]:
    """Every leaf of nested lists and dicts."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from walk(item)
    else:
        yield value

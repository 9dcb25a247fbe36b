"""Every model of the zoo on one image set: its Fréchet distance beside floor and ceiling, its time, its pictures.

GENBENCH_DATA=DATA python bench/zoo.py --out docs/models                      # MNIST, 500,000 images each, one seed
GENBENCH_DATA=DATA python bench/zoo.py --models vae,gan --seeds 5 --net conv  # five seeds together

Writes `OUT/zoo.json` (every figure), `OUT/zoo.md` (the table) and `OUT/zoo.png` (a contact sheet: a row a model, its
samples, or pairs of an example and its reconstruction where it cannot sample).
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn

from genbench import registry
from genbench.core import paths, seeds
from genbench.core.errors import Diverged, Unsupported
from genbench.data.loading import load_dataset
from genbench.encoders.in_domain import InDomainClassifier, in_domain
from genbench.metrics.frechet import Moments, frechet_distance, moments
from genbench.models.samplers import LatentSampled, fit_sampler
from genbench.protocols.dataset import Dataset
from genbench.protocols.model import Budget, capabilities
from genbench.training.trainer import fit_stack

_BOTH, _ALL = ("gaussian", "gmm10"), ("gaussian", "gmm10", "flow")
SAMPLED = {
    "ae": _ALL,
    "denoising-ae": _BOTH,
    "sparse-ae": _BOTH,
    "contractive-ae": _BOTH,
    "rae-l2": _BOTH,
    "rae-gp": _BOTH,
    "wae-mmd": _BOTH,
    "vae": _ALL,
    "sigma-vae": _BOTH,
}
"""Latent samplers that a model is also shown with."""

BATCH = 500


@dataclass
class Line:
    """One row of the table: the figures are of one seed; `seconds` of training are of all seeds of the call."""

    model: str
    seed: int
    status: str = "ok"
    reason: str = ""
    frechet: float | None = None
    reconstruction: float | None = None
    auroc: float | None = None
    condition_accuracy: float | None = None
    parameters: int = 0
    train_seconds: float = 0.0
    sample_seconds: float = 0.0
    trained: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Table:
    """What every model is measured against."""

    data: Dataset
    classifier: InDomainClassifier
    reference: Moments
    device: torch.device
    n: int


def main() -> None:
    options = _options()
    device = torch.device(options.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    data = load_dataset(options.dataset, root=options.data_root)
    classifier = in_domain(data, cache=paths.cache_dir(), device=device)
    n = min(options.n, len(data.reference), len(data.ceiling))
    table = Table(data, classifier, moments(classifier.features(data.reference.x[:n]).cpu()), device, n)
    options.out.mkdir(parents=True, exist_ok=True)
    lines: list[Line] = []
    pictures: dict[str, Tensor] = {}
    for name in _chosen(options.models):
        for line, picture in campaign(name, table, options):
            lines.append(line)
            if picture is not None and line.seed == 0:
                pictures[line.model] = picture
            print(json.dumps(asdict(line)), flush=True)
        write(lines, pictures, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="", help="names, joined by commas (all)")
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--images", type=int, default=500_000)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--net", default="mlp")
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--device", default="")
    parser.add_argument("--data-root", default=None)
    parser.add_argument("--out", type=Path, default=Path("runs/zoo"))
    return parser.parse_args()


def _chosen(models: str) -> list[str]:
    return models.split(",") if models else registry.models.names()


def campaign(name: str, table: Table, options: argparse.Namespace) -> list[tuple[Line, Tensor | None]]:
    """Fit all seeds of a model, measure each, and each of its latent samplers."""
    cls = registry.models.get(name).load()
    family = registry.models.get(name).card.family
    chosen = {"net": options.net} if family not in ("classical", "control") else {}
    began = time.perf_counter()
    try:
        fitted = fit_stack(
            lambda: cls(table.data.spec, **chosen),
            table.data,
            Budget(images=options.images, batch=options.batch),
            seeds=range(options.seeds),
            device=table.device,
        )
    except (Unsupported, Diverged) as error:
        return [(Line(name, 0, type(error).__name__.lower(), str(error)), None)]
    seconds = time.perf_counter() - began
    out = []
    for seed, (model, training) in enumerate(fitted):
        line = Line(name, seed, trained=training.trained, remark=training.remark, train_seconds=round(seconds, 2))
        line.parameters = sum(p.numel() for p in model.parameters())
        if training.diverged:
            line.status, line.reason = "diverged", training.diverged
        out.append((line, measure(model, line, table)))
        for sampler in SAMPLED.get(name, ()):
            out.append(resampled(model, name, sampler, seed, table))
    return out


def measure(model: nn.Module, line: Line, table: Table) -> Tensor | None:
    """Fill in the line's figures; gives the row of pictures."""
    able = capabilities(model)
    reference = table.data.reference.x.to(table.device)
    picture = None
    with torch.no_grad():
        if "reconstructs" in able:
            made = _through(model.reconstruct, reference)
            line.reconstruction = float((made - reference).square().mean())
            picture = torch.stack([reference[:10], made[:10]], 1).flatten(0, 1)
        if "samples" in able:
            picture = _sampled(model, line, table)
        if "outliers" in able:
            noise = torch.rand(2000, *table.data.spec.shape, generator=seeds.generator("noise")).to(table.device)
            line.auroc = _auroc(_through(model.outlier_score, reference[:2000]), _through(model.outlier_score, noise))
        if "conditional" in able:
            y = torch.arange(2000, device=table.device) % table.data.spec.classes
            x = model.sample_class(y, generator=seeds.generator("classes", device=table.device))
            predicted = table.classifier.probabilities(x).argmax(1)
            line.condition_accuracy = float((predicted == y).float().mean())
            picture = x[:20]
    return picture


def resampled(model: nn.Module, name: str, sampler: str, seed: int, table: Table) -> tuple[Line, Tensor | None]:
    """The model with a latent sampler fitted to its training codes."""
    line = Line(f"{name}+{sampler}", seed)
    with torch.no_grad():
        codes = _through(model.encode, table.data.train.x.to(table.device))
    generator = seeds.generator("sampler", seed, device=table.device)
    began = time.perf_counter()
    try:
        sampled = LatentSampled(model, fit_sampler(sampler, codes, generator=generator))
    except Unsupported as error:
        line.status, line.reason = "unsupported", str(error)
        return line, None
    line.train_seconds = round(time.perf_counter() - began, 2)
    with torch.no_grad():
        return line, _sampled(sampled, line, table)


def _sampled(model: nn.Module, line: Line, table: Table) -> Tensor:
    began = time.perf_counter()
    x = seeds.draw(model.sample, table.n, "zoo", line.seed, device=table.device)
    if not torch.isfinite(x).all():
        line.status, line.reason = "diverged", "samples contain NaN or inf"
        return torch.zeros_like(x[:20])
    line.frechet = frechet_distance(table.reference, moments(table.classifier.features(x).cpu()))
    line.sample_seconds = round(time.perf_counter() - began, 2)
    return x[:20]


def _through(function: object, x: Tensor) -> Tensor:
    return torch.cat([function(part) for part in x.split(BATCH)])  # type: ignore[operator]


def _auroc(ordinary: Tensor, outliers: Tensor) -> float:
    higher = (outliers[:, None] > ordinary).double().mean()
    return float(higher + 0.5 * (outliers[:, None] == ordinary).double().mean())


def write(lines: list[Line], pictures: dict[str, Tensor], options: argparse.Namespace) -> None:
    """The files of this run, written again after each model."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    about = {"device": device, "torch": torch.__version__, **{k: str(v) for k, v in vars(options).items()}}
    (options.out / "zoo.json").write_text(json.dumps({"about": about, "lines": [asdict(x) for x in lines]}, indent=1))
    head = (
        "| model | Fréchet | reconstruction mse | AUROC noise | condition | parameters | train s | sample s | trained |"
    )
    rows = [head, "|---" * 9 + "|"]
    for x in lines:
        figures = (_text(v) for v in (x.frechet, x.reconstruction, x.auroc, x.condition_accuracy))
        how = x.trained if x.status == "ok" else f"{x.status}: {x.reason}"
        rows.append(
            f"| {x.model} | {' | '.join(figures)} | {x.parameters:,} | {x.train_seconds} | {x.sample_seconds} | {how} |"
        )
    (options.out / "zoo.md").write_text("\n".join(rows) + "\n")
    if pictures:
        sheet(pictures).save(options.out / "zoo.png", optimize=True)


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def sheet(pictures: dict[str, Tensor], margin: int = 170) -> Image.Image:
    """A row of 20 pictures a model, its name before them; rows in two columns."""
    rows = list(pictures.items())
    side = rows[0][1].shape[-1] + 2
    half = (len(rows) + 1) // 2
    page = Image.new("L", (2 * (margin + 20 * side), half * side), 255)
    pen = ImageDraw.Draw(page)
    for i, (name, x) in enumerate(rows):
        left, top = (i // half) * (margin + 20 * side), (i % half) * side
        pen.text((left + 6, top + side // 2 - 6), name, fill=0)
        for j, image in enumerate(x[:20].clamp(0, 1).mean(1).cpu()):
            tile = Image.fromarray((image * 255).round().to(torch.uint8).numpy())
            page.paste(tile, (left + margin + j * side, top + 1))
    return page


if __name__ == "__main__":
    main()

"""How good and how fast the encoders are. Run alone, on two cores: `python bench/encoders.py --data-root DIR`.

Prints one JSON line a figure: the in-domain classifier's accuracy and training time on digits and MNIST; the AUROC of
the distance to the 5th nearest training example, in its features, of the digit that was left out, with the classifier
that has seen it and with one that has not; the AUROC of Omniglot against MNIST in the file's order and at random; the
5-nearest-neighbour accuracy (cosine) of pixels and effnet-lite0 on the
lossless CIFAR-10 excerpt, 1,500 gallery and 500 query images in the file's order.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from genbench.data.arrays import Arrays, read_npz
from genbench.data.loading import load_dataset
from genbench.data.pixels import as_images
from genbench.encoders.classifier import train_classifier
from genbench.encoders.in_domain import accuracy_of
from genbench.encoders.loading import load_encoder
from genbench.metrics.auc import auc

GALLERY = 1_500


def in_domain(name: str, root: str | None) -> dict[str, object]:
    """Train the in-domain classifier from nothing and measure its accuracy."""
    data = load_dataset(name, root=root)
    wall, cpu = time.perf_counter(), time.process_time()
    net = train_classifier(data.train, data.spec.classes, "bench")
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    accuracy = accuracy_of(net, data.reference)
    return {"figure": f"in-domain on {name}", "accuracy": accuracy, "seconds": round(wall, 1), "cpu": round(cpu, 1)}


def left_out(name: str) -> dict[str, object]:
    """The mean over the classes of `name`, each left out in turn."""
    seen = load_encoder("in-domain", load_dataset(name), cache=Path(), device="cpu")
    found: dict[str, list[float]] = {"seen": [], "not seen": [], "pixels": []}
    for label in range(10):
        data = load_dataset(f"{name}-without-{label}")
        net = train_classifier(data.train, data.spec.classes, f"bench {label}").eval()
        unusual = data.outliers[next(iter(data.outliers))].x
        features: dict[str, Callable[[Tensor], Tensor]] = {
            "seen": seen.features, "not seen": net.features, "pixels": lambda x: x.flatten(1),
        }  # fmt: skip
        for how, through in features.items():
            with torch.no_grad():
                train, usual, strange = (through(x) for x in (data.train.x, data.reference.x, unusual))
            scores = [torch.cdist(x, train).kthvalue(5).values for x in (usual, strange)]
            found[how].append(auc(scores[1], scores[0]))
    return {"figure": f"AUROC of the class left out of {name}"} | {k: sum(v) / len(v) for k, v in found.items()}


def file_order(name: str, root: str) -> Iterator[dict[str, object]]:
    """AUROC of an outlier set of MNIST's, its first examples in the file's order and as many at random, by score."""
    data = load_dataset("mnist", root=root)
    generator = torch.Generator().manual_seed(0)
    train = data.train.x[torch.randperm(len(data.train.x), generator=generator)[:10_000]]
    flat, encoder = train.flatten(1), load_encoder("in-domain", data, cache=Path(), device="cpu")
    axes, known = torch.pca_lowrank(flat - flat.mean(0), q=64, center=False)[2], encoder.features(train)

    def residual(x: Tensor) -> Tensor:
        away = x.flatten(1) - flat.mean(0)
        return (away - away @ axes @ axes.T).square().mean(1)

    scores: dict[str, Callable[[Tensor], Tensor]] = {
        "residual of 64 components": residual,
        "5th neighbour, pixels": lambda x: torch.cdist(x.flatten(1), flat).kthvalue(5).values,
        "5th neighbour, features": lambda x: torch.cdist(encoder.features(x), known).kthvalue(5).values,
    }
    for what, score in scores.items():
        usual, unusual = score(data.reference.x[:2_000]), score(data.outliers[name].x)
        figure: dict[str, object] = {"figure": f"AUROC of {name} by {what}", "all": auc(unusual, usual)}
        for n in (500, 1_000):
            orders = [torch.randperm(len(unusual), generator=torch.Generator().manual_seed(i))[:n] for i in range(20)]
            random = torch.tensor([auc(unusual[order], usual) for order in orders])
            figure[f"first {n}"] = auc(unusual[:n], usual)
            figure[f"random {n}"] = f"{float(random.mean()):.4f} ± {float(random.std()):.4f}"
        yield figure


def neighbours(name: str, root: str) -> dict[str, object]:
    """5-nearest-neighbour accuracy on the lossless CIFAR-10 excerpt."""
    data = load_dataset("cifar10-lossless-2k", root=root)
    found = read_npz(Path(root) / "cifar10_lossless_2k.npz")
    assert isinstance(found, Arrays) and found.labels is not None
    encoder = load_encoder(name, data, cache=Path(), device="cpu")
    start = time.perf_counter()
    features = encoder.features(as_images(found.values, "cifar10_lossless_2k.npz"))
    seconds = time.perf_counter() - start
    y = torch.from_numpy(found.labels)
    rows = F.normalize(features)
    nearest = (rows[GALLERY:] @ rows[:GALLERY].T).topk(5).indices
    predicted = y[nearest].mode(1).values
    accuracy = float((predicted == y[GALLERY:]).double().mean())
    return {"figure": f"5-NN on {name}", "accuracy": accuracy, "seconds": round(seconds, 1)}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root")
    root = parser.parse_args().data_root
    figures = [lambda: in_domain("digits", root), lambda: left_out("digits")]
    if root:
        for found in file_order("omniglot", root):
            print(json.dumps(found), flush=True)
        figures += [lambda: in_domain("mnist", root), lambda: neighbours("pixels", root)]
        figures += [lambda: neighbours("effnet-lite0", root)]
    for figure in figures:
        print(json.dumps(figure()), flush=True)


if __name__ == "__main__":
    main()

"""`in-domain`: the features of a classifier of the dataset's own classes.

Shipped for digits and MNIST, else trained once on the training split and kept in the cache.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from genbench.core import paths, tensor_files
from genbench.core.errors import DataError, Unsupported
from genbench.encoders.classifier import EXTRACTION, FEATURES, RECIPE, ClassifierNet, train_classifier
from genbench.protocols.dataset import Dataset, Split

STATED_ACCURACY = {"digits": 0.96, "mnist": 0.99}
"""Below it a classifier is refused. Other sets: three times chance, at most halfway from chance to perfect."""

WEIGHTS = Path(__file__).parent / "weights"
CACHED = "rulers"
"""The folder of the cache where trained ones are kept; renaming it would train all of them again."""


@dataclass(frozen=True, slots=True)
class InDomainClassifier:
    """A trained classifier as an encoder. `accuracy`: on the reference, which it never saw in training.

    `fingerprint`: 16 hex digits over recipe, training data and weights.
    """

    net: ClassifierNet
    fingerprint: str
    accuracy: float
    device: torch.device
    name: str = "in-domain"
    dim: int = FEATURES

    def features(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, 64) float32."""
        return self._through(self.net.features, x, self.dim)

    def probabilities(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, classes) float32, rows sum to 1."""
        return self._through(lambda part: self.net(part).softmax(1), x, self.net.head.out_features)

    def _through(self, function: Callable[[Tensor], Tensor], x: Tensor, width: int) -> Tensor:
        with torch.no_grad():
            parts = [function(part.to(self.device, torch.float32)) for part in torch.split(x, EXTRACTION)]
        return torch.cat(parts) if len(x) else torch.empty(0, width, device=self.device)


def in_domain(dataset: Dataset, *, cache: Path, device: torch.device) -> InDomainClassifier:
    """The classifier of a labelled image set: shipped weights where the training split is theirs, else from the cache,
    else trained now. Raises `Unsupported` without labels or images, and where it is less accurate than stated."""
    _check(dataset)
    key = train_fingerprint(dataset)
    path = _place(key, cache)
    net = _found(path, dataset)
    if net is None:
        save(train_classifier(dataset.train, dataset.spec.classes, key), dataset, path)
        net = _loaded(path, dataset.name, dataset.spec.shape, dataset.spec.classes)
    accuracy = accuracy_of(net, dataset.reference)
    least = stated_accuracy(dataset)
    if accuracy < least:
        raise Unsupported(
            f"the in-domain classifier of {dataset.name} has an accuracy of {accuracy:.1%} on the reference, less than "
            f"the {least:.1%} that it must have: name another encoder, such as pixels or effnet-lite0."
        )
    return InDomainClassifier(net.to(device), _fingerprint(net, key), accuracy, device)


def shipped(name: str, shape: tuple[int, ...], classes: int, *, device: torch.device) -> InDomainClassifier | None:
    """The classifier of a dataset whose weights come with genbench, without its data; None where they do not.

    `shape`, `classes`: as the dataset's card says. Its accuracy is the one that it was shipped with.
    """
    path = next(iter(WEIGHTS.glob(f"{name}-*.safetensors")), None)
    if path is None:
        return None
    net = _loaded(path, name, shape, classes)
    accuracy = float(tensor_files.read(path)[1]["accuracy"])
    key = path.stem.rpartition("-")[2]
    return InDomainClassifier(net.to(device), _fingerprint(net, key), accuracy, device)


def _identity(dataset: Dataset) -> str:
    """What decides its weights: the recipe and the data."""
    return f"{RECIPE}:{dataset.fingerprint}"


def _place(key: str, cache: Path) -> Path:
    """Where the classifier of this key is, or is to be kept."""
    return next(iter(WEIGHTS.glob(f"*-{key}.safetensors")), cache / CACHED / f"{key}.safetensors")


def _must_be_trained(dataset: Dataset, cache: Path) -> bool:
    """Whether it could be had, and is nowhere yet."""
    try:
        _check(dataset)
    except Unsupported:
        return False
    return not _place(train_fingerprint(dataset), cache).is_file()


in_domain.identity = _identity  # type: ignore[attr-defined]
in_domain.must_be_trained = _must_be_trained  # type: ignore[attr-defined]


def save(net: ClassifierNet, dataset: Dataset, path: Path) -> None:
    """Store a trained classifier with its recipe, its data and its accuracy; a file that is there already stays."""
    about = {
        "recipe": RECIPE,
        "dataset": dataset.name,
        "train": train_fingerprint(dataset),
        "accuracy": repr(accuracy_of(net, dataset.reference)),
        "torch": str(torch.__version__),
    }
    tensor_files.write(path, net.state_dict(), about, writer=paths.first_writer)


def train_fingerprint(dataset: Dataset) -> str:
    """16 hex digits over the recipe and all that the classifier learns from: training images, labels, classes."""
    digest = hashlib.sha256(f"{RECIPE}:{tuple(dataset.train.x.shape)}:{dataset.spec.classes}".encode())
    for part in torch.split(dataset.train.x, 4096):
        digest.update(part.contiguous().numpy().tobytes())
    if dataset.train.y is not None:
        digest.update(dataset.train.y.numpy().tobytes())
    return digest.hexdigest()[:16]


def stated_accuracy(dataset: Dataset) -> float:
    """The accuracy on the reference that a classifier must have to be used.

    Chance is the share of the most frequent class, or of any where the reference does not hold all of them (one of
    ordinary scenes alone would be read without error by a classifier that knows no other).
    """
    y = dataset.reference.y
    assert y is not None
    counts = torch.bincount(y, minlength=dataset.spec.classes)
    chance = float(counts.max()) / len(y) if bool(counts.all()) else 1 / dataset.spec.classes
    return STATED_ACCURACY.get(dataset.name, min(3 * chance, (1 + chance) / 2))


def accuracy_of(net: ClassifierNet, split: Split) -> float:
    """The share of a split whose most probable class is its label."""
    assert split.y is not None
    with torch.no_grad():
        predicted = torch.cat([net(part).argmax(1) for part in torch.split(split.x, EXTRACTION)])
    return int((predicted == split.y).sum()) / len(split)


def _check(dataset: Dataset) -> None:
    if not dataset.spec.is_image:
        raise Unsupported(f"in-domain is a classifier of images; {dataset.name} has none: take identity.")
    if dataset.train.y is None or dataset.reference.y is None or dataset.spec.classes < 2:
        raise Unsupported(f"in-domain needs labels of two classes or more; {dataset.name} has none: take effnet-lite0.")
    if not len(dataset.reference):
        raise Unsupported(f"{dataset.name} has no reference examples to measure the classifier's accuracy on.")


def _found(path: Path, dataset: Dataset) -> ClassifierNet | None:
    """The classifier in a file; None where there is none, or a broken one in the cache, which is set aside."""
    if not path.exists():
        return None
    try:
        return _loaded(path, dataset.name, dataset.spec.shape, dataset.spec.classes)
    except DataError:
        if path.parent == WEIGHTS:
            raise
        paths.set_aside(path)
        return None


def _loaded(path: Path, name: str, shape: tuple[int, ...], classes: int) -> ClassifierNet:
    channels, height, width = shape
    net = ClassifierNet((channels, height, width), classes)
    try:
        net.load_state_dict(tensor_files.read(path)[0])
    except (DataError, RuntimeError) as error:
        raise DataError(
            f"{path} is not a whole in-domain classifier of {name}: delete it, and it is trained anew."
        ) from error
    return net.eval().requires_grad_(requires_grad=False)


def _fingerprint(net: ClassifierNet, key: str) -> str:
    digest = hashlib.sha256(f"{RECIPE}:{key}".encode())
    for name, tensor in sorted(net.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]

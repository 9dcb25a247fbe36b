"""MNIST and its kin, CIFAR-10, SVHN: published sets with their official test part as reference."""

from __future__ import annotations

from functools import partial

from genbench.data.assembly import About, image_dataset
from genbench.data.originals import load
from genbench.data.splits import with_official_test
from genbench.protocols.dataset import Dataset

FASHION = (
    "T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
DIGITS = tuple("0123456789")
LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")

GREY_28 = ("notmnist", "omniglot", "kmnist", "fashion-5class")


def original(about: About, *, root: str | None = None) -> Dataset:
    """The set of this name: the test part is the reference, the ceiling equally many of the training part."""
    train, test = load(about.name, root)
    return image_dataset(about, with_official_test(train, test, about.name), root=root)


mnist = partial(
    original,
    About(
        name="mnist",
        title="MNIST",
        licence="CC BY-SA 3.0",
        source="LeCun, Cortes, Burges 1998, as torchvision has it",
        classes=DIGITS,
        outliers=GREY_28,
        near=frozenset({"notmnist", "omniglot", "kmnist"}),
    ),
)
fashion_mnist = partial(
    original,
    About(
        name="fashion-mnist",
        title="Fashion-MNIST",
        licence="MIT",
        source="Xiao, Rasul, Vollgraf 2017 (arXiv:1708.07747)",
        classes=FASHION,
        outliers=("mnist", "notmnist", "omniglot", "kmnist"),
    ),
)
kmnist = partial(
    original,
    About(
        name="kmnist",
        title="Kuzushiji-MNIST",
        licence="CC BY-SA 4.0",
        source="Clanuwat et al. 2018 (arXiv:1812.01718)",
        classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        outliers=("mnist", "notmnist", "omniglot", "fashion-5class"),
        near=frozenset({"mnist", "notmnist", "omniglot"}),
    ),
)
emnist_letters = partial(
    original,
    About(
        name="emnist-letters",
        title="EMNIST letters",
        licence="public domain (NIST)",
        source="Cohen et al. 2017 (arXiv:1702.05373)",
        classes=LETTERS,
        outliers=("mnist", *GREY_28),
        near=frozenset({"mnist", "notmnist", "omniglot", "kmnist"}),
    ),
)
cifar10 = partial(
    original,
    About(
        name="cifar10",
        title="CIFAR-10",
        licence="none stated by the authors",
        source="Krizhevsky 2009",
        classes=CIFAR10,
        outliers=("svhn", "mnist"),
    ),
)
svhn = partial(
    original,
    About(
        name="svhn",
        title="SVHN, cropped digits",
        licence="non-commercial use",
        source="Netzer et al. 2011",
        classes=DIGITS,
        outliers=("mnist",),
    ),
)

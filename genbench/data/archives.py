"""Image sets that come as one file: notMNIST, Omniglot, five classes of Fashion-MNIST, Olivetti, CIFAR-10 excerpts."""

from __future__ import annotations

from pathlib import Path

import torch

from genbench.core.errors import DataError
from genbench.data.arrays import Arrays, read_npz
from genbench.data.assembly import About, image_dataset, in_four_fresh, labels
from genbench.data.images import Images, read_images
from genbench.data.pixels import as_images
from genbench.data.splits import with_official_test
from genbench.data.vision import CIFAR10
from genbench.protocols.dataset import Dataset, Split

KRIZHEVSKY = "none stated by the authors"


def notmnist(*, root: str | None = None) -> Dataset:
    """10,000 letters A to J in many typefaces; repeated pictures are kept in one split only."""
    about = About(
        name="notmnist",
        title="notMNIST, small",
        licence="MIT (of the mirror)",
        source="Bulatov 2011",
        classes=tuple("ABCDEFGHIJ"),
        outliers=("mnist", "omniglot", "fashion-5class"),
        near=frozenset({"mnist", "omniglot"}),
    )
    return _from_npz(about, "notmnist.npz", root)


def omniglot28(*, root: str | None = None) -> Dataset:
    """4,840 drawings of 242 characters, 20 each, white on black."""
    about = About(
        name="omniglot28",
        title="Omniglot, 242 characters at 28 px",
        licence="MIT",
        source="Lake, Salakhutdinov, Tenenbaum 2015",
        classes=tuple(map(str, range(242))),
        outliers=("mnist", "notmnist", "fashion-5class"),
        near=frozenset({"mnist", "notmnist"}),
    )
    return _from_npz(about, "omniglot28.npz", root)


def fashion_mnist_5class(*, root: str | None = None) -> Dataset:
    """5,000 test images of five of the ten classes: never to be taken for the whole set."""
    about = About(
        name="fashion-mnist-5class",
        title="Fashion-MNIST, 5 classes of the test part",
        licence="MIT",
        source="Xiao, Rasul, Vollgraf 2017 (arXiv:1708.07747)",
        classes=tuple("01234"),
        outliers=("mnist", "notmnist", "omniglot"),
    )
    return _from_npz(about, "fashion_mnist_5class.npz", root)


def olivetti(*, root: str | None = None) -> Dataset:
    """400 grey faces of 40 people, 64 px."""
    about = About(
        name="olivetti",
        title="Olivetti faces",
        licence="none stated by the authors",
        source="AT&T Laboratories Cambridge 1994 (Samaria, Harter)",
        classes=tuple(map(str, range(40))),
        outliers=("notmnist", "fashion-5class"),
    )
    return _from_npz(about, "olivetti.npz", root)


def cifar10_lossless_2k(*, root: str | None = None) -> Dataset:
    """The first 2,000 training images of CIFAR-10, lossless."""
    about = About(
        name="cifar10-lossless-2k",
        title="CIFAR-10, the first 2,000 training images",
        licence=KRIZHEVSKY,
        source="Krizhevsky 2009",
        classes=CIFAR10,
        outliers=("svhn", "mnist"),
    )
    return _from_npz(about, "cifar10_lossless_2k.npz", root)


def cifar10_jpeg_20k(*, root: str | None = None) -> Dataset:
    """20,000 training and 4,000 test images of CIFAR-10 after JPEG: a set of its own, never called CIFAR-10."""
    about = About(
        name="cifar10-jpeg-20k",
        title="CIFAR-10-JPEG 20k (lossy)",
        licence=KRIZHEVSKY,
        source="Krizhevsky 2009, 20,000 + 4,000 images as JPEG (median 30.5 dB to the originals)",
        classes=CIFAR10,
        outliers=("svhn", "mnist"),
    )
    place = _place("cifar10_jpeg.zip", about, root)
    images = read_images(place)
    train, test = (_part(images, part, place) for part in ("train", "test"))
    return image_dataset(about, with_official_test(train, test, about.name), root=root)


def _part(images: Images, part: str, place: Path) -> Split:
    """The images below `part/CLASS/`, labelled by the class's place among CIFAR-10's."""
    prefix = f"{place}/{part}/"
    rows = [i for i, name in enumerate(images.names) if name.startswith(prefix)]
    names = [images.names[i].removeprefix(prefix).partition("/")[0] for i in rows]
    unknown = sorted(set(names) - set(CIFAR10))
    if unknown or not rows:
        raise DataError(f"{place} should hold {part}/CLASS/*.jpg of CIFAR-10's classes, but has {unknown or 'none'}.")
    return Split(images.x[rows], torch.tensor([CIFAR10.index(name) for name in names]))


def _from_npz(about: About, file: str, root: str | None) -> Dataset:
    place = _place(file, about, root)
    found = read_npz(place)
    if not isinstance(found, Arrays) or found.labels is None:
        raise DataError(f"{place} should hold `images` and `labels`.")
    y = labels(found.labels)
    if y.min() < 0 or y.max() >= len(about.classes):
        raise DataError(f"{place} has labels from {y.min()} to {y.max()}; expected 0 to {len(about.classes) - 1}.")
    parts, _ = in_four_fresh(Split(as_images(found.values, place), y), about.name)
    return image_dataset(about, parts, root=root)


def _place(file: str, about: About, root: str | None) -> Path:
    if root is None:
        raise DataError(f"{about.name} needs the file {file}: give --data-root (or GENBENCH_DATA) its folder.")
    place = Path(root) / file
    if not place.exists():
        raise DataError(f"{about.name} needs the file {place}, which is not there: is the data root right?")
    return place

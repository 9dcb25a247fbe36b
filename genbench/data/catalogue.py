"""The datasets that genbench knows by name. Torch-free. `needs`: the file or folder below the data root, or nothing."""

from __future__ import annotations

from genbench.protocols.card import DatasetCard

NONE_STATED = "none stated by the authors"
MNIST_LICENCE = "CC BY-SA 3.0"
GREY, RGB = (1, 28, 28), (3, 32, 32)


def _image(
    name: str, summary: str, shape: tuple[int, ...], classes: int, *, licence: str = "", needs: str = ""
) -> DatasetCard:
    return DatasetCard(name=name, summary=summary, shape=shape, classes=classes, licence=licence, needs=needs)


def _toy(name: str, summary: str, dimension: int, classes: int = 0) -> DatasetCard:
    return DatasetCard(name=name, summary=f"{summary}; exact density.", kind="toy", shape=(dimension,), classes=classes)


_DIGITS = _image(
    "digits", "1,797 handwritten digits, embedded: nothing to download.", (1, 8, 8), 10, licence="CC BY 4.0"
)

_TOYS = [
    (_toy("two-bumps", "1-D mixture of two bumps, weights 0.3 and 0.7", 1, 2), "genbench.data.mixtures:two_bumps"),
    (_toy("grades", "Grades of a class, 0 to 10, two peaks", 1, 2), "genbench.data.mixtures:grades"),
    (_toy("ring8", "Eight narrow Gaussians on a ring", 2, 8), "genbench.data.mixtures:ring8"),
    (_toy("grid25", "Twenty-five narrow Gaussians on a grid", 2, 25), "genbench.data.mixtures:grid25"),
    (_toy("two-moons", "Two half circles, noised", 2, 2), "genbench.data.curves:two_moons"),
    (_toy("spiral", "One arm of two turns, noised", 2), "genbench.data.curves:spiral"),
    (_toy("checkerboard", "Eight squares of a board", 2, 8), "genbench.data.patterns:checkerboard"),
    (_toy("pinwheel", "Five wound arms", 2, 5), "genbench.data.patterns:pinwheel"),
]

_PROCEDURAL = [
    (
        _image("shapes", "A square, ellipse or heart; all five factors known: for latent structure.", (1, 32, 32), 3),
        "genbench.data.shapes:shapes",
    ),
    (
        _image("roads", "Driving scenes, 95 % ordinary, 5 % rare, with attributes: the long tail.", RGB, 5),
        "genbench.data.roads:roads",
    ),
    (
        _image("portraits", "Drawn faces, imbalanced in skin tone, pose and lighting.", RGB, 6),
        "genbench.data.portraits:portraits",
    ),
    (
        _image("portraits-balanced", "The same with equal shares: to train attribute classifiers with.", RGB, 6),
        "genbench.data.portraits:portraits_balanced",
    ),
]

_PUBLISHED = [
    (
        _image("mnist", "70,000 handwritten digits.", GREY, 10, licence=MNIST_LICENCE, needs="MNIST/raw"),
        "genbench.data.vision:mnist",
    ),
    (
        _image("fashion-mnist", "70,000 pieces of clothing.", GREY, 10, licence="MIT", needs="FashionMNIST/raw"),
        "genbench.data.vision:fashion_mnist",
    ),
    (
        _image("kmnist", "70,000 cursive Japanese characters.", GREY, 10, licence="CC BY-SA 4.0", needs="KMNIST/raw"),
        "genbench.data.vision:kmnist",
    ),
    (
        _image("emnist-letters", "145,600 handwritten letters.", GREY, 26, licence="public domain", needs="EMNIST/raw"),
        "genbench.data.vision:emnist_letters",
    ),
    (
        _image("cifar10", "60,000 small photographs.", RGB, 10, licence=NONE_STATED, needs="cifar-10-batches-py"),
        "genbench.data.vision:cifar10",
    ),
    (
        _image("svhn", "99,289 house numbers, cropped.", RGB, 10, licence="non-commercial use", needs="svhn"),
        "genbench.data.vision:svhn",
    ),
    (
        _image("celeba", "202,599 faces at 64 px.", (3, 64, 64), 0, licence="non-commercial research", needs="celeba"),
        "genbench.data.celeba:celeba",
    ),
]

_OF_MNIST = [
    (
        _image(
            "stacked-mnist",
            "Three MNIST digits as red, green and blue: 1,000 modes.",
            (3, 28, 28),
            1000,
            licence=MNIST_LICENCE,
            needs="MNIST/raw",
        ),
        "genbench.data.mnist_kin:stacked_mnist",
    ),
    (
        _image(
            "binarised-mnist",
            "MNIST in black and white, drawn once by a fixed seed.",
            GREY,
            10,
            licence=MNIST_LICENCE,
            needs="MNIST/raw",
        ),
        "genbench.data.mnist_kin:binarised_mnist",
    ),
    (
        _image(
            "binarised-mnist-dynamic",
            "MNIST in black and white, training pixels drawn anew for each batch.",
            GREY,
            10,
            licence=MNIST_LICENCE,
            needs="MNIST/raw",
        ),
        "genbench.data.mnist_kin:binarised_mnist_dynamic",
    ),
]

_ARCHIVES = [
    (
        _image("notmnist", "10,000 letters A to J in many typefaces.", GREY, 10, licence="MIT", needs="notmnist.npz"),
        "genbench.data.archives:notmnist",
    ),
    (
        _image("omniglot28", "4,840 drawings of 242 characters.", GREY, 242, licence="MIT", needs="omniglot28.npz"),
        "genbench.data.archives:omniglot28",
    ),
    (
        _image(
            "fashion-mnist-5class",
            "5,000 images of five of Fashion-MNIST's ten classes.",
            GREY,
            5,
            licence="MIT",
            needs="fashion_mnist_5class.npz",
        ),
        "genbench.data.archives:fashion_mnist_5class",
    ),
    (
        _image("olivetti", "400 grey faces of 40 people.", (1, 64, 64), 40, licence=NONE_STATED, needs="olivetti.npz"),
        "genbench.data.archives:olivetti",
    ),
    (
        _image(
            "cifar10-jpeg-20k",
            "CIFAR-10-JPEG 20k: lossy, a set of its own.",
            RGB,
            10,
            licence=NONE_STATED,
            needs="cifar10_jpeg.zip",
        ),
        "genbench.data.archives:cifar10_jpeg_20k",
    ),
    (
        _image(
            "cifar10-lossless-2k",
            "The first 2,000 training images of CIFAR-10.",
            RGB,
            10,
            licence=NONE_STATED,
            needs="cifar10_lossless_2k.npz",
        ),
        "genbench.data.archives:cifar10_lossless_2k",
    ),
]

_ADBENCH = [
    (
        DatasetCard(
            name=f"adbench:{name}",
            summary="Outlier table of ADBench; ?variant=clean trains on normal rows only.",
            kind="table",
            shape=(columns,),
            licence="BSD-2-Clause",
            source="arXiv:2206.09426",
            needs="adbench",
        ),
        f"genbench.data.tables:{name.replace('-', '_')}",
    )
    for name, columns in (
        ("annthyroid", 6),
        ("fault", 27),
        ("glass", 7),
        ("hepatitis", 19),
        ("internetads", 1555),
        ("ionosphere", 32),
        ("landsat", 36),
        ("letter", 32),
        ("lymphography", 18),
        ("mammography", 6),
        ("optdigits", 64),
        ("pageblocks", 10),
        ("pima", 8),
        ("satellite", 36),
        ("satimage-2", 36),
    )
]

CATALOGUE: list[tuple[DatasetCard, str]] = [
    (_DIGITS, "genbench.data.digits:digits"),
    *_TOYS,
    *_PROCEDURAL,
    *_PUBLISHED,
    *_OF_MNIST,
    *_ARCHIVES,
    *_ADBENCH,
]

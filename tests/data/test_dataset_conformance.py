"""Every dataset passes the kit, and the kit fails what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from genbench import registry
from genbench.core.errors import DataError
from genbench.data.catalogue import CATALOGUE
from genbench.data.conformance import check_dataset
from genbench.data.loading import load_dataset
from genbench.data.originals import offline
from genbench.protocols.dataset import Dataset, DataSpec

ELSEWHERE = {"roads", "portraits", "portraits-balanced", "cifar10-jpeg-20k", "binarised-mnist-dynamic"}
"""Checked where they are made small, or loaded anyway."""

NAMES = [card.name for card, _ in CATALOGUE]


@pytest.mark.parametrize(
    "name", [*(n for n in NAMES if n not in ELSEWHERE), "digits-without-3", "digits-only-3", "ring8-without-2"]
)
def test_it_conforms(name: str, data_root: Path) -> None:
    try:
        with offline():
            data = load_dataset(name, root=data_root)
    except DataError as error:
        pytest.skip(str(error))
    assert check_dataset(data) == []
    card = registry.datasets.get(name).card if name in registry.datasets else None
    if card is not None:
        assert (card.shape, card.classes) == (data.spec.shape, data.spec.classes)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits")


def test_the_kit_names_what_is_wrong(digits: Dataset) -> None:
    train, y = digits.train, digits.train.y
    assert y is not None
    wrong = {
        "train.x is float64": replace(digits, train=replace(train, x=train.x.double())),
        "reference.x is float32 of shape (449, 8, 8)": replace(
            digits, reference=replace(digits.reference, x=digits.reference.x[:, 0])
        ),
        "NaN": replace(digits, train=replace(train, x=train.x / 0)),
        "outside [0.0, 1.0]": replace(digits, ceiling=replace(digits.ceiling, x=digits.ceiling.x * 2)),
        "train.y runs from 1 to 10": replace(digits, train=replace(train, y=y + 1)),
        "train.y is missing": replace(digits, train=replace(train, y=None)),
        "449 examples of val, reference or ceiling": replace(digits, ceiling=digits.reference),
        "no outlier set": replace(digits, near=frozenset({"nothing"})),
        "class names": replace(digits, classes=("a",)),
        "reference is empty": replace(digits, reference=digits.reference.take(slice(0))),
        "outliers['flat-grey'].x reaches": replace(digits, outliers={"flat-grey": replace(train, x=train.x + 1)}),
        "factor names": replace(digits, train=replace(train, factors=torch.zeros(899, 2))),
    }
    for message, data in wrong.items():
        problems = check_dataset(data)
        assert any(message in problem for problem in problems), (message, problems)


def test_the_kit_doubts_a_density_that_its_samples_contradict() -> None:
    ring = load_dataset("ring8")
    assert ring.density is not None
    other = replace(ring, density=load_dataset("grid25").density)
    assert any("entropy" in problem or "finite" in problem for problem in check_dataset(other))


FINGERPRINTS = {
    "digits": "39164a345d8a5e7d",
    "two-bumps": "51faf4581b90cc12",
    "ring8": "cfa87d1ae071fcd7",
    "grid25": "545e4719fe9ee85a",
    "two-moons": "b11145e910b91a99",
    "spiral": "4a138271e0346c39",
    "checkerboard": "2f724c0cf35cf0b0",
    "pinwheel": "7b49eec74da68cdf",
}


def test_fingerprints_are_the_same_in_other_processes_and_with_other_instructions() -> None:
    """Without vector instructions torch rounds the last digit of a sine otherwise, as other machines do."""
    code = (
        "import sys; from genbench.data.loading import load_dataset\n"
        "for name in sys.argv[1:]: print(load_dataset(name).fingerprint)"
    )
    env = os.environ | {"ATEN_CPU_CAPABILITY": "default"}
    command = [sys.executable, "-c", code, *FINGERPRINTS]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout
    assert printed.split() == list(FINGERPRINTS.values())
    assert [load_dataset(name).fingerprint for name in FINGERPRINTS] == list(FINGERPRINTS.values())


def test_a_fingerprint_changes_with_any_value(digits: Dataset) -> None:
    changed = digits.train.x.clone()
    changed[500, 0, 3, 3] += 1 / 16
    assert replace(digits, train=replace(digits.train, x=changed)).fingerprint != digits.fingerprint
    assert replace(digits, spec=DataSpec((1, 8, 8), (0.0, 2.0), 10)).fingerprint != digits.fingerprint
    assert replace(digits, bernoulli=True).fingerprint != digits.fingerprint


def test_an_outlier_set_more_changes_no_fingerprint_but_its_own(digits: Dataset) -> None:
    more = replace(digits, outliers={**digits.outliers, "other": digits.train})
    assert more.fingerprint == digits.fingerprint
    assert more.outlier_fingerprints.items() > digits.outlier_fingerprints.items()
    changed = replace(more, outliers={**digits.outliers, "other": digits.val})
    assert changed.outlier_fingerprints["other"] != more.outlier_fingerprints["other"]


def test_the_catalogue_is_torch_free() -> None:
    code = (
        "import sys, genbench.data.catalogue, genbench.encoders.catalogue as e\n"
        "assert 'torch' not in sys.modules and 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    for _, target in CATALOGUE:
        assert target.startswith("genbench.data.") and ":" in target

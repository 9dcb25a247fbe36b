"""The embedded default and the sets derived from it."""

from __future__ import annotations

import pytest
import torch

from genbench.core.errors import DataError, UnknownName
from genbench.data.loading import load_dataset


def test_digits_has_the_sizes_that_the_metrics_rely_on() -> None:
    data = load_dataset("digits")
    assert [len(s) for s in (data.train, data.val, data.reference, data.ceiling)] == [899, 0, 449, 449]
    assert data.spec.shape == (1, 8, 8)
    assert data.spec.unit_range
    assert data.fingerprint == "39164a345d8a5e7d"


def test_a_class_left_out_is_an_outlier_set_and_its_labels_are_closed_up() -> None:
    base, data = load_dataset("digits"), load_dataset("digits-without-3")
    assert base.train.y is not None and base.reference.y is not None and data.train.y is not None
    assert data.spec.classes == 9
    assert data.classes == tuple("012456789")
    assert data.outliers["class-3"].x.equal(base.reference.x[base.reference.y == 3])
    assert data.near == {"class-3"}
    assert data.train.x.equal(base.train.x[base.train.y != 3])
    assert torch.bincount(data.train.y).tolist() == [
        c for k, c in enumerate(torch.bincount(base.train.y).tolist()) if k != 3
    ]


def test_one_class_alone_has_no_labels_and_all_others_as_outliers() -> None:
    base, data = load_dataset("digits"), load_dataset("digits-only-3")
    assert base.reference.y is not None
    assert data.spec.classes == 0 and data.train.y is None
    assert data.outliers["other-classes"].x.equal(base.reference.x[base.reference.y != 3])


def test_wrong_names_are_sentences_with_the_nearest() -> None:
    with pytest.raises(DataError, match="no class 'x'.*classes are 0, 1"):
        load_dataset("digits-without-x")
    with pytest.raises(UnknownName, match="did you mean 'digits'"):
        load_dataset("digit")
    with pytest.raises(UnknownName):
        load_dataset("nothing-without-3")

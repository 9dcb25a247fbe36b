"""`SET@N` and `SET@longtail`: less to train on, everything else as it was, the rest held back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from genbench.core.errors import DataError
from genbench.data.conformance import check_dataset
from genbench.data.derived import few, long_tail
from genbench.data.loading import load_dataset
from genbench.data.names import is_made
from genbench.protocols.dataset import Split


def rows(*splits: Split) -> set[bytes]:
    return {row.tobytes() for split in splits for row in split.x.flatten(1).numpy()}


@pytest.mark.parametrize("name", ["digits@200", "digits@longtail"])
def test_less_to_train_on_and_the_rest_is_held_back(name: str) -> None:
    base, data = load_dataset("digits"), load_dataset(name)
    assert data.held_back is not None and data.name == name and is_made(name)
    assert len(data.train) + len(data.held_back) == len(base.train)
    assert rows(data.train, data.held_back) == rows(base.train)
    assert not rows(data.train) & rows(data.held_back)
    assert data.reference.x.equal(base.reference.x) and data.ceiling.x.equal(base.ceiling.x)
    assert data.fingerprint != base.fingerprint and data.fingerprint == load_dataset(name).fingerprint
    assert check_dataset(data) == []


def test_few_examples_keep_the_shares_of_the_classes() -> None:
    base, data = load_dataset("digits"), load_dataset("digits@200")
    shares = torch.bincount(base.train.y) / len(base.train)
    assert len(data.train) == 200 and data.rare == ()
    assert (torch.bincount(data.train.y) - 200 * shares).abs().max() <= 2


def test_a_long_tail_falls_exponentially_and_says_how() -> None:
    data = load_dataset("digits@longtail")
    counts = torch.bincount(data.train.y)
    assert counts.tolist() == sorted(counts.tolist(), reverse=True)
    assert counts[0] / counts[-1] == pytest.approx(20, rel=0.1)
    steps = (counts[:-3].log() - counts[1:-2].log()).double()
    assert steps.std() < 0.2 * steps.mean()
    assert data.title.endswith("long tail 1:21.2, rarest 9") and data.rare == (6, 7, 8, 9)
    assert "rare" in data.facts.has and "rare" not in load_dataset("digits").facts.has


def test_they_compose_with_the_other_parts() -> None:
    data = load_dataset("digits-without-3@100")
    assert data.spec.classes == 9 and len(data.train) == 100 and "class-3" in data.outliers
    tuned = load_dataset("digits@200@val")
    assert (len(tuned.train), len(tuned.val)) == (160, 40) and tuned.reference is tuned.val
    assert rows(tuned.train, tuned.val) == rows(load_dataset("digits@200").train)
    both = few(long_tail(load_dataset("digits")), 100)
    assert both.held_back is not None and len(both.train) + len(both.held_back) == 899


def test_what_cannot_be_made_is_a_sentence() -> None:
    with pytest.raises(DataError, match="digits has 10 classes and 899 training examples: digits@899"):
        load_dataset("digits@899")
    with pytest.raises(DataError, match="digits@3 cannot"):
        load_dataset("digits@3")
    with pytest.raises(DataError, match="no classes, so there is no long tail"):
        load_dataset("digits-only-3@longtail")


def test_a_file_whose_name_ends_so_is_a_file(tmp_path: Path) -> None:
    y = np.arange(400) % 2
    with (tmp_path / "mine@100").open("wb") as file:
        np.savez(file, X=np.random.default_rng(0).random((400, 3)), y=y)
    (tmp_path / "mine.npz").write_bytes((tmp_path / "mine@100").read_bytes())
    assert len(load_dataset(f"npz:{tmp_path}/mine@100").train) == 200
    assert len(load_dataset(f"npz:{tmp_path}/mine.npz@100").train) == 100


def test_splits_are_joined_by_what_both_have() -> None:
    one, other = Split(torch.zeros(2, 3), torch.zeros(2).long()), Split(torch.ones(1, 3), torch.ones(1).long())
    assert one.joined(other).y.tolist() == [0, 0, 1] and one.joined(Split(torch.ones(1, 3))).y is None

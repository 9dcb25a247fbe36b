"""Features of splits are computed once per encoder and data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from genbench.data.loading import load_dataset
from genbench.encoders.features import split_features
from genbench.encoders.loading import load_encoder


class Counted:
    """An encoder that counts how often it is asked."""

    name, fingerprint, dim = "counted", "0123", 3

    def __init__(self) -> None:
        self.calls = 0

    def features(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return x.flatten(1)[:, :3]


def test_features_are_computed_once_and_again_for_other_data_or_encoders(tmp_path: Path) -> None:
    digits, encoder = load_dataset("digits"), Counted()
    first = split_features(encoder, digits, "reference", cache=tmp_path)
    assert split_features(encoder, digits, "reference", cache=tmp_path).equal(first)
    assert encoder.calls == 1 and first.equal(digits.reference.x.flatten(1)[:, :3])
    split_features(encoder, digits, "train", cache=tmp_path)
    split_features(encoder, replace(digits, bernoulli=True), "train", cache=tmp_path)
    encoder.fingerprint = "4567"
    split_features(encoder, digits, "train", cache=tmp_path)
    assert encoder.calls == 4


def test_half_a_file_is_made_anew(tmp_path: Path) -> None:
    digits, encoder = load_dataset("digits"), Counted()
    split_features(encoder, digits, "reference", cache=tmp_path)
    (path,) = (tmp_path / "features").iterdir()
    path.write_bytes(path.read_bytes()[:100])
    assert len(split_features(encoder, digits, "reference", cache=tmp_path)) == 449
    assert encoder.calls == 2


def test_encoders_that_only_reshape_are_not_kept(tmp_path: Path) -> None:
    digits = load_dataset("digits")
    pixels = load_encoder("pixels", digits, cache=tmp_path, device="cpu")
    assert split_features(pixels, digits, "ceiling", cache=tmp_path).shape == (449, 64)
    assert not (tmp_path / "features").exists()

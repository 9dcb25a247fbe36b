"""Identity and pixels flatten and refuse what is not theirs; every dataset has a default encoder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from genbench.core.errors import UnknownName, Unsupported
from genbench.data.loading import load_dataset
from genbench.encoders.loading import default_encoder, fallback_note, load_encoder
from genbench.protocols.dataset import DataSpec
from genbench.protocols.encoder import Encoder
from genbench.runs.options import Options
from genbench.runs.session import prepare
from genbench.runs.suite import Suite


def test_identity_is_for_points_and_pixels_for_images(cache: Path) -> None:
    ring, digits = load_dataset("ring8"), load_dataset("digits")
    identity = load_encoder("identity", ring, cache=cache, device="cpu")
    pixels = load_encoder("pixels", digits, cache=cache, device="cpu")
    assert isinstance(identity, Encoder) and isinstance(pixels, Encoder)
    assert identity.features(ring.train.x[:5]).equal(ring.train.x[:5])
    assert pixels.features(digits.train.x[:5]).equal(digits.train.x[:5].flatten(1))
    assert (identity.dim, pixels.dim) == (2, 64)
    with pytest.raises(Unsupported, match="take pixels"):
        load_encoder("identity", digits, cache=cache, device="cpu")
    with pytest.raises(Unsupported, match="take identity"):
        load_encoder("pixels", ring, cache=cache, device="cpu")
    with pytest.raises(UnknownName, match="did you mean 'pixels'"):
        load_encoder("pixel", digits, cache=cache, device="cpu")


def test_the_default_encoder_follows_what_the_data_has() -> None:
    digits = load_dataset("digits")
    assert default_encoder(load_dataset("ring8")) == "identity"
    assert default_encoder(digits) == "in-domain"
    train = replace(digits.train, y=None)
    unlabelled = replace(digits, spec=DataSpec((1, 8, 8), (0.0, 1.0)), train=train)
    assert default_encoder(unlabelled) in ("effnet-lite0", "pixels")
    assert "digits has no labels, so there is no in-domain classifier" in fallback_note(unlabelled)
    assert fallback_note(digits) is None and fallback_note(load_dataset("ring8")) is None


def test_a_plan_says_once_for_each_dataset_whose_features_are_none_of_its_own(tmp_path: Path) -> None:
    content = {
        "schema": 1,
        "name": "fallback",
        "models": ["control-noise"],
        "datasets": ["digits", "digits-only-3"],
        "evaluations": [{"name": "sample-quality"}, {"name": "diversity"}],
    }
    own = fallback_note(load_dataset("digits-only-3"))
    assert own is not None

    def notes(**more: object) -> list[str]:
        settled = content | {"evaluations": [{**e, **more} for e in content["evaluations"]]}
        suite = Suite.model_validate(settled)
        plan = prepare(suite, Options(out=tmp_path / "run", device="cpu", executor="inline")).plan
        return [note for note in plan.notes if "in-domain" in note]

    assert notes() == [own]
    assert notes(encoder="pixels") == []


def test_features_of_nothing_are_nothing(cache: Path) -> None:
    digits = load_dataset("digits")
    for name in ("pixels", "in-domain"):
        encoder = load_encoder(name, digits, cache=cache, device="cpu")
        assert encoder.features(torch.empty(0, 1, 8, 8)).shape == (0, 64)

"""A training set goes to a device once for the models that follow each other on it; those that fit themselves get
copies."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from test_fit import context, fit

from genbench.protocols.dataset import Split
from genbench.runs import train as module
from genbench.runs.fit import fitted
from genbench.runs.folder import RunFolder


def test_one_copy_for_many_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Split] = []

    def placed(split: Split, device: torch.device, config: object) -> Split:
        made.append(split)
        return split

    here, folder = context(tmp_path), RunFolder.to_make(tmp_path)
    monkeypatch.setattr(module, "placed", placed)
    data = here.dataset("ring8")
    for _ in range(3):
        assert module._on_device(data, here) is data.train
    assert len(made) == 1
    other = here.dataset("digits")
    assert module._on_device(other, here) is other.train and len(made) == 2
    list(fitted([fit(0)], here, folder))
    assert len(made) == 2, "on the CPU the training set is there"

"""A training set that does not fit on a device stays in main memory, and nothing else changes."""

from __future__ import annotations

import pytest
import torch
from training_toys import CPU, SHORT, TinyGAN, TinyVAE, toy_data, weights

from genbench.training import placement
from genbench.training.indices import ShuffledIndices
from genbench.training.placement import byte_size, placed
from genbench.training.replicas import SingleModel
from genbench.training.train_state import TrainState
from genbench.training.trainer import TrainConfig, build, fit

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
META = torch.device("meta")


def test_size_counts_what_training_reads():
    split = toy_data(256, 6).train
    assert byte_size(split) == split.x.numel() * 4 + (0 if split.y is None else split.y.numel() * 8)


@pytest.mark.parametrize(("spare", "where"), [(-1, CPU), (0, META)])
def test_it_is_copied_only_where_it_fits(monkeypatch, spare, where):
    split = toy_data().train
    monkeypatch.setattr(placement, "available_bytes", lambda device: byte_size(split) + spare)
    assert placed(split, META, TrainConfig()).x.device == where


def test_the_config_can_keep_it_in_main_memory():
    assert placed(toy_data().train, META, TrainConfig(data="host")).x.device == CPU


def test_an_iteration_on_given_batches_is_one_on_their_rows():
    ends = []
    for staged in (False, True):
        state = TrainState(
            SingleModel(build(TinyGAN, toy_data().spec, {}, seed=0)), toy_data().train, 32, [ShuffledIndices(256, 0)]
        )
        rows = state.rows(0, 1)[0]
        torch.manual_seed(0)
        losses = state.train_step_on(iter([state.fetch(r) for r in rows])) if staged else state.train_step(rows)
        ends.append(torch.cat([losses, weights(state.replicas.models[0])]))
    assert torch.equal(*ends)


@needs_cuda
@pytest.mark.parametrize("capture", ["auto", "never"])
@pytest.mark.parametrize("cls", [TinyVAE, TinyGAN])
def test_data_in_main_memory_train_the_very_same_model(cls, capture):
    ends = []
    for where in ("auto", "host"):
        model = build(cls, toy_data().spec, {}, seed=0)
        config = TrainConfig(capture=capture, data=where)
        training = fit(model, toy_data(), SHORT, seed=0, device=torch.device("cuda"), config=config)
        assert ("main memory" in training.remark) == (where == "host")
        ends.append(weights(model))
    assert torch.equal(*ends)

"""A training set that a device has no room for stays in main memory, and nothing else changes."""

from __future__ import annotations

import pytest
import torch
from training_toys import CPU, SHORT, TinyGAN, TinyVAE, toy_data, weights

from genbench.training import placing
from genbench.training.game import Game, One
from genbench.training.order import Order
from genbench.training.placing import placed, size
from genbench.training.trainer import Engine, build, fit

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
META = torch.device("meta")


def test_size_counts_what_training_reads():
    split = toy_data(256, 6).train
    assert size(split) == split.x.numel() * 4 + (0 if split.y is None else split.y.numel() * 8)


@pytest.mark.parametrize(("spare", "where"), [(-1, CPU), (0, META)])
def test_it_moves_only_where_there_is_room(monkeypatch, spare, where):
    split = toy_data().train
    monkeypatch.setattr(placing, "room", lambda device: size(split) + spare)
    assert placed(split, META, Engine()).x.device == where


def test_the_engine_can_keep_it_in_main_memory():
    assert placed(toy_data().train, META, Engine(data="host")).x.device == CPU


def test_a_round_on_given_batches_is_a_round_on_their_rows():
    ends = []
    for staged in (False, True):
        game = Game(One(build(TinyGAN, toy_data().spec, {}, seed=0)), toy_data().train, 32, [Order(256, 0)])
        rows = game.rows(0, 1)[0]
        torch.manual_seed(0)
        losses = game.play_on(iter([game.fetch(r) for r in rows])) if staged else game.play(rows)
        ends.append(torch.cat([losses, weights(game.team.models[0])]))
    assert torch.equal(*ends)


@needs_cuda
@pytest.mark.parametrize("capture", ["auto", "never"])
@pytest.mark.parametrize("cls", [TinyVAE, TinyGAN])
def test_data_in_main_memory_train_the_very_same_model(cls, capture):
    ends = []
    for where in ("auto", "host"):
        model = build(cls, toy_data().spec, {}, seed=0)
        engine = Engine(capture=capture, data=where)
        training = fit(model, toy_data(), SHORT, seed=0, device=torch.device("cuda"), engine=engine)
        assert ("main memory" in training.remark) == (where == "host")
        ends.append(weights(model))
    assert torch.equal(*ends)

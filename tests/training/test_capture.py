"""Captured steps, where there is a GPU; without one the same refusals on what a CPU can run."""

from __future__ import annotations

import pytest
import torch
from training_toys import CPU, SHORT, BatchNormVAE, PenaltyGAN, TinyGAN, TinyVAE, toy_data, weights

from genbench.core.errors import Unsupported
from genbench.training.capture import captured
from genbench.training.dry_run import changed_attributes, dry_run, first_sentence, plain_attributes, restored
from genbench.training.indices import ShuffledIndices
from genbench.training.replicas import SingleModel
from genbench.training.train_state import TrainState
from genbench.training.trainer import TrainConfig, build, fit, fit_stack

CUDA = torch.device("cuda")
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


def state_of(model) -> TrainState:
    return TrainState(SingleModel(model), toy_data().train, 32, [ShuffledIndices(256, 0)])


def test_a_dry_run_leaves_no_trace():
    model = build(BatchNormVAE, toy_data().spec, {}, seed=0).train()
    model.seen = 0
    real_loss = model.loss

    def counting(batch):
        model.seen += 1
        return real_loss(batch)

    model.loss = counting
    state = state_of(model)
    before, random = weights(model), torch.get_rng_state()
    moments = {name: t.clone() for name, t in state.tensors().items()}
    with restored(state):
        state.train_step(state.rows(0, 1)[0])
        assert model.seen == 1 and not torch.equal(weights(model), before)
    assert model.seen == 0 and torch.equal(weights(model), before)
    assert torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(t, moments[name]) for name, t in state.tensors().items())


def test_state_in_python_is_noticed():
    model = TinyVAE(toy_data().spec)
    model.enc[1].calls = 0
    before = plain_attributes(model)
    assert changed_attributes(model, before) == []
    model.enc[1].calls, model.temperature = 1, 0.5
    assert sorted(changed_attributes(model, before)) == ["enc.1.calls", "temperature"]


def test_a_dry_run_that_fails_says_so_in_a_sentence_and_leaves_no_trace():
    model = TinyGAN(toy_data().spec)
    before = weights(model)
    model.generator = lambda batch: 1 / 0
    with pytest.raises(Unsupported, match="ZeroDivisionError: division by zero"):
        dry_run(state_of(model))
    assert torch.equal(weights(model), before)


def test_first_sentences_are_short():
    assert first_sentence(RuntimeError("Vmap failed. Then much more.\nAnd a trace")) == "RuntimeError: Vmap failed"
    assert len(first_sentence(ValueError("x" * 1_000))) < 200
    assert first_sentence(KeyboardInterrupt()) == "KeyboardInterrupt"


def test_there_is_no_graph_without_a_gpu():
    with pytest.raises(Unsupported, match="CUDA"):
        captured(state_of(TinyVAE(toy_data().spec)))


@needs_cuda
@pytest.mark.parametrize("model", [TinyVAE, TinyGAN, PenaltyGAN])
def test_captured_training_ends_where_plain_training_ends(model):
    data, results = toy_data(), []
    for config in (TrainConfig(), TrainConfig(capture="never")):
        trained = build(model, data.spec, {}, seed=0)
        training = fit(trained, data, SHORT, seed=0, device=CUDA, config=config)
        results.append((weights(trained), training))
    (graph, first), (plain, second) = results
    assert first.trained == "captured" and second.trained == "plain"
    assert torch.allclose(graph, plain, rtol=1e-4, atol=1e-5)


@needs_cuda
def test_a_loss_that_a_graph_would_get_wrong_is_trained_plainly_and_says_why():
    training = fit(BatchNormVAE(toy_data().spec), toy_data(), SHORT, seed=0, device=CUDA)
    assert training.trained == "plain" and "count" in training.remark


@needs_cuda
def test_stacks_are_captured_and_chosen_by_themselves():
    data = toy_data()
    results = fit_stack(lambda: TinyVAE(data.spec), data, SHORT, seeds=(0, 1, 2), device=CUDA)
    assert {t.trained for _, t in results} == {"captured stack of seeds 0-2"}
    assert torch.device(CPU) != next(results[0][0].parameters()).device

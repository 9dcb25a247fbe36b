"""A training that was killed goes on and ends bit for bit as an undisturbed one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from training_toys import CPU, SHORT, BatchNormVAE, PenaltyGAN, TinyVAE, toy_data, weights

from genbench.core.errors import DataError
from genbench.protocols.model import Budget
from genbench.training.trainer import TrainConfig, build, fit, fit_stack

HERE = Path(__file__).parent


class Interrupted(Exception):
    pass


def interrupt_at(images: int):
    def progress(done: int, total: int) -> None:
        if done >= images:
            raise Interrupted

    return progress


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_kill_in_mid_training_resumes_to_the_very_same_weights(tmp_path):
    path, data = tmp_path / "fit.safetensors", toy_data()
    threads = {name: str(torch.get_num_threads()) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    python_path = os.pathsep.join([str(HERE.parent.parent), str(HERE)])
    killed = subprocess.run(
        [sys.executable, str(HERE / "killed_training.py"), str(path), "1500"],
        check=False,
        env={**os.environ, **threads, "PYTHONPATH": python_path},
    )
    assert killed.returncode == -signal.SIGKILL and path.exists()
    resumed, whole = (build(PenaltyGAN, data.spec, {}, seed=0) for _ in range(2))
    seen: list[int] = []
    config = TrainConfig(checkpoint=path, every=0.0)
    fit(resumed, data, SHORT, seed=0, device=CPU, progress=lambda done, _: seen.append(done), config=config)
    fit(whole, data, SHORT, seed=0, device=CPU)
    assert seen[0] > 1_500, "it should go on, not start again"
    assert torch.equal(weights(resumed), weights(whole))
    assert not path.exists(), "a finished training leaves no checkpoint"


@pytest.mark.parametrize("model", [BatchNormVAE, PenaltyGAN])
@pytest.mark.parametrize("at", [[100], [500, 2_000], [3_000]])
def test_resumed_equals_undisturbed(tmp_path, model, at):
    data, path = toy_data(), tmp_path / "fit.safetensors"
    whole = build(model, data.spec, {}, seed=0)
    expected = fit(whole, data, SHORT, seed=0, device=CPU)
    config = TrainConfig(checkpoint=path, every=0.0)
    for images in at:
        with pytest.raises(Interrupted):
            again = build(model, data.spec, {}, seed=0)
            fit(again, data, SHORT, seed=0, device=CPU, progress=interrupt_at(images), config=config)
    torch.manual_seed(99)
    resumed = build(model, data.spec, {}, seed=0)
    training = fit(resumed, data, SHORT, seed=0, device=CPU, config=config)
    assert torch.equal(weights(resumed), weights(whole))
    assert training.curve == expected.curve and training.steps == expected.steps
    assert not path.exists()


def test_a_stack_resumes_too(tmp_path):
    data, config = toy_data(), TrainConfig(stack=2, checkpoint=tmp_path / "s.safetensors", every=0.0)

    def together(progress=None, config=config):
        return fit_stack(
            lambda: BatchNormVAE(data.spec), data, SHORT, seeds=(0, 1), device=CPU, progress=progress, config=config
        )

    with pytest.raises(Interrupted):
        together(interrupt_at(1_000))
    for (resumed, _), (whole, _) in zip(together(), together(config=TrainConfig(stack=2)), strict=True):
        assert torch.equal(weights(resumed), weights(whole))


def test_seeds_one_after_the_other_resume_where_they_stopped(tmp_path):
    data, path = toy_data(), tmp_path / "s.safetensors"
    seen: list[int] = []

    def train(progress=None, checkpoint=path):
        config = TrainConfig(checkpoint=checkpoint, every=0.0)
        return fit_stack(
            lambda: PenaltyGAN(data.spec), data, SHORT, seeds=(0, 1), device=CPU, progress=progress, config=config
        )

    def second_seed_dies(done: int, total: int) -> None:
        seen.append(done)
        if len(seen) > 50:
            raise Interrupted

    with pytest.raises(Interrupted):
        train(second_seed_dies)
    seen.clear()
    resumed, whole = train(lambda done, _: seen.append(done)), train(checkpoint=None)
    assert 0 < len(seen) < 33, "the first seed was done, the second had begun"
    for (ours, training), (theirs, expected) in zip(resumed, whole, strict=True):
        assert torch.equal(weights(ours), weights(theirs)) and training.curve == expected.curve
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_of_another_training_is_refused_and_a_broken_one_set_aside(tmp_path):
    data, path = toy_data(), tmp_path / "fit.safetensors"
    config = TrainConfig(checkpoint=path, every=0.0)
    with pytest.raises(Interrupted):
        fit(TinyVAE(data.spec), data, SHORT, seed=0, device=CPU, progress=interrupt_at(1_000), config=config)
    with pytest.raises(DataError, match="seeds"):
        fit(TinyVAE(data.spec), data, SHORT, seed=1, device=CPU, config=config)
    with pytest.raises(DataError, match="budget"):
        fit(TinyVAE(data.spec), data, Budget(images=64), seed=0, device=CPU, config=config)
    with pytest.raises(DataError, match="other tensors"):
        fit(BatchNormVAE(data.spec), data, SHORT, seed=0, device=CPU, config=config)
    path.write_bytes(b"not a checkpoint")
    fit(TinyVAE(data.spec), data, SHORT, seed=0, device=CPU, config=config)
    assert [p.name for p in tmp_path.iterdir()] == ["fit.safetensors.broken"], "set aside, and begun again"

"""Two processes that share each batch end where one process ends alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from parallel_training import Reconstructing
from training_toys import CPU, SHORT, TinyVAE, toy_data, weights

from genbench.core.errors import UsageError
from genbench.protocols.model import Budget
from genbench.training import parallel
from genbench.training.trainer import TrainConfig, build, fit

HERE = Path(__file__).parent


@pytest.mark.slow
def test_two_processes_over_gloo_end_where_one_ends(tmp_path):
    pytest.importorskip("accelerate", reason="needs the extra `parallel`")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    paths = os.pathsep.join([str(HERE.parent.parent), str(HERE)])
    launched = subprocess.run(
        [*command, str(HERE / "parallel_training.py"), str(tmp_path / "out"), "32"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
    )
    assert launched.returncode == 0, launched.stderr
    first, second = (torch.load(tmp_path / f"out.{rank}") for rank in range(2))
    data = toy_data()
    alone = build(Reconstructing, data.spec, {}, seed=0)
    training = fit(alone, data, SHORT, seed=0, device=CPU)
    assert torch.equal(first["weights"], second["weights"])
    assert torch.allclose(first["weights"], weights(alone), rtol=1e-4, atol=1e-5)
    assert first["curve"] == second["curve"] == pytest.approx(training.curve["elbo"], rel=1e-4)
    assert first["trained"] == "plain over 2 processes"


class Pretended(parallel.Alone):
    """The second of three processes, whose sisters agree with all that it says."""

    rank, size = 1, 3


def test_a_batch_that_cannot_be_shared_is_refused_and_shares_are_disjoint():
    data, model = toy_data(), TinyVAE(toy_data().spec)
    with pytest.raises(UsageError, match="a batch of 32 cannot be shared by 3"):
        fit(model, data, SHORT, seed=0, device=CPU, config=TrainConfig(processes=Pretended()))
    sizes = []
    model.loss = lambda batch: sizes.append(len(batch.x)) or model.enc(batch.x).square().mean()
    fit(model, data, Budget(steps=4, batch=30), seed=0, device=CPU, config=TrainConfig(processes=Pretended()))
    assert sizes == [10] * (1 + 4)  # a dry run counts operations


def test_without_accelerate_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(UsageError, match=r"genbench\[parallel\]"):
        parallel.Accelerated()

"""What a model changes of the process is put back, so that no later model computes otherwise or fails for it."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from genbench.core import torch_settings
from genbench.core.errors import ModelEnded, contained
from genbench.core.process_state import ProcessState
from genbench.evaluations.context import RunContext
from genbench.metrics.points import Points
from genbench.metrics.sweep import sweep

MATMUL, CUDNN, MKLDNN = torch.backends.cuda.matmul, torch.backends.cudnn, torch.backends.mkldnn


def both_ways() -> None:
    """Newer and older names for one setting, which torch then refuses to tell."""
    torch.set_float32_matmul_precision("medium")
    MATMUL.allow_tf32 = False


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda: torch.set_float32_matmul_precision("medium"), "the precision or the kernels of torch"),
        (lambda: setattr(MATMUL, "allow_tf32", True), "the precision or the kernels of torch"),
        (lambda: setattr(CUDNN, "benchmark", True), "the precision or the kernels of torch"),
        (lambda: setattr(CUDNN, "deterministic", True), "the precision or the kernels of torch"),
        (both_ways, "the precision or the kernels of torch"),
        (lambda: torch.set_autocast_enabled("cpu", True), "automatic casts"),
        (lambda: torch.set_flush_denormal(True), "how the tiniest numbers count"),
        (gc.disable, "the collection of garbage"),
    ],
)
def test_what_decides_the_digits_of_others_is_put_back(change: Callable[[], object], named: str) -> None:
    state, before = ProcessState(), torch_settings.precision()
    change()
    assert state.restore() == ([named], [])
    assert torch_settings.precision() == before and not torch_settings.flushes() and gc.isenabled()
    assert torch.get_float32_matmul_precision() == "highest"  # torch tells it again


@pytest.mark.skipif(not hasattr(MATMUL, "fp32_precision"), reason="this torch has older names alone")
@pytest.mark.parametrize("place", [torch.backends, CUDNN, MKLDNN, MATMUL], ids=["all", "cudnn", "mkldnn", "matmul"])
def test_newer_names_of_the_precision_are_put_back(place: object) -> None:
    state, before = ProcessState(), torch_settings.precision()
    place.fp32_precision = "bf16" if place is MKLDNN else "tf32"  # type: ignore[attr-defined]
    assert torch_settings.precision() != before
    assert state.restore() == (["the precision or the kernels of torch"], [])
    assert torch_settings.precision() == before


@pytest.mark.parametrize("error", [SystemExit(0), GeneratorExit("over")])
def test_whatever_ends_a_program_is_an_error_of_its_code(error: BaseException) -> None:
    with pytest.raises(ModelEnded, match=type(error).__name__), contained():
        raise error


def test_ctrl_c_passes() -> None:
    with pytest.raises(KeyboardInterrupt), contained():
        raise KeyboardInterrupt


def test_a_sweep_changes_nothing_that_a_model_is_blamed_for(tmp_path: Path) -> None:
    x = torch.arange(12.0).view(6, 2)
    with RunContext(root=None, cache=tmp_path, device=torch.device("cpu")).pinned():
        state = ProcessState()
        sweep(Points(x, x.mean(0), torch.float32), Points(x, x.mean(0), torch.float32), [])
        assert state.restore() == ([], [])

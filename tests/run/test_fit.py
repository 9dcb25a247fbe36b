"""How a fit that cannot be is told."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch

import genbench
from genbench.core.jobs import BudgetConfig, Event, Fit, FitEnded, FitsLeft
from genbench.core.values import Status
from genbench.evaluations.context import RunContext
from genbench.runs import train
from genbench.runs.fit import FittedModel, fitted, fitted_beside, status_of
from genbench.runs.folder import RunFolder


def context(folder: Path) -> RunContext:
    return RunContext(root=None, cache=folder, device=torch.device("cpu"))


def fit(seed: int, **options: int) -> Fit:
    return Fit(
        key=f"{seed:020x}",
        stack_key="s",
        model="vae",
        options=options,
        dataset="ring8",
        seed=seed,
        budget=BudgetConfig(images=1_280),
    )


@pytest.mark.parametrize("seeds", [(0,), (0, 1)])
def test_an_option_that_a_model_cannot_be_built_with_is_named(tmp_path: Path, seeds: tuple[int, ...]) -> None:
    for ended in fitted([fit(s, latent=-4) for s in seeds], context(tmp_path), RunFolder.to_make(tmp_path)):
        assert ended.record.status is Status.FAILED
        assert ended.record.reason.startswith("vae could not be built with latent = -4: RuntimeError")


@pytest.mark.parametrize("broken", [b"", b"nonsense", "half"])
def test_weights_that_are_broken_are_made_again(tmp_path: Path, broken: bytes | str) -> None:
    folder = RunFolder.to_make(tmp_path)
    (first,) = fitted([fit(0)], context(tmp_path), folder)
    path = folder.weights(fit(0).key)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if isinstance(broken, str) else broken)
    (again,) = fitted([fit(0)], context(tmp_path), folder)
    assert again.record.status is Status.OK and len(path.read_bytes()) > len(whole) // 2
    assert first.model is not None and again.model is not None
    for key, value in first.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[key])


def told(found: FittedModel | FitsLeft, folder: RunFolder) -> str:
    """A model's seed; or the seeds of each group that is left, with a star where they are trained."""
    if isinstance(found, FittedModel):
        return f"{found.fit.seed}"
    groups = [(g, all(folder.weights(one.key).is_file() for one in g)) for g in found.groups]
    return "left " + " ".join("+".join(str(one.seed) for one in group) + "*" * there for group, there in groups)


def weights(one: FittedModel) -> torch.Tensor:
    assert one.model is not None
    return torch.cat([value.flatten() for value in one.model.state_dict().values()])


def test_of_a_stack_one_model_is_evaluated_here_and_the_others_wait_trained(tmp_path: Path) -> None:
    here, folder, fits = context(tmp_path), RunFolder.to_make(tmp_path), [fit(s) for s in range(3)]
    assert [told(one, folder) for one in fitted_beside(fits, here, folder)] == ["left 1* 2*", "0"]
    assert [told(one, folder) for one in fitted_beside(fits, here, folder)] == ["left 1* 2*", "0"], "none trains again"
    alone = RunFolder.to_make(tmp_path / "alone")
    for one, other in zip(fitted(fits, here, alone), fitted(fits, here, folder), strict=True):
        assert torch.equal(weights(one), weights(other)) and one.record.trained == "stack of seeds 0-2"


def test_what_is_trained_apart_is_left_before_the_first_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, folder = context(tmp_path), RunFolder.to_make(tmp_path)
    monkeypatch.setattr(train, "stack_size", lambda *_, **__: (2, ""))
    found = [told(one, folder) for one in fitted_beside([fit(s) for s in range(5)], here, folder)]
    assert found == ["left 2+3 4", "left 1*", "0"]
    found = [told(one, folder) for one in fitted_beside([fit(s) for s in range(5)], here, folder)]
    assert found == ["left 0* 1*", "left 4", "left 3*", "2"]
    monkeypatch.setattr(train, "stack_size", lambda *_, **__: (1, "not stacked: it counts"))
    found = [told(one, folder) for one in fitted_beside([fit(s) for s in (5, 6, 7)], here, folder)]
    assert found == ["left 6 7", "5"]


def test_what_could_not_be_trained_is_told_here_and_not_left(tmp_path: Path) -> None:
    here, folder = context(tmp_path), RunFolder.to_make(tmp_path)
    fits = [fit(s, latent=-4) for s in (0, 1)]
    found = list(fitted_beside(fits, here, folder))
    assert [one.record.status for one in found if isinstance(one, FittedModel)] == [Status.FAILED] * 2
    assert len(found) == 2


def test_of_options_that_cannot_be_built_together_each_is_somebodys(tmp_path: Path) -> None:
    here, folder = context(tmp_path), RunFolder.to_make(tmp_path)
    fits = [fit(0, latent=-4), fit(1, latent=2), fit(2, latent=2)]
    found = list(fitted_beside(fits, here, folder))
    assert [told(one, folder) for one in found] == ["left 1+2", "0"]
    assert isinstance(found[1], FittedModel) and found[1].record.status is Status.FAILED


def test_what_stands_in_the_way_of_a_stack_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, folder = context(tmp_path), RunFolder.to_make(tmp_path)
    monkeypatch.setattr(train, "stack_size", lambda *_, **__: (1, "not stacked: it counts"))
    one = list(fitted_beside([fit(s) for s in range(2)], here, folder))[-1]
    assert isinstance(one, FittedModel) and one.record.remark == "not stacked: it counts"


def test_seeds_of_a_stack_that_several_workers_evaluate_have_the_numbers_of_one(tmp_path: Path) -> None:
    content = {
        "name": "shared",
        "models": ["vae", "gan", "gaussian"],
        "datasets": ["ring8"],
        "seeds": 3,
        "budget": {"images": 1_280},
        "evaluations": [{"name": "sample-quality", "samples": 200}, {"name": "reconstruction"}],
    }
    told: list[FitEnded] = []

    class Listener:
        def planned(self, session: object) -> None: ...

        def event(self, event: Event) -> None:
            if isinstance(event, FitEnded):
                told.append(event)

    ways = [{"executor": "inline"}, {"executor": "local", "workers": 2}]
    one, other = (
        genbench.run(content, listener=Listener(), out=tmp_path / way["executor"], device="cpu", stack="on", **way)
        for way in ways
    )
    assert one.ok and other.ok
    for fits in (told[:9], told[9:]):
        assert len({event.record.key for event in fits}) == 9, "each is told once"
        assert sum(event.record.trained == "stack of seeds 0-2" for event in fits) == 6
    columns = ["label", "seed", "metric", "target", "value"]
    found = [run.table()[columns].sort_values(columns, ignore_index=True) for run in (one, other)]
    pd.testing.assert_frame_equal(*found, check_exact=True)


def test_a_full_gpu_is_named_with_what_to_do() -> None:
    said = "CUDA out of memory. Tried to allocate 1.03 GiB. GPU 0 has a total capacity of 79.18 GiB of which"
    status, reason = status_of(torch.OutOfMemoryError(said))
    assert status is Status.FAILED and reason.startswith("CUDA out of memory: ") and "--workers-per-device" in reason

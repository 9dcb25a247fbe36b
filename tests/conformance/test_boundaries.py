"""`genbench check` names a model that touches what is not its own."""

from __future__ import annotations

import os
import sys

import pytest
import torch
from torch import Tensor, nn

from genbench import registry
from genbench.conformance import check_model
from genbench.data.loading import load_dataset
from genbench.protocols.model import DataSpec, GenerativeModel, Objective
from genbench.registry import register_model


class Mean(GenerativeModel):
    latent = 2

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        self.data = data
        self.mean = nn.Parameter(torch.full(data.shape, 0.4))

    def objectives(self) -> list[Objective]:
        return [Objective("mse", self.parameters(), self.loss)]

    def loss(self, batch) -> Tensor:
        return (batch.x - self.mean).square().mean()

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return (self.mean + 0.1 * torch.rand(n, *self.data.shape, generator=generator)).clamp(0, 1)


def wrong(cls: type) -> dict[str, str]:
    """check -> sentences of what is found wrong with a class."""
    register_model("boundaries", family="test", summary="A model with one fault.")(cls)
    try:
        found = check_model("boundaries", datasets=["digits"])
    finally:
        registry.models._own.pop("boundaries")
    return {f.check: f.sentence for f in found if f.status == "wrong"}


def test_an_honest_one_passes() -> None:
    assert wrong(Mean) == {}


def test_reconstruct_in_place_is_named() -> None:
    class InPlace(Mean):
        def reconstruct(self, x: Tensor) -> Tensor:
            return x.mul_(0.5)

    assert "in place" in wrong(InPlace)["reconstructs"]


def test_batch_norm_without_running_statistics_is_named() -> None:
    class Mates(Mean):
        def __init__(self, data: DataSpec) -> None:
            super().__init__(data)
            self.norm = nn.BatchNorm1d(data.size, affine=False, track_running_stats=False)

        def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
            z = torch.rand(n, self.data.size, generator=generator)
            return (0.5 + 0.1 * self.norm(z)).view(n, *self.data.shape).clamp(0, 1)

    assert "batch mates" in wrong(Mates)["batch mates"]


def test_a_fit_that_finds_the_reference_elsewhere_is_named() -> None:
    class Peeks(GenerativeModel):
        def __init__(self, data: DataSpec) -> None:
            super().__init__()
            self.kept: Tensor
            self.register_buffer("kept", torch.zeros(1, *data.shape))

        def fit(self, data, budget, generator) -> None:
            self.kept = load_dataset("digits").reference.x.clone()

        def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
            return self.kept[torch.randint(len(self.kept), (n,), generator=generator)]

    assert "examples of the reference" in wrong(Peeks)["reference"]


def test_a_model_that_asks_for_more_than_it_may_see_is_named() -> None:
    class Asks(Mean):
        sees = frozenset({"ceiling"})

    assert "only controls" in wrong(Asks)["reference"]


def test_what_it_changes_of_the_process_is_named_and_put_back() -> None:
    class TurnsOver(Mean):
        def loss(self, batch) -> Tensor:
            sys.setrecursionlimit(3_000)
            os.environ["GENBENCH_TEST"] = "1"
            return super().loss(batch)

        def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
            torch.set_num_threads(torch.get_num_threads() + 1)
            return super().sample(n, generator=generator)

    before = torch.get_num_threads(), sys.getrecursionlimit()
    said = wrong(TurnsOver)["process"]
    assert "number of threads" in said and "recursion limit" in said and "environment" in said
    assert (torch.get_num_threads(), sys.getrecursionlimit()) == before and "GENBENCH_TEST" not in os.environ


def test_a_model_that_ends_the_program_is_a_finding() -> None:
    class Exits(Mean):
        def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
            sys.exit(0)

    assert "ended the program" in wrong(Exits)["samples"]


@pytest.mark.parametrize("name", ["control-test-half", "control-train-copy"])
def test_controls_may_see_more(name: str) -> None:
    assert [f for f in check_model(name, datasets=["digits"]) if f.check == "reference" and f.status == "wrong"] == []

"""Models that go wrong in every way that a run must survive; loaded as a plugin file."""

from __future__ import annotations

import os
import signal
import threading

import torch
from mean_model import MeanModel
from torch import Tensor

from genbench import register_model


@register_model("good", family="test", summary="Learns the mean; prints, which must not hurt.")
class Good(MeanModel):
    def loss(self, batch) -> Tensor:  # type: ignore[no-untyped-def]
        if not hasattr(self, "printed"):
            self.printed = True
            print("a model that prints to standard output")
        return super().loss(batch)


@register_model("raises", family="test", summary="Raises in its loss.")
class Raises(MeanModel):
    def loss(self, batch) -> Tensor:  # type: ignore[no-untyped-def]
        raise ValueError("my decoder is broken")


@register_model("diverges", family="test", summary="Its loss becomes NaN.")
class Diverges(MeanModel):
    def loss(self, batch) -> Tensor:  # type: ignore[no-untyped-def]
        return super().loss(batch) * float("nan")


@register_model("nan-samples", family="test", summary="Trains well and samples NaN.")
class NanSamples(MeanModel):
    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return super().sample(n, generator=generator) * float("nan")


@register_model("too-few", family="test", summary="Gives one sample fewer than it was asked for.")
class TooFew(MeanModel):
    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return super().sample(n - 1, generator=generator)


@register_model("brackets", family="test", summary="Raises what a terminal could take for markup.")
class Brackets(MeanModel):
    def loss(self, batch) -> Tensor:  # type: ignore[no-untyped-def]
        raise ValueError("index [/0] of [bold] x")


@register_model("dies", family="test", summary="Its process is killed while it trains.")
class Dies(MeanModel):
    def loss(self, batch) -> Tensor:  # type: ignore[no-untyped-def]
        os.kill(os.getpid(), signal.SIGKILL)
        return super().loss(batch)


@register_model("dies-sampling", family="test", summary="Its process ends while it samples.")
class DiesSampling(MeanModel):
    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        os._exit(7)


@register_model("hangs", family="test", summary="Never ends.")
class Hangs(MeanModel):
    def loss(self, batch) -> Tensor:  # type: ignore[no-untyped-def]
        threading.Event().wait()
        return super().loss(batch)


@register_model("vanishes", family="test", summary="Its process ends while it trains.")
class Vanishes(MeanModel):
    def loss(self, batch) -> Tensor:  # type: ignore[no-untyped-def]
        os._exit(3)


@register_model("swells", family="test", summary="Takes more and more memory.")
class Swells(MeanModel):
    def loss(self, batch) -> Tensor:  # type: ignore[no-untyped-def]
        held = [torch.ones(2**24)]
        while sum(map(len, held)) < 2**31:  # 8 GiB, where nobody has stopped it
            held.append(torch.ones(2**24))
            threading.Event().wait(0.05)
        raise MemoryError("nobody has stopped it")

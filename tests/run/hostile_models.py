"""Models that touch what is not theirs, or take more with them than themselves; loaded as a plugin file."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import sys
import threading
import time

import numpy as np
import torch
from mean_model import MeanModel
from torch import Tensor

from genbench import DataSpec, GenerativeModel, register_model


class _Encodes(MeanModel):
    latent = 2

    def encode(self, x: Tensor) -> Tensor:
        return x.flatten(1)[:, :2]

    def decode(self, z: Tensor) -> Tensor:
        return self.mean.expand(len(z), *self.data.shape).clamp(0, 1)

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))


@register_model("quiet", family="test", summary="Does nothing wrong.")
class Quiet(_Encodes):
    pass


@register_model("in-place", family="test", summary="Changes what it is given, and gives it back.")
class InPlace(_Encodes):
    def reconstruct(self, x: Tensor) -> Tensor:
        return x.mul_(0.5)

    def encode(self, x: Tensor) -> Tensor:
        return x.mul_(0.0).flatten(1)[:, :2]


@register_model("one-buffer", family="test", summary="Gives the same tensor for every chunk of samples.")
class OneBuffer(MeanModel):
    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        if not hasattr(self, "kept"):
            self.kept = [torch.zeros(n, *self.data.shape)]
        return self.kept[0].copy_(torch.rand(n, *self.data.shape, generator=generator))


class _Fits(GenerativeModel):
    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        self.data = data
        self.kept: Tensor
        self.register_buffer("kept", torch.zeros(1, *data.shape))

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.kept[torch.randint(len(self.kept), (n,), generator=generator)]


@register_model("peeks", family="test", summary="Copies the reference where it can get it.")
class Peeks(_Fits):
    def fit(self, data, budget, generator) -> None:  # type: ignore[no-untyped-def]
        seen = torch.cat([data.reference.x, data.ceiling.x, *(s.x for s in data.outliers.values())])
        assert len(seen) == 0 and data.density is None, "it was given more than it may see"
        data.train.x.sub_(1.0).abs_()
        self.kept = data.train.x[:50].mul_(0.5)


@register_model("back-door", family="test", summary="Finds the cached dataset and changes it past torch.")
class BackDoor(_Encodes):
    def encode(self, x: Tensor) -> Tensor:
        import gc

        from genbench.protocols.dataset import Dataset

        for found in gc.get_objects():
            if type(found) is Dataset and found.name == "digits":
                found.reference.x.numpy()[:] = 0.25
        return x.flatten(1)[:, :2]


@register_model("turns-over", family="test", summary="Changes everything that belongs to the process.")
class TurnsOver(_Encodes):
    def loss(self, batch) -> Tensor:  # type: ignore[no-untyped-def]
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(3)
        os.chdir("/")
        os.environ["GENBENCH_CACHE"] = "/nowhere"
        random.seed(0)
        np.random.seed(0)
        torch.manual_seed(0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        sys.setrecursionlimit(5_000)
        return super().loss(batch)

    def encode(self, x: Tensor) -> Tensor:
        torch.set_grad_enabled(True)
        torch.use_deterministic_algorithms(True)
        return super().encode(x)


@register_model("exits", family="test", summary="Asks the program to end.")
class Exits(MeanModel):
    def loss(self, batch) -> Tensor:  # type: ignore[no-untyped-def]
        sys.exit(0)


class Away(BaseException):
    """No `Exception`."""


@register_model("throws", family="test", summary="Raises what is no Exception, while it samples.")
class Throws(MeanModel):
    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        raise Away("caught by nobody")


@register_model("forks", family="test", summary="Forks, and both go on.")
class Forks(MeanModel):
    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        if not hasattr(self, "forked"):
            self.forked = os.fork()
        return super().sample(n, generator=generator)


@register_model("writes", family="test", summary="Writes into every pipe that it finds, then hangs.")
class Writes(MeanModel):
    def loss(self, batch) -> Tensor:  # type: ignore[no-untyped-def]
        for number in range(3, 64):
            try:
                os.write(number, b"nonsense" * 100)
            except OSError:
                continue
        threading.Event().wait()
        return super().loss(batch)


@register_model("closes", family="test", summary="Closes every file, then hangs.")
class Closes(MeanModel):
    def loss(self, batch) -> Tensor:  # type: ignore[no-untyped-def]
        os.closerange(3, 256)
        threading.Event().wait()
        return super().loss(batch)


@register_model("extra", family="test", summary="Has a state that is no tensor.")
class Extra(MeanModel):
    def get_extra_state(self) -> object:
        return {"a": object()}

    def set_extra_state(self, state: object) -> None:
        pass


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


@register_model("unprintable", family="test", summary="Raises what has no text.")
class NoText(MeanModel):
    def loss(self, batch) -> Tensor:  # type: ignore[no-untyped-def]
        raise Unprintable


@register_model("surrogate", family="test", summary="Raises text that no file can hold, with a colour.")
class Surrogate(MeanModel):
    def loss(self, batch) -> Tensor:  # type: ignore[no-untyped-def]
        raise ValueError("\x1b[31mred\x1b[0m \ud800 and \x00 nothing")


@register_model("talks", family="test", summary="Raises five million letters.")
class Talks(MeanModel):
    def loss(self, batch) -> Tensor:  # type: ignore[no-untyped-def]
        raise ValueError("x" * 5_000_000)


@register_model("crashes", family="test", summary="Reads where nothing is.")
class Crashes(MeanModel):
    def loss(self, batch) -> Tensor:  # type: ignore[no-untyped-def]
        ctypes.string_at(0)
        return super().loss(batch)


@register_model("aborts", family="test", summary="Aborts.")
class Aborts(MeanModel):
    def loss(self, batch) -> Tensor:  # type: ignore[no-untyped-def]
        os.abort()


@register_model("leaves", family="test", summary="Ends its process after its last job, from a thread.")
class Leaves(MeanModel):
    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        threading.Thread(target=lambda: (time.sleep(0.3), os._exit(5)), daemon=True).start()
        return super().sample(n, generator=generator)

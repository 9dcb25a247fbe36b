"""The networks that every model shares, so that a comparison changes the objective and not the network.

Four roles: `encoder` (x to a vector), `decoder` (a code to x), `critic` (x to features to numbers), `denoiser` (x and a
time to x). Three backbones: `mlp`, `conv` (sides that 4 divides: 28, 32) and `resnet` (sides that 8 divides: 32, 64).
One number, `width`, sizes them: an encoder with a decoder at this width is the budget, and `split_width` and the
denoisers are fitted to it within 10 %. No layer mixes the examples of a batch, so that one by one equals batched.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from genbench.core.errors import Unsupported
from genbench.models import convnets
from genbench.models.time import TimeEmbedding
from genbench.protocols.card import BACKBONES
from genbench.protocols.dataset import DataSpec

_NOMINAL_LATENT = 16


def mlp(sizes: Sequence[int]) -> nn.Sequential:
    """Linear layers of these sizes with SiLU between them."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        layers += [nn.Linear(fan_in, fan_out), nn.SiLU()]
    return nn.Sequential(*layers[:-1])


class Centre(nn.Module):
    """[0, 1] to [-1, 1] where the data are so bounded; anything else unchanged."""

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        self.unit_range = data.unit_range

    def forward(self, x: Tensor) -> Tensor:
        return 2 * x - 1 if self.unit_range else x


class Squash(nn.Module):
    """A decoder's unbounded output to the data's range: a sigmoid for [0, 1], else the identity."""

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        self.unit_range = data.unit_range

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(x) if self.unit_range else x


def latent_size(data: DataSpec, asked: int | None) -> int:
    """The latent size: as asked, else 16 for images and at most 8 for points and tables (never above D)."""
    if asked is not None:
        return asked
    return _NOMINAL_LATENT if data.is_image else min(8, data.size)


def encoder(data: DataSpec, outputs: int, *, net: str = "mlp", width: int = 256) -> nn.Module:
    """(B, *shape) -> (B, outputs)."""
    if _checked(data, net) == "mlp":
        return nn.Sequential(Centre(data), nn.Flatten(), mlp([data.size, width, width, outputs]))
    return nn.Sequential(Centre(data), convnets.encoder(net, data.shape, outputs, width // 8))


def decoder(data: DataSpec, latent: int, *, net: str = "mlp", width: int = 256) -> nn.Module:
    """(B, latent) -> (B, *shape), unbounded (logits or means)."""
    if _checked(data, net) == "mlp":
        return nn.Sequential(mlp([latent, width, width, data.size]), nn.Unflatten(1, data.shape))
    return convnets.decoder(net, data.shape, latent, width // 8)


class Critic(nn.Module):
    """x to `features` (B, width) to numbers (B, outputs): an encoder whose last hidden layer can be read."""

    def __init__(self, data: DataSpec, outputs: int = 1, *, net: str = "mlp", width: int = 256) -> None:
        super().__init__()
        if _checked(data, net) == "mlp":
            body = nn.Sequential(nn.Flatten(), mlp([data.size, width, width]))
            wide = width
            body.append(nn.SiLU())
        else:
            like = encoder(data, _NOMINAL_LATENT, net=net, width=width)
            channels = fitted_width(lambda c: convnets.trunk(net, data.shape, c)[0], count(like))
            body, wide = convnets.trunk(net, data.shape, channels)
        self.body = nn.Sequential(Centre(data), body)
        self.head = nn.Linear(wide, outputs)

    def features(self, x: Tensor) -> Tensor:
        features: Tensor = self.body(x)
        return features

    def forward(self, x: Tensor) -> Tensor:
        numbers: Tensor = self.head(self.body(x))
        return numbers


def denoiser(data: DataSpec, *, net: str = "mlp", width: int = 256) -> nn.Module:
    """((B, *shape), t (B,) in [0, 1]) -> (B, *shape), unbounded; as many parameters as the budget at this width."""
    if _checked(data, net) == "mlp":
        return MlpDenoiser(data, width)

    def make(channels: int) -> nn.Module:
        return convnets.UNet(data.shape, channels, levels=2 if net == "conv" else 3)

    return make(fitted_width(make, budget(data, net, width), step=2))


class MlpDenoiser(nn.Module):
    """Three hidden layers, each with the time as input, the middle ones residual; the output is a(t) x + b(t) last(h).

    The gates a and b let the noise of x pass beside hidden layers that are narrower than x: without them an MLP of
    this size cannot tell the noise of a 28 × 28 image.
    """

    def __init__(self, data: DataSpec, width: int, features: int = 32) -> None:
        super().__init__()
        self.embed = TimeEmbedding(features)
        self.first = nn.Linear(data.size, width)
        self.middle = nn.ModuleList(nn.Linear(width, width) for _ in range(2))
        self.last = nn.Linear(width, data.size)
        self.times = nn.Linear(features, width)
        self.gates = mlp([features, 64, 2])
        self.activation = nn.SiLU()

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        embedded = self.embed(t)
        time, (skip, gain) = self.times(embedded), self.gates(embedded).chunk(2, 1)
        h = self.activation(self.first(x.flatten(1)) + time)
        for layer in self.middle:
            h = h + self.activation(layer(h) + time)
        out: Tensor = skip * x.flatten(1) + (1 + gain) * self.last(h)
        return out.view_as(x)


class WithLabels(nn.Module):
    """A net with the class as input: constant planes beside an image, or one-hot labels beside a vector, as long as a
    vector of unit variance of that size, so that a few labels are not lost beside many values."""

    def __init__(self, net: nn.Module, classes: int, *, planes: bool) -> None:
        super().__init__()
        self.net, self.classes, self.planes = net, classes, planes

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        hot = one_hot(y, self.classes, x) * (1 if self.planes else x[0].numel() ** 0.5)
        if self.planes:
            joined = torch.cat([x, hot[:, :, None, None].expand(-1, -1, *x.shape[2:])], 1)
        else:
            joined = torch.cat([x.flatten(1), hot], 1)
        out: Tensor = self.net(joined)
        return out


def labelled(data: DataSpec, net: str) -> DataSpec:
    """What a net sees that takes the class beside x: more channels, or for an MLP a longer vector."""
    if not data.classes:
        raise Unsupported("a class-conditional model needs data with classes, and these have none.")
    if net == "mlp":
        return DataSpec((data.size + data.classes,), data.value_range)
    channels, height, width = data.shape
    return DataSpec((channels + data.classes, height, width), data.value_range)


def one_hot(y: Tensor, classes: int, like: Tensor) -> Tensor:
    """(B,) labels -> (B, classes) in the type of `like`; does not read the labels' values."""
    return (y[:, None] == torch.arange(classes, device=y.device)).to(like.dtype)


def budget(data: DataSpec, net: str, width: int) -> int:
    """Parameters of an encoder and a decoder of this width with 16 latents: what competitors are fitted to."""
    with torch.device("meta"):
        pair = (
            encoder(data, _NOMINAL_LATENT, net=net, width=width),
            decoder(data, _NOMINAL_LATENT, net=net, width=width),
        )
    return sum(map(count, pair))


@functools.cache
def split_width(data: DataSpec, net: str, width: int, *, parts: int = 2, extra: int = 0) -> int:
    """The width at which `parts` nets and `extra` further parameters weigh as much as the budget of this width
    (parts = 3: an encoder, a decoder and a critic)."""

    def make(w: int) -> nn.Module:
        return decoder(data, _NOMINAL_LATENT, net=net, width=w)

    target = max(1, budget(data, net, width) - extra) // parts
    return fitted_width(make, target, step=2 if net == "mlp" else 8)


def fitted_width(make: Callable[[int], nn.Module], target: int, *, step: int = 1) -> int:
    """The multiple of `step` at which `make(width)` has a parameter count nearest to `target`."""

    def size(units: int) -> int:
        with torch.device("meta"):
            return count(make(units * step))

    low, high = 1, 2
    while size(high) < target:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if size(middle) < target else (low, middle)
    return step * min((low, high), key=lambda units: abs(size(units) - target))


def count(module: nn.Module) -> int:
    """The number of trained values."""
    return sum(p.numel() for p in module.parameters())


def _checked(data: DataSpec, net: str) -> str:
    if net not in BACKBONES:
        raise Unsupported(f"no backbone is called {net!r}: take one of {', '.join(BACKBONES)}.")
    if net != "mlp" and not data.is_image:
        raise Unsupported(f"the backbone {net!r} needs images, and one example here has the shape {data.shape}.")
    divisor = {"mlp": 1, "conv": 4, "resnet": 8}[net]
    if net != "mlp" and any(side % divisor for side in data.shape[1:]):
        raise Unsupported(
            f"the backbone {net!r} needs sides that {divisor} divides, and an image here is {data.shape}."
        )
    return net

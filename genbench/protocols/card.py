"""What is known of a model, dataset or encoder before its code is imported. Torch-free: `genbench list` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from genbench.protocols.space import Domain

COMMON_NUMBERS = ("lr", "ema")
"""Options that mean the same in every model that has them: the rate of its optimisers, the decay of its averages."""


BACKBONES = ("mlp", "conv", "resnet")
NETS = {"conv": 2, "resnet": 2}
"""Versions of the backbones that have changed: the second has a norm before a decoder's last layer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """A model in the registry's words.

    `title`: its name in plain words where the name says too little, as for controls.
    `family`: `autoencoder`, `vae`, `gan`, `diffusion`, `flow`, `classical` or `control`. `objective`: one formula.
    `capabilities`: names of `protocols.model.CAPABILITIES`. `likelihood`: what its density is of, and its kind.
    `sampler`: how its own `sample` draws, empty where it has none; `solvers`: kinds of solver that may draw instead.
    `deviations`: in what it is not its paper's, a sentence each, with the reason where it is not plain.
    `space`: what `genbench tune` may try of the options that are its own; the common ones (`lr`, `latent`) are known.
    `numbers`: options of its own that change nothing but numbers (in its losses, as attributes; in its optimisers; in
    its weights and buffers), so that fits which differ in them are trained as one stack. `version`: grows with each
    change of what it computes, so that fits of before are no longer taken for its own.
    """

    name: str
    family: str
    summary: str
    title: str = ""
    paper: str = ""
    objective: str = ""
    capabilities: tuple[str, ...] = ()
    likelihood: str = ""
    sampler: str = "prior"
    solvers: tuple[str, ...] = ()
    weaknesses: str = ""
    deviations: tuple[str, ...] = ()
    space: Mapping[str, Domain] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    version: int = 1

    @property
    def stacked(self) -> frozenset[str]:
        """Options in which the members of a stack may differ."""
        return frozenset({*COMMON_NUMBERS, *self.numbers})

    def __post_init__(self) -> None:
        if "samples" not in self.capabilities:
            object.__setattr__(self, "sampler", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetCard:
    """A dataset in the registry's words; shape and size are the set's own when it is loaded."""

    name: str
    summary: str
    kind: str = "image"
    shape: tuple[int, ...] = ()
    classes: int = 0
    licence: str = ""
    source: str = ""
    needs: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderCard:
    """An encoder in the registry's words. `needs`: the extra or the file it cannot do without."""

    name: str
    summary: str
    paper: str = ""
    needs: str = ""

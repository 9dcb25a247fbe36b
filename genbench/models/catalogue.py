"""Every built-in model: its card and where its code is. Torch-free, so that `genbench list models` answers at once."""

from __future__ import annotations

from genbench.models.cards import autoencoders, classical, controls, diffusion, flows, gans, outside, vaes
from genbench.protocols.card import ModelCard

CATALOGUE: list[tuple[ModelCard, str]] = [
    *autoencoders.CARDS,
    *vaes.CARDS,
    *gans.CARDS,
    *diffusion.CARDS,
    *flows.CARDS,
    *classical.CARDS,
    *controls.CARDS,
    *outside.CARDS,
]

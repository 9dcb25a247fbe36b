"""Cards of the family `diffusion`."""

from __future__ import annotations

from genbench.protocols.card import ModelCard

CARDS: list[tuple[ModelCard, str]] = [
    (
        ModelCard(
            name="ddpm",
            family="diffusion",
            summary="Denoising diffusion with noise prediction and a cosine schedule, sampled by DDIM in 50 steps.",
            paper="Ho et al. 2020, arXiv:2006.11239; DDIM: Song et al. 2021, arXiv:2010.02502",
            objective="min E‖ε − ε_θ(√ᾱ_t x + √(1−ᾱ_t) ε, t)‖²",
            capabilities=("samples", "outliers"),
            weaknesses="Fifty network evaluations a sample; no code of small size.",
        ),
        "genbench.models.diffusion:DDPM",
    ),
]

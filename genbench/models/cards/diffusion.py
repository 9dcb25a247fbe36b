"""Cards of the family `diffusion`."""

from __future__ import annotations

from genbench.protocols.card import ModelCard
from genbench.protocols.space import Choice

CARDS: list[tuple[ModelCard, str]] = [
    (
        ModelCard(
            name="ddpm",
            family="diffusion",
            summary="Denoising diffusion with noise prediction and a cosine schedule, sampled by DDIM in 50 steps.",
            paper="Ho et al. 2020, arXiv:2006.11239; DDIM: Song et al. 2021, arXiv:2010.02502",
            objective="min E‖ε − ε_θ(√ᾱ_t x + √(1−ᾱ_t) ε, t)‖²",
            capabilities=("samples", "outliers"),
            sampler="ddim50 (50 evaluations)",
            solvers=("ddim",),
            weaknesses="Fifty network evaluations a sample; no code of small size.",
            deviations=(
                'A cosine schedule (arXiv:2102.09672); `schedule = "linear"` is the paper\'s.',
                "Sampled by DDIM in 50 steps (arXiv:2010.02502), not by 1,000 of the chain.",
                "Weights are averaged with decay 0.995; the paper's 0.9999 is for 800,000 steps.",
            ),
            space={"schedule": Choice("cosine", "linear")},
            numbers=("schedule",),
        ),
        "genbench.models.diffusion:DDPM",
    ),
    (
        ModelCard(
            name="edm",
            family="diffusion",
            summary="Preconditioned denoiser over all noise levels, sampled by Heun's method with 35 evaluations.",
            paper="Karras et al. 2022, arXiv:2206.00364",
            objective="min E λ(σ)‖D(x + σn; σ) − x‖², D = c_skip x + c_out F(c_in x; ¼ ln σ)",
            capabilities=(
                "samples",
                "outliers",
            ),
            sampler="heun18 (35 evaluations)",
            solvers=("euler", "heun"),
            weaknesses="The spread of the data must be known: 0.5 on images, 1 elsewhere.",
            deviations=("σ_data = 1 on data that are no images; weights are averaged with decay 0.995.",),
        ),
        "genbench.models.score_based:EDM",
    ),
    (
        ModelCard(
            name="flow-matching",
            family="diffusion",
            summary="A velocity field along straight lines from noise to data, sampled by the midpoint rule.",
            paper="Lipman et al. 2023, arXiv:2210.02747; Liu et al. 2023, arXiv:2209.03003",
            objective="min E‖v((1−t)n + t x, t) − (x − n)‖²",
            capabilities=(
                "samples",
                "outliers",
            ),
            sampler="midpoint25 (50 evaluations)",
            solvers=("euler", "heun", "midpoint"),
            weaknesses="Fifty network evaluations a sample; no code of small size.",
            deviations=(
                "σ_min = 0, and 25 midpoint steps instead of an adaptive solver.",
                "Weights are averaged with decay 0.995; Liu et al.'s code has 0.999999, for far longer trainings.",
                "The zoo's networks, a constant rate; the papers' are U-Nets with attention and dropout, trained with "
                "a warm-up and clipped gradients.",
                "No likelihood, which Lipman et al. integrate along the path; no reflow, no distillation (Liu et al.).",
                "The outlier scores are not the papers': the loss at ten levels, and the way back from t = 0.75.",
            ),
        ),
        "genbench.models.score_based:FlowMatching",
    ),
]

"""Cards of the family `gan`."""

from __future__ import annotations

from genbench.protocols.card import ModelCard

CARDS: list[tuple[ModelCard, str]] = [
    (
        ModelCard(
            name="gan",
            family="gan",
            summary="Generative adversarial network with the non-saturating generator loss.",
            paper="Goodfellow et al. 2014, arXiv:1406.2661",
            objective="D: max E log σ(D(x)) + E log(1 − σ(D(G(z)))); G: max E log σ(D(G(z)))",
            capabilities=("samples", "outliers"),
            weaknesses="Drops modes; no likelihood and no encoder; the discriminator is a poor outlier score.",
        ),
        "genbench.models.gans:GAN",
    ),
    (
        ModelCard(
            name="wgan-gp",
            family="gan",
            summary="Wasserstein GAN whose critic is held near 1-Lipschitz by a gradient penalty; five critic steps.",
            paper="Gulrajani et al. 2017, arXiv:1704.00028",
            objective="D: max E D(x) − E D(G(z)) − 10 E(‖∇D(x̂)‖ − 1)²; G: max E D(G(z))",
            capabilities=("samples", "outliers"),
            weaknesses="Only one batch in six moves the generator, so it is slow in images seen.",
        ),
        "genbench.models.gans:WGANGP",
    ),
]

"""Cards of the family `gan`."""

from __future__ import annotations

from genbench.protocols.card import ModelCard
from genbench.protocols.space import Choice, Range

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
            weaknesses="Only one batch in six trains the generator, so it is slow in images seen.",
            deviations=("A rate of 2e-3, for a few hundred generator steps; the paper's 1e-4 is for 100,000.",),
            space={"critic_steps": Choice(1, 2, 5)},
        ),
        "genbench.models.lipschitz_gans:WGANGP",
    ),
    (
        ModelCard(
            name="mm-gan",
            family="gan",
            summary="GAN with the minimax generator loss as first written.",
            paper="Goodfellow et al. 2014, arXiv:1406.2661",
            objective="D: max E log σ(D(x)) + E log(1 − σ(D(G(z)))); G: min E log(1 − σ(D(G(z))))",
            capabilities=(
                "samples",
                "outliers",
            ),
            weaknesses="The generator's gradient vanishes while the critic is sure.",
        ),
        "genbench.models.gans:MinimaxGAN",
    ),
    (
        ModelCard(
            name="lsgan",
            family="gan",
            summary="GAN with least-squares losses.",
            paper="Mao et al. 2017, arXiv:1611.04076",
            objective="D: min ½E(D(x) − 1)² + ½E D(G(z))²; G: min ½E(D(G(z)) − 1)²",
            capabilities=(
                "samples",
                "outliers",
            ),
            weaknesses="Unbounded critic outputs; drops modes.",
        ),
        "genbench.models.gans:LSGAN",
    ),
    (
        ModelCard(
            name="wgan",
            family="gan",
            summary="Wasserstein GAN whose critic's weights are clipped; five critic steps.",
            paper="Arjovsky et al. 2017, arXiv:1701.07875",
            objective="D: max E D(x) − E D(G(z)), weights in [−c, c]; G: max E D(G(z)); c = 0.05",
            capabilities=(
                "samples",
                "outliers",
            ),
            weaknesses="Clipping makes simple critics; one batch in six trains the generator.",
            deviations=(
                "Adam with β₁ = 0 instead of RMSProp: the same with its start corrected.",
                "c = 0.05: at the paper's 0.01 a smooth critic without batch normalisation has no gradient left.",
            ),
            space={"critic_steps": Choice(1, 2, 5)},
        ),
        "genbench.models.lipschitz_gans:WGAN",
    ),
    (
        ModelCard(
            name="dragan",
            family="gan",
            summary="GAN with a gradient penalty around the data.",
            paper="Kodali et al. 2017, arXiv:1705.07215",
            objective="gan + 10 E(‖∇D(x + αδ)‖ − 1)² for D, δ = ½ std(x) u, α and u uniform",
            capabilities=(
                "samples",
                "outliers",
            ),
            weaknesses="The penalty acts near real data only.",
            space={"penalty": Range(1.0, 100.0)},
            numbers=("penalty",),
        ),
        "genbench.models.gans:DRAGAN",
    ),
    (
        ModelCard(
            name="sngan",
            family="gan",
            summary="GAN with hinge losses and a critic of spectral norm 1 in each layer.",
            paper="Miyato et al. 2018, arXiv:1802.05957",
            objective="D: min E relu(1 − D(x)) + E relu(1 + D(G(z))), W/σ(W); G: max E D(G(z))",
            capabilities=(
                "samples",
                "outliers",
            ),
            weaknesses="Norms of the layers multiply: deep critics get flat.",
        ),
        "genbench.models.lipschitz_gans:SNGAN",
    ),
    (
        ModelCard(
            name="pacgan",
            family="gan",
            summary="GAN whose critic judges two samples at once.",
            paper="Lin et al. 2018, arXiv:1712.04086",
            objective="gan with D(x₁, x₂)",
            capabilities=(
                "samples",
                "outliers",
            ),
            weaknesses="A larger critic input; half as many judgements a batch.",
            deviations=(
                "The critic is narrowed until it weighs what the others' do; the paper widens its input alone.",
            ),
            space={"pack": Choice(2, 4)},
        ),
        "genbench.models.pacgan:PacGAN",
    ),
    (
        ModelCard(
            name="bigan",
            family="gan",
            summary="GAN with an encoder: the critic judges pairs of data and code.",
            paper="Donahue et al. 2017, arXiv:1605.09782; score: Zenati et al. 2018, arXiv:1802.06222",
            objective="D: max E log σ(D(x, E(x))) + E log(1 − σ(D(G(z), z))); G, E: turned around",
            capabilities=(
                "samples",
                "reconstructs",
                "encodes",
                "outliers",
            ),
            weaknesses="Reconstructions are of the right kind but not of the right example.",
        ),
        "genbench.models.bigan:BiGAN",
    ),
    (
        ModelCard(
            name="infogan",
            family="gan",
            summary="GAN with a categorical and two continuous codes that must be readable from the output.",
            paper="Chen et al. 2016, arXiv:1606.03657",
            objective="gan − λ L_I(G, Q): E log Q(c|G(z, c))",
            capabilities=(
                "samples",
                "outliers",
            ),
            weaknesses="Codes need not follow the factors a reader has in mind.",
        ),
        "genbench.models.infogan:InfoGAN",
    ),
    (
        ModelCard(
            name="began",
            family="gan",
            summary="GAN whose critic is an autoencoder, in balance by proportional control.",
            paper="Berthelot et al. 2017, arXiv:1703.10717",
            objective="D: min L(x) − k L(G(z)); G: min L(G(z)); k ← k + λ(γL(x) − L(G(z))), γ = 0.5, λ = 1",
            capabilities=(
                "samples",
                "outliers",
            ),
            weaknesses="Low variety at small γ; slow at small λ.",
            deviations=(
                "λ = 1; the paper's 0.001 is for hundreds of thousands of steps.",
                "The players move by turns, each on a batch of its own; the paper moves both on one.",
                "z is normal and the rate 1e-3; the paper's z is uniform on [−1, 1], its rate 1e-4.",
            ),
            space={"gamma": Range(0.3, 0.9, "linear"), "gain": Range(0.1, 10.0)},
            numbers=(
                "gamma",
                "gain",
            ),
        ),
        "genbench.models.began:BEGAN",
    ),
    (
        ModelCard(
            name="cgan",
            family="gan",
            summary="GAN conditioned on the class.",
            paper="Mirza & Osindero 2014, arXiv:1411.1784",
            objective="gan with D(x, y), G(z, y)",
            capabilities=(
                "samples",
                "conditional",
            ),
            sampler="prior, classes uniform",
            weaknesses="Needs labels; can ignore z within a class.",
        ),
        "genbench.models.conditional_gan:CGAN",
    ),
    (
        ModelCard(
            name="r3gan",
            family="gan",
            summary="Relativistic pairing GAN with zero-centred gradient penalties on real and fake.",
            paper="Huang et al. 2024, arXiv:2501.05441",
            objective="D: min E f(D(G(z)) − D(x)) + γ/2 (R₁ + R₂); G: min E f(D(x) − D(G(z))); f = softplus, γ = 1",
            capabilities=("samples",),
            weaknesses="Two gradient penalties a critic step; γ must be set for each dataset.",
            deviations=(
                "The zoo's networks; rate, γ and β₂ are constant, the authors lower the first two and raise β₂.",
                "No average of weights, and no augmentation of what the critic sees.",
            ),
            space={"gamma": Range(0.05, 20.0)},
            numbers=("gamma",),
        ),
        "genbench.models.gans:R3GAN",
    ),
    (
        ModelCard(
            name="f-anogan",
            family="gan",
            summary="WGAN-GP with an encoder that inverts it, for outliers.",
            paper="Schlegl et al. 2019, doi:10.1016/j.media.2019.01.010",
            objective="wgan-gp; E: min ‖x − G(E(x))‖²/D + κ/n ‖f(x) − f(G(E(x)))‖²",
            capabilities=(
                "samples",
                "reconstructs",
                "encodes",
                "outliers",
            ),
            weaknesses="One batch in seven trains the generator.",
            deviations=("The encoder follows the GAN step by step; the paper trains it after the GAN.",),
            space={"critic_steps": Choice(1, 2, 5)},
        ),
        "genbench.models.anomaly_gans:FAnoGAN",
    ),
    (
        ModelCard(
            name="ganomaly",
            family="gan",
            summary="Encoder, decoder, encoder: an outlier is what codes differently the second time.",
            paper="Akcay et al. 2018, arXiv:1805.06725",
            objective="min ‖f(x) − f(x̂)‖² + 50‖x − x̂‖₁ + ‖E(x) − E'(x̂)‖²",
            capabilities=(
                "reconstructs",
                "encodes",
                "outliers",
            ),
            weaknesses="Published scores below chance on some sets; cannot sample.",
            deviations=("Means over values instead of norms, as in the authors' code.",),
        ),
        "genbench.models.anomaly_gans:GANomaly",
    ),
]

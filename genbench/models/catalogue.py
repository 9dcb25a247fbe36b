"""Every built-in model: its card and where its code is. Torch-free, so that `genbench list models` answers at once."""

from __future__ import annotations

from genbench.protocols.card import ModelCard

_PACKAGE = "genbench.models"

CATALOGUE: list[tuple[ModelCard, str]] = [
    (
        ModelCard(
            name="ae",
            family="autoencoder",
            summary="Autoencoder with squared error; it has no density on its codes, so it cannot sample by itself.",
            paper="Hinton & Salakhutdinov 2006, doi:10.1126/science.1127647",
            objective="min E‖x − D(E(x))‖²",
            capabilities=("reconstructs", "encodes"),
            weaknesses="Codes follow no law: samples need a latent sampler (`ae+gmm10`), and holes decode to nonsense.",
        ),
        f"{_PACKAGE}.autoencoders:AE",
    ),
    (
        ModelCard(
            name="vae",
            family="vae",
            summary="Variational autoencoder: Bernoulli on data in [0, 1], Gaussian of stated scale elsewhere.",
            paper="Kingma & Welling 2014, arXiv:1312.6114",
            objective="max E_q log p(x|z) − KL(q(z|x) ‖ N(0, I))",
            capabilities=("samples", "reconstructs", "encodes", "density"),
            likelihood="bernoulli on [0, 1], else gaussian with scale 0.1; bound by 64 importance samples",
            weaknesses="Blurred samples; unused latents; on grey values the Bernoulli likelihood is not a density.",
        ),
        f"{_PACKAGE}.vae:VAE",
    ),
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
        f"{_PACKAGE}.gans:GAN",
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
        f"{_PACKAGE}.gans:WGANGP",
    ),
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
        f"{_PACKAGE}.diffusion:DDPM",
    ),
    (
        ModelCard(
            name="gaussian",
            family="classical",
            summary="One normal law with full covariance, shrunk as Ledoit and Wolf do.",
            paper="Ledoit & Wolf 2004, doi:10.1016/S0047-259X(03)00096-4",
            objective="max Σ log N(x; μ, Σ)",
            capabilities=("samples", "density"),
            likelihood="gaussian, exact",
            weaknesses="One mode; means and covariances are all that it knows.",
        ),
        f"{_PACKAGE}.classical:Gaussian",
    ),
    (
        ModelCard(
            name="control-train-copy",
            family="control",
            summary="Training examples dealt again: what memorising looks like.",
            objective="x ~ training set",
            capabilities=("samples",),
            weaknesses="Not a model: it must be flagged as a copy.",
        ),
        f"{_PACKAGE}.controls:TrainCopy",
    ),
    (
        ModelCard(
            name="control-test-half",
            family="control",
            summary="Held-out real data in a perfect model's place: the ceiling.",
            objective="x ~ ceiling split",
            capabilities=("samples",),
            weaknesses="Not a model: it shows how much of a score is sampling noise.",
        ),
        f"{_PACKAGE}.controls:TestHalf",
    ),
    (
        ModelCard(
            name="control-marginals",
            family="control",
            summary="Each value drawn alone from its training values: the floor.",
            objective="p(x) = Π_j p_j(x_j)",
            capabilities=("samples",),
            weaknesses="Knows nothing of how values hang together; a model below it has learned nothing of that.",
        ),
        f"{_PACKAGE}.controls:Marginals",
    ),
    (
        ModelCard(
            name="control-noise",
            family="control",
            summary="Uniform noise over the data's range, and outlier scores at random.",
            objective="x ~ U(range)",
            capabilities=("samples", "outliers"),
            weaknesses="Not a model.",
        ),
        f"{_PACKAGE}.controls:Noise",
    ),
    (
        ModelCard(
            name="control-mean-image",
            family="control",
            summary="The training mean, always: the floor of reconstruction and the picture of collapse.",
            objective="x = E x",
            capabilities=("samples", "reconstructs"),
            weaknesses="Not a model.",
        ),
        f"{_PACKAGE}.controls:MeanImage",
    ),
    (
        ModelCard(
            name="oracle",
            family="control",
            summary="The true sampler and density of a toy: what a perfect model scores.",
            objective="p = p_data",
            capabilities=("samples", "density"),
            likelihood="the true density, exact",
            weaknesses="Exists only where the law of the data is known.",
        ),
        f"{_PACKAGE}.controls:Oracle",
    ),
]

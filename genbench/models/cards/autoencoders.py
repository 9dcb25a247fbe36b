"""Cards of the family `autoencoder`."""

from __future__ import annotations

from genbench.protocols.card import ModelCard
from genbench.protocols.space import Choice, Range

CARDS: list[tuple[ModelCard, str]] = [
    (
        ModelCard(
            name="ae",
            family="autoencoder",
            summary="Autoencoder with squared error; it has no density on its codes, so it cannot sample by itself.",
            paper="Hinton & Salakhutdinov 2006, doi:10.1126/science.1127647",
            objective="min E‖x − D(E(x))‖²",
            capabilities=("reconstructs", "encodes"),
            weaknesses="Codes follow no law: samples need a latent sampler (`ae+gmm10`), and holes decode to noise.",
            deviations=("All layers train at once; the paper first trains each as a Boltzmann machine.",),
        ),
        "genbench.models.autoencoders:AE",
    ),
    (
        ModelCard(
            name="denoising-ae",
            family="autoencoder",
            summary="Autoencoder that must undo a corruption of its input.",
            paper="Vincent et al. 2008, doi:10.1145/1390156.1390294",
            objective="min E‖x − D(E(x̃))‖², x̃ ~ corruption(x)",
            capabilities=(
                "reconstructs",
                "encodes",
            ),
            weaknesses="Cannot sample by itself; the kind of corruption decides what it learns.",
            deviations=(
                "All layers train at once by squared error; the paper trains layer by layer by cross-entropy.",
                "Data that are not in [0, 1] get Gaussian noise (Vincent et al. 2010) instead of masked values.",
            ),
            space={"corruption": Range(0.05, 0.6, "linear")},
            numbers=("corruption",),
        ),
        "genbench.models.autoencoders:DenoisingAE",
    ),
    (
        ModelCard(
            name="sparse-ae",
            family="autoencoder",
            summary="Autoencoder with sigmoid codes that are held near a low mean activation.",
            paper="Ng 2011, CS294A lecture notes; Lee, Ekanadham & Ng 2008",
            objective="min E‖x − x̂‖² + β Σ_j KL(ρ ‖ ρ̂_j)",
            capabilities=(
                "reconstructs",
                "encodes",
            ),
            weaknesses="Cannot sample by itself; codes in [0, 1] suit Gaussian samplers badly.",
            deviations=(
                "Twice the family's latents, because few of them are active at a time.",
                "The mean activation is a batch's, not the training set's.",
            ),
            space={"rate": Range(0.02, 0.5), "beta": Range(0.1, 10.0)},
            numbers=(
                "rate",
                "beta",
            ),
        ),
        "genbench.models.autoencoders:SparseAE",
    ),
    (
        ModelCard(
            name="contractive-ae",
            family="autoencoder",
            summary="Autoencoder whose encoder is held flat around the data.",
            paper="Rifai et al. 2011, ICML",
            objective="min E‖x − x̂‖² + λ E‖∂E(x)/∂x‖²_F",
            capabilities=(
                "reconstructs",
                "encodes",
            ),
            weaknesses="Cannot sample by itself; shrinking the code meets the penalty, and the decoder undoes it.",
            deviations=(
                "The Jacobian's norm is estimated without bias by one probe; the paper's formula is for one layer.",
            ),
            space={"penalty": Range(0.001, 10.0)},
            numbers=("penalty",),
        ),
        "genbench.models.autoencoders:ContractiveAE",
    ),
    (
        ModelCard(
            name="rae-l2",
            family="autoencoder",
            summary="Regularised autoencoder: small codes and a decoder with weight decay.",
            paper="Ghosh et al. 2020, arXiv:1903.12436",
            objective="min E‖x − D(z)‖² + β ½‖z‖² + λ‖θ_D‖²",
            capabilities=(
                "reconstructs",
                "encodes",
            ),
            weaknesses="Needs a fitted latent sampler; published order of L2 and GP differs between paper and code.",
            deviations=("β = 0.01 on a sum over values; the paper's 1e-4 is on a mean over them.",),
            space={"beta": Range(0.0001, 1.0), "strength": Range(1e-6, 0.01)},
            numbers=(
                "beta",
                "strength",
            ),
        ),
        "genbench.models.regularised:RAEL2",
    ),
    (
        ModelCard(
            name="rae-gp",
            family="autoencoder",
            summary="Regularised autoencoder: small codes and a decoder with a small Jacobian.",
            paper="Ghosh et al. 2020, arXiv:1903.12436",
            objective="min E‖x − D(z)‖² + β ½‖z‖² + λ E‖∇_z D(z)‖²_F",
            capabilities=(
                "reconstructs",
                "encodes",
            ),
            weaknesses="Needs a fitted latent sampler; the Jacobian's norm is estimated by one probe.",
            deviations=(
                "The Jacobian's norm of the paper's formula, by one probe; its code takes the gradient of a mean.",
                "β = 0.01 on a sum over values; the paper's 1e-4 is on a mean over them.",
            ),
            space={"beta": Range(0.0001, 1.0), "strength": Range(0.0001, 1.0)},
            numbers=(
                "beta",
                "strength",
            ),
        ),
        "genbench.models.regularised:RAEGP",
    ),
    (
        ModelCard(
            name="wae-mmd",
            family="autoencoder",
            summary="Wasserstein autoencoder: the codes as a whole are pulled to the prior by MMD.",
            paper="Tolstikhin et al. 2018, arXiv:1711.01558",
            objective="min E‖x − D(E(x))‖² + λ MMD²(q_Z, N(0, I))",
            capabilities=(
                "samples",
                "reconstructs",
                "encodes",
            ),
            weaknesses="MMD of one batch is noisy: holes in the aggregate posterior remain.",
            deviations=("λ = 10 as in the paper's formula; its code scales the squared error by 0.05 beside it.",),
            space={"penalty": Range(1.0, 100.0)},
            numbers=("penalty",),
        ),
        "genbench.models.wasserstein_ae:WAEMMD",
    ),
    (
        ModelCard(
            name="aae",
            family="autoencoder",
            summary="Adversarial autoencoder: a critic of codes pulls them to the prior.",
            paper="Makhzani et al. 2016, arXiv:1511.05644",
            objective="min E‖x − D(E(x))‖²; C: max E log σ(C(z)) + E log(1 − σ(C(E(x)))); E: max E log σ(C(E(x)))",
            capabilities=(
                "samples",
                "reconstructs",
                "encodes",
            ),
            weaknesses="Three objectives, each costing a batch, so a third of the budget reconstructs.",
            deviations=(
                "The encoder is deterministic, the plainest of the paper's three.",
                "Adversarial steps are 0.3 of the others: larger ones undo what reconstruction learns.",
            ),
        ),
        "genbench.models.adversarial_ae:AAE",
    ),
    (
        ModelCard(
            name="vq-vae",
            family="autoencoder",
            summary="Autoencoder with discrete codes and an autoregressive prior over them.",
            paper="van den Oord et al. 2017, arXiv:1711.00937",
            objective="min E‖x − D(e)‖² + ‖sg[z] − e‖² + 0.25‖z − sg[e]‖²; prior: max E log p(code)",
            capabilities=(
                "samples",
                "reconstructs",
                "encodes",
            ),
            sampler="autoregressive prior",
            weaknesses="Words can die; samples are drawn place by place; half of the budget trains the prior.",
            deviations=(
                "The prior is MADE instead of PixelCNN, trained beside the codes and not after them.",
                "The code is 16 pieces of a vector, not a map of places, so that it fits every backbone.",
            ),
            space={"size": Choice(2, 4, 8), "words": Choice(16, 32, 64, 128)},
        ),
        "genbench.models.vqvae:VQVAE",
    ),
    (
        ModelCard(
            name="vae-gan",
            family="autoencoder",
            summary="VAE whose reconstruction error is measured in a discriminator's features.",
            paper="Larsen et al. 2016, arXiv:1512.09300",
            objective="E: min KL + ½‖f(x) − f(x̃)‖²; D: min γ½‖f(x) − f(x̃)‖² − GAN; C: max GAN",
            capabilities=(
                "samples",
                "reconstructs",
                "encodes",
                "outliers",
            ),
            weaknesses="Three objectives in balance; pixel error is not what it minimises.",
            deviations=(
                "Both generators fool the critic by the non-saturating loss; the paper turns its own loss around.",
                "Each network moves on a batch of its own; the paper takes one for all three.",
            ),
            space={"gamma": Range(0.1, 10.0)},
            numbers=("gamma",),
        ),
        "genbench.models.vae_gan:VAEGAN",
    ),
]

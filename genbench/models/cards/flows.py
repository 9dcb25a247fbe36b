"""Cards of the family `flow`."""

from __future__ import annotations

from genbench.protocols.card import ModelCard
from genbench.protocols.space import Choice

CARDS: list[tuple[ModelCard, str]] = [
    (
        ModelCard(
            name="realnvp",
            family="flow",
            summary="Normalising flow of affine couplings: flat, or with `conv` over the scales of an image.",
            paper="Dinh et al. 2017, arXiv:1605.08803",
            objective="max E log N(f(x); 0, I) + log |det ∂f/∂x|",
            capabilities=(
                "samples",
                "density",
            ),
            sampler="exact",
            likelihood="exact; on [0, 1] dequantised to 256 levels by uniform noise",
            weaknesses="Each coupling transforms half of the values: a weak fit for separate modes.",
            deviations=(
                "Flat under `mlp`; the multi-scale form is that of `conv`, with two squeezes whatever the size.",
                "No batch normalisation: group normalisation in the couplings' nets, whose last layer starts at 0.",
            ),
            space={"layers": Choice(4, 6, 8)},
        ),
        "genbench.models.flows:RealNVP",
    ),
    (
        ModelCard(
            name="maf",
            family="flow",
            summary="Masked autoregressive flow: exact density, sampling value by value.",
            paper="Papamakarios et al. 2017, arXiv:1705.07057",
            objective="max E log N(f(x); 0, I) + log |det ∂f/∂x|",
            capabilities=(
                "samples",
                "density",
            ),
            sampler="exact",
            likelihood="exact; on [0, 1] dequantised to 256 levels by uniform noise",
            weaknesses="Sampling goes value by value: as many steps a layer as there are values.",
            deviations=("No batch normalisation between the layers.",),
            space={"layers": Choice(3, 5, 8)},
            version=2,  # hidden units see all values, not the first few alone
        ),
        "genbench.models.flows:MAF",
    ),
]

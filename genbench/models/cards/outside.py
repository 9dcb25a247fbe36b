"""Cards of the family `outside`: what was made elsewhere."""

from __future__ import annotations

from genbench.protocols.card import ModelCard

CARDS: list[tuple[ModelCard, str]] = [
    (
        ModelCard(
            name="samples",
            family="outside",
            summary="Samples of your own in a model's place, from the file or folder at the option `path`.",
            objective="x ~ a file",
            capabilities=("samples",),
            sampler="given",
            weaknesses="No budget, no weights, one seed: only what samples alone can show.",
        ),
        "genbench.outside:GivenSamples",
    ),
]

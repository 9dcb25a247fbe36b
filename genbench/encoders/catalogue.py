"""The encoders that genbench knows by name. Torch-free."""

from __future__ import annotations

from genbench.protocols.card import EncoderCard

CATALOGUE: list[tuple[EncoderCard, str]] = [
    (
        EncoderCard(name="identity", summary="The values themselves: for points, table rows and ready-made features."),
        "genbench.encoders.plain:identity",
    ),
    (
        EncoderCard(name="pixels", summary="All pixels of an image in one vector, in the data's range."),
        "genbench.encoders.plain:pixels",
    ),
    (
        EncoderCard(
            name="in-domain",
            summary="64 features of a small classifier trained on the training split by a fixed recipe; knows classes.",
        ),
        "genbench.encoders.in_domain:in_domain",
    ),
]

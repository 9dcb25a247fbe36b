"""The datasets that genbench knows by name. Torch-free."""

from __future__ import annotations

from genbench.protocols.card import DatasetCard

CATALOGUE: list[tuple[DatasetCard, str]] = [
    (
        DatasetCard(
            name="digits",
            summary="1,797 handwritten digits, the embedded default: nothing to download.",
            shape=(1, 8, 8),
            classes=10,
            licence="CC BY 4.0",
            source="UCI Optical Recognition of Handwritten Digits, via scikit-learn",
        ),
        "genbench.data.digits:digits",
    ),
    (
        DatasetCard(
            name="two-bumps",
            summary="1-D mixture of two bumps, weights 0.3 and 0.7; exact density.",
            kind="toy",
            shape=(1,),
            classes=2,
        ),
        "genbench.data.mixtures:two_bumps",
    ),
    (
        DatasetCard(
            name="ring8", summary="Eight narrow Gaussians on a ring; exact density.", kind="toy", shape=(2,), classes=8
        ),
        "genbench.data.mixtures:ring8",
    ),
    (
        DatasetCard(
            name="grid25",
            summary="Twenty-five narrow Gaussians on a grid; exact density.",
            kind="toy",
            shape=(2,),
            classes=25,
        ),
        "genbench.data.mixtures:grid25",
    ),
]

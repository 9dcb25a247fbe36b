"""Cards of the family `classical`."""

from __future__ import annotations

from genbench.protocols.card import ModelCard

CARDS: list[tuple[ModelCard, str]] = [
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
        "genbench.models.classical:Gaussian",
    ),
]

"""In what a model is not its paper's reaches its card from the decorator, and `genbench show` from the card."""

from __future__ import annotations

from genbench import registry
from genbench.cli.cards import as_text, card
from genbench.protocols.model import GenerativeModel
from genbench.registry import register_model


def test_deviations_of_a_registered_model_are_shown_a_line_each() -> None:
    said = ("No batch normalisation.", "Values in [a, b] are clipped.")

    @register_model("deviant", family="vae", summary="For a test.", deviations=said)
    class Deviant(GenerativeModel):
        pass

    shown = card(registry.models.get("deviant"))
    assert shown["deviations"] == said
    assert as_text(shown["deviations"]) == "No batch normalisation.\nValues in \\[a, b] are clipped."


def test_lists_of_words_and_of_sizes_are_shown_as_before() -> None:
    assert as_text(("samples", "density")) == "samples, density"
    assert as_text((1, 28, 28)) == "1 × 28 × 28" and as_text(()) == ""

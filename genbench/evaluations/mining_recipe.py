"""What is fixed about closing the loop beside the data: part of the key of each job that measures it. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MiningRecipe:
    """`base`: labelled training examples that the classifier starts from, of a long tail enough to hold some of each
    rare class. `labelled`: examples of the pool that are labelled. `repeats`: how often base, random choice and first
    weights are drawn for a seed; what is read is the mean over them. `classifier`: the recipe by which one is trained.
    """

    base: int = 500
    labelled: int = 500
    repeats: int = 2
    classifier: str = "ruler-1"

    def __str__(self) -> str:
        return f"{self.repeats} x {self.base} + {self.labelled}, {self.classifier}"


RECIPE = MiningRecipe()

"""What feature metrics are measured from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from genbench.core.errors import DataError, Unsupported
from genbench.metrics.classes import Readings
from genbench.metrics.measure import Sizes
from genbench.metrics.pointset import Pair, PointSet


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureInputs:
    """Features of samples against those of the reference (`pair`), and against the training set's (`train_pair`).

    `readings`: what a classifier reads of both sides. `generator`: for measures that draw.
    """

    pair: Pair
    generator: torch.Generator
    train_pair: Pair | None = None
    readings: Readings | None = None

    @property
    def real(self) -> PointSet:
        """The reference."""
        return self.pair.columns

    @property
    def generated(self) -> PointSet:
        """The samples."""
        return self.pair.rows

    @property
    def train(self) -> PointSet | None:
        """The training set, None where it was not given."""
        return None if self.train_pair is None else self.train_pair.columns

    @property
    def gives(self) -> frozenset[str]:
        """Features, and what a classifier read where one did."""
        has = {
            "features": True,
            "training-features": self.train is not None,
            "probabilities": self.readings is not None,
            "condition": self.readings is not None and self.readings.asked is not None,
        }
        return frozenset(need for need, is_there in has.items() if is_there)

    @property
    def sizes(self) -> Sizes:
        """Reference points and samples."""
        names = f"{self.real.name} points", f"{self.generated.name} points"
        return Sizes(self.real.size, self.generated.size, names)

    def classes(self) -> Readings:
        """What a classifier read. Raises `Unsupported` where there was none."""
        if self.readings is None:
            raise Unsupported("it reads class probabilities, and this encoder gives none")
        return self.readings

    def training(self) -> tuple[PointSet, Pair]:
        """The training set and (samples, training set). Raises `Unsupported` where none was given."""
        if self.train_pair is None:
            raise Unsupported("it compares with training features, and none were given")
        return self.train_pair.columns, self.train_pair


def feature_inputs(
    reference: PointSet,
    generated: Tensor | PointSet,
    *,
    generator: torch.Generator,
    train: PointSet | Tensor | None = None,
    readings: Readings | None = None,
) -> FeatureInputs:
    """The inputs from (m, d) generated features, or a set whose moments are known, and sets of real ones.

    Raises `DataError` for unlike dimensions and features that are not finite.
    """
    samples = generated
    if isinstance(samples, Tensor):
        samples = PointSet(samples, reference.k, reference.block, name="generated", centre=reference.moments.mean)
    if samples.dim != reference.dim:
        raise DataError(f"generated features have {samples.dim} columns, reference features {reference.dim}.")
    known = PointSet(train, reference.k, reference.block, name="training") if isinstance(train, Tensor) else train
    pair = Pair(samples, reference)
    train_pair = pair if known is reference else None if known is None else Pair(samples, known)
    return FeatureInputs(pair=pair, train_pair=train_pair, readings=readings, generator=generator)

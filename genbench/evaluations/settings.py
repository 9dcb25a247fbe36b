"""What a suite may say of each evaluation: one closed record each. Torch-free, so that a suite is read without it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """What every evaluation has: on which datasets it runs (all of the suite's unless said), and its headline."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    datasets: tuple[str, ...] | None = None
    headline: str | None = None


class FeatureSettings(Settings):
    """Evaluations that compare samples with the reference in an encoder's features.

    `samples`: at most so many on each side; the rule of equal n decides. `encoder`: a name, or `auto` (the dataset's
    own default).
    """

    samples: int = Field(default=10_000, ge=2)
    encoder: str = "auto"
    metrics: tuple[str, ...] | None = None


class SampleQuality(FeatureSettings):
    """`density_samples`: how many samples are binned where the true density is known."""

    density_samples: int = Field(default=100_000, ge=1_000)
    name: Literal["sample-quality"]


class Diversity(FeatureSettings):
    name: Literal["diversity"]
    k: int = Field(default=5, ge=1)


class Memorisation(FeatureSettings):
    name: Literal["memorisation"]


class Reconstruction(Settings):
    name: Literal["reconstruction"]
    samples: int = Field(default=10_000, ge=1)
    metrics: tuple[str, ...] | None = None


class OutlierDetection(Settings):
    """`outliers`: names of the dataset's outlier sets (all that it has unless said)."""

    name: Literal["outlier-detection"]
    samples: int = Field(default=10_000, ge=2)
    outliers: tuple[str, ...] | None = None
    metrics: tuple[str, ...] | None = None


class Speed(Settings):
    """`images`: training images timed; `batch`: the largest sampling batch tried; `seconds`: time a timer may take."""

    name: Literal["speed"]
    images: int = Field(default=12_800, ge=1)
    batch: int = Field(default=1024, ge=1)
    seconds: float = Field(default=0.2, gt=0)


AnySettings = Annotated[
    SampleQuality | Diversity | Memorisation | Reconstruction | OutlierDetection | Speed, Field(discriminator="name")
]

"""What an evaluation gives back: measurements and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from genbench.core.values import Measurement, Value
from genbench.protocols.encoder import Encoder


@dataclass(frozen=True, slots=True)
class Image:
    """A picture in memory: its name within the job, PNG bytes, and the sentence under it."""

    name: str
    png: bytes
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The measurements and images of one evaluation of one fitted model."""

    measurements: list[Measurement]
    images: list[Image] = field(default_factory=list)


def named(encoder: Encoder) -> dict[str, str]:
    """What a measurement says of the encoder that it stands on."""
    return {"encoder": encoder.name, "encoder_fingerprint": encoder.fingerprint}


def measurements(values: Mapping[str, Value], **common: str) -> list[Measurement]:
    """Named values (`metric` or `metric:target`) as measurements that share encoder, split, score or likelihood."""
    found = []
    for name, value in values.items():
        metric, _, target = name.partition(":")
        found.append(Measurement(metric=metric, target=target, value=value, **common))
    return found

"""What an evaluation gives back: measurements and pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

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


def with_class_names(found: Iterable[Measurement], metrics: Sequence[str], names: Sequence[str]) -> list[Measurement]:
    """The measurements, where those of `metrics` that are of a class by its number are of its name, if it has one."""

    def named(one: Measurement) -> Measurement:
        is_numbered = one.metric in metrics and one.target.isdigit() and int(one.target) < len(names)
        return replace(one, target=names[int(one.target)]) if is_numbered else one

    return [named(one) for one in found]

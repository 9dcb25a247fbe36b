"""What the store's objects in JSON hold where genbench reads it: all may be missing, nothing may be another thing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

Tables = dict[str, dict[str, Any]]


class Facts(TypedDict, total=False):
    """Of a dataset, in a plan."""

    kind: str
    family: str
    near: list[str]


class PlanContent(TypedDict, total=False):
    """See `PlanRecord.content`."""

    headlines: dict[str, dict[str, str]]
    notes: list[str]
    datasets: dict[str, Facts]
    named: dict[str, Any]


Use = TypedDict("Use", {"use": str, "as": str | None}, total=False)


class Asked(TypedDict, total=False):
    """An evaluation of a suite."""

    name: str
    datasets: list[str] | None
    headline: str | None


class Cost(TypedDict, total=False):
    """What tuning took and found."""

    trials: int
    failed: int
    sampler: str
    seed: int
    images: int
    seconds: float
    metric: str
    split: str
    value: float
    default: float | None


class Told(TypedDict, total=False):
    """A suite as a call was told it."""

    summary: str
    models: list[Use]
    datasets: list[str]
    evaluations: list[Asked]
    options: dict[str, Tables]
    tuned: dict[str, dict[str, Cost]]


class Known(TypedDict, total=False):
    """A dataset as it was loaded."""

    shape: list[int]
    splits: dict[str, int]


class Encoder(TypedDict, total=False):
    """What made the features of a dataset."""

    name: str
    accuracy: float | None


class Provenance(TypedDict, total=False):
    """See `RunRecord.provenance`."""

    suite: Told
    versions: dict[str, str]
    hardware: dict[str, Any]
    datasets: dict[str, Known]
    encoders: dict[str, Encoder]


def misfit(shape: Any, found: dict[str, Any]) -> str:
    """Where the object is not of the shape, in words; empty where it is."""
    from pydantic import ValidationError

    try:
        _checked(shape)(found)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}"
    return ""


@cache
def _checked(shape: Any) -> Callable[[dict[str, Any]], object]:
    from pydantic import TypeAdapter

    adapter: TypeAdapter[Any] = TypeAdapter(shape)
    return lambda found: adapter.validate_python(found, strict=True)

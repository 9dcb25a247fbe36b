"""The options that a run gave its models where they are not the defaults, and how they were found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from genbench.report import formatting


@dataclass(frozen=True, slots=True)
class OptionRow:
    """One row on one dataset: its options in words, and how they were found."""

    label: str
    dataset: str
    options: str
    origin: str


def option_rows(suite: Mapping[str, Any]) -> list[OptionRow]:
    """Every row whose options are not the model's defaults, or were tuned; `suite` as a run's provenance keeps it."""
    options, tuned = suite.get("options", {}), suite.get("tuned", {})
    found = []
    for use in suite.get("models", ()):
        label = use.get("as") or use["use"]
        given = bool(use.get("checkpoint"))
        named = {"use", "as"} if given else {"use", "as", "checkpoint"}
        own = {name: value for name, value in use.items() if name not in named}
        for dataset in dict.fromkeys([*suite.get("datasets", ()), *options, *tuned]):
            every = own | options.get(dataset, {}).get(label, {})
            cost = tuned.get(dataset, {}).get(label)
            if every or cost:
                words = ", ".join(f"{name} = {value}" for name, value in every.items()) or "the defaults"
                origin = "trained elsewhere" if given else _origin(cost) if cost else "the suite's own"
                found.append(OptionRow(label, dataset, words, origin))
    return found


def _origin(cost: Mapping[str, Any]) -> str:
    """What tuning cost and won, in words."""
    failed = f", {cost['failed']} of them failed" if cost.get("failed") else ""
    default = cost.get("default")
    against = "no value with the default" if default is None else f"{default:.4g} with the default"
    return (
        f"{cost['trials']} trials{failed} ({cost['sampler']}, seed {cost['seed']}): {cost['images']:,} images, "
        f"{formatting.duration(cost['seconds'])}; {cost['metric']} on {cost['split']} {cost['value']:.4g}, {against}"
    )

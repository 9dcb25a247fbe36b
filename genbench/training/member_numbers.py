"""Plain attributes in which the members of a stack differ, such as a weight of a loss: a tensor (S,) in their place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import is_dataclass

import torch
from torch import Tensor, nn

from genbench.core.errors import Unsupported

Place = tuple[str, str]
"""The name of a submodule, and that of its attribute."""

LABELS = frozenset({"likelihood", "sampler", "outlier_score_name"})
"""Words that name what a model gives: no loss reads them."""


def differing(models: Sequence[nn.Module]) -> list[Place]:
    """Attributes whose values, all numbers, are not the same in all models.

    Raises `Unsupported` where the models differ in an attribute that no tensor can stand for: a flag, a word, a list.
    """
    found, own_to_torch = [], set(vars(nn.Module()))
    each = [dict(model.named_modules()) for model in models]
    for name, module in each[0].items():
        for key, value in vars(module).items():
            others = [vars(own[name]).get(key) if name in own else None for own in each[1:]]
            if key in own_to_torch or key in LABELS or all(_same(value, other) for other in others):
                continue
            if not all(_is_number(v) for v in (value, *others)):
                full = f"{name}.{key}".strip(".")
                raise Unsupported(f"its models differ in {full}, for which no tensor can stand")
            found.append((name, key))
    return found


def numbers(models: Sequence[nn.Module], places: Collection[Place], device: torch.device) -> dict[Place, Tensor]:
    """The values at these places, (S,) each."""
    each = [dict(model.named_modules()) for model in models]
    return {
        (name, key): torch.tensor([float(vars(own[name])[key]) for own in each], device=device) for name, key in places
    }


@contextmanager
def in_place(model: nn.Module, values: Mapping[Place, Tensor]) -> Iterator[None]:
    """Inside, the model has these values as its attributes."""
    modules = dict(model.named_modules()) if values else {}
    kept = {(name, key): vars(modules[name])[key] for name, key in values}
    try:
        for (name, key), value in values.items():
            object.__setattr__(modules[name], key, value)
        yield
    finally:
        for (name, key), value in kept.items():
            object.__setattr__(modules[name], key, value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(value: object, other: object) -> bool:
    """Whether two values say the same, where that can be asked; objects that only are themselves are passed over."""
    plain = value is None or isinstance(value, bool | int | float | str | tuple | list | dict | set | frozenset)
    if not (plain or is_dataclass(value)):
        return True
    try:
        return bool(value == other)
    except (RuntimeError, ValueError):  # tensors within, which are compared number by number
        return True

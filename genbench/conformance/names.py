"""Checks on names: a misspelt capability is silently no capability, a misspelt option is never tuned."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from types import CodeType, FunctionType
from typing import Any

from genbench.conformance.subject import Check, Subject
from genbench.protocols.model import CAPABILITIES, GenerativeModel, methods
from genbench.tuning.spaces import model_space

CALLED = (
    *(name for protocol in CAPABILITIES.values() for name in methods(protocol)),
    "objectives",
    "fit",
    "finite_samples",
)
"""The methods of a model that genbench calls."""

LIKE = 0.8
"""How much of a name must agree with one of those (difflib's ratio) to be taken for a slip of it."""


def names_are_known(subject: Subject) -> Iterator[str]:
    """No public method is a capability's name misspelt: nothing would ever call it."""
    classes = [c for c in type(subject.fresh()).__mro__ if c.__module__.partition(".")[0] != "torch"]
    own = [c for c in classes if c not in (object, GenerativeModel)]
    has = {name for c in own for name in vars(c)}
    missing = [name for name in CALLED if name not in has]
    used = {name for c in own for value in vars(c).values() for name in _used(value)}
    for name in sorted(has - used - set(CALLED)):
        near = difflib.get_close_matches(name.lower(), missing, n=1, cutoff=LIKE)
        if near and not name.startswith("_") and _is_method(own, name):
            yield f"it has a method {name!r}, which nothing calls: did you mean {near[0]!r}?"


def space_is_known(subject: Subject) -> Iterator[str]:
    """The card's tuning space is of options that the model has."""
    model_space(subject.name)
    yield from ()


CHECKS: dict[str, Check] = {"names": names_are_known, "space": space_is_known}


def _is_method(classes: Sequence[type], name: str) -> bool:
    return callable(next(vars(c)[name] for c in classes if name in vars(c)))


def _used(value: Any) -> Iterator[str]:
    """The attributes that a method's code asks for, its inner functions' as well."""
    function = getattr(value, "__func__", value)
    codes = [function.__code__] if isinstance(function, FunctionType) else []
    while codes:
        code = codes.pop()
        yield from code.co_names
        codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]

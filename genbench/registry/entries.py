"""A registry: what is known of each name before its code is imported, and how the code is got."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from genbench.core.errors import UnknownName, UsageError
from genbench.registry import entry_points, journal
from genbench.registry.code import code_hash, home
from genbench.registry.names import check_name
from genbench.registry.sites import Site, here


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Card = TypeVar("Card", bound=_Named)


@dataclass(frozen=True, slots=True)
class Entry(Generic[Card]):
    """A card and where its code is: an object, or `"module:object"`.

    `site`: where a third party registered it, None for what comes with genbench. `code`: the `code_hash` of that time.
    """

    card: Card
    target: Any
    site: Site | None = None
    code: str | None = ""

    def load(self) -> Any:
        """The object itself, imported now if need be."""
        if not isinstance(self.target, str):
            return self.target
        module, _, attribute = self.target.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            if self.site is None:
                raise
            raise UsageError(
                f"{self.card.name!r} should be at {self.target!r}, but {error} ({self.site.owner})."
            ) from error

    def options(self) -> dict[str, Any]:
        """The keyword-only arguments of a model and their defaults; imports its code."""
        parameters = inspect.signature(self.load()).parameters.values()
        return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}

    def defaults(self) -> dict[str, Any]:
        """The options of a third party's model and their defaults; empty for genbench's own, whose version counts."""
        return {} if self.site is None else self.options()

    def code_hash(self) -> str | None:
        """Hex digits over the source as it was when this was registered; `""` for genbench's own (its version counts).

        None where there was no source: what it gave must never be used again.
        """
        return self.code


class Registry(Generic[Card]):
    """The entries of one kind, found by exact name.

    `catalogue`: the module with genbench's own, a list `CATALOGUE` of cards with a target each. `group`: of the entry
    points. `field`: what a card calls its target, where it holds one itself.
    """

    def __init__(self, kind: str, catalogue: str, group: str, field: str = "") -> None:
        self.kind = kind
        self._catalogue, self._group, self._field = catalogue, group, field
        self._own: dict[str, Entry[Card]] = {}
        self._refused: dict[str, str] = {}
        self._has_catalogue = self._filled = False

    def add(self, card: Card, target: Any = None) -> None:
        """Register; `target` may be left out where the card holds it.

        The same code registering again (a module reloaded, a notebook cell run twice) replaces its entry. Raises
        `UsageError` where two things want one name, or no option could ask for it.
        """
        card, target = self._pair(card, target)
        site = here(home(target))
        check_name(self.kind, card.name, site.owner)
        self._read_catalogue()
        new = Entry(card, target, site, code_hash(target, site.owner) if getattr(target, "reusable", True) else None)
        old = self._own.get(card.name)
        if old is not None and _clash(old, new):
            raise UsageError(
                f"two {self.kind}s are called {card.name!r}: {_where(old)}, and {_where(new)}; rename one of them."
            )
        self._change(card.name, new)

    def remove(self, name: str) -> None:
        """Forget this name."""
        if name in self._own:
            self._change(name, None)

    def refuse(self, name: str, reason: str) -> None:
        """Whoever asks for this name is told why it cannot be had: a `UsageError` with the reason."""
        self._refused[name] = reason

    def registered(self) -> list[Entry[Card]]:
        """What third parties have registered so far; entry points are not looked for."""
        return [entry for entry in self._own.values() if entry.site is not None]

    def __iter__(self) -> Iterator[Entry[Card]]:
        self._fill()
        return iter(list(self._own.values()))

    def names(self) -> list[str]:
        """All names, built-in first, in the order of registration."""
        return [entry.card.name for entry in self]

    def __contains__(self, name: object) -> bool:
        self._fill()
        return name in self._own

    def get(self, name: str) -> Entry[Card]:
        """The entry of this name, or `UnknownName` with the nearest one."""
        self._fill()
        if name in self._refused:
            raise UsageError(self._refused[name])
        if name not in self._own:
            raise UnknownName(self.kind, name, self._own, meant=self._meant(name))
        return self._own[name]

    def _meant(self, name: str) -> str:
        """How to ask for what others call by this name; empty where nobody does."""
        others = (getattr(entry.card, "other_names", {}) for entry in self._own.values())
        return next((known[name.casefold()] for known in others if name.casefold() in known), "")

    def _change(self, name: str, entry: Entry[Card] | None) -> None:
        before = self._own.get(name)
        journal.note(lambda: self._put(name, before))
        self._put(name, entry)

    def _put(self, name: str, entry: Entry[Card] | None) -> None:
        if entry is None:
            self._own.pop(name, None)
        else:
            self._own[name] = entry

    def _fill(self) -> None:
        self._read_catalogue()
        if not self._filled:
            self._filled = True
            entry_points.load(self._group)

    def _read_catalogue(self) -> None:
        if self._has_catalogue:
            return
        own: dict[str, Entry[Card]] = {}
        for item in importlib.import_module(self._catalogue).CATALOGUE:
            card, target = self._pair(*item) if isinstance(item, tuple) else self._pair(item, None)
            if card.name in own:
                raise UsageError(f"{self._catalogue} has two {self.kind}s called {card.name!r}: rename one.")
            own[card.name] = Entry(card, target)
        self._own, self._has_catalogue = own | self._own, True

    def _pair(self, card: Card, target: Any) -> tuple[Card, Any]:
        """The card and its target, each knowing of the other where the card has a field for it."""
        if not hasattr(card, "name"):
            raise UsageError(f"a {self.kind} is registered by the record that names it; got {card!r}.")
        held = getattr(card, self._field, None) if self._field else None
        given = held if target is None else target
        if given is None:
            raise UsageError(
                f"the {self.kind} {card.name!r} has nothing to run: say {self._field or 'where its code is'}."
            )
        if isinstance(given, str) and not all(given.partition(":")):
            raise UsageError(f"the {self.kind} {card.name!r} is at {given!r}: say 'module:object'.")
        if self._field and hasattr(card, self._field) and held is not given:
            card = dataclasses.replace(card, **{self._field: given})  # type: ignore[type-var]
        return card, given


def _clash(old: Entry[Any], new: Entry[Any]) -> bool:
    """Whether two entries of one name are two things, not one thing registered again."""
    if old.card == new.card and old.target == new.target:
        return False
    if old.site is None or new.site is None:
        return True
    before, now = old.site.owner, new.site.owner
    if before.file != now.file:
        return True
    if before.file is None:
        return before.module != now.module
    if before.execution is not now.execution:
        return False
    is_elsewhere = before.line != now.line or _label(old.target) != _label(new.target)
    return is_elsewhere or new.site.running


def _label(target: Any) -> str:
    return f"{home(target)}:{getattr(target, '__qualname__', target)}"


def _where(entry: Entry[Any]) -> str:
    if entry.site is not None:
        return str(entry.site.owner)
    return f"genbench's own ({home(entry.target).replace('.', '/')}.py)"

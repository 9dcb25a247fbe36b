"""Names to code: `"module:object"` strings that are imported only when asked for, entry points, plugin files.

A registry entry is a card (what `genbench list` prints, torch-free) and a target. Built-in cards live in the
torch-free catalogues (`genbench.models.catalogue`, ...); third parties come by decorator, which a plugin file, an
entry-point group (`genbench.models`, `genbench.datasets`, ...) or a plain import runs.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from genbench.core.errors import UnknownName, UsageError
from genbench.protocols.card import DatasetCard, EncoderCard, EvaluationCard, ModelCard
from genbench.protocols.evaluation import Evaluation
from genbench.protocols.metric import MetricSpec
from genbench.protocols.space import Domain


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Card = TypeVar("Card", bound=_Named)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry(Generic[Card]):
    """A card and where its code is: an object, or `"module:object"`."""

    card: Card
    target: Any

    def load(self) -> Any:
        """The object itself, imported now if need be."""
        if not isinstance(self.target, str):
            return self.target
        module, _, attribute = self.target.partition(":")
        return getattr(importlib.import_module(module), attribute)

    def options(self) -> dict[str, Any]:
        """The keyword-only arguments of a model and their defaults; imports its code."""
        parameters = inspect.signature(self.load()).parameters.values()
        return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}

    def code_hash(self) -> str:
        """8 hex digits over the source file of a third party's target; `""` for genbench's own (its version counts)."""
        if isinstance(self.target, str):
            return ""
        if getattr(self.target, "__module__", "").startswith("genbench."):
            return ""
        try:
            source = Path(inspect.getfile(self.target)).read_bytes()
        except (TypeError, OSError):
            return "unknown"
        return hashlib.sha256(source).hexdigest()[:8]


class Registry(Generic[Card]):
    """The entries of one kind, found by exact name."""

    def __init__(self, kind: str, catalogue: str, group: str) -> None:
        self.kind = kind
        self._catalogue, self._group = catalogue, group
        self._own: dict[str, Entry[Card]] = {}
        self._filled = False

    def add(self, card: Card, target: Any) -> None:
        """Register, or replace an entry that came from the same place (a module imported again)."""
        old = self._own.get(card.name)
        if old is not None and _place(old.target) != _place(target):
            raise UsageError(
                f"two {self.kind}s are called {card.name!r}: {_place(old.target)} and {_place(target)}; rename one."
            )
        self._own[card.name] = Entry(card, target)

    def __iter__(self) -> Iterator[Entry[Card]]:
        self._fill()
        return iter(self._own.values())

    def names(self) -> list[str]:
        """All names, built-in first, in the order of registration."""
        return [entry.card.name for entry in self]

    def __contains__(self, name: str) -> bool:
        return name in self.names()

    def get(self, name: str) -> Entry[Card]:
        """The entry of this name, or `UnknownName` with the nearest one."""
        self._fill()
        if name not in self._own:
            raise UnknownName(self.kind, name, self._own)
        return self._own[name]

    def _fill(self) -> None:
        if self._filled:
            return
        catalogue = importlib.import_module(self._catalogue).CATALOGUE
        self._filled = True
        own, self._own = self._own, {}
        for item in catalogue:
            self.add(*((item, item.function) if isinstance(item, Evaluation) else item))
        for entry in own.values():
            self.add(entry.card, entry.target)
        for point in importlib.metadata.entry_points(group=self._group):
            point.load()


def _place(target: Any) -> str:
    if isinstance(target, str):
        return target
    return f"{getattr(target, '__module__', '?')}:{getattr(target, '__qualname__', target)}"


models: Registry[ModelCard] = Registry("model", "genbench.models.catalogue", "genbench.models")
datasets: Registry[DatasetCard] = Registry("dataset", "genbench.data.catalogue", "genbench.datasets")
encoders: Registry[EncoderCard] = Registry("encoder", "genbench.encoders.catalogue", "genbench.encoders")
metrics: Registry[MetricSpec] = Registry("metric", "genbench.metrics.catalogue", "genbench.metrics")
evaluations: Registry[EvaluationCard] = Registry("evaluation", "genbench.evaluations.catalogue", "genbench.evaluations")


def register_model(
    name: str,
    *,
    family: str,
    summary: str,
    paper: str = "",
    objective: str = "",
    weaknesses: str = "",
    space: Mapping[str, Domain] | None = None,
) -> Callable[[type[T]], type[T]]:
    """Class decorator: make a `GenerativeModel` known under `name`. Capabilities are read off the class.

    `space`: what `genbench tune` may try of the model's own options, such as `{"beta": Range(0.5, 8.0)}`.
    """

    def decorate(cls: type[T]) -> type[T]:
        from genbench.protocols.model import capabilities

        card = ModelCard(
            name=name,
            family=family,
            summary=summary,
            paper=paper,
            objective=objective,
            weaknesses=weaknesses,
            space=dict(space or {}),
            capabilities=capabilities(cls),
            likelihood=getattr(cls, "likelihood", ""),
            sampler=getattr(cls, "sampler", "prior"),
        )
        models.add(card, cls)
        return cls

    return decorate


def register_dataset(name: str, *, summary: str, kind: str = "image") -> Callable[[T], T]:
    """Decorator: make a `DatasetBuilder` known under `name`."""

    def decorate(builder: T) -> T:
        datasets.add(DatasetCard(name=name, summary=summary, kind=kind), builder)
        return builder

    return decorate


def register_encoder(name: str, *, summary: str, paper: str = "") -> Callable[[T], T]:
    """Decorator: make an `EncoderBuilder` known under `name`."""

    def decorate(builder: T) -> T:
        encoders.add(EncoderCard(name=name, summary=summary, paper=paper), builder)
        return builder

    return decorate


def register_metric(spec: MetricSpec) -> Callable[[T], T]:
    """Decorator: make a metric function known under `spec.name`."""

    def decorate(function: T) -> T:
        metrics.add(spec, function)
        return function

    return decorate


def load_plugin(path: str | Path) -> None:
    """Import a Python file so that its decorators run."""
    file = Path(path).resolve()
    if not file.is_file():
        raise UsageError(f"--plugin names {str(path)!r}, but there is no such file.")
    name = f"genbench_plugin_{file.stem}_{hashlib.sha256(str(file).encode()).hexdigest()[:6]}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UsageError(f"--plugin {str(path)!r} is not a Python file (its name must end in .py).")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except UsageError:
        raise
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise UsageError(f"--plugin {str(path)!r} could not be imported: {type(error).__name__}: {error}") from error

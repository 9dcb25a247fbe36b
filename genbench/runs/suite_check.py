"""Whether what a suite names is there and goes together, before anything is trained. Torch-free, but for one check."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from genbench import registry
from genbench.core.errors import SuiteError, UnknownName, Unsupported, nearest
from genbench.core.paths import is_file
from genbench.core.text import is_unicode, safe_text
from genbench.data.names import is_made, path_form
from genbench.evaluations.choice import can_give, metrics_of
from genbench.models.sampler_names import check_sampler
from genbench.protocols.card import BACKBONES
from genbench.protocols.evaluation import EVERY, EvaluationConfig
from genbench.registry.signatures import option_names
from genbench.runs.suite import MOST_JOBS, ModelUse, Suite, expand

T = TypeVar("T")


def checked(suite: Suite, path: Path | str) -> Suite:
    """The suite with `family:` groups spelt out. Raises `SuiteError` with file, key and the nearest name."""
    models = [use for given in suite.models for use in expand(given)]
    _check_size(suite, len(models), path)
    labels = [use.name for use in models]
    twice = _twice(labels)
    if twice is not None:
        raise SuiteError(f"{path}: models: two models are called {twice!r}; name one with `as`.")
    for i, config in enumerate(suite.evaluations):
        _check_evaluation(config, f"{path}: evaluations.{i}")
    pair = _twice((config.name, dataset) for dataset, config in suite.pairs())
    if pair is not None:
        raise SuiteError(f"{path}: evaluations: {pair[0]} is asked for twice on {pair[1]}.")
    for dataset in suite.all_datasets():
        check_dataset(dataset, f"{path}: datasets", suite.named)
    for use in models:
        check_use(use, f"{path}: models")
    _check_tables(suite, labels, path)
    return suite.model_copy(update={"models": tuple(models)})


def _twice(names: Iterable[T]) -> T | None:
    """The first that is there more than once, None where each is there once."""
    return next((name for name, count in Counter(names).items() if count > 1), None)


def _check_size(suite: Suite, rows: int, path: Path | str) -> None:
    """Raise `SuiteError` where a plan would be larger than anybody could do, before any of it is made."""
    pairs = sum(1 for _ in suite.pairs())
    fits = suite.seeds * rows * len(suite.all_datasets())
    if suite.seeds * rows * pairs > MOST_JOBS:
        raise SuiteError(
            f"{path}: {suite.seeds:,} seeds × {rows:,} rows × {pairs:,} evaluations on datasets are "
            f"{suite.seeds * rows * pairs:,} jobs on {fits:,} fits; a plan holds at most {MOST_JOBS:,}: take fewer "
            "seeds, models or datasets."
        )


COMMON_VALUES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "net": (lambda value: value in BACKBONES, f"a backbone is one of {', '.join(BACKBONES)}"),
    "lr": (lambda value: _is_number(value, float) and 0 < value < math.inf, "a rate is a number above 0"),
    "latent": (lambda value: _is_number(value, int) and value > 0, "a code has a whole number of values, 1 or more"),
    "width": (lambda value: _is_number(value, int) and value > 0, "a width is a whole number, 1 or more"),
}
"""Options that mean the same in all of genbench's own models: whether a value can be one, and what can."""


def _is_number(value: object, kind: type) -> bool:
    return isinstance(value, int | kind) and not isinstance(value, bool)


def check_use(use: ModelUse, place: str, options: Mapping[str, Any] | None = None) -> None:
    """Raise `SuiteError` where a row has a sampler or an option that its model does not know, or a value that the
    option can't have."""
    options = use.options if options is None else options
    entry = registry.models.get(use.model)
    check_sampler(entry.card, use.sampler, f"{place}: {use.name!r}")
    _check_count(entry, use.sampler, f"{place}: {use.name!r}")
    if use.checkpoint and not is_file(use.checkpoint):
        raise SuiteError(f"{place}: {use.name!r}: there is no checkpoint {safe_text(use.checkpoint, 300)!r}.")
    known = option_names(entry.target)
    for name, value in options.items():
        if known is not None and name not in known:
            near = nearest(name, known)
            hint = f"did you mean {near!r}?" if near else f"it has {', '.join(known) or 'none'}."
            raise SuiteError(f"{place}: the model {use.name!r} has no option {name!r}: {hint}")
        fits, wanted = COMMON_VALUES.get(name, (lambda value: True, ""))
        if entry.site is None and value is not None and not fits(value):
            raise SuiteError(f"{place}: {use.name!r} has {name} = {value!r}: {wanted}.")


def _check_count(entry: registry.Entry[Any], sampler: str, place: str) -> None:
    """Raise `SuiteError` where a solver is named with another number of evaluations than it has.

    Only the model's code knows the number: it is imported where one is given that is not the card's.
    """
    if "(" not in sampler or sampler == entry.card.sampler:
        return
    from genbench.models.solvers import solver  # which needs torch

    try:
        solver(entry.load(), sampler)
    except Unsupported as error:
        raise SuiteError(f"{place}: {error}") from error


def check_dataset(name: str, place: str, named: Collection[str] = ()) -> None:
    """Raise `SuiteError` where no dataset has this name; files and derived sets are looked at when they are loaded."""
    if not is_unicode(name):
        raise SuiteError(f"{place}: the name {safe_text(name, 300)!r} is no UTF-8: rename the file, and name it again.")
    if is_made(name, named) or name in named:
        return
    form = None if name in registry.datasets else path_form(name)
    if form:
        raise SuiteError(f"{place}: {name!r} is a path: name it {form!r}.")
    _check_known(place, "dataset", name, [*named, *registry.datasets.names()])


def _check_evaluation(config: EvaluationConfig, place: str) -> None:
    record = registry.evaluations.get(config.name).card
    for metric in _metrics(config):
        _check_metric(metric, f"{place}.metrics", record)
    if config.headline is not None:
        _check_metric(config.headline, f"{place}.headline", record)
        asked = metrics_of(record) if config.metrics == (EVERY,) else config.metrics or record.own_metrics()
        if config.headline not in asked:
            measured = ", ".join(asked)
            raise SuiteError(f"{place}.headline: {config.headline!r} is not among the metrics asked for ({measured}).")
    encoder = getattr(config, "encoder", "auto")
    if encoder != "auto":
        _check_known(f"{place}.encoder", "encoder", encoder, registry.encoders.names())


def _metrics(config: EvaluationConfig) -> tuple[str, ...]:
    """The metrics that a table names."""
    return () if config.metrics in (None, (EVERY,)) else config.metrics or ()


def _check_metric(metric: str, place: str, record: Any) -> None:
    try:
        registry.metrics.get(metric)
    except UnknownName as error:
        raise SuiteError(f"{place}: {error}") from error
    if not can_give(record, metric):
        known = metrics_of(record)
        near = nearest(metric, known)
        hint = f"did you mean {near!r}? " if near else ""
        raise SuiteError(f"{place}: {record.name} does not give {metric!r}: {hint}It gives {', '.join(known)}.")


def _check_tables(suite: Suite, labels: Sequence[str], path: Path | str) -> None:
    """Raise `SuiteError` where a table is of a dataset or a row that nobody has.

    Those that the suite has not, but the registries have, are kept for `--models` and `--datasets`, which may add them.
    """
    by_label = {use.name: use for given in suite.models for use in expand(given)}
    for key, tables in (("options", suite.options), ("tuned", suite.tuned)):
        for dataset, rows in tables.items():
            place = f"{path}: [{key}.{dataset}]"
            if not is_made(dataset, suite.named):
                _check_known(place, "dataset", dataset, [*suite.all_datasets(), *registry.datasets.names()])
            for row, content in rows.items():
                name = row if row in labels else row.partition("+")[0]
                _check_known(place, "model", name, [*labels, *registry.models.names()])
                if isinstance(content, dict):
                    check_use(by_label.get(row) or ModelUse(use=row), place, content)


def _check_known(place: str, kind: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        near = nearest(name, known)
        hint = f"did you mean {near!r}? " if near else ""
        raise SuiteError(f"{place}: no {kind} is called {name!r}: {hint}`genbench list {kind}s` shows all.")

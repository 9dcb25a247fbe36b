"""How rows, datasets and their places on the page are named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count

from markupsafe import Markup

from genbench.report import glossary
from genbench.report.language import Language
from genbench.report.types import LeaderboardRow


def plain_name(label: str, model: str) -> str:
    """The name in plain words, `""` where the label says it all."""
    card = glossary.model(model)
    return card.title if card is not None and label == model else ""


def isolated(text: str) -> Markup:
    """A text of others' making, kept from turning the text round it into another direction."""
    return Markup("<bdi>{}</bdi>").format(text)


def named(row: LeaderboardRow, words: Language) -> Markup:
    """The row in a sentence: `vae`, or what a control is in plain words."""
    title = plain_name(row.label, row.model)
    return isolated(words(title) if title else row.label)


def listed(names: Sequence[Markup | str], last: str = "and") -> Markup:
    """`a`, `a and b`, `a, b and c`."""
    if len(names) < 2:
        return Markup("").join(names)
    return Markup("{} {} {}").format(Markup(", ").join(names[:-1]), last, names[-1])


def anchors(names: Iterable[str], taken: Iterable[str] = ()) -> Mapping[str, str]:
    """An id for each name that may stand after `#`, each another one."""
    used = set(taken)
    found = {}
    for name in names:
        base = re.sub(r"[^\w.+-]+", "-", name).strip("-")[:60] or "unnamed"
        found[name] = next(a for a in chain([base], (f"{base}-{i}" for i in count(2))) if a not in used)
        used.add(found[name])
    return found

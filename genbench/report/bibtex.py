"""The papers that cards name, as BibTeX: authors, year and the arXiv id or DOI, which is all that a card knows.

Entries are therefore `@misc` without a title; a reference manager fills in the rest from the id.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

import pandas as pd

from genbench.report import glossary

CITATION = re.compile(r"(?:[\w -]+: )?(?:(?P<authors>\D+?) (?P<year>\d{4})\b)?(?P<rest>.*)")
ARXIV, DOI = re.compile(r"arXiv[: ](\d{4}\.\d{4,5})"), re.compile(r"doi:(\S+)")


@dataclass(frozen=True, slots=True)
class Reference:
    """One paper. `authors`: family names, with `others` at the end for `et al.`; `note`: where it appeared, or which of
    the authors' papers of that year it is."""

    authors: tuple[str, ...]
    year: str
    arxiv: str = ""
    doi: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """`ho2020`, or the id where a card names no authors."""
        first = unicodedata.normalize("NFKD", self.authors[0] if self.authors else "arxiv")
        letters = re.sub(r"[^a-z]", "", first.replace("ø", "o").lower())
        return letters + (self.year or self.arxiv or self.doi)

    def entry(self, key: str) -> str:
        """The BibTeX entry under this key."""
        fields = {
            "author": " and ".join(self.authors),
            "year": self.year,
            "eprint": self.arxiv,
            "archiveprefix": "arXiv" if self.arxiv else "",
            "doi": self.doi,
            "note": self.note,
        }
        lines = [f"  {name} = {{{_plain(text)}}}," for name, text in fields.items() if text]
        return "\n".join([f"@misc{{{key},", *lines, "}"])


def _plain(text: str) -> str:
    return re.sub(r"[{}\\%@]", "", text)


def references(citation: str) -> list[Reference]:
    """The papers of a card: `Ho et al. 2020, arXiv:2006.11239; DDIM: Song et al. 2021, arXiv:2010.02502` are two."""
    return [_reference(part) for part in " ".join(citation.split()).split(";") if part.strip()]


def _reference(part: str) -> Reference:
    found = CITATION.fullmatch(part.strip())
    assert found is not None  # every part of it may be empty
    authors = (found["authors"] or "").replace(" et al.", " & others")
    arxiv, doi = ARXIV.search(part), DOI.search(part)
    note = DOI.sub("", ARXIV.sub("", found["rest"])).strip(" ,()")
    return Reference(
        authors=tuple(name for name in re.split(r", | & ", authors) if name),
        year=found["year"] or "",
        arxiv=arxiv[1] if arxiv else "",
        doi=doi[1] if doi else "",
        note=note,
    )


@dataclass(frozen=True, slots=True)
class Bibliography:
    """`entries`: BibTeX by key. `of`: the keys of what each citation names."""

    entries: Mapping[str, str]
    of: Mapping[str, Sequence[str]]

    @property
    def text(self) -> str:
        """All entries."""
        return "\n\n".join(self.entries.values()) + "\n" if self.entries else ""


def bibliography(citations: Iterable[str]) -> Bibliography:
    """The papers of these citations, each once."""
    cited = {citation: references(citation) for citation in citations}
    known = list(dict.fromkeys(chain.from_iterable(cited.values())))
    same = {one: _same(one, known) for one in known}
    keys: dict[Reference, str] = {}
    for one in dict.fromkeys(same.values()):
        names = chain([one.name], (f"{one.name}-{i}" for i in count(2)))
        keys[one] = next(name for name in names if name not in keys.values())
    of = {citation: tuple(dict.fromkeys(keys[same[one]] for one in found)) for citation, found in cited.items()}
    return Bibliography({key: one.entry(key) for one, key in keys.items()}, of)


def _same(one: Reference, known: Iterable[Reference]) -> Reference:
    """The first with its id; where it has none and says no more of itself, one of its authors and year that has one."""

    def agrees(other: Reference) -> bool:
        if one.arxiv:
            return other.arxiv == one.arxiv
        is_bare = not (one.doi or one.note)
        return is_bare and bool(other.arxiv) and (other.authors, other.year) == (one.authors, one.year)

    return next(filter(agrees, known), one)


def papers(table: pd.DataFrame) -> dict[tuple[str, str], str]:
    """What the cards of a table's models, metrics and encoders cite, by kind and name; those that cite something."""
    kinds: Mapping[str, Callable[[str], Any]] = {
        "model": glossary.model,
        "metric": glossary.metric,
        "encoder": glossary.encoder,
    }
    names = [(kind, str(name)) for kind in kinds if kind in table for name in table[kind].dropna().unique()]
    cards = {(kind, name): kinds[kind](name) for kind, name in names}
    return {key: card.paper for key, card in cards.items() if card is not None and card.paper}

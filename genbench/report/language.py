"""The language of a page: a catalogue from English sentences to another language's, and its decimal mark.

A catalogue is a folder of TOML files, `templates/messages/CODE/`: each has a table `messages`, `page.toml` a `decimal`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from genbench.core import paths
from genbench.core.errors import UsageError, nearest

ENGLISH = "en"


ENOUGH = 7
"""So many letters beside its `{names}` make a pattern that others' sentences do not fit by chance."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A message with `{names}`: the sentences that it `fits`, what is `said` for them, and its `letters` beside the
    names."""

    fits: re.Pattern[str]
    said: str
    letters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """`code`: as in `<html lang>`. `messages`: by the English sentence; what is not there stays English. `decimal`: the
    mark between a number and its decimals. `patterns`: of the messages with `{names}`, for sentences in which these are
    filled in already, the most particular first; numbers in them get this language's mark."""

    code: str = ENGLISH
    decimal: str = "."
    messages: Mapping[str, str] = field(default_factory=dict)
    patterns: Sequence[Pattern] = ()

    def __call__(self, text: str, /, **values: object) -> str:
        """The sentence in this language, with its `{names}` filled in."""
        if values:
            return self.messages.get(text, text).format(**values)
        return self.messages.get(text) or self._matched(text)

    def _matched(self, text: str) -> str:
        """The sentence by the first pattern that it fits, its words and numbers in this language."""
        for pattern in self.patterns:
            found = pattern.fits.fullmatch(text)
            if found:
                return pattern.said.format(**{name: self._filled(name, one) for name, one in found.groupdict().items()})
        return text

    def _filled(self, name: str, part: str) -> str:
        return self.number(part) if is_number(name) else self._listed(part)

    def has(self, text: str) -> bool:
        """Whether a sentence that may be of others' making is one of the catalogue's: a pattern of a few letters, such
        as `{label} as {twin}`, is not enough."""
        fitting = (pattern.letters for pattern in self.patterns if pattern.fits.fullmatch(text))
        return self.code == ENGLISH or text in self.messages or next(fitting, 0) >= ENOUGH

    def _listed(self, text: str) -> str:
        """The parts that semicolons set apart, else the whole where it is known, else the parts that commas do."""
        if "; " in text:
            return "; ".join(map(self._listed, text.split("; ")))
        said = self(text)
        return said if said != text or text in self.messages else ", ".join(map(self, text.split(", ")))

    def plural(self, number: int, one: str, many: str) -> str:
        """`one` or `many`, in which `{n}` is the number."""
        return self(one if number == 1 else many, n=self.number(f"{number:,}"))

    def counted(self, text: str) -> str:
        """`5 models` and the like: the number is kept, the noun is the catalogue's."""
        number, _, noun = text.partition(" ")
        return self(f"{{n}} {noun}", n=self.number(number)) if number[:1].isdigit() and noun else self(text)

    def number(self, text: str) -> str:
        """A number that is written with a point, with this language's mark."""
        return text if self.decimal == "." else text.translate({ord("."): ",", ord(","): "."})


IN_ENGLISH = Language()


def pattern(message: str) -> re.Pattern[str]:
    """What fits an English message with anything in its `{names}`, a number where the name says so, on one line."""
    parts = re.split(r"\{(\w+)\}", message)
    shown, seen = "", set()
    for i, part in enumerate(parts):
        if i % 2 == 0:
            shown += re.escape(part)
        elif part in seen:
            shown += f"(?P={part})"
        else:
            seen.add(part)
            shown += f"(?P<{part}>{NUMBER if is_number(part) else '.+?'})"
    return re.compile(shown)


NUMBER = r"[+\u2212-]?[0-9](?:[0-9.,\u202f ]*[0-9])?(?:e[+\u2212-]?[0-9]+)?"


def is_number(name: str) -> bool:
    """Whether a message's `{name}` is a number: `n`, `n2` and so on, `total`."""
    return re.fullmatch(r"n[0-9]*|total", name) is not None


def patterns_of(messages: Mapping[str, str]) -> list[Pattern]:
    """The messages with blanks as patterns, the longest first."""
    blank = re.compile(r"\{\w+\}")
    found = [
        Pattern(pattern(key), said, len(blank.sub("", key))) for key, said in messages.items() if blank.search(key)
    ]
    return sorted((one for one in found if one.letters > 1), key=lambda one: -one.letters)


def languages() -> list[str]:
    """The codes of the languages that there are."""
    return [ENGLISH, *sorted(path.parent.name for path in _catalogues().glob("*/page.toml"))]


def _catalogues() -> Path:
    return paths.folder("templates") / "messages"


def language(code: str) -> Language:
    """The language of this code; an unknown one is a `UsageError` that names the known ones."""
    if code == ENGLISH:
        return IN_ENGLISH
    if code not in languages():
        near = nearest(code, languages())
        hint = f"did you mean {near!r}? " if near else ""
        raise UsageError(f"no language is called {code!r}: {hint}known are {', '.join(languages())}.")
    files = sorted((_catalogues() / code).glob("*.toml"))
    read = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in files}
    messages = {text: said for file in read.values() for text, said in file["messages"].items()}
    return Language(code=code, decimal=read["page"]["decimal"], messages=messages, patterns=patterns_of(messages))

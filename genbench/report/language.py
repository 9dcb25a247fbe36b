"""The language of a page: a catalogue from English sentences to another language's, and its decimal mark."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from genbench.core import paths
from genbench.core.errors import UsageError, nearest

ENGLISH = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """`code`: as in `<html lang>`. `messages`: by the English sentence; what is not there stays English. `decimal`: the
    mark between a number and its decimals. `patterns`: of the messages with `{names}`, for sentences in which these are
    filled in already, the most particular first."""

    code: str = ENGLISH
    decimal: str = "."
    messages: Mapping[str, str] = field(default_factory=dict)
    patterns: Sequence[tuple[re.Pattern[str], str]] = ()

    def __call__(self, text: str, /, **values: object) -> str:
        """The sentence in this language, with its `{names}` filled in."""
        if values:
            return self.messages.get(text, text).format(**values)
        return self.messages.get(text) or self._matched(text)

    def _matched(self, text: str) -> str:
        """The sentence by the first pattern that it fits, its words in this language, its numbers as they are."""
        for pattern, said in self.patterns:
            found = pattern.fullmatch(text)
            if found:
                return said.format(**{name: self._listed(part) for name, part in found.groupdict().items()})
        return text

    def _listed(self, text: str) -> str:
        """Each of the parts that commas or semicolons set apart, in this language where it has them."""
        return "".join(self(part) if part else "" for part in re.split(r"(, |; )", text))

    def plural(self, number: int, one: str, many: str) -> str:
        """`one` or `many`, in which `{n}` is the number."""
        return self(one if number == 1 else many, n=f"{number:,}")

    def counted(self, text: str) -> str:
        """`5 models` and the like: the number is kept, the noun is the catalogue's."""
        number, _, noun = text.partition(" ")
        return self(f"{{n}} {noun}", n=number) if number[:1].isdigit() and noun else self(text)

    def number(self, text: str) -> str:
        """A number that is written with a point, with this language's mark."""
        return text if self.decimal == "." else text.translate({ord("."): ",", ord(","): "."})


def pattern(message: str) -> re.Pattern[str]:
    """What fits an English message with anything in its `{names}`: digits where the name is `n` and a number or
    `total`, on one line."""
    parts = re.split(r"\{(\w+)\}", message)
    shown, seen = "", set()
    for i, part in enumerate(parts):
        if i % 2 == 0:
            shown += re.escape(part)
        elif part in seen:
            shown += f"(?P={part})"
        else:
            seen.add(part)
            shown += f"(?P<{part}>{NUMBER if re.fullmatch(r'n[0-9]*|total', part) else '.+?'})"
    return re.compile(shown)


NUMBER = r"[+\u2212-]?[0-9](?:[0-9.,\u202f ]*[0-9])?"


def _patterns(messages: Mapping[str, str]) -> list[tuple[re.Pattern[str], str]]:
    blank = re.compile(r"\{\w+\}")
    keys = sorted((key for key in messages if blank.search(key)), key=lambda key: -len(blank.sub("", key)))
    return [(pattern(key), messages[key]) for key in keys if len(blank.sub("", key)) > 1]


def languages() -> list[str]:
    """The codes of the languages that there are."""
    return [ENGLISH, *sorted(path.stem for path in (paths.folder("templates") / "messages").glob("*.toml"))]


def language(code: str) -> Language:
    """The language of this code; an unknown one is a `UsageError` that names the known ones."""
    if code == ENGLISH:
        return Language()
    if code not in languages():
        near = nearest(code, languages())
        hint = f"did you mean {near!r}? " if near else ""
        raise UsageError(f"no language is called {code!r}: {hint}known are {', '.join(languages())}.")
    read = tomllib.loads((paths.folder("templates") / "messages" / f"{code}.toml").read_text(encoding="utf-8"))
    messages = read["messages"]
    return Language(code=code, decimal=read["decimal"], messages=messages, patterns=_patterns(messages))

"""The language of a page: a catalogue from English sentences to another language's, and its decimal mark."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

from genbench.core import paths
from genbench.core.errors import UsageError, nearest

ENGLISH = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """`code`: as in `<html lang>`. `messages`: by the English sentence; what is not there stays English. `decimal`: the
    mark between a number and its decimals."""

    code: str = ENGLISH
    decimal: str = "."
    messages: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, text: str, /, **values: object) -> str:
        """The sentence in this language, with its `{names}` filled in."""
        said = self.messages.get(text, text)
        return said.format(**values) if values else said

    def plural(self, number: int, one: str, many: str) -> str:
        """`one` or `many`, in which `{n}` is the number."""
        return self(one if number == 1 else many, n=f"{number:,}")

    def counted(self, text: str) -> str:
        """`5 models` and the like: the number is kept, the noun is the catalogue's."""
        number, _, noun = text.partition(" ")
        return self(f"{{n}} {noun}", n=number) if number[:1].isdigit() and noun else self(text)

    def number(self, text: str) -> str:
        """A number that is written with a point, with this language's mark."""
        return text if self.decimal == "." else text.replace(".", self.decimal)


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
    return Language(code=code, decimal=read["decimal"], messages=read["messages"])

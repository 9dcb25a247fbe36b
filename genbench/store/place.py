"""Where a run is: its folder and its store. A URL prints without its secrets, whoever prints it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from genbench.core.errors import UsageError
from genbench.core.text import is_unicode, safe_text

DATABASE = "genbench.db"

_USER = re.compile(r"(?<=://)([^/@\s:'\"]*):[^\s'\"]*@")
_WHOLE = re.compile(r"(?s)^(.*?://[^/@:]*):.*@")
_SECRET = r"pass|pwd|secret|token|key|auth|credential"
_QUERY = re.compile(rf"(?i)([?&;](?:[\w-]*(?:{_SECRET})[\w-]*)=)[^&;\s'\"]*")
_WHOLE_QUERY = re.compile(rf"(?is)([?&;](?:[\w-]*(?:{_SECRET})[\w-]*)=)[^&;]*")


def redacted(text: str) -> str:
    """The text with the secrets of the URLs in it crossed out; a URL ends where a space or a quote begins."""
    return _QUERY.sub(r"\1***", _USER.sub(r"\1:***@", text))


def hidden(url: str) -> str:
    """A text that is a URL and nothing else with its secrets crossed out, whatever characters they have."""
    return _WHOLE_QUERY.sub(r"\1***", _WHOLE.sub(r"\1:***@", url)) if "://" in url else url


@dataclass(frozen=True, slots=True, repr=False)
class Place:
    """A run's folder, absolute (None for a store that has none here), and the URL of its store."""

    folder: Path | None
    url: sa.URL

    @classmethod
    def of(cls, folder: Path, store: str | None = None) -> Place:
        """The folder with a store of its own, or with the one that is named (a URL, or the path of an SQLite file)."""
        absolute = Path(folder).absolute()
        if not is_unicode(str(absolute)):
            raise UsageError(f"the folder {safe_text(absolute, 300)!r} has a name that is no UTF-8: take another.")
        return cls(absolute, sqlite(absolute / DATABASE) if store is None else parse(store))

    @property
    def file(self) -> Path | None:
        """The SQLite file of the store, None for a server."""
        if not self.is_sqlite or not self.url.database or self.url.database == ":memory:":
            return None
        return Path(self.url.database).absolute()

    @property
    def is_sqlite(self) -> bool:
        """Whether the store is a file here, or in memory, and not on a server."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def own(self) -> bool:
        """Whether the store is the folder's own file."""
        return self.folder is not None and self.file == self.folder / DATABASE

    def __repr__(self) -> str:
        return f"Place({str(self)!r})"

    def __str__(self) -> str:
        return str(self.folder) if self.own else redacted(self.url.render_as_string(hide_password=True))


_DRIVERS = dict.fromkeys(("postgresql", "postgres"), "postgresql+psycopg")
"""The driver of a URL that names none, for every SQLAlchemy the same."""


def sqlite(path: Path) -> sa.URL:
    """The URL of an SQLite file, whatever characters its path has."""
    return sa.URL.create("sqlite", database=str(Path(path).absolute()))


def parse(text: str) -> sa.URL:
    """The URL that a text is, or that of the SQLite file that it names. Raises `UsageError` without its secrets."""
    if "://" not in text:
        return sqlite(Path(text))
    try:
        url = sa.make_url(text)
        if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
            return sqlite(Path(url.database))
        url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
        url.get_dialect()
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ModuleNotFoundError, ValueError) as error:
        why = redacted(str(error).replace(text, hidden(text))).splitlines()[0]
        raise UsageError(
            f"the store {hidden(text)!r} cannot be opened ({why}): give a file, or a URL whose driver is installed."
        ) from None
    return url

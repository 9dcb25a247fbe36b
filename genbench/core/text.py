"""Text of unknown origin (an exception's, a file's) as a row, a terminal and a page can carry it."""

from __future__ import annotations

import hashlib
import re

LONGEST = 2_000
"""Characters of a reason: a sentence, and room for a shape or two."""

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tab and line feed, and those that turn the direction of writing."""

_MORE = " … ({:,} characters in all)"


def safe_text(value: object, longest: int = LONGEST) -> str:
    """`str(value)` without control characters, escape sequences and lone surrogates, at most `longest` characters.

    An object whose own text cannot be made is named by its type; this never raises.
    """
    try:
        text = str(value)
    except (Exception, SystemExit) as error:  # whatever a class of third parties does there
        text = f"{type(value).__name__}, whose text cannot be made ({type(error).__name__})"
    size = len(text)
    text = without_controls(text[: 4 * longest].encode("utf-8", "backslashreplace").decode("utf-8"))
    if len(text) <= longest and size <= 4 * longest:
        return text
    more = _MORE.format(size)
    return text[: longest - len(more)] + more


def without_controls(text: str) -> str:
    """The text without control characters (but tab and line feed), escape sequences and turns of the direction of
    writing."""
    return text if text.isprintable() else _CONTROLS.sub("", _ESCAPES.sub("", text))


def is_unicode(text: str) -> bool:
    """Whether a file, a database and a page can hold it: a name of a file whose bytes are no UTF-8 is not."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def file_stem(name: str, longest: int = 120) -> str:
    """`name` as the stem of a file on any system: letters, digits and `._+=-`; a long one ends in a hash of the whole.

    Different long names stay different.
    """
    stem = re.sub(r"[^A-Za-z0-9._+=-]", "_", name)
    if len(stem) <= longest:
        return stem
    digest = hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:12]
    return f"{stem[: longest - 13]}-{digest}"

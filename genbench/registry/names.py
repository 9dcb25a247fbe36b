"""Which names may be registered: those that the suite's grammar and the command line can reach."""

from __future__ import annotations

import re

from genbench.core.errors import UsageError

LONGEST = 100

_ALLOWED = re.compile(r"[^\W_][\w.@-]*")
_RESERVED = {
    ("model", "all"): "`genbench check all` means every model",
    ("model", "metrics"): "`genbench check metrics` tests the metrics",
    ("encoder", "auto"): "`auto` means the dataset's own encoder",
}


def check_name(kind: str, name: object, where: object) -> None:
    """Raise `UsageError` where no suite and no option could ask for this name. `where`: who wants it."""
    wrong = _fault(kind, name)
    if wrong:
        raise UsageError(f"the name {name!r} of a {kind} {wrong} ({where}).")


def _fault(kind: str, name: object) -> str:
    if not isinstance(name, str):
        return "is no text: give one such as 'my-name'"
    if not name:
        return "is empty: give one such as 'my-name'"
    if len(name) > LONGEST:
        return f"has {len(name)} characters: at most {LONGEST} are printed"
    if not _ALLOWED.fullmatch(name):
        rule = "use letters, digits and . _ - @, a letter or a digit first"
        return f"cannot be asked for (`+` adds a sampler, `:` a family or a path, `,` separates names): {rule}"
    taken = _taken(kind, name)
    return f"{taken}: choose another" if taken else ""


def _taken(kind: str, name: str) -> str:
    if (kind, name) in _RESERVED:
        return f"is taken, {_RESERVED[kind, name]}"
    if kind == "model" and "@" in name:
        return "has an '@', which no row's label may have"
    if kind == "dataset" and name.endswith("@val"):
        return "ends in '@val', which means the validation part of a dataset"
    words = [word for word in ("-without-", "-only-") if kind == "dataset" and word in name]
    return f"has {words[0]!r} in it, which means a part of another dataset" if words else ""

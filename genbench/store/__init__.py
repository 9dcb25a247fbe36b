"""The store: what lasts of a run. SQLAlchemy, an SQLite file by default, any other database by URL. No torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genbench.store.place import Place

if TYPE_CHECKING:
    from genbench.store.database import Store

__all__ = ["Place", "Store"]


def __getattr__(name: str) -> Any:
    """The store itself is imported when first used: a worker process knows its place and never opens it."""
    if name != "Store":
        raise AttributeError(f"module 'genbench.store' has no attribute {name!r}")
    from genbench.store.database import Store

    return Store

"""The store: what lasts of a run. SQLAlchemy, an SQLite file by default, any other database by URL. No torch."""

from genbench.store.database import Store
from genbench.store.place import Place

__all__ = ["Place", "Store"]

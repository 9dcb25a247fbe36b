"""The store: what lasts of a run. SQLAlchemy, an SQLite file by default, any other database by URL. No torch."""

from genbench.store.claim import claimed
from genbench.store.database import Store

__all__ = ["Store", "claimed"]

"""A database of its own for each test: an SQLite file, and one on a PostgreSQL server that the test session starts."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

USER = "postgres"
"""Who owns the server where the tests run as root, which PostgreSQL refuses; its Debian package makes this user."""


class Server:
    """A PostgreSQL server on loopback with a cluster in a temporary folder, reached by its port without a password."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder, self.made = programs, folder, 0
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        if os.geteuid() == 0:
            shutil.chown(folder, USER)
        self._call("initdb", "--no-sync", "--auth=trust", f"--username={USER}", "-E", "UTF8", "-D", self.cluster)
        self.start()

    @property
    def cluster(self) -> str:
        return str(self.folder / "cluster")

    def start(self) -> None:
        given = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self._call("pg_ctl", "-D", self.cluster, "-l", str(self.folder / "log"), "-w", "-o", given, "start")

    def stop(self) -> None:
        self._call("pg_ctl", "-D", self.cluster, "-w", "-m", "immediate", "stop")

    def database(self) -> str:
        """The URL of a new, empty database."""
        self.made += 1
        engine = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE test{self.made}"))
        engine.dispose()
        return self.url(f"test{self.made}")

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{USER}:hunter2@127.0.0.1:{self.port}/{name}"

    def _call(self, program: str, *arguments: str) -> None:
        user = {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run(
            [self.programs / program, *arguments],
            cwd=self.folder,
            env=os.environ | {"LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # no pipe: the server would hold its other end
            stderr=subprocess.DEVNULL,
            check=False,
            **user,
        )
        assert done.returncode == 0, f"{program} ended with {done.returncode}"


def programs() -> Path | None:
    """Where PostgreSQL's programs are: on the path, or where Debian puts them."""
    found = shutil.which("pg_ctl")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").is_file() and (place / "pg_ctl").is_file()), None)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """The session's server; skipped where PostgreSQL or its driver is not installed."""
    pytest.importorskip("psycopg", reason="pip install genbench[postgres]")
    place = programs()
    if place is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="genbench-pg"))
    try:
        server = Server(place, folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty store is: a test that asks for it runs on both databases."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'deep' / 'genbench.db'}"
    server: Server = request.getfixturevalue("postgresql")
    return server.database()

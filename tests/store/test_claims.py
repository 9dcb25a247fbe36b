"""Of what several runs want to do into one store, each job is one run's; a run that has died has nothing."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from genbench.store import Store, schema
from genbench.store.claims import Claims

DIES = """
import os, sys
from genbench.store import Store
from genbench.store.claims import Claims

claims = Claims(Store(sys.argv[1]), "dead")
with claims.living():
    print(sorted(claims.take(["a", "b"])), flush=True)
    os.kill(os.getpid(), 9)
"""


def test_each_takes_what_no_other_has(url: str) -> None:
    with Store(url) as store, Store(url) as other:
        first, second = Claims(store, "first"), Claims(other, "second")
        with first.living(), second.living():
            assert first.take(["a", "b"]) == {"a", "b"}
            assert second.take(["b", "c"]) == {"c"}
            assert first.take(["a", "c", "d"]) == {"a", "d"}
            first.release()
            assert second.take(["a", "b", "c"]) == {"a", "b", "c"}
        last = Claims(store, "last")
        with last.living():
            assert last.take(["a", "b", "c", "d"]) == {"a", "b", "c", "d"}  # those who had them have ended


def test_what_a_killed_run_has_claimed_is_free(url: str) -> None:
    died = subprocess.run([sys.executable, "-c", DIES, url], capture_output=True, text=True, check=False)
    assert died.stdout.strip() == "['a', 'b']", died.stderr
    with Store(url) as store:
        claims = Claims(store, "next")
        with claims.living():
            claims.wait(["a"])
            assert claims.take(["a", "b", "c"]) == {"a", "b", "c"}
        if store.file is not None:
            assert not list(store.file.parent.glob("*.lock")) and not list(store.file.parent.glob(".*.lock"))


def test_whoever_waits_is_told_and_goes_on_when_the_other_has_ended(url: str) -> None:
    with Store(url) as store, Store(url) as other:
        claims, left = Claims(store, "first"), threading.Event()
        waiting = Claims(other, "second")
        thread = threading.Thread(target=lambda: (waiting.wait(["a", "b"]), left.set()))
        with pytest.warns(UserWarning, match="another run does 1 of these jobs into .*: waiting until it has ended"):
            with claims.living():
                claims.take(["a"])
                thread.start()
                assert not left.wait(0.7)
            thread.join()
    assert left.is_set()


def test_a_store_without_claims_gets_them(url: str) -> None:
    with Store(url) as store:
        with store.writing() as connection:
            schema.claims.drop(connection)
        with Claims(store, "r").living():
            assert Claims(store, "r").take(["a"]) == {"a"}


def test_nothing_is_waited_for_where_nobody_is(url: str) -> None:
    with Store(url) as store, Claims(store, "r").living():
        Claims(store, "r").wait([])
        Claims(store, "r").wait(["a"])

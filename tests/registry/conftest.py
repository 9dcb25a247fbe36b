"""Each test has registries, search path and loaded modules to itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from registry_toys import Files

from genbench.registry import code, plugins, registries, sites


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for registry in registries.ALL:
        built_in = {name: entry for name, entry in registry._own.items() if entry.site is None}
        monkeypatch.setattr(registry, "_own", built_in)
        for name in ("_has_catalogue", "_filled"):
            monkeypatch.setattr(registry, name, getattr(registry, name))
    monkeypatch.setattr(plugins, "_LOADED", {})
    monkeypatch.setattr(code, "SEEN", {})
    monkeypatch.setattr(sites, "_ENDED", [])
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = dict(sys.modules)
    yield
    for name in set(sys.modules) - set(before):
        if not name.startswith(("genbench.", "torch", "numpy", "pydantic")):
            del sys.modules[name]


@pytest.fixture
def files(tmp_path) -> Files:
    return Files(tmp_path)

"""The page is rendered again when anything that it is made of is another thing, and else left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

import genbench
from genbench import api

SUITE = {
    "schema": 1,
    "name": "page",
    "models": ["gaussian", "control-marginals"],
    "datasets": ["ring8"],
    "seeds": 1,
    "evaluations": [{"name": "sample-quality", "samples": 50, "metrics": ["frechet"]}],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A word for each page that is rendered."""
    found: list[str] = []
    render = api.render
    monkeypatch.setattr(api, "render", lambda *a, **k: found.append("page") or render(*a, **k))
    return found


def run(folder: Path, **options: object) -> Path:
    done = genbench.run(SUITE, out=folder, device="cpu", executor="inline", **options)
    assert done.ok
    return folder / "report.html"


def test_nothing_new_is_no_new_page(folder: Path, rendered: list[str]) -> None:
    page = run(folder).read_bytes()
    assert rendered == ["page"]
    assert run(folder).read_bytes() == page and rendered == ["page"]


def test_a_page_that_is_gone_or_another_is_rendered(folder: Path, rendered: list[str]) -> None:
    page = run(folder)
    content = page.read_bytes()
    for broken in (b"", content[:-1], content.replace(b"<body", b"<BODY")):
        page.write_bytes(broken)
        assert run(folder).read_bytes() == content
    page.unlink()
    assert run(folder).read_bytes() == content and len(rendered) >= 4
    (folder / ".report.json").write_text("{")
    count = len(rendered)
    assert run(folder).read_bytes() == content and len(rendered) == count + 1


def test_other_numbers_another_plan_or_other_code_are_another_page(
    folder: Path, rendered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(folder)
    rendered.clear()
    run(folder, force=True)
    run(folder, models=["gaussian"], controls=False)
    run(folder)
    assert len(rendered) == 3
    monkeypatch.setattr(api, "code_state", lambda: "another")
    run(folder)
    monkeypatch.setattr(api, "code_state", lambda: None)  # nobody can say: rendered every time
    run(folder)
    run(folder)
    assert len(rendered) == 6

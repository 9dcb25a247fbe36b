"""Where a run is: any path, any URL, and no secret in what is printed."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from genbench.core.errors import UsageError
from genbench.store import Place, Store
from genbench.store.place import parse, redacted

SECRET = "postgresql://me:hunter2@host:5432/db?password=hunter3&sslmode=require"


@pytest.mark.parametrize("name", ["plain", "a?b#c", "a b", "ünï", "%41", "file:x", "c;d"])
def test_a_store_is_in_its_folder_whatever_the_folder_is_called(tmp_path: Path, name: str) -> None:
    place = Place.of(tmp_path / name)
    Store(place.url).close()
    assert place.file == tmp_path / name / "genbench.db" and place.file.is_file() and place.own
    assert sorted(p.name for p in tmp_path.iterdir()) == [name]


def test_a_place_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place = Place.of(Path("here"), "sqlite:///there.db")
    monkeypatch.chdir("/")
    assert place.folder == tmp_path / "here" and place.file == tmp_path / "there.db" and not place.own


@pytest.mark.parametrize(
    "text",
    [SECRET, f"genbench run quick --store {SECRET}", "mysql://u:hunter2@h/d?ssl_secret=hunter3", "x://u:hunter2@h"],
)
def test_no_secret_is_printed(text: str) -> None:
    assert "hunter" not in redacted(text) and "***" in redacted(text)


def test_a_place_prints_without_its_secret() -> None:
    place = Place(Path("x"), sa.make_url(SECRET))
    assert "hunter" not in f"{place} {place!r} {[place]}"


@pytest.mark.parametrize("text", ["nosuch://u:hunter2@h/d", "postgresql+nosuch://u:hunter2@h/d", "://"])
def test_a_url_that_cannot_be_opened_is_a_sentence_without_its_secret(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be opened") as caught:
        parse(text)
    assert "hunter" not in str(caught.value)


def test_what_has_no_secret_stays() -> None:
    for text in ("sqlite:////tmp/a.db", "postgresql://host/db?sslmode=require", "genbench run quick --out a@b"):
        assert redacted(text) == text

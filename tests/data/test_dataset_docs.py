"""The page on datasets names everything that the catalogues hold, and shows sheets that exist."""

from __future__ import annotations

import re
from pathlib import Path

from genbench.data.catalogue import CATALOGUE
from genbench.data.loading import OWN
from genbench.encoders.catalogue import CATALOGUE as ENCODERS

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_dataset_encoder_scheme_and_sheet_is_there() -> None:
    page = (DOCS / "datasets.md").read_text(encoding="utf-8")
    names = [card.name for card, _ in CATALOGUE if not card.name.startswith("adbench:")]
    for name in [*names, *(card.name for card, _ in ENCODERS)]:
        assert f"`{name}`" in page, name
    for scheme in OWN:
        assert f"`{scheme}:" in page, scheme
    sheets = re.findall(r"\]\((sheets/[^)]+)\)", page)
    assert len(sheets) == 11
    assert all((DOCS / sheet).is_file() for sheet in sheets)

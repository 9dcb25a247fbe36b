"""Cards tell the truth about their classes, and reading them needs no torch."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from genbench.models.catalogue import CATALOGUE
from genbench.protocols.model import capabilities
from genbench.registry import Entry

ENTRIES = [Entry(card, target) for card, target in CATALOGUE]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.card.name)
def test_card_lists_what_the_class_can_do(entry):
    assert set(entry.card.capabilities) == set(capabilities(entry.load()))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.card.name)
def test_card_says_how_it_samples(entry):
    samples = "samples" in entry.card.capabilities
    assert entry.card.sampler == (getattr(entry.load(), "sampler", "prior") if samples else "")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.card.name)
def test_card_is_complete(entry):
    card = entry.card
    assert card.objective and card.summary and card.weaknesses
    assert card.paper or card.family in ("control", "outside")
    assert bool(card.likelihood) == ("density" in card.capabilities)


SAYS_SO = re.compile(r"(?i)the paper('s|has| has| takes| trains| draws)|left out|deviates|unlike the paper")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.card.name)
def test_what_a_class_says_of_its_paper_stands_on_the_card(entry):
    said = SAYS_SO.search(inspect.getdoc(entry.load()) or "")
    assert entry.card.deviations or not said, said
    assert all(sentence.endswith(".") for sentence in entry.card.deviations)


def test_the_page_of_the_zoo_has_every_deviation():
    page = (Path(__file__).parents[2] / "docs" / "models" / "README.md").read_text(encoding="utf-8")
    told = {card.name: f"| `{card.name}` | {' '.join(card.deviations)} |" for card, _ in CATALOGUE if card.deviations}
    assert len(told) > 30
    assert [name for name, line in told.items() if line not in page] == []


def test_names_are_unique():
    names = [card.name for card, _ in CATALOGUE]
    assert len(names) == len(set(names))


def test_catalogue_imports_no_torch():
    code = "import sys, genbench.models.catalogue; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_page_of_the_zoo_names_every_model():
    page = (Path(__file__).parents[2] / "docs" / "models" / "README.md").read_text(encoding="utf-8")
    assert [card.name for card, _ in CATALOGUE if f"| `{card.name}` | {card.summary} |" not in page] == []

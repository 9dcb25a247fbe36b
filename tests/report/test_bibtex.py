"""The papers of cards as BibTeX: each once, with what is known of it and nothing that is not."""

from __future__ import annotations

import re

from synthetic import make_table

from genbench import registry
from genbench.report.bibtex import Reference, bibliography, references
from genbench.report.export import render_table


def test_a_citation_is_read_as_it_is_written() -> None:
    assert references("Ho et al. 2020, arXiv:2006.11239; DDIM: Song et al. 2021, arXiv:2010.02502") == [
        Reference(("Ho", "others"), "2020", arxiv="2006.11239"),
        Reference(("Song", "others"), "2021", arxiv="2010.02502"),
    ]
    assert references("Ledoit & Wolf 2004, doi:10.1016/S0047-259X(03)00096-4") == [
        Reference(("Ledoit", "Wolf"), "2004", doi="10.1016/S0047-259X(03)00096-4")
    ]
    assert references("Dempster, Laird & Rubin 1977; Tipping & Bishop 1999 (mixtures)") == [
        Reference(("Dempster", "Laird", "Rubin"), "1977"),
        Reference(("Tipping", "Bishop"), "1999", note="mixtures"),
    ]
    assert references("arXiv:2103.00020") == [Reference((), "", arxiv="2103.00020")]
    assert references("Higgins et al. 2017, ICLR") == [Reference(("Higgins", "others"), "2017", note="ICLR")]


def test_one_paper_is_one_entry_however_it_is_cited() -> None:
    found = bibliography(
        [
            "Lin et al. 2018, arXiv:1712.04086",
            "Srivastava et al. 2017, arXiv 1705.07761; Lin et al. 2018",
            "Tipping & Bishop 1999, doi:10.1111/1467-9868.00196",
            "Dempster, Laird & Rubin 1977; Tipping & Bishop 1999 (mixtures)",
        ]
    )
    assert list(found.entries) == ["lin2018", "srivastava2017", "tipping1999", "dempster1977", "tipping1999-2"]
    assert found.of["Srivastava et al. 2017, arXiv 1705.07761; Lin et al. 2018"] == ("srivastava2017", "lin2018")
    assert found.entries["lin2018"] == (
        "@misc{lin2018,\n  author = {Lin and others},\n  year = {2018},\n  eprint = {1712.04086},\n"
        "  archiveprefix = {arXiv},\n}"
    )
    assert bibliography([]).text == ""


def test_every_card_of_the_registry_is_read_whole() -> None:
    cards = [entry.card for known in (registry.models, registry.metrics, registry.encoders) for entry in known]
    cited = {card.paper for card in cards if getattr(card, "paper", "")}
    found = bibliography(cited)
    assert len(cited) > 70 and all(found.of[citation] for citation in cited)
    assert all(re.fullmatch(r"[a-z]+[0-9.]+(-[0-9])?", key) for key in found.entries)
    for key, entry in found.entries.items():
        assert entry.count("{") == entry.count("}") and ("author" in entry or "eprint" in entry), key
    ids = re.findall(r"(?:eprint|doi) = \{(.*?)\}", found.text)
    assert len(ids) == len(set(ids))


def test_what_a_card_holds_cannot_break_an_entry() -> None:
    (entry,) = bibliography(["Evil} @misc{x, 2020 {\\input{a}"]).entries.values()
    assert entry.count("{") == entry.count("}") and entry.count("@") == 1 and "\\" not in entry


def test_the_export_has_the_papers_of_models_and_metrics() -> None:
    text = render_table(make_table(1), "bibtex").decode()
    assert text.count("@misc{") > 15 and "{2006.11239}" in text and "heusel2017" in text and "title" not in text


def test_a_citation_may_take_several_lines() -> None:
    assert references("Ho et al. 2020,\n  arXiv:2006.11239;\n\nFoo 2024,\tJMLR") == [
        Reference(("Ho", "others"), "2020", arxiv="2006.11239"),
        Reference(("Foo",), "2024", note="JMLR"),
    ]

from __future__ import annotations

import base64
import dataclasses
import gzip
import io
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from golden import GOLDEN, golden_page, golden_run
from synthetic import TIDY, Maker, make_run, make_table, run_record, tiny

from genbench.report import page
from genbench.report.data import FITS, RunData
from genbench.report.export import export
from genbench.report.figures import interval_plot
from genbench.report.leaderboard import leaderboards
from genbench.report.page import render


def unmeasured() -> RunData:
    """A run of two models that trained and gave no number."""
    table = tiny(["vae", "gan"], [[1.0, 1.1, 1.2], [2.0, 2.1, 2.2]])
    table[["status", "reason", "value", "ci_low", "ci_high"]] = ["unsupported", "one outlier", None, None, None]
    fits = [
        {"key": f"{model}{seed}", "model": model, "dataset": "digits", "seed": seed, "status": "ok",
         "seconds": 2.0 + seed, "parameters": 1000}
        for model in ("vae", "gan") for seed in range(3)
    ]  # fmt: skip
    return RunData(table=table, fits=pd.DataFrame(fits, columns=FITS))


@pytest.mark.parametrize("made", ["whole", "one dataset", "unmeasured"])
def test_every_link_on_a_page_leads_somewhere(data: RunData, made: str) -> None:
    one = RunData(table=tiny(["vae", "gan"], [[1.0, 1.1, 1.2], [2.0, 2.1, 2.2]]))
    found = Reader(render({"whole": data, "one dataset": one, "unmeasured": unmeasured()}[made])).found
    ids = {attributes.get("id") for _, attributes in found}
    links = {str(attributes.get("href"))[1:] for _, attributes in found if str(attributes.get("href")).startswith("#")}
    assert len(links) > 4 and links <= ids


VOID = {"meta", "link", "img", "br", "input", "hr"}


class Reader(HTMLParser):
    """Elements with their attributes and texts; complains of tags that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "td":
            self.end_cell()
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def end_cell(self) -> None:
        """The end of a `td` may be left out."""
        if self.open and self.open[-1] == "td":
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag == "tr":
            self.end_cell()
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.found if name == tag]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> RunData:
    return make_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def html(data: RunData) -> str:
    return render(data)


@pytest.fixture(scope="module")
def reader(html: str) -> Reader:
    return Reader(html)


def test_the_page_of_a_small_fixed_run_is_the_one_that_was_looked_at() -> None:
    """`python tests/report/golden.py` writes it again."""
    assert golden_page(golden_run()) == GOLDEN.read_text(encoding="utf-8")


def test_the_page_is_a_pure_function_of_its_data(data: RunData, html: str) -> None:
    assert render(data) == html


def test_nothing_is_loaded_from_elsewhere(html: str, reader: Reader) -> None:
    bare = re.sub(r"base64,[A-Za-z0-9+/=]+", "", html)
    assert not re.search(r"https?:|//[a-z]|@import|url\(", bare)
    for tag, attrs in reader.found:
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            value = attrs.get(name)
            assert value is None or value.startswith(("data:", "#")), (tag, value[:60])
        assert tag not in ("iframe", "object", "embed") and not (tag == "script" and "src" in attrs)


def test_the_verdict_comes_first_then_the_grid_and_the_cost_then_the_tables(html: str) -> None:
    order = ('class="verdicts"', 'class="heat cells"', 'class="scatter"', "How to read a number", 'class="gallery"',
             'class="board cells"', 'id="models"', 'id="failures"', 'id="provenance"', 'id="glossary"')  # fmt: skip
    places = [html.index(part) for part in order]
    assert places == sorted(places)


def test_tables_figures_and_pictures_can_be_read_aloud(reader: Reader) -> None:
    assert reader.found[0] == ("html", {"lang": "en"})
    assert all(attrs.get("scope") for attrs in reader.all("th"))
    assert all(attrs.get("alt") for attrs in reader.all("img"))
    assert all(attrs.get("role") == "img" and attrs.get("aria-label") for attrs in reader.all("svg"))
    assert len(reader.all("caption")) == len(reader.all("table"))
    assert len(reader.all("h1")) == 1
    ids = [attrs["id"] for _, attrs in reader.found if "id" in attrs]
    assert len(ids) == len(set(ids))
    targets = {str(a["href"])[1:] for a in reader.all("a") if str(a["href"]).startswith("#")}
    assert targets <= set(ids)


def test_every_row_of_a_table_has_as_many_cells_as_its_head(html: str) -> None:
    for table in re.findall(r"<table.*?</table>", html, flags=re.S):
        head, _, body = table.partition("</thead>")
        if 'class="board cells"' not in table:
            continue
        heads = len(re.findall(r"<th [^>]*data-index", head))
        for row in re.findall(r"<tr.*?</tr>", body, flags=re.S):
            if "divider" not in row:
                assert len(re.findall(r"<t[hd][ >]", row)) == heads


def test_the_words_that_a_reader_needs_are_there(reader: Reader) -> None:
    words = " ".join(" ".join(reader.words).split())
    for said in (
        "lower is better", "higher is better", "copies its training data", "below chance", "2 of 3 seeds", "failed",
        "controls: known answers, never ranked", "the loss of the discriminator became NaN at step 412",
        "$ genbench run quick", "0f3a9c51b2d44e17", "2.14.1", "Some CPU @ 2.60GHz", "97.1 %",
        "they cannot prove its absence", "by reconstruction", "mean of 3 sets",
        "in-domain features: a classifier, 97.1 % right on real data held out",
    ):  # fmt: skip
        assert said in words, said


def test_the_settings_say_the_precision(html: str) -> None:
    assert '<th scope="row">arithmetic</th><td><bdi>float32</bdi></td>' in html


def test_failed_cells_are_never_zero(html: str) -> None:
    row = re.search(r'<tr data-m="broken".*?</tr>', html, flags=re.S)
    assert row is not None
    assert "failed" in row[0] and ">0<" not in row[0]


def test_all_numbers_travel_with_the_page(data: RunData, reader: Reader) -> None:
    (link,) = [a for a in reader.all("a") if "download" in a]
    assert link["download"] == "quick.csv.gz"
    packed = base64.b64decode(str(link["href"]).partition("base64,")[2])
    again = pd.read_csv(io.BytesIO(packed), compression="gzip", keep_default_na=True)
    assert list(again.columns) == TIDY
    assert np.array_equal(again["value"].to_numpy(), data.table["value"].to_numpy(), equal_nan=True)


def test_long_tables_travel_compressed(data: RunData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "LARGEST_CSV", 100)
    uri, name = page.csv_uri(data)
    assert name == "quick.csv.gz"
    assert gzip.decompress(base64.b64decode(uri.partition("base64,")[2])).startswith(b"model,family,sampler")


def test_pictures_are_inside_side_by_side_real_data_first(data: RunData, html: str, reader: Reader) -> None:
    assert data.root is not None
    alts = [str(attrs["alt"]) for attrs in reader.all("img")]
    samples = [alt for alt in alts if alt.startswith("Samples, ")]
    assert samples[0].startswith("Samples, control-test-half")
    assert len([a for a in alts if a.startswith("Reconstructions, ")]) == 4
    first = data.pictures[data.pictures["label"] == "control-test-half"].iloc[0]
    content = (data.root / first["path"]).read_bytes()
    assert base64.b64encode(content).decode() in html


def test_pictures_that_are_missing_are_left_out(data: RunData, tmp_path: Path) -> None:
    assert "<img" not in render(dataclasses.replace(data, root=tmp_path))
    assert "<img" not in render(dataclasses.replace(data, root=None))


def test_the_page_stays_small(data: RunData, html: str) -> None:
    """Everything but pictures and the table itself takes under 500 kB for 16 rows, 3 datasets, 6 evaluations."""
    bare = re.sub(r"data:[a-z/]+;base64,[A-Za-z0-9+/=]+", "", html)
    assert len(bare) < 500_000


def test_names_and_reasons_cannot_break_the_page() -> None:
    maker = Maker()
    evil = '<script>alert("x")</script>'
    for seed in range(3):
        maker.add(evil, seed, "sample-quality", "frechet", 5.0 + seed, encoder=evil)
    maker.missing('"><img src=x onerror=alert(1)>', 0, "sample-quality", "failed", f"{evil} & {{{{ 7 * 7 }}}}")
    html = render(RunData(table=maker.frame()))
    assert evil not in html and "<img" not in html
    assert "{{ 7 * 7 }}" in html
    Reader(html)


def test_names_draw_nothing_wherever_they_are_shown() -> None:
    maker = Maker()
    for seed in range(3):
        maker.add("a\x1b[31mb\x07\u202ec", seed, "sample-quality", "frechet", 5.0 + seed)
    data = RunData(table=maker.frame())
    shown = [render(data), *(export(data, form).decode() for form in ("csv", "markdown", "latex"))]
    for text in shown:
        assert "abc" in text and not {"\x1b", "\x07", "\u202e"} & set(text)


def test_a_control_out_of_its_place_gives_a_banner(html: str) -> None:
    assert 'class="banner"' not in html
    rows = {"vae": [0.1, 0.11, 0.12], "control-test-half": [1.0, 1.1, 1.2], "control-marginals": [50.0, 51.0, 52.0]}
    assert 'class="banner"' in render(RunData(table=tiny(list(rows), list(rows.values()))))


def test_secrets_and_links_of_the_provenance_stay_out() -> None:
    record = run_record()
    told = "genbench run quick --store postgresql://me:secret@db.example/bench"
    record.provenance["datasets"]["digits"]["source"] = "https://example.org/digits"
    html = render(RunData(table=make_table(1), runs=[dataclasses.replace(record, command=told)]))
    assert "secret" not in html and "postgresql://…@db.example/bench" in html
    assert "https:" not in html and "example.org/digits" in html


def test_what_was_different_in_earlier_runs_is_told() -> None:
    old, new = run_record(), run_record(("digits",))
    old.provenance["versions"]["torch"] = "2.11.0"
    html = render(RunData(table=make_table(1), runs=[old, dataclasses.replace(new, command="genbench run other")]))
    assert "Earlier runs of this store had torch 2.11.0;" in html
    assert "$ </span>genbench run quick" in html and "$ </span>genbench run other" in html
    assert '<th scope="row"><bdi>ring8</bdi></th>' in html


@pytest.mark.parametrize("seeds", [0, 1, 2])
def test_few_seeds_and_no_runs_still_make_a_page(seeds: int) -> None:
    Reader(render(RunData(table=make_table(seeds))))


def test_an_empty_store_makes_a_page_that_says_so() -> None:
    html = render(RunData(table=Maker().frame()))
    Reader(html)
    assert "No measurements yet" in html


def test_a_failure_alone_is_a_page_with_its_reason() -> None:
    maker = Maker()
    maker.missing("vae", 0, "sample-quality", "timeout", "took more than 60 s")
    html = render(RunData(table=maker.frame()))
    Reader(html)
    assert "took more than 60 s" in html and "timeout" in html


def test_a_page_needs_no_torch() -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from synthetic import make_table;"
        "from genbench.report.data import RunData; from genbench.report.page import render;"
        "from genbench.report import compare, export; render(RunData(table=make_table(1)));"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program, str(Path(__file__).parent)], check=True)


def test_no_heading_of_a_plot_is_wider_than_its_panel(tmp_path: Path) -> None:
    tested = 0
    for board in leaderboards(make_run(tmp_path)):
        figure = str(interval_plot(board) or "")
        found = re.findall(r'class="title" x="([\d.]+)" y="14">([^<]*)', figure)
        width = re.search(r'<svg class="intervals" role="img" width="(\d+)', figure)
        ends = [float(x) for x, _ in found[1:]] + ([float(width[1])] if width else [])
        for (x, text), end in zip(found, ends, strict=bool(found)):
            assert float(x) + 7.5 * len(unescape(text)) <= end, text
            tested += len(text) > 20
    assert tested

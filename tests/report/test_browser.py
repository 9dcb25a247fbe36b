"""The page in a browser, from a file: sorting, filters, the address, cells by keyboard, downloads, no network, axe.

Needs Playwright and Chromium (`GENBENCH_CHROMIUM` names one that is not on the path); skipped where either is missing.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from synthetic import Maker, make_run
from test_gallery import a_run

from genbench.report.data import RunData
from genbench.report.language import language
from genbench.report.page import render

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = os.environ.get("GENBENCH_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium on the path, and GENBENCH_CHROMIUM is not set")

OPEN_ALL = "document.querySelectorAll('details').forEach((d) => { d.open = true; })"
DIVERSITY = "#t-digits-diversity"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> RunData:
    return make_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def url(data: RunData, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render(data), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, url: str) -> Iterator[Any]:
    """The page, opened; no error, nothing in the console and no request by the end."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    opened, said = context.new_page(), []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on(
        "request", lambda asked: said.append(asked.url) if not asked.url.startswith(("file:", "data:", "blob:")) else 0
    )
    opened.goto(url)
    yield opened
    context.close()
    assert said == []


def numbers(page: Any, table: str, index: int) -> list[float]:
    """The numbers of a column's models, as they stand."""
    texts = page.eval_on_selector_all(
        f"{table} tbody.models tr",
        "(rows, i) => rows.map((r) => [...r.cells[i].childNodes].filter((n) => n.nodeType === 3)"
        ".map((n) => n.data).join(''))",
        index,
    )
    plain = [re.sub(r"[\s\u2007\u2008\u202f]", "", text).replace("−", "-") for text in texts]
    return [float(text) for text in plain if re.fullmatch(r"-?[\d.]+(e-?\d+)?", text)]


def labels(page: Any, table: str) -> list[str]:
    found: list[str] = page.eval_on_selector_all(
        f"{table} tbody.models tr", "(rows) => rows.filter((r) => !r.hidden).map((r) => r.dataset.m)"
    )
    return found


def test_every_column_sorts_both_ways_and_back(page: Any) -> None:
    page.evaluate(OPEN_ALL)
    default = labels(page, DIVERSITY)
    buttons = page.locator(f"{DIVERSITY} thead button")
    assert buttons.count() == 7
    for index in range(1, buttons.count()):
        head = page.locator(f'{DIVERSITY} th[data-index="{index}"]')
        for _ in range(2):
            buttons.nth(index).click()
            found = numbers(page, DIVERSITY, index)
            is_rising = head.get_attribute("aria-sort") == "ascending"
            assert len(found) > 5 and found == sorted(found, reverse=not is_rising)
        buttons.nth(index).click()
        assert head.get_attribute("aria-sort") is None and labels(page, DIVERSITY) == default
    assert "default order" in page.locator("[aria-live]").inner_text()


def test_search_and_filters_hold_for_tables_plots_and_galleries(page: Any) -> None:
    page.evaluate("document.querySelectorAll('details.gallery').forEach((d) => { d.open = true; })")
    page.fill("nav input[type=search]", "GMM")
    assert set(labels(page, DIVERSITY)) == {"ae+gmm10", "vae+gmm10"}
    shown = "(all) => all.filter((e) => e.getClientRects().length).map((e) => e.dataset.m)"
    assert set(page.eval_on_selector_all(".pictures figure[data-m]", shown)) == {
        "ae+gmm10", "vae+gmm10", "my-very-long-model-name-with-many-options-and-a-sampler+gmm10",
    }  # fmt: skip
    assert set(page.eval_on_selector_all(".glance circle.point", shown)) == {"ae+gmm10", "vae+gmm10"}
    page.fill("nav input[type=search]", "")
    page.click("nav .filters summary")
    page.select_option('select[aria-label="all families"]', "gan")
    assert set(labels(page, DIVERSITY)) == {"gan", "wgan-gp"}
    page.select_option('select[aria-label="all families"]', "")
    page.get_by_label("controls", exact=True).uncheck()
    assert page.eval_on_selector_all(f"{DIVERSITY} .controls tr[data-m]", "(rows) => rows.every((r) => r.hidden)")
    page.get_by_label("rows without a value").uncheck()
    assert "ae" not in labels(page, DIVERSITY)
    page.select_option('select[aria-label="all datasets"]', "ring8")
    assert page.eval_on_selector_all("section.dataset", "(all) => all.filter((s) => !s.hidden).length") == 1


def test_the_address_keeps_the_state(page: Any, browser: Any) -> None:
    page.evaluate("location.hash = '#digits/diversity'")
    page.fill("nav input[type=search]", "vae")
    page.click(f"{DIVERSITY} thead th[data-index='4'] button")
    page.click(f"{DIVERSITY} thead th[data-index='4'] button")
    assert page.url.partition("#")[2].startswith("digits/diversity?q=vae&sort=")
    fresh = browser.new_page()
    fresh.goto(page.url)
    assert fresh.input_value("nav input[type=search]") == "vae"
    assert labels(fresh, DIVERSITY) == labels(page, DIVERSITY)
    assert fresh.get_attribute(f"{DIVERSITY} th[data-index='4']", "aria-sort") == "ascending"
    assert fresh.locator(DIVERSITY).is_visible()
    fresh.close()


def test_a_cell_opens_by_keyboard_and_gives_the_focus_back(page: Any, data: RunData) -> None:
    page.evaluate("location.hash = '#digits/sample-quality'")
    page.locator("#t-digits-sample-quality tbody td[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    box = page.locator("[role=dialog].popover")
    box.wait_for(state="visible")
    label = box.locator("h4 bdi").inner_text()
    table = data.table
    own = table[
        (table.label == label) & (table.dataset == "digits") & (table.metric == "frechet") & (table.status == "ok")
    ]
    text = box.inner_text()
    for value in own["value"]:
        assert f"{value:.4g}" in text
    assert "449 real × 449 generated" in text and "interval over samples" in text and "place" in text
    page.keyboard.press("Escape")
    box.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.closest('tr').dataset.m") == label


def test_a_mean_over_targets_is_shown_seed_by_seed(page: Any, data: RunData) -> None:
    page.evaluate("location.hash = '#digits-without-3/overview'")
    page.click("#t-digits-without-3-overview tr[data-m='vae'] td")
    box = page.locator("[role=dialog].popover")
    box.wait_for(state="visible")
    own = data.table[
        (data.table.metric == "auroc") & (data.table.label == "vae") & (data.table.score == "reconstruction")
    ]
    for mean in own.groupby("seed")["value"].mean():
        assert f"{mean:.4g}" in box.inner_text()


def test_a_failed_cell_says_why(page: Any) -> None:
    page.evaluate("location.hash = '#digits/sample-quality'")
    page.click("#t-digits-sample-quality tr[data-m='broken'] td")
    box = page.locator("[role=dialog].popover")
    box.wait_for(state="visible")
    assert "shapes cannot be multiplied" in box.inner_text()


def test_the_download_is_the_store(page: Any, data: RunData) -> None:
    with page.expect_download() as waiting:
        page.click("#numbers")
    packed = Path(waiting.value.path()).read_bytes()
    assert waiting.value.suggested_filename == "quick.csv.gz"
    again = pd.read_csv(io.BytesIO(gzip.decompress(packed)))
    assert np.array_equal(again["value"].to_numpy(), data.table["value"].to_numpy(), equal_nan=True)


def test_tables_are_copied_in_three_forms_and_their_papers_in_one(page: Any) -> None:
    page.evaluate("location.hash = '#digits/diversity'")
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    board = page.locator("details[data-evaluation='diversity']").first
    taken = {}
    for name in ("CSV", "Markdown", "LaTeX"):
        board.get_by_role("button", name=f"Copy as {name}").click()
        page.wait_for_function("window.copied")
        taken[name] = page.evaluate("const text = window.copied; window.copied = ''; text")
    table = pd.read_csv(io.StringIO(taken["CSV"]))
    assert {"model", "is_control"} <= set(table.columns) and len(table) == len(set(table["model"])) > 8
    coverage = table.filter(like="coverage").set_index(table["model"]).loc["ddpm"]
    mean, half, low, high, seeds, place = coverage.iloc[:6]
    assert seeds == 3
    assert low == pytest.approx(mean - half) and high == pytest.approx(mean + half) and float(place) == 1
    assert len({line.count("|") for line in taken["Markdown"].splitlines()}) == 1
    assert taken["LaTeX"].count("\\\\") == len(table) + 1 and "\\textbf{" in taken["LaTeX"]
    board.get_by_role("button", name="Copy the papers as BibTeX").click()
    page.wait_for_function("window.copied")
    entries = page.evaluate("window.copied")
    assert "eprint = {2006.11239}" in entries and entries.count("@misc{ho2020,") == 1
    assert "kynkaanniemi2019" in entries and "heusel2017" not in entries, "papers of this table alone"


def test_a_picture_is_enlarged_and_a_panel_borrows_it(page: Any) -> None:
    page.locator(".pictures button.enlarge").first.click()
    assert page.locator("dialog.viewer img").is_visible()
    page.keyboard.press("Escape")
    page.evaluate("location.hash = '#model/vae'")
    page.locator("details.panel[open] .borrowed figure img").first.wait_for(state="visible")


def test_another_seed_is_chosen_and_the_quiz_is_played_by_keyboard(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "pictures.html"
    path.write_text(render(a_run(tmp_path)), encoding="utf-8")
    page, said = browser.new_page(viewport={"width": 1280, "height": 900}), []
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.as_uri())
    shown = "(all) => all.filter((e) => e.getClientRects().length).map((e) => `${e.dataset.m} ${e.dataset.seeds}`)"
    figures = "details.gallery figure"
    assert page.eval_on_selector_all(figures, shown) == ["control-test-half 0 1 2", "vae 0", "gan 1"]
    page.get_by_label("seed", exact=True).select_option("2")
    assert page.eval_on_selector_all(figures, shown) == ["control-test-half 0 1 2", "vae 2", "gan 2"]
    assert page.locator(".seed-shown").inner_text() == "2"
    page.locator("details.quiz summary").click()
    page.get_by_role("button", name="← real").focus()
    for i in range(1, 13):
        page.keyboard.press("ArrowLeft" if i % 2 else "ArrowRight")
        told = page.locator(".quiz [role=status]").inner_text()
        right, asked = map(int, re.search(r"(\d+) of (\d+) right", told).groups())
        assert asked == i and 0 <= right <= i and told.startswith(("It was real.", "It was generated."))
    assert page.locator(".quiz .past canvas").count() == 12
    drawn = page.evaluate(
        "(() => { const c = document.querySelector('.quiz .question > canvas');"
        " const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        " return [c.width, c.height, Math.max(...p.filter((_, i) => i % 4 < 3))]; })()"
    )
    assert drawn[:2] == [6, 6] and drawn[2] < 200  # a sample alone, none of the white round it
    page.get_by_label("generated by").select_option("gan")
    assert page.locator(".quiz .past canvas").count() == 0 and said == []
    page.close()


def test_only_the_pages_own_script_may_run(browser: Any, url: str) -> None:
    page = browser.new_page()
    page.goto(url)
    page.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)"
    )
    assert page.evaluate("window.ran ?? 0") == 0
    page.close()


def test_without_scripts_every_number_is_there_and_anchors_open(browser: Any, url: str, page: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{url}#digits/diversity")
    assert plain.locator(DIVERSITY).is_visible()
    assert plain.locator("table.board[id] td").count() == page.locator("table.board[id] td").count() > 300
    assert plain.locator("nav input").count() == 0
    context.close()


@pytest.mark.parametrize("kind", ["light", "dark", "phone"])
def test_axe_finds_nothing(browser: Any, url: str, kind: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    size = {"width": 390, "height": 844} if kind == "phone" else {"width": 1280, "height": 900}
    context = browser.new_context(viewport=size, color_scheme="dark" if kind == "dark" else "light")
    page = context.new_page()
    page.goto(url)
    page.evaluate(OPEN_ALL)
    page.wait_for_timeout(200)
    found = axe.run(page).response["violations"]
    said = [
        (v["id"], v["nodes"][0]["html"][:160], v["nodes"][0]["failureSummary"][:200], len(v["nodes"])) for v in found
    ]
    assert said == []
    page.evaluate("document.querySelector('main').append(document.createElement('img'))")
    assert "image-alt" in {violation["id"] for violation in axe.run(page).response["violations"]}
    context.close()


def test_the_opened_page_is_under_four_screens_and_the_first_holds_verdict_and_grid(page: Any) -> None:
    assert page.evaluate("document.documentElement.scrollHeight") < 4 * 900
    for part in (".verdicts", ".heat-box"):
        box = page.locator(part).bounding_box()
        assert box["y"] + box["height"] < 900


HOSTILE = ["<script>window.ran = 1</script>", '"><img src=x onerror=window.ran=1>', "🦆 duck", "נתונים 114", "=1+2",
           "x" * 500, "-7", "@me", "a|b & c_d % {e}"]  # fmt: skip


def test_hostile_names_stay_text_and_leave_numbers_alone(browser: Any, tmp_path: Path) -> None:
    maker = Maker()
    for i, label in enumerate(HOSTILE):
        for seed in range(3):
            maker.interval(label, seed, "sample-quality", "frechet", 114.0 + 10 * i + seed, 2.0, encoder="in-domain")
    path = tmp_path / "hostile.html"
    path.write_text(render(RunData(table=maker.frame())), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.as_uri())
    page.evaluate(OPEN_ALL)
    table = "#t-digits-sample-quality"
    assert sorted(labels(page, table)) == sorted(HOSTILE)
    assert page.evaluate("window.ran ?? 0") == 0 and said == []
    assert sorted(numbers(page, table, 1)) == [115.0 + 10 * i for i in range(len(HOSTILE))]
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert page.eval_on_selector_all(
        f"{table} bdi", "(all) => all.every((e) => getComputedStyle(e).unicodeBidi === 'isolate')"
    )
    for label in HOSTILE[3:5]:
        page.evaluate(
            f"(l) => document.querySelector('{table} tr[data-m=\"' + CSS.escape(l) + '\"] td').click()", label
        )
        page.locator("[role=dialog].popover dl").wait_for(state="visible")
        assert re.search(r"0: \d+,\s+1: \d+,\s+2: \d+", page.locator(".popover dd").first.inner_text())
    page.close()


def test_a_long_table_shows_its_first_rows_and_all_on_demand(browser: Any, tmp_path: Path) -> None:
    maker = Maker()
    for i in range(70):
        for seed in range(3):
            maker.interval(
                f"model-{i:02}", seed, "sample-quality", "frechet", 10.0 + i + 0.1 * seed, 0.5, encoder="in-domain"
            )
    path = tmp_path / "long.html"
    path.write_text(render(RunData(table=maker.frame())), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{path.as_uri()}#digits/sample-quality")
    rows = "#t-digits-sample-quality tbody tr"
    visible = "(rows) => rows.filter((r) => r.getClientRects().length).length"
    assert page.eval_on_selector_all(rows, visible) == 25
    page.fill("nav input[type=search]", "model-6")
    assert page.eval_on_selector_all(rows, visible) == 10
    page.fill("nav input[type=search]", "")
    page.click("#digits\\/sample-quality .show-all")
    assert page.eval_on_selector_all(rows, visible) == 70
    drawn = page.eval_on_selector_all(
        f"{rows} td", "(cells) => cells.map((c) => Number(c.style.getPropertyValue('--x')))"
    )
    assert all(a >= b for a, b in pairwise(drawn)) and drawn[0] > 80 and drawn[-1] < 20
    page.close()


def test_a_long_tables_differences_stand_where_their_means_do(browser: Any, tmp_path: Path) -> None:
    """+0.14 was drawn as a mean of 0.14, on the copying side of the mark of held-out data at 0.65."""
    maker = Maker()
    for seed in range(3):
        at = {"dataset": "digits", "encoder": "pixels"}
        maker.interval("control-test-half", seed, "memorisation", "authenticity", 0.65 + 0.001 * seed, 0.01, **at)
        for i in range(70):
            value = 0.3 + 0.01 * i + 0.001 * seed
            maker.interval(f"model-{i:02}", seed, "memorisation", "authenticity", value, 0.01, **at)
    path = tmp_path / "differences.html"
    path.write_text(render(RunData(table=maker.frame())), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{path.as_uri()}#digits/memorisation")
    row = "#t-digits-memorisation tr[data-m='model-{:02}'] td"
    read = "(cells) => cells.map((c) => Number(c.style.getPropertyValue('--x')))"
    low, middle, high = (page.eval_on_selector_all(row.format(i), read)[0] for i in (0, 35, 69))
    assert abs(middle - (low + high) / 2) <= 2 and abs(high - low) > 60
    page.close()


TICKS = """() => [...document.querySelectorAll("svg")].flatMap((svg) => {
  const words = svg.querySelectorAll(svg.matches(".scatter") ? "text" : "text.tick");
  const boxes = [...words].map((t) => [t.textContent, t.getBoundingClientRect()]);
  return boxes.flatMap(([a, x], i) => boxes.slice(i + 1)
    .filter(([, y]) => x.width && x.left < y.right && y.left < x.right && x.top + 5 < y.bottom && y.top + 5 < x.bottom)
    .map(([b]) => [a, b]));
})"""
"""Pairs of labels of ticks that cover each other; in a scatter of any words, names and titles too."""


@pytest.mark.parametrize("code", ["en", "vi"])
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)])
@pytest.mark.parametrize("most", [250_000, 4_500_000, 3_000_000_000])
def test_labels_of_ticks_cover_no_other(
    browser: Any, data: RunData, tmp_path: Path, code: str, size: tuple[int, int], most: int
) -> None:
    """`most`: parameters of one model, beside 203,456 and 900 of others."""
    sizes = {"ddpm": most, "vae": 900}
    fits = data.fits.assign(parameters=[sizes.get(str(model), 203_456) for model in data.fits["model"]])
    (tmp_path / "page.html").write_text(render(replace(data, fits=fits), language(code)), encoding="utf-8")
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto((tmp_path / "page.html").as_uri())
    page.evaluate(OPEN_ALL)
    assert page.locator("svg.scatter text.tick").count() > 10
    assert page.evaluate(TICKS) == []
    page.close()


def test_print_shows_all_of_every_table_and_plot(browser: Any, url: str) -> None:
    page = browser.new_page(viewport={"width": 1032, "height": 703})
    page.emulate_media(media="print")
    page.goto(url)
    page.evaluate(OPEN_ALL)
    ends = page.eval_on_selector_all(
        "table.board, table.heat, svg.intervals, svg.scatter",
        "(all) => all.map((e) => [e.id || e.classList[0], e.getBoundingClientRect().right])",
    )
    assert len(ends) > 8 and [name for name, right in ends if right > 1033] == []
    page.close()


def test_another_language_is_shown_and_sorts(browser: Any, data: RunData, tmp_path: Path) -> None:
    path = tmp_path / "vi.html"
    path.write_text(render(data, language("vi")), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{path.as_uri()}#digits/diversity")
    assert page.get_attribute("html", "lang") == "vi"
    page.click(f"{DIVERSITY} thead th[data-index='4'] button")
    texts = page.eval_on_selector_all(
        f"{DIVERSITY} tbody.models td:nth-child(5)", "(cells) => cells.map((c) => c.textContent)"
    )
    found = [float(m[1].replace(",", ".")) for text in texts if (m := re.search(r"(\d,\d+)\W*±", text))]
    assert len(found) > 4 and found == sorted(found, reverse=True)
    page.click(f"{DIVERSITY} tr[data-m='ae'] td")
    box = page.locator("[role=dialog].popover")
    box.wait_for(state="visible")
    assert "AE không có phân phối tiên nghiệm để lấy mẫu" in box.inner_text()
    page.close()

"""The pictures of a report that the documents show: desktop, phone, dark, print, Vietnamese and one dataset's overview.

    python bench/screenshots.py runs/quick [--out docs] [--browser PATH]

Needs Chromium and Playwright. Pictures have 256 colours, which keeps them small.
"""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

import genbench

DESKTOP, PHONE, A4 = {"width": 1280, "height": 900}, {"width": 390, "height": 844}, {"width": 1032, "height": 703}
COLOURS = 256


def save(content: bytes, path: Path) -> None:
    """The picture with few colours."""
    image = Image.open(io.BytesIO(content)).convert("RGB")
    image.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1e3:.0f} kB")


def shown(browser: Any, page: Path, *, size: dict[str, int] = DESKTOP, **more: str) -> bytes:
    """The first screen."""
    context = browser.new_context(viewport=size, **more)
    opened = context.new_page()
    opened.goto(page.as_uri())
    opened.wait_for_timeout(300)
    content: bytes = opened.screenshot()
    context.close()
    return content


def overview(browser: Any, page: Path) -> bytes:
    """The samples of the first dataset, its overview and its interval plot."""
    opened = browser.new_page(viewport={"width": 1200, "height": 1120})
    opened.goto(page.as_uri())
    opened.evaluate("""() => {
      const section = document.querySelector("section.dataset");
      const inside = section.querySelector("[id$='/overview']");
      for (const details of [inside.closest("details"), ...inside.querySelectorAll("details")]) details.open = true;
      document.querySelector("nav").style.position = "static";
      section.querySelector("details.gallery").scrollIntoView();
    }""")
    content: bytes = opened.screenshot()
    opened.close()
    return content


def printed(browser: Any, page: Path) -> bytes:
    """The top of the print, an A4 page in landscape."""
    opened = browser.new_page(viewport=A4)
    opened.emulate_media(media="print")
    opened.goto(page.as_uri())
    content: bytes = opened.screenshot()
    opened.close()
    return content


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs"))
    parser.add_argument("--browser", default=shutil.which("chromium") or "")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        run = genbench.load(asked.run)
        english, vietnamese = (run.report(folder / f"{code}.html", lang=code) for code in ("en", "vi"))
        browser = playwright.chromium.launch(executable_path=asked.browser, args=["--no-sandbox", "--disable-gpu"])
        pages = asked.out / "pages"
        save(shown(browser, english), pages / "desktop.png")
        save(shown(browser, english, size=PHONE), pages / "phone.png")
        save(shown(browser, english, color_scheme="dark"), pages / "dark.png")
        save(shown(browser, vietnamese), pages / "vietnamese.png")
        save(printed(browser, english), pages / "print.png")
        save(overview(browser, english), asked.out / "report.png")
        browser.close()


if __name__ == "__main__":
    main()

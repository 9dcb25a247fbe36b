"""The page: one HTML file that opens anywhere. Everything is inside it; it points nowhere."""

from __future__ import annotations

import base64
import gc
import gzip
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

import genbench
from genbench.core import paths
from genbench.core.text import without_controls
from genbench.report import gallery
from genbench.report.bibtex import bibliography, papers
from genbench.report.csvtext import written
from genbench.report.data import RunData
from genbench.report.heat import score_text
from genbench.report.language import Language
from genbench.report.names import isolated
from genbench.report.over_datasets import OverDatasets
from genbench.report.provenance import count, run_facts
from genbench.report.sections import SECTIONS, Section
from genbench.report.strips import critical_strip
from genbench.report.types import Flag
from genbench.report.verdict import value
from genbench.report.view import View
from genbench.report.wording import evaluation_title, said, seeds, whole

LARGEST_CSV = 100_000
"""A table of more characters than this travels compressed."""

LARGEST_WHOLE = 100_000
"""Of a table of more rows than this the page carries values of `FEWER_DIGITS` digits, without what is in `LEFT_OUT`, in
an order that packs well."""
FEWER_DIGITS = 6
LEFT_OUT = ["ci_low", "ci_high", "details", "job", "fit", "seconds", "trained", "encoder_fingerprint"]
IN_POPOVER = ["kind", "split", "reason"]
"""Columns of the table whose texts the script shows, in the page's language."""
CHANGING = ["family", "model", "label", "seed", "value"]


@contextmanager
def _uncollected() -> Iterator[None]:
    """All that a page is made of is there until it is written: looking for garbage meanwhile is a tenth of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@_uncollected()
def render(data: RunData, language: Language | None = None, sections: Sequence[Section] = SECTIONS) -> str:
    """The report as one self-contained HTML page: a pure function of what a run left behind."""
    view = View(data, language or Language())
    made = environment(view.words)
    shown = []
    for section in sections:
        content = section.content(view)
        if content is not None:
            text = made.get_template(f"sections/{section.name}.html.j2").render(view=view, **content)
            if text.strip():
                shown.append((section.name, Markup(text)))
    script = Markup((paths.folder("templates") / "report.js").read_text(encoding="utf-8"))
    page = made.get_template("report.html.j2").render(
        title=title(view),
        suite=data.suite,
        summary=view.provenance.get("suite", {}).get("summary", ""),
        facts=run_facts(data, view.found),
        view=view,
        sections=shown,
        names=[name for name, _ in shown],
        csv=csv_uri(data),
        script=script,
        policy=policy(f"\n{script}"),
        words=Markup(script_words(view.words, data.table)),
        papers=Markup(script_papers(data.table)),
        version=genbench.__version__,
    )
    return finished(page)


def finished(page: str) -> str:
    """A page as it is written: without control characters, which a name in a store of others may hold."""
    return without_controls(page.strip()) + "\n"


def environment(words: Language) -> jinja2.Environment:
    """Templates with everything escaped that is not markup of our own."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths.folder("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "plain": gallery.without_scheme,
        "seeds": seeds,
        "score": score_text,
        "translated": words,
        "bdi": isolated,
        "shown": partial(value, words=words),
        "whole": partial(whole, words=words),
        "said": partial(said, words=words),
        "titled": evaluation_title,
    }
    made.globals |= {"Flag": Flag, "t": words, "strip": partial(_strip, words=words)}
    return made


def _strip(found: OverDatasets, words: Language) -> Markup:
    labels = [row.label for row in found.rows]
    return critical_strip(found.critical, labels, words) if found.critical else Markup("")


def title(view: View) -> str:
    """What was compared: `5 models on digits, ring8 and shapes`."""
    models = sum(not row.is_control for row in view.rows.values())
    names = [d.name for d in view.datasets]
    if not names:
        return view.data.suite or "report"
    on = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {view.words('and')} {names[-1]}"
    if len(names) > 4:
        on = view.words("{n} datasets", n=len(names))
    return view.words("{models} on {datasets}", models=view.words.counted(count(models, "model")), datasets=on)


def policy(script: str) -> str:
    """The page's own rule: nothing from a network, no script but this one."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    parts = ("default-src 'none'", "img-src data:", "style-src 'unsafe-inline'", f"script-src 'sha256-{digest}'")
    return "; ".join([*parts, "base-uri 'none'", "form-action 'none'"])


def script_words(words: Language, table: pd.DataFrame) -> str:
    """What the script says, of itself and from the table, in another language, as JSON."""
    source = (paths.folder("templates") / "report.js").read_text(encoding="utf-8")
    said = {text: words(text) for text in re.findall(r'"([^"\n]+)"', source) if text in words.messages}
    for name in IN_POPOVER if words.messages else ():
        said |= {
            text: words(text)
            for text in dict.fromkeys(table.get(name, []))
            if isinstance(text, str) and words.has(text)
        }
    return in_script(said)


def script_papers(table: pd.DataFrame) -> str:
    """The BibTeX entries of the table by key, and by `model ddpm`, `metric frechet` and the like their keys."""
    cited = papers(table)
    found = bibliography(cited.values())
    return in_script({"entries": found.entries, "of": {" ".join(key): found.of[text] for key, text in cited.items()}})


def in_script(value: Any) -> str:
    """The value as JSON that cannot end its element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def csv_uri(data: RunData) -> tuple[str, str]:
    """(data URI, file name) of the tidy table, compressed where it is long, with fewer digits where it is huge."""
    name = data.suite or "table"
    if len(data.table) > LARGEST_WHOLE:
        text = written(packed_well(data.table), digits=FEWER_DIGITS).encode()
    else:
        text = written(data.table).encode()
    if len(text) > LARGEST_CSV:
        packed = base64.b64encode(gzip.compress(text, mtime=0)).decode()
        return f"data:application/gzip;base64,{packed}", f"{name}.csv.gz"
    return f"data:text/csv;base64,{base64.b64encode(text).decode()}", f"{name}.csv"


def packed_well(table: pd.DataFrame) -> pd.DataFrame:
    """What a huge page carries: rows and columns in an order in which neighbours differ in label, seed and value."""
    last = [c for c in CHANGING if c in table]
    first = [c for c in table.columns if c not in (*LEFT_OUT, *last)]
    keys = [c for c in ("evaluation", "metric", "target", "score", "dataset", "label", "seed") if c in table]
    return table.sort_values(keys, kind="stable")[first + last]

"""How long the page of a large store takes to render, how large it is, how fast a browser loads and sorts it.

    python bench/report.py --models 100 --datasets 10 --seeds 5 [--profile] [--out FILE]

The store is made up: the metrics of the built-in evaluations, up to 60 a model, most of them with intervals.
The browser is Chromium through Playwright (`--browser PATH`); without one, only rendering is timed.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import shutil
import time
from pathlib import Path

import numpy as np
import pandas as pd

from genbench import registry
from genbench.report import glossary
from genbench.report.data import RunData
from genbench.report.page import render

WITH_INTERVALS = 0.6
"""Metrics that have intervals over samples, as in a store of `genbench run quick` (most do)."""


def synthetic_table(models: int, datasets: int, seeds: int, metrics: int) -> pd.DataFrame:
    """A tidy table of models × datasets × seeds × metrics values."""
    draw = np.random.default_rng(0)
    columns = _columns(metrics)
    rows = pd.MultiIndex.from_product(
        [range(models), range(datasets), range(seeds), range(len(columns))],
        names=["model", "dataset", "seed", "column"],
    ).to_frame(index=False)
    level = draw.lognormal(0, 1, (models, datasets, 1, len(columns)))
    values = (level * (1 + 0.05 * draw.standard_normal((models, datasets, seeds, len(columns))))).ravel()
    has_interval = (np.arange(len(columns)) < WITH_INTERVALS * len(columns))[rows["column"]]
    half = np.abs(values) * 0.03
    labels, families = _labels(models)
    evaluation, metric, target, direction = (np.array(part, dtype=object) for part in zip(*columns, strict=True))
    of_column = rows["column"].to_numpy()
    return pd.DataFrame({
        "model": labels[rows["model"]], "family": families[rows["model"]], "sampler": "prior",
        "dataset": np.array([f"data-{i}" for i in range(datasets)], dtype=object)[rows["dataset"]],
        "seed": rows["seed"], "evaluation": evaluation[of_column], "metric": metric[of_column],
        "target": target[of_column], "value": values, "ci_low": np.where(has_interval, values - half, np.nan),
        "ci_high": np.where(has_interval, values + half, np.nan), "n": 2000, "direction": direction[of_column],
        "kind": "exact", "encoder": "in-domain", "status": "ok", "reason": None, "seconds": 0.5,
        "label": labels[rows["model"]], "m": 2000, "split": "reference", "score": "", "likelihood": "",
        "metric_version": 1, "budget": 100_000, "trained": "plain", "device": "cpu",
        "fit": [f"{m:05x}{d:05x}{s:05x}" for m, d, s in rows[["model", "dataset", "seed"]].itertuples(index=False)],
    })  # fmt: skip


def _columns(count: int) -> list[tuple[str, str, str, str]]:
    """(evaluation, metric, target, direction) of so many columns, evaluation by evaluation."""
    found: list[tuple[str, str, str, str]] = []
    for name in registry.evaluations.names():
        evaluation = glossary.evaluation(name)
        for metric in (m for m in evaluation.own_metrics() if m not in evaluation.by_class):
            spec = glossary.metric(metric)
            found.append((name, metric, "", str(spec.direction if spec else "lower")))
    extra = [(e, m, f"part-{i}", d) for i in range(1 + count // len(found)) for e, m, _, d in found]
    chosen = (found + extra)[:count]
    return sorted(chosen, key=lambda column: [name for name, *_ in found].index(column[0]))


def _labels(models: int) -> tuple[np.ndarray, np.ndarray]:
    names = ["control-test-half", "control-marginals", *(f"model-{i:03d}" for i in range(models - 2))]
    families = ["control"] * 2 + [("vae", "gan", "diffusion", "flow")[i % 4] for i in range(models - 2)]
    return np.array(names, dtype=object), np.array(families, dtype=object)


def measure_browser(path: Path, browser: str) -> None:
    """Seconds until the page is loaded and drawn, and the slowest of the sorts of its largest table."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        page = opened.new_page(viewport={"width": 1280, "height": 900})
        inside = page.context.new_cdp_session(page)
        inside.send("Performance.enable", {"timeDomain": "threadTicks"})

        def busy() -> float:
            found = {m["name"]: m["value"] for m in inside.send("Performance.getMetrics")["metrics"]}
            return float(found["TaskDuration"])

        started = time.perf_counter()
        page.goto(path.resolve().as_uri())
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        print(f"loaded in Chromium: {time.perf_counter() - started:.2f} s ({busy():.2f} s of CPU)")
        print(f"elements: {page.evaluate('document.querySelectorAll(`*`).length'):,}")
        page.evaluate(OPENED)
        walls, cpus = [], []
        for index in range(page.evaluate("window.buttons.length")):
            before = busy()
            walls.append(page.evaluate(SORT, index))
            cpus.append(1e3 * (busy() - before))
        for name, of in (("wall", walls), ("CPU", cpus)):
            print(f"sorts of a table, {name}: {len(of)}, median {np.median(of):.0f} ms, slowest {max(of):.0f} ms")
        opened.close()


OPENED = """() => {
  const tables = [...document.querySelectorAll("table.board[id]")];
  const largest = tables.sort((a, b) => b.querySelectorAll("td").length - a.querySelectorAll("td").length)[0];
  largest.closest("details").open = true;
  largest.scrollIntoView();
  largest.closest(".board-box").querySelector(".show-all")?.click();
  window.buttons = [...largest.querySelectorAll("thead button")];
  return new Promise((done) => setTimeout(done, 500));
}"""
SORT = """(index) => {
  const start = performance.now();
  window.buttons[index].click();
  document.body.getBoundingClientRect();
  return performance.now() - start;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("models", 100), ("datasets", 10), ("seeds", 5), ("metrics", 60)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--out", type=Path, default=Path("report-bench.html"))
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--browser", default=shutil.which("chromium") or "")
    asked = parser.parse_args()
    data = RunData(table=synthetic_table(asked.models, asked.datasets, asked.seeds, asked.metrics))
    print(f"values: {len(data.table):,}")
    profile = cProfile.Profile()
    wall, busy = time.perf_counter(), time.process_time()
    html = profile.runcall(render, data) if asked.profile else render(data)
    print(f"rendered: {time.perf_counter() - wall:.1f} s ({time.process_time() - busy:.1f} s of CPU)")
    asked.out.write_text(html, encoding="utf-8")
    print(f"size: {asked.out.stat().st_size / 1e6:.2f} MB")
    if asked.profile:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
    if asked.browser:
        measure_browser(asked.out, asked.browser)


if __name__ == "__main__":
    main()

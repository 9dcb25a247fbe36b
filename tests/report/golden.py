"""A small fixed result set and its page, kept in `golden.html`: `python tests/report/golden.py` writes it again.

Look at the difference (`git diff tests/report/golden.html`) before it is kept. Style and script are left out.
"""

from __future__ import annotations

import re
from pathlib import Path

import genbench
from genbench.report.data import RunData
from genbench.report.page import render

GOLDEN = Path(__file__).with_name("golden.html")


def golden_run() -> RunData:
    """Three models and two controls on one dataset, two evaluations; one seed diverged."""
    from synthetic import Maker, reconstruct

    maker = Maker()
    levels = {"vae": 5.0, "gan": 9.0, "ddpm": 2.0, "control-test-half": 0.5, "control-marginals": 40.0}
    for seed in range(3):
        for label, level in levels.items():
            if (label, seed) == ("gan", 1):
                maker.missing(label, seed, "sample-quality", "diverged", "the loss became NaN at step 412")
                continue
            value = level * (1 + 0.02 * seed)
            maker.interval(label, seed, "sample-quality", "frechet", value, level / 20, encoder="in-domain")
        reconstruct(maker, "vae", seed, 0.02)
        reconstruct(maker, "control-mean-image", seed, 0.07)
    return RunData(table=maker.frame())


def golden_page(data: RunData) -> str:
    """The page less style, script, the embedded table and the version."""
    html = render(data)
    for pattern, kept in (
        (r"<style>.*?</style>", "<style></style>"),
        (r"<script>.*?</script>", "<script></script>"),
        (r"base64,[A-Za-z0-9+/=]+", "base64,"),
        (r"sha256-[\w+/=]+", "sha256-"),
    ):
        html = re.sub(pattern, kept, html, flags=re.S)
    return html.replace(f"genbench {genbench.__version__}", "genbench VERSION")


if __name__ == "__main__":
    GOLDEN.write_text(golden_page(golden_run()), encoding="utf-8")

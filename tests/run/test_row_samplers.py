"""A row's sampler is drawn as asked and shown as asked, in the table, the report and from Python."""

from __future__ import annotations

import pytest
import torch

from genbench import api, seeds
from genbench.options import Options
from genbench.report.data import entries

SUITE = """
schema = 1
name = "samplers"
models = ["ae", "ae+prior", "vae", "vae+prior", "gan+gmm10"]
datasets = ["digits"]
seeds = 1
[budget]
images = 1_280
[[evaluations]]
name = "sample-quality"
encoder = "pixels"
metrics = ["frechet"]
samples = 200
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> api.Run:
    folder = tmp_path_factory.mktemp("samplers")
    (folder / "samplers.toml").write_text(SUITE)
    api.run(str(folder / "samplers.toml"), Options(out=folder / "run", device="cpu", executor="inline"))
    return api.load(folder / "run")


def test_each_row_says_how_it_was_drawn(run: api.Run) -> None:
    table = run.table().set_index("label")
    drawn = {"ae": "", "ae+prior": "prior", "vae": "prior", "vae+prior": "prior", "gan+gmm10": "gmm10"}
    assert table.sampler.to_dict() == drawn
    assert table.value["vae"] == table.value["vae+prior"]
    assert table.status["ae"] == "unsupported" and table.status["ae+prior"] == "ok"
    assert "no encoder" in table.reason["gan+gmm10"]


def test_a_table_without_labels_names_the_sampler_that_is_not_the_models_own(run: api.Run) -> None:
    bare = run.table().drop(columns="label")
    assert {e.label for e in entries(bare)} == {"ae", "ae+prior", "vae", "gan+gmm10"}


def test_python_draws_what_was_asked(run: api.Run) -> None:
    draws = {name: run.model(name, dataset="digits").sample(8) for name in ("ae+prior", "vae", "vae+prior")}
    assert torch.equal(draws["vae"], draws["vae+prior"])
    decoded = run.model("ae+prior", dataset="digits")
    z = torch.randn(500, decoded.module.latent, generator=seeds.generator("samples", 0, 0))
    torch.testing.assert_close(decoded.module.decode(z)[:8], draws["ae+prior"])

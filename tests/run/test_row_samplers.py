"""A row's sampler is drawn as asked and shown as asked, in the table, the report and from Python."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from genbench import api
from genbench.core import seeds
from genbench.core.errors import SuiteError
from genbench.report.data import read_rows
from genbench.runs.options import Options

SUITE = """
schema = 1
name = "samplers"
models = ["ae", "ae+prior", "vae", "vae+prior", "gan+gmm10", "edm", "edm+heun2", "edm+heun18"]
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
    drawn |= dict.fromkeys(["edm", "edm+heun18"], "heun18 (35 evaluations)") | {"edm+heun2": "heun2 (3 evaluations)"}
    assert table.sampler.to_dict() == drawn
    assert (table.encoder_fingerprint[["vae", "edm"]] != "").all()
    assert table.value["vae"] == table.value["vae+prior"]
    assert table.status["ae"] == "unsupported" and table.status["ae+prior"] == "ok"
    assert "no encoder" in table.reason["gan+gmm10"]


def test_a_table_without_labels_names_the_sampler_that_is_not_the_models_own(run: api.Run) -> None:
    bare = run.table().drop(columns="label")
    assert {e.label for e in read_rows(bare)} == {
        "ae", "ae+prior", "vae", "gan+gmm10", "edm", "edm+heun2 (3 evaluations)"
    }  # fmt: skip


def test_python_draws_what_was_asked(run: api.Run) -> None:
    draws = {name: run.model(name, dataset="digits").sample(8) for name in ("ae+prior", "vae", "vae+prior")}
    assert torch.equal(draws["vae"], draws["vae+prior"])
    by = {name: run.model(name, dataset="digits").sample(8) for name in ("edm", "edm+heun18", "edm+heun2")}
    assert torch.equal(by["edm"], by["edm+heun18"]) and not torch.equal(by["edm"], by["edm+heun2"])
    decoded = run.model("ae+prior", dataset="digits")
    z = torch.randn(500, decoded.module.latent, generator=seeds.generator("samples", 0, 0))
    torch.testing.assert_close(decoded.module.decode(z)[:8], draws["ae+prior"])


def test_the_page_says_how_often_the_network_is_evaluated(run: api.Run) -> None:
    page = run.report().read_text(encoding="utf-8")
    assert "heun2 (3 evaluations)" in page and "heun18 (35 evaluations)" in page


@pytest.mark.parametrize(
    "asked, hint",
    [
        ("edm+huen18", "'heun18'"),
        ("edm+heun18 (3 evaluations)", "heun18 (35 evaluations)"),
        ("ae+gmm1", "'gmm10'"),
        ("ddpm+heun18", "ddimN"),
        ("vae+ddim50", "flow"),
    ],
)
def test_an_unknown_sampler_is_named_before_anything_is_trained(tmp_path: Path, asked: str, hint: str) -> None:
    (tmp_path / "typo.toml").write_text(SUITE.replace('"ae", "ae+prior"', f'"{asked}"'))
    with pytest.raises(SuiteError, match="no sampler is called") as error:
        api.run(str(tmp_path / "typo.toml"), Options(out=tmp_path / "run", device="cpu"))
    assert hint in str(error.value) and not (tmp_path / "run").exists()


def test_what_depends_on_no_sampler_is_measured_once_for_all_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from genbench.evaluations import reconstruction

    asked: list[str] = []
    measure = reconstruction._measurements
    monkeypatch.setattr(
        reconstruction, "_measurements", lambda evidence, *rest: asked.append("") or measure(evidence, *rest)
    )
    tables = '[[evaluations]]\nname = "reconstruction"\n[[evaluations]]\nname = "diversity"\nmetrics = ["vendi"]\n'
    rows = SUITE.replace('"ae", "ae+prior",', '"ae", "ae+prior", "ae+gmm10",').partition("[[")[0]
    (tmp_path / "samplers.toml").write_text(rows + tables)
    options = Options(out=tmp_path / "run", device="cpu", executor="inline", models=("ae", "ae+prior", "ae+gmm10"))
    done = api.run(str(tmp_path / "samplers.toml"), options)
    table = done.table().set_index(["label", "metric"])
    assert done.ok and len(asked) == 1
    assert table.value["ae", "mse"] == table.value["ae+prior", "mse"] == table.value["ae+gmm10", "mse"] > 0
    assert table.value["ae+prior", "vendi"] != table.value["ae+gmm10", "vendi"]
    assert done.data().pictures.groupby("label").size().to_dict() == {"ae": 1, "ae+prior": 1, "ae+gmm10": 1}

"""A suite is checked whole before torch is imported: names, metrics, headlines, options, samplers, encoders."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from genbench import registry
from genbench.core.errors import GenbenchError, SuiteError
from genbench.models.sampler_names import SAMPLERS
from genbench.models.samplers import make_sampler
from genbench.registry.signatures import option_names
from genbench.runs import suite_check, suite_file
from genbench.runs.options import Options, chosen_suite

GOOD = """
schema = 1
name = "small"
models = ["vae", "ae+gmm10", { use = "vae", as = "vae-z2", latent = 2 }, "edm+heun9"]
datasets = ["digits"]
[[evaluations]]
name = "sample-quality"
metrics = ["frechet", "kid"]
headline = "kid"
encoder = "in-domain"
[[evaluations]]
name = "outlier-detection"
[[evaluations]]
name = "speed"
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return path


def test_many_rows_are_looked_at_in_one_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with each would be 400,000,000 comparisons."""
    monkeypatch.setattr(suite_check, "check_use", lambda *_: None)
    rows = ", ".join(f'{{ use = "vae", as = "v{i}" }}' for i in range(20_000))
    text = f'schema = 1\nname = "many"\nseeds = 1\ndatasets = ["digits"]\nmodels = [{rows}]\n'
    assert len(suite_file.read(written(tmp_path, f'{text}[[evaluations]]\nname = "speed"\n')).rows) == 20_000


def test_a_good_suite_passes(tmp_path: Path) -> None:
    assert len(suite_file.read(written(tmp_path, GOOD)).models) == 4


WRONG = {
    "a metric that another evaluation gives": (
        GOOD.replace('name = "outlier-detection"', 'name = "outlier-detection"\nmetrics = ["frechet"]'),
        r"evaluations\.1\.metrics: outlier-detection does not give 'frechet'.*It gives auroc",
    ),
    "a headline of another evaluation": (
        GOOD.replace('name = "speed"', 'name = "speed"\nheadline = "mse"'),
        r"evaluations\.2\.headline: speed does not give 'mse'",
    ),
    "a headline that is not measured": (
        GOOD.replace('headline = "kid"', 'headline = "c2st"'),
        r"evaluations\.0\.headline: 'c2st' is not among the metrics asked for \(frechet, kid\)",
    ),
    "a misspelt metric": (GOOD.replace('"kid"]', '"kidd"]'), r"evaluations\.0\.metrics.*'kidd'.*mean 'kid'"),
    "a misspelt encoder": (GOOD.replace('"in-domain"', '"in-domian"'), r"evaluations\.0\.encoder.*mean 'in-domain'"),
    "a misspelt dataset": (GOOD.replace('["digits"]', '["digit"]'), r"datasets.*'digit'.*mean 'digits'"),
    "a misspelt option": (GOOD.replace("latent = 2", "laten = 2"), r"models.*'vae-z2' has no option 'laten'.*'latent'"),
    "a misspelt sampler": (GOOD.replace("gmm10", "gmm1"), r"models.*'ae\+gmm1'.*mean 'gmm10'"),
    "a solver that another model has": (GOOD.replace("heun9", "ddim9"), r"models.*no sampler is called 'ddim9'"),
    "an option in a table": (
        GOOD + "[options.digits]\nvae = { lattent = 3 }\n",
        r"options\.digits.*no option 'lattent'.*'latent'",
    ),
    "a backbone that there is not": (
        GOOD.replace("latent = 2", 'net = "vit"'),
        r"models: 'vae-z2' has net = 'vit': a backbone is one of mlp, conv, resnet",
    ),
    "a code of no values": (GOOD.replace("latent = 2", "latent = 0"), r"latent = 0: .*whole number.*1 or more"),
    "half a value": (GOOD.replace("latent = 2", "latent = 2.5"), r"latent = 2\.5: .*whole number"),
    "a word for a number": (GOOD.replace("latent = 2", 'latent = "many"'), r"latent = 'many'"),
    "a rate below 0": (GOOD.replace("latent = 2", "lr = -1"), r"lr = -1: a rate is a number above 0"),
    "no metric at all": (GOOD.replace('["frechet", "kid"]', "[]"), r"evaluations\.0\.metrics is empty"),
    "an evaluation without a name": (GOOD.replace('name = "speed"', "images = 3"), r"evaluations\.2.*name"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_with_file_and_key(tmp_path: Path, what: str) -> None:
    text, words = WRONG[what]
    path = written(tmp_path, text)
    with pytest.raises(GenbenchError, match=words) as caught:
        suite_file.read(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"models": ["vae+gmm1"]}, "gmm1"),
        ({"datasets": ["digit"]}, "mean 'digits'"),
        ({"settings": ["options.digits.vae.latnt=2"]}, "latnt"),
        ({"settings": ["options.digits.vae.lr=0"]}, "a rate is a number above 0"),
        ({"settings": ["vae.net=foo"]}, "a backbone is one of"),
    ],
)
def test_what_the_command_line_adds_is_checked_too(tmp_path: Path, given: dict[str, list[str]], words: str) -> None:
    with pytest.raises(SuiteError, match=words):
        chosen_suite(str(written(tmp_path, GOOD)), Options(out=tmp_path / "out", **given))


@pytest.mark.parametrize("what", WRONG)
def test_nothing_heavy_is_imported_for_it(tmp_path: Path, what: str) -> None:
    code = (
        "import sys\nfrom genbench.core.errors import GenbenchError\nfrom genbench.runs import suite_file\n"
        "from pathlib import Path\n"
        "try:\n    suite_file.read(Path(sys.argv[1]))\n"
        "except GenbenchError:\n    sys.exit(7 if 'torch' in sys.modules else 0)"
    )
    path = written(tmp_path, WRONG[what][0])
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 0


def test_options_read_off_the_source_are_those_of_the_class() -> None:
    for entry in registry.models:
        if entry.site is None:
            assert set(option_names(entry.target) or ()) == set(entry.options()), entry.card.name


def test_a_cards_solvers_are_those_of_the_class() -> None:
    for entry in registry.models:
        assert entry.card.solvers == tuple(getattr(entry.load(), "solvers", ())), entry.card.name


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_latent_sampler_that_a_suite_may_name_is_there(name: str) -> None:
    assert make_sampler(name, 3) is not None

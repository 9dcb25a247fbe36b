"""One plugin file with an evaluation and metrics of its own: everything that genbench does, it does for them too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from genbench import api, registry
from genbench.cli.app import app
from genbench.cli.main import main
from genbench.core.errors import SuiteError, UsageError
from genbench.core.jobs import Job
from genbench.protocols.metric import NEEDS
from genbench.registry import code, plugins, registries
from genbench.report.leaderboard import leaderboards
from genbench.report.types import Leaderboard
from genbench.runs.options import Options, chosen_suite
from genbench.runs.session import Session, prepare

SOURCE = (Path(__file__).parent / "third_party.py").read_text(encoding="utf-8")

SUITE = """
schema = 1
name = "third"
models = ["gaussian", "ppca", "ae", "cvae", "control-test-half", "my-blind", "my-means"]
datasets = ["digits"]
seeds = 3
[budget]
images = 640
[[evaluations]]
name = "sample-quality"
metrics = ["frechet", "my-shift", "my-confidence", "my-likelihood"]
headline = "my-shift"
samples = 200
[[evaluations]]
name = "diversity"
metrics = ["coverage", "my-nearness", "my-obedience"]
samples = 200
[[evaluations]]
name = "reconstruction"
metrics = ["mse", "my-error", "my-likeness"]
[[evaluations]]
name = "memorisation"
metrics = ["nn-distance-ratio"]
samples = 200
[[evaluations]]
name = "outlier-detection"
metrics = ["auroc", "my-gap"]
outliers = ["uniform-noise"]
[[evaluations]]
name = "speed"
metrics = ["my-size"]
[[evaluations]]
name = "my-codes"
codes = 200
"""

POINTS = """
schema = 1
name = "points"
models = ["gaussian", "gmm"]
datasets = ["ring8"]
seeds = 1
[[evaluations]]
name = "density"
metrics = ["tv", "my-truth"]
samples = 2_000
[[evaluations]]
name = "diversity"
metrics = ["my-mode"]
mode_samples = 200
"""

CLASSIFIERS = """
schema = 1
name = "classifiers"
models = ["vae"]
datasets = ["digits@longtail"]
seeds = 1
[budget]
images = 640
[[evaluations]]
name = "augmentation"
metrics = ["my-help"]
steps = 20
classifiers = 2
[[evaluations]]
name = "balance"
metrics = ["my-reading", "my-weights"]
samples = 200
steps = 20
classifiers = 2
"""

FACTORS = """
schema = 1
name = "factors"
models = ["ppca"]
datasets = ["shapes"]
seeds = 1
[[evaluations]]
name = "my-codes"
metrics = ["my-factors", "my-classes"]
headline = "my-factors"
"""

SERVED = {
    "features": ("sample-quality", "my-shift", {"gaussian", "ppca", "cvae"}),
    "training-features": ("diversity", "my-nearness", {"gaussian", "ppca", "cvae"}),
    "probabilities": ("sample-quality", "my-confidence", {"gaussian", "ppca", "cvae"}),
    "condition": ("diversity", "my-obedience", {"cvae"}),
    "images": ("reconstruction", "my-error", {"ppca", "ae"}),
    "image-features": ("reconstruction", "my-likeness", {"ppca", "ae"}),
    "likelihood": ("sample-quality", "my-likelihood", {"gaussian", "ppca"}),
    "scores": ("outlier-detection", "my-gap", {"gaussian", "ppca", "ae"}),
    "cost": ("speed", "my-size", {"gaussian", "ppca", "ae", "cvae"}),
    "codes": ("my-codes", "my-spread", {"ppca", "ae", "my-blind", "my-means"}),
    "labelled-codes": ("my-codes", "my-classes", {"ppca", "ae", "my-blind", "my-means"}),
}
"""By need: an evaluation that serves it, the plugin's metric, and rows that it can be measured of on digits."""

OWN = "my-codes"


@contextmanager
def nobody_registered() -> Iterator[None]:
    """No third party is known; what is registered meanwhile is forgotten afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        for known in registries.ALL:
            known.names()
            patch.setattr(known, "_own", {e.card.name: e for e in known if e.site is None})
        patch.setattr(plugins, "_LOADED", {})
        patch.setattr(code, "SEEN", dict(code.SEEN))
        patch.setattr(sys, "path", list(sys.path))
        yield


@pytest.fixture(scope="module", autouse=True)
def alone() -> Iterator[None]:
    with nobody_registered():
        yield


@pytest.fixture
def fresh() -> Iterator[None]:
    """The plugin of another folder may register the same names."""
    with nobody_registered():
        yield


def call(*arguments: str) -> Result:
    assert main
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def run(folder: Path, suite: str, executor: str) -> Result:
    """`genbench run` with the plugin of this folder."""
    place = str(folder / f"{suite}.toml"), "--out", str(folder / suite), "--plugin", str(folder / "plugin.py")
    return call("run", *place, "--executor", executor, "--device", "cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin, its suites, and the first run of each."""
    path = tmp_path_factory.mktemp("third")
    (path / "plugin.py").write_text(SOURCE)
    for name, suite, executor in (
        ("third", SUITE, "local"),
        ("points", POINTS, "inline"),
        ("factors", FACTORS, "inline"),
        ("classifiers", CLASSIFIERS, "inline"),
    ):
        (path / f"{name}.toml").write_text(suite)
        done = run(path, name, executor)
        assert done.exit_code == 0, done.output
    return path


@pytest.fixture(scope="module")
def table(folder: Path) -> pd.DataFrame:
    return api.load(folder / "third").table()


@pytest.fixture(scope="module")
def boards(folder: Path) -> dict[str, Leaderboard]:
    """By evaluation; the overview under the empty word."""
    return {"" if b.is_overview else b.evaluation: b for b in leaderboards(api.load(folder / "third").data())}


def test_every_need_that_is_served_has_its_case(folder: Path) -> None:
    served = {need for entry in registry.evaluations for need in entry.card.inputs}
    elsewhere = {"density", "modes", "factor-codes", "labels", "classifiers", "resampled"}
    assert set(SERVED) | elsewhere | {"mining"} == served == set(NEEDS)  # a pool of 20,000 scenes: too much for here


@pytest.mark.parametrize(
    ("suite", "metric"),
    [("points", "my-mode"), ("classifiers", "my-help"), ("classifiers", "my-reading"), ("classifiers", "my-weights")],
)
def test_a_metric_of_each_other_need_is_measured(folder: Path, suite: str, metric: str) -> None:
    rows = api.load(folder / suite).table().query("metric == @metric")
    assert len(rows) and set(rows.status) == {"ok"}


@pytest.mark.parametrize("need", SERVED)
def test_a_metric_of_each_need_is_in_the_table(table: pd.DataFrame, need: str) -> None:
    evaluation, metric, labels = SERVED[need]
    rows = table[(table.metric == metric) & (table.evaluation == evaluation)]
    assert set(rows.label) >= labels
    there = rows[rows.label.isin(labels)]
    assert set(there.status) == {"ok"} and there.value.notna().all()
    assert set(there.direction) == {str(registry.metrics.get(metric).card.direction)}
    assert set(there.seed) == ({0} if need == "cost" else {0, 1, 2})
    rest = rows[~rows.label.isin(labels)]
    assert all(rest.reason[rest.status != "ok"])


def test_a_metric_that_cannot_be_measured_leaves_those_beside_it(table: pd.DataFrame) -> None:
    """A row without a density has no likelihood; its distances stand."""
    own = table[(table.label == "control-test-half") & (table.evaluation == "sample-quality")].set_index("metric")
    assert set(own.status["my-likelihood"]) == {"unsupported"}
    assert set(own.status["frechet"]) == set(own.status["my-shift"]) == {"ok"}
    assert table[table.metric == "my-obedience"].groupby("label").status.unique().map(list)["ppca"] == ["unsupported"]


def test_a_metric_of_a_known_density(folder: Path) -> None:
    rows = api.load(folder / "points").table().set_index(["metric", "label"])
    assert rows.status["my-truth"].to_dict() == {"gaussian": "ok", "gmm": "ok"}
    assert rows.value["my-truth", "gmm"] > rows.value["my-truth", "gaussian"]


def test_a_metric_of_ground_truth_factors(folder: Path) -> None:
    rows = api.load(folder / "factors").table()
    own = rows[rows.metric == "my-factors"]
    assert set(own.status) == {"ok"} and len(set(own.target)) == 5
    assert own.value.between(0, 1).all()


def test_its_evaluation_is_ranked_between_its_controls(boards: dict[str, Leaderboard]) -> None:
    board = boards[OWN]
    cells = board.cells(board.headline)
    assert board.headline.startswith("my-classes") and board.summary == "What codes tell of their examples."
    assert {row.label for row in board.controls} >= {"my-blind", "my-means"}
    assert {cells["ppca"].place, cells["ae"].place} <= {1, 2, 3} and cells["my-means"].place is None
    assert cells["my-means"].score == 1 and cells["my-blind"].score == 0
    assert cells["ppca"].score is not None and 0 < cells["ppca"].score < 1


def test_its_headline_and_a_suites_are_columns_of_the_overview(boards: dict[str, Leaderboard]) -> None:
    overview = boards[""]
    assert {(c.evaluation, c.metric) for c in overview.columns} >= {(OWN, "my-classes"), ("sample-quality", "my-shift")}
    assert not any("my-blind" in warning for warning in overview.warnings)


def test_the_page_shows_it(folder: Path) -> None:
    page = (folder / "third" / "report.html").read_text(encoding="utf-8")
    for shown in ("My codes", "My classes", "My shift", "What codes tell of their examples.", "my-blind"):
        assert shown in page
    assert "<h3>Two numbers of each code</h3>" in page
    for metric in (SERVED[need][1] for need in SERVED):
        assert f"A third party's, of {registry.metrics.get(metric).card.needs}." in page.replace("&#39;", "'")


@pytest.mark.parametrize("form", ["csv", "markdown", "latex"])
def test_it_is_exported(folder: Path, form: str) -> None:
    done = call("export", str(folder / "third"), "--format", form)
    assert done.exit_code == 0
    for name in ("my-classes", "my-shift") if form == "csv" else ("My classes", "My shift"):
        assert name in done.output
    if form == "csv":
        return
    line = next(line for line in done.output.splitlines() if "My codes" in line)
    assert "digits" in line


def test_it_is_listed_and_shown(folder: Path) -> None:
    plugin = "--plugin", str(folder / "plugin.py")
    listed = {kind: call("list", kind, *plugin, "--json") for kind in ("evaluations", "metrics")}
    found = {kind: {one["name"]: one for one in json.loads(done.output)} for kind, done in listed.items()}
    assert found["evaluations"][OWN]["headline"] == "my-classes"
    assert {SERVED[need][1] for need in SERVED} | {"my-truth", "my-factors"} <= set(found["metrics"])
    assert OWN in call("list", "evaluations", *plugin).output
    assert "my-shift" in call("list", "metrics", *plugin).output
    shown = call("show", "evaluation", OWN, *plugin).output
    for word in ("What codes tell of their examples.", "my-classes", "my-factors", "encodes"):
        assert word in shown
    assert json.loads(call("show", "evaluation", OWN, *plugin, "--json").output)["settings"]["codes"] == 300
    assert "labelled-codes" in call("show", "metric", "my-classes", *plugin).output


def test_nothing_is_missing_afterwards_in_another_process_too(folder: Path) -> None:
    assert "Nothing was missing" in run(folder, "third", "local").output
    command = [sys.executable, "-m", "genbench", "run", str(folder / "third.toml"), "--out", str(folder / "third")]
    more = ["--plugin", str(folder / "plugin.py"), "--device", "cpu", "--dry-run", "--json"]
    done = subprocess.run([*command, *more], capture_output=True, text=True, check=True, env=os.environ)
    assert json.loads(done.stdout)["missing"] == []


def test_another_process_shows_it_alike_with_the_plugin_and_plainly_without(folder: Path, tmp_path: Path) -> None:
    def elsewhere(command: str, *arguments: str) -> str:
        whole = [sys.executable, "-m", "genbench", command, str(folder / "third"), *arguments]
        done = subprocess.run(whole, capture_output=True, text=True, check=False, env=os.environ)
        assert done.returncode == 0, done.stderr
        return done.stdout

    plugin = "--plugin", str(folder / "plugin.py")
    here = call("export", str(folder / "third"), "--format", "markdown").stdout
    assert elsewhere("export", "--format", "markdown", *plugin) == here
    plain = elsewhere("export", "--format", "markdown")
    assert plain != here and "My classes" not in plain and "my classes" in plain
    page = tmp_path / "page.html"
    elsewhere("report", "-o", str(page), *plugin)
    assert "What codes tell of their examples." in page.read_text(encoding="utf-8")
    elsewhere("report", "-o", str(page))
    assert "My codes" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("metric", "row", "evaluation"), [("my-classes", "ae", OWN), ("my-shift", "gmm", "sample-quality")]
)
def test_a_row_is_tuned_for_its_metric(folder: Path, tmp_path: Path, metric: str, row: str, evaluation: str) -> None:
    place = str(folder / "third.toml"), "--plugin", str(folder / "plugin.py"), "--out", str(tmp_path / "tuned")
    done = call(
        "tune", *place, "--models", f"{row},gaussian", "--metric", metric, "--trials", "2", "--device", "cpu",
        "--executor", "local", "--workers", "1", "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    (study,) = found["studies"]
    assert (study["row"], study["metric"], study["evaluation"]) == (row, metric, evaluation)
    assert study["direction"] == str(registry.metrics.get(metric).card.direction)
    assert [trial["status"] for trial in study["trials"]] == ["ok", "ok"]
    assert "latent" not in study["space"]  # which the evaluation fixes, and a mixture has not
    assert set(found["idle"]) == {"gaussian"}
    own = api.load(tmp_path / "tuned").table()
    assert set(own.metric) == {metric} and set(own.dataset) == {"digits@val"}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ('metrics = ["my-sprad"]', "no metric is called 'my-sprad': did you mean 'my-spread'"),
        ('metrics = ["my-size"]', "my-codes does not give 'my-size'"),
        ('metrics = ["my-shift", "my-spread"]', "my-codes does not give 'my-shift'"),
        ('metrics = ["my-spread"]\nheadline = "my-classes"', "'my-classes' is not among the metrics asked for"),
        ("code = 200", "unknown key 'evaluations.0.code': did you mean 'codes'"),
        ("codes = 1", "greater than or equal to 20"),
    ],
)
def test_a_suite_that_asks_it_for_what_it_has_not_is_refused(
    folder: Path, tmp_path: Path, asked: str, said: str
) -> None:
    head = FACTORS.partition("metrics =")[0]
    (tmp_path / "asks.toml").write_text(head + asked + "\n")
    with pytest.raises(SuiteError) as refused:
        chosen_suite(str(tmp_path / "asks.toml"), Options(plugins=[str(folder / "plugin.py")], out=tmp_path / "run"))
    assert said in str(refused.value) and "asks.toml: " in str(refused.value)
    if "does not give" in said:
        assert "did you mean 'my-" in str(refused.value) and "my-classes, my-spread, " in str(refused.value)


def test_an_evaluation_of_genbenchs_own_refuses_what_it_does_not_serve(folder: Path) -> None:
    suite = folder / "wrong.toml"
    suite.write_text(POINTS.replace('"my-truth"', '"my-classes"'))
    with pytest.raises(SuiteError, match="density does not give 'my-classes'.*It gives .*my-truth"):
        chosen_suite(str(suite), Options(plugins=[str(folder / "plugin.py")], out=folder / "wrong"))


EDITED = """
schema = 1
name = "edited"
models = ["gaussian", "ppca", "my-blind", "my-means"]
datasets = ["digits"]
seeds = 1
[[evaluations]]
name = "sample-quality"
encoder = "pixels"
samples = 200
[[evaluations]]
name = "diversity"
encoder = "pixels"
metrics = ["coverage", "my-nearness"]
samples = 200
[[evaluations]]
name = "my-codes"
"""

SHIFT = """
from genbench import Direction, Metric, register_metric

@register_metric(Metric(name="their-shift", summary="One.", direction=Direction.LOWER, version=1))
def shift(inputs):
    return 1.0 * (inputs.real.features.mean(0) - inputs.generated.features.mean(0)).norm()
"""

SPREAD = """
from genbench import Direction, Metric, register_metric

@register_metric(Metric(name="their-spread", summary="Two.", direction=Direction.HIGHER, needs="codes", version=1))
def spread(inputs):
    return 1.0 * inputs.codes.test.std()
"""

CODES = """
from genbench import Direction, Evaluation, Metric, Outcome, register_evaluation, register_metric
from genbench.evaluations.outcome import measurements
from genbench.metrics.latents import Codes, latent_metrics

@register_metric(Metric(name="their-size", summary="Three.", direction=Direction.LOWER, needs="codes"))
def size(inputs):
    return float(inputs.codes.test.shape[1])

RECORD = Evaluation(
    name="their-codes", summary="Codes.", capabilities=("encodes",), inputs=("codes",),
    metrics=("their-size",), headline="their-size", version=1,
)

@register_evaluation(RECORD)
def evaluate(evidence, config):
    codes = 1.0 * evidence.codes("reference")
    values = latent_metrics(
        Codes(test=codes), metrics=config.metrics or ("their-size",), generator=evidence.generator("theirs")
    )
    return Outcome(measurements(values, split="reference"))
"""

APART = """
schema = 1
name = "apart"
models = ["gaussian", "ppca"]
datasets = ["digits", "ring8"]
seeds = 1
[[evaluations]]
name = "sample-quality"
datasets = ["digits"]
encoder = "pixels"
metrics = ["frechet", "their-shift"]
samples = 200
[[evaluations]]
name = "sample-quality"
datasets = ["ring8"]
metrics = ["frechet"]
samples = 200
[[evaluations]]
name = "diversity"
datasets = ["ring8"]
metrics = ["coverage", "their-shift"]
samples = 200
[[evaluations]]
name = "their-codes"
datasets = ["digits"]
metrics = ["their-size", "their-spread"]
[[evaluations]]
name = "their-codes"
datasets = ["ring8"]
"""


class Edits:
    """A suite with plugin files that are edited, run again and again in one folder."""

    def __init__(self, folder: Path, suite: str, files: dict[str, str]) -> None:
        self.folder, self.files = folder, files
        (folder / "suite.toml").write_text(suite)
        for name, source in files.items():
            (folder / name).write_text(source)

    def edit(self, name: str, old: str, new: str) -> None:
        """Change this text of a plugin file as it was at first."""
        assert self.files[name].count(old) == 1
        (self.folder / name).write_text(self.files[name].replace(old, new))

    def undo(self, name: str) -> None:
        (self.folder / name).write_text(self.files[name])

    @property
    def options(self) -> Options:
        plugins = [str(self.folder / name) for name in self.files]
        return Options(out=self.folder / "run", plugins=plugins, device="cpu", executor="inline")

    def session(self) -> Session:
        return prepare(chosen_suite(str(self.folder / "suite.toml"), self.options), self.options)

    def missing(self, session: Session | None = None) -> set[tuple[str, str, str]]:
        session = session or self.session()
        return {(job.row.label, job.row.dataset, job.evaluation) for job in session.missing}

    def run(self, **more: object) -> int:
        """How many jobs were done."""
        result = api.run(str(self.folder / "suite.toml"), replace(self.options, **more))
        assert result.ok, result.failed
        return result.done

    def values(self) -> pd.Series:
        table = api.load(self.folder / "run").table()
        keys = ["label", "dataset", "evaluation", "metric"]
        return table[table.status == "ok"].set_index(keys).value.sort_index()


def rows(session: Session, uses: Callable[[Job], bool]) -> set[tuple[str, str, str]]:
    """The jobs of a plan that use something, and not all of them."""
    found = {(job.row.label, job.row.dataset, job.evaluation) for job in session.plan.jobs if uses(job)}
    assert 0 < len(found) < len(session.plan.jobs)
    return found


def test_an_edit_of_the_one_file_makes_anew_what_stands_on_it(fresh: None, tmp_path: Path) -> None:
    """The code of a third party is its file: what uses anything of it is missing, and nothing else."""
    edits = Edits(tmp_path, EDITED, {"plugin.py": SOURCE})
    assert edits.run() == 12 and edits.missing() == set()
    before = edits.values()
    theirs = rows(edits.session(), lambda job: "my-" in " ".join((job.row.model, job.evaluation, *job.metrics)))

    edits.edit("plugin.py", "nearest2.sqrt().mean()", "nearest2.sqrt().mean() * 2")
    assert edits.missing() == theirs
    assert edits.run(executor="local") == len(theirs) and edits.missing() == set()
    doubled = before.index.get_level_values("metric") == "my-nearness"
    pd.testing.assert_series_equal(edits.values()[doubled], before[doubled] * 2)
    pd.testing.assert_series_equal(edits.values()[~doubled], before[~doubled])

    edits.edit(
        "plugin.py", "codes = evidence.dataset.reference, evidence", "codes = evidence.dataset.reference, 2 * evidence"
    )
    assert edits.missing() == theirs
    assert edits.run() == len(theirs)
    wider = before.index.get_level_values("metric") == "my-spread"
    pd.testing.assert_series_equal(edits.values()[wider], before[wider] * 2)

    edits.undo("plugin.py")
    assert edits.missing() == set()  # what it gave at first is still known
    assert edits.run() == 0
    pd.testing.assert_series_equal(edits.values(), before)


def test_its_check_of_known_answers_speaks(fresh: None, tmp_path: Path) -> None:
    edits = Edits(tmp_path, EDITED, {"plugin.py": SOURCE})
    edits.edit("plugin.py", "return float(1 - rest / total)", "return float(rest / total)")
    edits.run()
    overview = next(b for b in leaderboards(api.load(tmp_path / "run").data()) if b.is_overview)
    assert "my-blind should be below my-means." in overview.warnings
    assert "my-blind should be below my-means." in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Edits:
    """Metrics and an evaluation in files of their own, run once."""
    files = {"shift.py": SHIFT, "spread.py": SPREAD, "codes.py": CODES}
    edits = Edits(tmp_path_factory.mktemp("apart"), APART, files)
    assert edits.run() == len(edits.session().plan.jobs) == 10
    return edits


def test_each_table_of_an_evaluation_is_for_its_own_datasets(apart: Edits) -> None:
    """Another one's metrics are not measured there, and nothing is measured twice."""
    jobs = apart.session().plan.jobs
    assert {(job.evaluation, job.row.dataset, job.metrics) for job in jobs} == {
        ("sample-quality", "digits", ("frechet", "their-shift")),
        ("sample-quality", "ring8", ("frechet",)),
        ("diversity", "ring8", ("coverage", "their-shift")),
        ("their-codes", "digits", ("their-size", "their-spread")),
        ("their-codes", "ring8", ("their-size",)),
    }


ASKS = {
    "shift.py": lambda job: "their-shift" in job.metrics,
    "spread.py": lambda job: "their-spread" in job.metrics,
    "codes.py": lambda job: job.evaluation == "their-codes",
}


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize(("old", "new"), [("1.0 * ", "3.0 * "), ("version=1", "version=2")])
def test_an_edit_of_a_file_makes_anew_what_asks_for_it(apart: Edits, name: str, old: str, new: str) -> None:
    before, asking = apart.values(), rows(apart.session(), ASKS[name])
    apart.edit(name, old, new)
    try:
        assert apart.missing() == asking
        assert apart.run() == len(asking) and apart.missing() == set()
        after = apart.values()
    finally:
        apart.undo(name)
    assert apart.missing() == set() and apart.run() == 0
    changed = {"shift.py": {"their-shift"}, "spread.py": {"their-spread"}, "codes.py": {"their-spread"}}[name]
    times = 3.0 if "3.0" in new else 1.0
    expected = before.where(~before.index.get_level_values("metric").isin(changed), before * times)
    pd.testing.assert_series_equal(after, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("known", "name", "asks"),
    [
        ("metrics", "their-shift", ASKS["shift.py"]),
        ("metrics", "coverage", lambda job: "coverage" in job.metrics),
        ("evaluations", "their-codes", ASKS["codes.py"]),
        ("evaluations", "diversity", lambda job: job.evaluation == "diversity"),
    ],
)
def test_another_version_of_a_record_alone_makes_its_jobs_anew(
    apart: Edits, monkeypatch: pytest.MonkeyPatch, known: str, name: str, asks: Callable[[Job], bool]
) -> None:
    assert apart.missing() == set()
    entry = getattr(registry, known).get(name)
    newer = replace(entry, card=replace(entry.card, version=entry.card.version + 1))
    monkeypatch.setitem(getattr(registry, known)._own, name, newer)
    session = apart.session()
    assert apart.missing(session) == rows(session, asks)


def test_a_table_is_of_the_version_that_made_it(apart: Edits) -> None:
    apart.edit("shift.py", "version=1", "version=7")
    try:
        apart.run()
        table = api.load(apart.folder / "run").table()
    finally:
        apart.undo("shift.py")
    assert set(table.metric_version[table.metric == "their-shift"]) == {7}
    assert set(table.metric_version[table.metric == "their-spread"]) == {1}


def test_a_broken_edit_is_one_sentence_and_changes_nothing(apart: Edits) -> None:
    apart.edit("shift.py", "def shift(inputs):", "def shift(inputs:")
    try:
        with pytest.raises(UsageError, match=r"shift.py.*could not be loaded"):
            apart.session()
        assert registry.metrics.get("their-shift").load() is not None
    finally:
        apart.undo("shift.py")
    assert apart.missing() == set()

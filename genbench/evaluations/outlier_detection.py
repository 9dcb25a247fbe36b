"""Outlier detection: whether unusual data score higher than ordinary data, for each score that a model can give.

Scores are fixed before any outlier is seen: higher = more unusual, never flipped, each a row of its own. Where a
dataset has a pool of unlabelled examples, what a detector finds in it is put to use.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, get_args

from pydantic import Field

from genbench.core.records import DataFacts
from genbench.evaluations.known_answers import NOISE
from genbench.evaluations.mining_recipe import RECIPE
from genbench.protocols.evaluation import Evaluation, EvaluationConfig, Tuning
from genbench.protocols.results import Results, Table

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.core.values import Measurement
    from genbench.evaluations.evidence import Evidence
    from genbench.evaluations.outcome import Outcome
    from genbench.evaluations.outlier_scores import Examples, Score

ScoreName = Literal[
    "own",
    "own-features",
    "reconstruction",
    "nll",
    "kl",
    "typicality",
    "complexity-corrected",
    "latent-distance",
    "latent-density",
    "partial-reconstruction",
    "anogan",
]
CHEAP: tuple[ScoreName, ...] = tuple(name for name in get_args(ScoreName) if name != "anogan")
"""The scores that are made unless a suite names others: all but the search for a generator's code."""

UNTRAINED = "control-untrained"
"""The control whose scores are those of weights that nobody trained."""


class OutlierDetectionConfig(EvaluationConfig):
    """`outliers`: names of the dataset's outlier sets (all that it has unless said). `scores`: which of the scores that
    a model can give (all that are cheap unless said; `anogan` searches a code for each example, 800 steps)."""

    samples: int = Field(default=10_000, ge=2)
    outliers: tuple[str, ...] | None = None
    scores: tuple[ScoreName, ...] | None = Field(default=None, min_length=1)

    def content(self, facts: DataFacts) -> dict[str, str]:
        """The fingerprints of the outlier sets that are looked at, and of the pool with how it is mined."""
        sets = {name: facts.outliers.get(name, "") for name in self.outliers or facts.outliers}
        return sets | ({"pool": facts.pool, "mining": str(RECIPE)} if facts.pool else {})


EVALUATION = Evaluation(
    name="outlier-detection",
    summary="Whether unusual data score higher than ordinary data, for each score that the model can give.",
    config=OutlierDetectionConfig,
    function="genbench.evaluations.outlier_detection:evaluate",
    capabilities=("outliers", "reconstructs", "density", "encodes"),
    data=("outliers",),
    inputs=("scores", "mining"),
    metrics=(
        "auroc",
        "aupr-out",
        "aupr-in",
        "fpr95",
        "recall-at-5",
        "mining-gain",
        "mining-accuracy",
        "mining-precision",
    ),
    headline="auroc",
    floor=("chance",),
    ceiling=("exact",),
    over_targets="near",
    verdict="Finds outliers best",
    tuning=Tuning(),
    sanity="genbench.evaluations.outlier_detection:sanity",
    of_model=True,
    pictures={
        "scores": "Scores of ordinary and unusual data",
        "roc": "ROC curves",
        "confused": "Where the score is most wrong",
    },
    version=4,
)


def evaluate(evidence: Evidence, config: OutlierDetectionConfig) -> Outcome:
    """Each score on the reference against each outlier set (`target` names the set), and on the pool.

    As many of a set as there are ordinary examples are taken, in an order that depends on the set alone: its file may
    be sorted by class or writer. A set that the protocol wants whole (all other classes) is so, up to `samples`. A
    score that cannot be made takes no other one with it.
    """
    from genbench.core.errors import Unsupported
    from genbench.evaluations.choice import by_need
    from genbench.evaluations.outcome import Outcome
    from genbench.evaluations.outlier_pictures import pictures
    from genbench.evaluations.outlier_scores import scores

    data = evidence.dataset
    asked = by_need(config.metrics or EVALUATION.metrics_on(data.kind))
    sets = _sets(evidence, config)
    found: list[Measurement] = []
    made: dict[str, Mapping[str, Tensor]] = {}
    for score in scores(evidence, config.scores or CHEAP):
        measured, of_sets = _of_score(evidence, score, sets, asked)
        found += measured
        if of_sets:
            made[score.name] = of_sets
    if not found:
        of_these = f" among {', '.join(config.scores)}" if config.scores else ""
        raise Unsupported(f"{type(evidence.model).__name__} gives no outlier score{of_these}.")
    return Outcome(found, pictures(data, {name: part.x for name, part in sets.items()}, made))


ORDINARY = "reference"


def _sets(evidence: Evidence, config: OutlierDetectionConfig) -> dict[str, Examples]:
    """The ordinary examples first (under `ORDINARY`), then the outliers of each set by its name, on the device: each
    score reads them."""
    from genbench.core.errors import Unsupported
    from genbench.evaluations.context import outlier_part, reference_part
    from genbench.evaluations.outlier_scores import Examples

    data = evidence.dataset
    names = config.outliers or tuple(data.outliers)
    for name in names:
        if name not in data.outliers:
            raise Unsupported(f"{data.name} has no outlier set {name!r}; it has {', '.join(data.outliers)}.")
    ordinary = reference_part(data, config.samples).x.to(evidence.context.device)
    found = {ORDINARY: Examples(f"{ORDINARY}:{len(ordinary)}", ordinary)}
    for name in names:
        x = outlier_part(data, name, config.samples if name in data.whole else len(ordinary)).x
        found[name] = Examples(f"outliers:{name}:{len(x)}", x.to(ordinary.device))
    return found


def _of_score(
    evidence: Evidence, score: Score, sets: Mapping[str, Examples], asked: Mapping[str, Sequence[str]]
) -> tuple[list[Measurement], dict[str, Tensor]]:
    """What is measured of one score, and the scores themselves by set; a reason in their place where it has none."""
    from genbench.core.errors import Diverged, Unsupported
    from genbench.core.values import Measurement, Status, Value
    from genbench.evaluations.outlier_scores import scored

    found: list[Measurement] = []
    made: dict[str, Tensor] = {}
    for need, metrics in asked.items():
        try:
            if need == "scores":
                made = {name: scored(score, examples) for name, examples in sets.items()}
                found += _separations(evidence, score, made, metrics)
            else:
                found += _mined(evidence, score, metrics)
        except (Diverged, Unsupported) as reason:
            value = Value.unsupported(reason)
            if isinstance(reason, Diverged):
                value = Value.missing(Status.DIVERGED, str(reason))
            found += [Measurement(metric=m, score=score.name, split="reference", value=value) for m in metrics]
    return found, made


def _separations(
    evidence: Evidence, score: Score, made: Mapping[str, Tensor], metrics: Sequence[str]
) -> list[Measurement]:
    """How far the score sets each outlier set apart from the ordinary examples."""
    from genbench.core.values import Measurement
    from genbench.metrics.outliers import outlier_metrics

    found = []
    for name in [name for name in made if name != ORDINARY]:
        generator = evidence.generator("outliers", score.name, name)
        values = outlier_metrics(made[ORDINARY], made[name], metrics=metrics, generator=generator)
        found += [
            Measurement(metric=metric, target=name, score=score.name, split="reference", value=value)
            for metric, value in values.items()
        ]
    return found


def _mined(evidence: Evidence, score: Score, metrics: Sequence[str]) -> list[Measurement]:
    """What the most unusual examples of the dataset's pool are worth once they are labelled."""
    from genbench.evaluations.mining import Miner
    from genbench.evaluations.outcome import measurements
    from genbench.evaluations.outlier_scores import Examples, scored
    from genbench.metrics.mining import mining_metrics

    miner = Miner(evidence.context, evidence.dataset, evidence.seed, RECIPE)
    inputs = miner.inputs(scored(score, Examples(f"pool:{evidence.seed}", miner.examples().x)))
    return measurements(mining_metrics(inputs, metrics), score=score.name, split="reference")


def sanity(results: Results, table: Table) -> Iterator[str]:
    """A random score tells nothing, and training is worth something."""
    label = table.controls.get(NOISE)
    targets = [target for metric, target in table.columns if metric == "auroc"]
    for target in targets:
        cell = table.cell(label, "auroc", target)
        if cell is not None and cell.mean is not None and abs(cell.mean - 0.5) > 4 * (cell.error or 0.05):
            where = f" on {target}" if target else ""
            yield f"{label}'s random score should have an AUROC of 0.5{where}, but is at {cell.mean:.3f}."
    yield from _no_better_than_untrained(table, targets)


ROOM = 0.98
"""An AUROC of untrained weights above this leaves no room to be better."""


def _no_better_than_untrained(table: Table, targets: Sequence[str]) -> Iterator[str]:
    """Trained scores that find no outlier set surely better than the same score of weights that nobody trained: a
    sentence for each score. Where most models' are so, the score is to be doubted and not they."""
    untrained = table.controls.get(UNTRAINED)
    found: dict[str, dict[str, tuple[float, float]]] = {}
    having: Counter[str] = Counter()
    for label in table.models if untrained else ():
        for score in table.scores(label):
            both = [[table.cell(row, "auroc", target, score) for row in (label, untrained)] for target in targets]
            pairs = [(one, other) for one, other in both if other is None or (other.mean or 0.0) < ROOM]
            means = [(one.mean, other.mean) for one, other in pairs if one and other and one.mean and other.mean]
            among = len(table.models)
            better = [table.better(one, other, "auroc", among=among) for one, other in pairs if one and other]
            having[score] += bool(means)
            if means and not any(better):
                best, bare = (max(column) for column in zip(*means, strict=True))
                found.setdefault(score, {})[label] = best, bare
    for score, labels in found.items():
        best, bare = (max(column) for column in zip(*labels.values(), strict=True))
        if len(labels) > max(2, having[score] / 2):
            yield (
                f"the score {score} of {len(labels)} of {having[score]} models is on no outlier set surely beyond that "
                f"of {untrained}, which learned nothing (AUROC at best {best:.3f} and {bare:.3f}): it says little here "
                "of what they learned."
            )
            continue
        whose = (
            f"{', '.join(labels)}: the score {score}" if len(labels) > 1 else f"{next(iter(labels))}'s score {score}"
        )
        yield (
            f"{whose} is on no outlier set surely beyond the same score of {untrained}, which learned nothing (AUROC "
            f"at best {best:.3f} and {bare:.3f}): was it trained?"
        )

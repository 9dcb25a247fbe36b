"""The arms of an augmentation: what classifiers are trained on, and what they then answer.

What does not depend on the model (real data alone, classical augmentation, more real data) is made once for each
dataset and seed; all evaluations that train the small classifier share it, and all processes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from genbench.core import seeds
from genbench.core.errors import Unsupported
from genbench.evaluations.context import RunContext
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.small_classifier import (
    RECIPE,
    Examples,
    SmallClassifiers,
    Training,
    kept,
    train_classifiers,
)
from genbench.metrics.augmentation import CLASSICAL, GENERATED, ONLY_GENERATED, Arm
from genbench.metrics.values import Details
from genbench.protocols.dataset import Dataset, Split

POOL = 10
"""Samples for each real example among which a teacher looks for rare classes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """Where classifiers are trained and tried: a dataset, a seed, the training that all arms share."""

    context: RunContext
    data: Dataset
    seed: int
    training: Training

    @classmethod
    def of(cls, evidence: Evidence, *, steps: int, classifiers: int) -> Lab:
        """That of a fitted model. Raises `Unsupported` where the reference cannot tell classifiers apart."""
        data = evidence.dataset
        assert data.train.y is not None and data.reference.y is not None  # the record asks for labels
        if bool((data.reference.y == data.reference.y[0]).all()):
            raise Unsupported(f"the reference of {data.name} holds one class alone: every classifier could guess it.")
        training = Training(classes=data.spec.classes, steps=steps, classifiers=classifiers)
        return cls(context=evidence.context, data=data, seed=evidence.seed, training=training)

    def trained(self, examples: Examples) -> SmallClassifiers:
        """Classifiers on these examples, from the seeds that all arms share."""
        return train_classifiers(examples, self.training, self.data.fingerprint, self.seed)

    def arm(self, classifiers: SmallClassifiers, *, m: int | None = None, **details: float | int | str) -> Arm:
        """What they answer on the reference and on the real training examples."""
        train, reference = self.data.train, self.data.reference
        about: Details = {"recipe": RECIPE, "steps": self.training.steps, "real": len(train), **details}
        assert train.y is not None and reference.y is not None
        right = classifiers.read(reference.x).eq(reference.y)
        return Arm(right=right, train_right=classifiers.read(train.x).eq(train.y), m=m, details=about)

    def teacher(self) -> SmallClassifiers:
        """The classifiers trained on the real training part alone."""
        return self._classifiers(self.data.train, "alone")

    def alone(self) -> Arm:
        """Real data alone."""
        return self._real_arm(self.data.train, "alone")

    def classical(self) -> Arm:
        """Real data, each batch shifted and turned."""
        if not self.data.spec.is_image:
            raise Unsupported(f"classical augmentation shifts and turns images, and {self.data.name} has none")
        return self._real_arm(self.data.train, CLASSICAL)

    def more_real(self, times: int) -> Arm:
        """Real data and `times` as many other real ones, or as many as there are."""
        train, back = self.data.train, self.data.held_back
        if back is None:
            raise Unsupported(
                f"{self.data.name} has no real data beyond its training part: take a part of one, such as SET@200"
            )
        rows = torch.randperm(len(back), generator=seeds.generator("more real", self.data.fingerprint, self.seed))
        added = back.take(rows[: times * len(train)])
        return self._real_arm(train.joined(added), f"{times} times more real", added=len(added))

    def _real_arm(self, train: Split, name: str, **details: int) -> Arm:
        make = lambda: self.arm(self._classifiers(train, name), **details)
        return self.context.once(("arm", *self._key(name)), make)

    def _classifiers(self, train: Split, name: str) -> SmallClassifiers:
        """Trained on real examples, which no model changes: of several processes one trains them, the others find them
        in the cache."""
        path = self.context.cache / "classifiers" / f"{seeds.derive(*self._key(name)):016x}.safetensors"
        assert train.y is not None
        examples = Examples(x=train.x, y=train.y, classical=name == CLASSICAL)
        make = lambda: kept(path, lambda: self.trained(examples))
        return self.context.once(("classifiers", *self._key(name)), make)

    def _key(self, name: str) -> tuple[str, str, int, str, str]:
        return RECIPE, self.data.fingerprint, self.seed, str(self.training), name


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """Generated examples (m, *shape) with the labels that each of R classifiers is given (R, m); `by`: who says so."""

    x: Tensor
    y: Tensor
    by: str


def labelled_samples(evidence: Evidence, lab: Lab, times: int) -> Labelled:
    """`times` samples for each real training example: of the real classes where the model takes a condition, else as
    the teachers read them, each student's by its own."""
    train = evidence.dataset.train
    assert train.y is not None
    asked = train.y.repeat(times)
    if _takes_condition(evidence):
        x = evidence.once(("labelled", times), lambda: evidence.conditional_samples(asked).cpu())
        return Labelled(x=x, y=asked.expand(lab.training.classifiers, -1), by="condition")
    x = evidence.samples(len(asked)).cpu()
    return Labelled(x=x, y=lab.teacher().read(x), by="teacher")


def _takes_condition(evidence: Evidence) -> bool:
    return evidence.can("conditional") and not evidence.resampled


def generated_arms(lab: Lab, made: Labelled) -> Mapping[str, Arm]:
    """Trained on as many generated examples as there are real ones, and on the real with all the generated ones."""
    train = lab.data.train
    assert train.y is not None
    n, m = len(train), len(made.x)
    only = Examples(x=made.x[:n], y=made.y[:, :n])
    both = Examples(x=torch.cat([train.x, made.x]), y=torch.cat([_for_each(train.y, lab), made.y], 1))
    return {
        ONLY_GENERATED: lab.arm(lab.trained(only), m=n, labels=made.by),
        GENERATED: lab.arm(lab.trained(both), m=m, added=m, labels=made.by),
    }


def rare_arm(evidence: Evidence, lab: Lab) -> Arm:
    """Real data with every class filled up to the most frequent one by generated examples, as far as there are any."""
    train = lab.data.train
    assert train.y is not None
    counts = torch.bincount(train.y, minlength=lab.training.classes)
    missing = counts.max() - counts
    if _takes_condition(evidence):
        asked = torch.repeat_interleave(torch.arange(len(missing)), missing)
        made = Labelled(x=evidence.conditional_samples(asked).cpu(), y=_for_each(asked, lab), by="condition")
    else:
        pool = evidence.samples(POOL * len(train)).cpu()
        made = Labelled(x=pool, y=lab.teacher().read(pool), by="teacher")
    wanted = torch.stack([_first_of_each(y, missing) for y in made.y])
    weights = torch.cat([torch.ones(len(wanted), len(train)), wanted.float()], 1)
    x, y = torch.cat([train.x, made.x]), torch.cat([_for_each(train.y, lab), made.y], 1)
    added = float(wanted.float().sum(1).mean())
    trained = lab.trained(Examples(x=x, y=y, weights=weights))
    return lab.arm(trained, m=round(added), added=added, wanted=int(missing.sum()), labels=made.by)


def _first_of_each(y: Tensor, counts: Tensor) -> Tensor:
    """(m,) bool: the first `counts[k]` examples of each class k."""
    chosen = torch.zeros(len(y), dtype=torch.bool)
    for k, count in enumerate(counts.tolist()):
        chosen[(y == k).nonzero()[:count, 0]] = True
    return chosen


def _for_each(y: Tensor, lab: Lab) -> Tensor:
    return y.expand(lab.training.classifiers, -1)


def by_class(made: Labelled, classes: int, *, each: int, rows: int) -> Split:
    """The first `each` examples of the first `rows` classes by the first classifier's labels, a row a class, what lacks
    left grey."""
    shown = min(classes, rows)
    x = torch.full((shown * each, *made.x.shape[1:]), float(made.x.min() + made.x.max()) / 2)
    for k in range(shown):
        own = made.x[made.y[0] == k][:each]
        x[k * each : k * each + len(own)] = own
    return Split(x, torch.arange(shown).repeat_interleave(each))

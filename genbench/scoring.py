"""`genbench score`: samples that genbench did not make, measured against real data from files."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genbench import registry
from genbench.core import paths, seeds
from genbench.core.errors import DataError, Unsupported, UsageError
from genbench.core.values import Direction, Value
from genbench.data.files import Asked, Statistics, as_images, as_rows, read_samples
from genbench.data.loading import load_dataset, split_options
from genbench.encoders.in_domain import InDomainClassifier, shipped
from genbench.encoders.loading import load_encoder, takes_weights
from genbench.metrics.classes import Readings
from genbench.metrics.panel import feature_metrics
from genbench.metrics.points import LARGEST
from genbench.metrics.pointset import PointSet
from genbench.protocols.dataset import Dataset, DataSpec, Split
from genbench.protocols.encoder import Classifier, Encoder
from genbench.protocols.metric import Metric

DEFAULT = (
    "frechet", "kid", "sliced-wasserstein", "precision", "recall", "density", "coverage", "vendi", "duplicate-rate",
)  # fmt: skip
ARROWS = {Direction.LOWER: "↓", Direction.HIGHER: "↑", Direction.NEAREST: "→"}
Array = np.ndarray | Tensor
WITH_TRAIN = ("authenticity", "ct", "nn-distance-ratio", "membership-auc")
"""What is added where training data are given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The arguments of `genbench score`.

    `real`, `fake`, `train`: a folder or zip of images, `.npy`, `.npz`; `PATH?size=N` brings images to N × N; from
    Python an array or tensor too. `encoder`: a name, or `in-domain:DATASET` for the classifier of a known dataset;
    features (2-D arrays) need none; `inception-v3:FILE` reads its weights from a file. `metrics`: ids, all that fit
    where empty.
    """

    real: str | Path | Array
    fake: str | Path | Array
    train: str | Path | Array | None = None
    encoder: str | None = None
    metrics: Sequence[str] = ()
    seed: int = 0
    device: str = "cpu"
    data_root: str | None = None

    def called(self, side: str) -> str:
        """What messages call `real`, `fake` or `train`: its path, or this name where it came as an array."""
        given = getattr(self, side)
        return str(given) if isinstance(given, str | Path) else side


@dataclass(frozen=True, slots=True)
class Scores:
    """What came out: values by `metric` or `metric:target`, the encoder, and how many rows each side had."""

    values: Mapping[str, Value]
    encoder: str
    n: int | None
    m: int | None
    _metrics: Mapping[str, Metric] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The contract of `--json`."""
        return {
            "encoder": self.encoder,
            "n": self.n,
            "m": self.m,
            "metrics": {key: self._record(key, value) for key, value in self.values.items()},
        }

    def _record(self, key: str, value: Value) -> dict[str, Any]:
        names = ("value", "ci_low", "ci_high", "n", "m")
        record: dict[str, Any] = {name: getattr(value, name) for name in names}
        return {
            **record,
            "direction": str(self._metric(key).direction),
            "kind": str(value.kind),
            "status": str(value.status),
            "reason": value.reason,
        }

    def render(self) -> str:
        """A plain table: display name, value with its 95 % interval over samples, or the reason why there is none."""
        sizes = f"{self.m or 'moments of'} samples against {self.n or 'moments of'} real"
        lines = [f"{sizes}, features: {self.encoder}", ""]
        width = max(len(self._title(key)) for key in self.values)
        for key, value in self.values.items():
            metric = self._metric(key)
            lines.append(f"{self._title(key):<{width}} {ARROWS[metric.direction]} {_text(metric, value)}")
        return "\n".join(lines)

    def _title(self, key: str) -> str:
        metric, (_, _, target) = self._metric(key), key.partition(":")
        title = metric.titles.get(self.encoder, metric.title)
        return f"{title} ({target})" if target else title

    def _metric(self, key: str) -> Metric:
        return self._metrics[key.partition(":")[0]]


def _text(metric: Metric, value: Value) -> str:
    if value.value is None:
        return f"-  {value.reason}"
    scale = metric.scale
    power = str(round(math.log10(scale))).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    text = f"{value.value / scale:.4g}" + ("" if scale == 1 else f" × 10{power}")
    if value.ci_low is not None and value.ci_high is not None:
        text += f"  [{value.ci_low / scale:.4g}, {value.ci_high / scale:.4g}]"
    return text


def score(request: Request) -> Scores:
    """Measure `fake` against `real`, all rows of each.

    Raises `DataError` with the path for a file that cannot be used, `UsageError` for images without an encoder,
    `UnknownName` for a metric or encoder that nobody has.
    """
    names = tuple(request.metrics) or DEFAULT + (() if request.train is None else WITH_TRAIN)
    metrics = {name: registry.metrics.get(name).card for name in names}
    real, fake = _read(request.real, "real"), _read(request.fake, "fake")
    train = None if request.train is None else _read(request.train, "train")
    if isinstance(train, Statistics):
        raise DataError(f"{request.called('train')} holds mu and sigma: the metrics of memorisation read the rows.")
    rows = {"real": real, "fake": fake, "train": train}
    sides = _encoded(request, {side: given for side, given in rows.items() if isinstance(given, Tensor)})
    reference, generated = _side(request, "real", real, sides), _side(request, "fake", fake, sides)
    if reference.dim != generated.dim:
        names_ = request.called("real"), request.called("fake")
        raise DataError(f"{names_[0]} has {reference.dim} features, {names_[1]} has {generated.dim}.")
    known = PointSet(sides.features["train"], name="training") if train is not None else None
    values = feature_metrics(
        reference,
        sides.features.get("fake", generated),
        train=known,
        metrics=names,
        generator=seeds.generator("score", request.seed),
        readings=sides.readings,
    )
    return Scores(values, sides.encoder, reference.size, generated.size, metrics)


def _side(request: Request, side: str, given: Tensor | Statistics, sides: _Sides) -> PointSet:
    """One side's features; or its mu and sigma, of which no metric that reads rows can be had."""
    if isinstance(given, Tensor):
        return PointSet(sides.features[side], name=side)
    name = request.called(side)
    mean, sigma = torch.from_numpy(given.mu), torch.from_numpy(given.sigma)
    most = float(sigma.abs().max())
    if not most <= LARGEST**2:
        raise DataError(f"{name} holds covariances up to {most:.3g}, which overflow a float64: rescale.")
    return PointSet.from_moments(mean, sigma, name=Path(name).name)


def _read(side: str | Path | Array, name: str) -> Tensor | Statistics:
    if not isinstance(side, str | Path):
        values = side.detach().cpu().numpy() if isinstance(side, Tensor) else np.asarray(side)
        return as_rows(values, Path(name)) if values.ndim == 2 else as_images(values, Path(name))
    path = str(side)
    place, options = split_options(path, ("size", "range", "layout", "key"))
    size = options.get("size")
    if size is not None and not (size.isdigit() and int(size) > 0):
        raise UsageError(f"{path}: the size after ?size= is a number of pixels, got {size!r}.")
    asked = Asked(options.get("range"), options.get("layout"))
    return read_samples(place, int(size) if size else None, asked=asked, key=options.get("key"))


@dataclass(frozen=True, slots=True)
class _Sides:
    """Features by one encoder of the sides whose rows are there: `real`, `fake`, `train`."""

    encoder: str
    features: Mapping[str, Tensor]
    readings: Readings | None = None


def _encoded(request: Request, rows: Mapping[str, Tensor]) -> _Sides:
    if not rows:
        if request.encoder not in (None, "identity"):
            raise UsageError(f"--encoder {request.encoder} reads images, and both sides hold mu and sigma: leave it.")
        return _Sides("identity", {})
    leading, first = next(iter(rows.items()))
    place = request.called(leading)
    for side, given in rows.items():
        if given.ndim != first.ndim:
            words = ["images" if s.ndim == 4 else "features" for s in (first, given)]
            raise DataError(f"{place} holds {words[0]}, but {request.called(side)} {words[1]}: give two of a kind.")
    if first.ndim == 2:
        if request.encoder not in (None, "identity"):
            raise UsageError(f"--encoder {request.encoder} reads images, and {place} holds features: leave it.")
        for side, given in rows.items():
            if given.shape[1] != first.shape[1]:
                raise DataError(f"{request.called(side)} has {given.shape[1]} features, {place} has {first.shape[1]}.")
        return _Sides("identity", rows)
    if request.encoder is None:
        raise UsageError(
            f"{place} holds images: name an encoder, such as `--encoder pixels` (`genbench list encoders`)."
        )
    images = _alike(request, rows)
    encoder = _encoder(request, images[leading], request.called("train" if "train" in images else leading))
    features = {side: encoder.features(x).cpu() for side, x in images.items()}
    kind = request.encoder.partition(":")[0]
    return _Sides(kind if takes_weights(kind) else request.encoder, features, _readings(encoder, images))


def _readings(encoder: Encoder, images: Mapping[str, Tensor]) -> Readings | None:
    """What a classifier reads of both sides; None where one of them has no rows, or the encoder is no classifier."""
    if not isinstance(encoder, Classifier) or not {"real", "fake"} <= images.keys():
        return None
    real, fake = (encoder.probabilities(images[side]).cpu() for side in ("real", "fake"))
    return Readings(real=real.argmax(1), generated=fake.argmax(1), probabilities=fake)


def _alike(request: Request, rows: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Images of one size; grey ones get three channels where others have colour."""
    channels = max(given.shape[1] for given in rows.values())
    leading, first = next(iter(rows.items()))
    for side, given in rows.items():
        if given.shape[2:] != first.shape[2:]:
            sizes = [f"{one.shape[2]} × {one.shape[3]}" for one in (given, first)]
            raise DataError(
                f"{request.called(side)} holds images of {sizes[0]}, {request.called(leading)} of {sizes[1]}: "
                "bring one to the other's size with PATH?size=N."
            )
    return {side: given.expand(-1, channels, -1, -1) for side, given in rows.items()}


def _encoder(request: Request, images: Tensor, name: str) -> Encoder:
    assert request.encoder is not None
    kind, _, known = request.encoder.partition(":")
    own = _shipped(kind, known, images, torch.device(request.device))
    if own is not None:
        return own
    weights = known if known and takes_weights(kind) else ""
    known = "" if weights else known
    dataset = load_dataset(known, root=request.data_root) if known else _as_dataset(Path(name).name, images)
    _check_shape(known or name, dataset.spec.shape, images)
    try:
        return load_encoder(kind, dataset, cache=paths.cache_dir(), device=request.device, weights=weights)
    except Unsupported as reason:
        raise UsageError(f"--encoder {request.encoder}: {reason}") from reason


def _shipped(kind: str, name: str, images: Tensor, device: torch.device) -> InDomainClassifier | None:
    """The classifier of a known dataset from the weights that come with genbench: its data need not be there."""
    if kind != "in-domain" or name not in registry.datasets:
        return None
    card = registry.datasets.get(name).card
    if not card.shape:  # which the set alone knows
        return None
    _check_shape(name, card.shape, images)
    return shipped(name, card.shape, card.classes, device=device)


def _check_shape(name: str, shape: tuple[int, ...], images: Tensor) -> None:
    """Raise `DataError` where the classifier of a dataset cannot read the images."""
    if shape != tuple(images.shape[1:]):
        wanted, got = (" × ".join(map(str, one)) for one in (shape, images.shape[1:]))
        raise DataError(f"the classifier of {name} reads images of {wanted}, these are of {got}.")


def _as_dataset(name: str, images: Tensor) -> Dataset:
    some = Split(images)
    spec = DataSpec(tuple(images.shape[1:]), (0.0, 1.0))
    return Dataset(name=name, spec=spec, train=some, val=some.take(slice(0, 0)), reference=some, ceiling=some)

"""Memorisation: whether samples are copies of training examples. It can show copying, never prove its absence."""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.evaluations.bench import equal_n
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.outcome import Image, Outcome, measurements, named
from genbench.evaluations.pictures import grid
from genbench.evaluations.settings import Memorisation
from genbench.metrics.panel import feature_metrics
from genbench.protocols.dataset import Dataset

DEFAULT = ("authenticity", "ct", "nn-distance-ratio", "copy-rate")
SHOWN = 16
IN_PIXELS = frozenset({"copy-rate"})


def evaluate(evidence: Evidence, settings: Memorisation) -> Outcome:
    """Nearest-training distances of n samples against those of n reference examples."""
    data, bench = evidence.dataset, evidence.bench
    n = equal_n(data, settings.samples)
    found = []
    for name, metrics in _by_encoder(settings, data).items():
        encoder = bench.encoder(name, data)
        values = feature_metrics(
            bench.reference(data, encoder, n),
            evidence.features(n, encoder),
            train=bench.training(data, encoder),
            metrics=metrics,
            generator=evidence.generator("memorisation"),
        )
        found += measurements(values, **named(encoder), split="train")
    return Outcome(found, _neighbours(evidence.samples(min(n, SHOWN)), data))


def _by_encoder(settings: Memorisation, data: Dataset) -> dict[str, list[str]]:
    """Which metrics stand on which encoder: copies are looked for in pixels."""
    groups: dict[str, list[str]] = {}
    for metric in settings.metrics or DEFAULT:
        encoder = "pixels" if metric in IN_PIXELS and data.spec.is_image else settings.encoder
        groups.setdefault(encoder, []).append(metric)
    return groups


def _neighbours(samples: Tensor, data: Dataset) -> list[Image]:
    """Each of 16 samples beside its three nearest training examples, four to a row."""
    if not data.spec.is_image:
        return []
    shown = samples[:SHOWN].cpu()
    nearest = torch.cdist(shown.flatten(1), data.train.x.flatten(1)).topk(3, largest=False).indices
    rows = torch.cat([shown.unsqueeze(1), data.train.x[nearest]], 1).flatten(0, 1)
    caption = f"{len(shown)} samples, each followed by its three nearest training examples (in pixels)"
    return [Image("neighbours", grid(rows, data.spec, columns=16), caption)]

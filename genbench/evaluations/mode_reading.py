"""Which mode each sample belongs to: the nearest one of a known law, or what a classifier reads in each channel."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.core.values import Measurement
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.outcome import measurements
from genbench.metrics.laws import ModelLaw
from genbench.metrics.toys import density_metrics, mode_metrics_from_labels
from genbench.protocols.encoder import Classifier

OF_LAW, OF_CLASSIFIER = 2_500, 26_000
"""How many samples look for modes: PacGAN's numbers for rings and grids, and for stacked MNIST."""


def mode_measurements(evidence: Evidence, samples: int | None, metrics: Sequence[str]) -> list[Measurement]:
    """Modes among `samples` samples (the papers' number unless given)."""
    data, generator = evidence.dataset, evidence.generator("modes")
    if data.density is not None:
        law = ModelLaw(evidence.samples(samples or OF_LAW))
        return measurements(density_metrics(data.density, law, metrics=metrics, generator=generator), split="density")
    context, base = evidence.context, evidence.context.dataset(data.mode_reader)
    reader = context.encoder("auto", base)
    if not isinstance(reader, Classifier):
        raise Unsupported(f"the encoder {reader.name} of {base.name} reads no classes, so it finds no modes.")
    mode = evidence.of_samples(samples or OF_CLASSIFIER, lambda x: read_channels(x, reader))
    number = base.spec.classes ** data.spec.shape[0]
    weights = torch.full((number,), 1 / number, dtype=torch.float64)
    values = mode_metrics_from_labels(mode, weights, metrics=metrics, generator=generator)
    name = f"{reader.name} of {base.name}"
    return measurements(values, encoder=name, encoder_fingerprint=reader.fingerprint)


def read_channels(x: Tensor, reader: Classifier) -> Tensor:
    """(n, C, H, W) -> (n,): what a classifier of one-channel images reads in each channel, as a number of C digits."""
    channels = reader.probabilities(x.flatten(0, 1)[:, None]).cpu()
    read = channels.argmax(1).view(x.shape[:2])
    places = channels.shape[1] ** torch.arange(x.shape[1] - 1, -1, -1)
    return (read * places).sum(1)

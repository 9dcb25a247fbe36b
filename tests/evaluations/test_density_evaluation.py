"""Density: planted shifts in order, the entropy floor, the marked grade, and the picture of what differs."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from planted import Given, context_of, numbers, outcome

from genbench.core.values import Kind
from genbench.evaluations.law_pictures import BLUE, RED
from genbench.models.controls import Oracle
from genbench.protocols.model import GenerativeModel


class Shifted(GenerativeModel):
    """The true law of a line or plane, moved."""

    likelihood, likelihood_kind = "the shifted truth", Kind.EXACT

    def __init__(self, density, by: float) -> None:  # type: ignore[no-untyped-def]
        super().__init__()
        self.density, self.by = density, by

    def log_prob(self, x: torch.Tensor) -> torch.Tensor:
        return self.density.log_prob(x - self.by)

    def sample(self, n: int, *, generator: torch.Generator) -> torch.Tensor:
        return self.density.sample(n, generator=generator) + self.by


def pixels(found) -> np.ndarray:  # type: ignore[no-untyped-def]
    (image,) = found.images
    return np.asarray(Pillow.open(io.BytesIO(image.png)).convert("RGB")).astype(int)


def share(found, colour: tuple[int, int, int]) -> float:  # type: ignore[no-untyped-def]
    return float((np.abs(pixels(found) - np.array(colour)).sum(-1) < 60).mean())


@pytest.mark.parametrize("exact", [True, False])
def test_a_shift_is_seen_in_order_of_severity(exact: bool, cache: Path) -> None:
    context = context_of(cache)
    data, found = context.dataset("grades"), []
    for by in (0.0, 0.2, 0.5, 1.0):
        model = Shifted(data.density, by)
        if not exact:
            model = Given(model.sample(5_000, generator=torch.Generator().manual_seed(0)))
        found.append(numbers(outcome("density", model, "grades", context, samples=5_000)))
    for name in ("tv", "kl-forward", "wasserstein-1", *(("nll",) if exact else ())):
        assert [f[name] for f in found] == sorted(f[name] for f in found), name
    off = [abs(f["density-at"] - 1) for f in found]
    assert off[0] < 0.1 and min(off[1:]) > off[0]


def test_the_likelihood_of_the_truth_is_the_entropy_floor(cache: Path) -> None:
    context = context_of(cache)
    oracle = Oracle(context.dataset("grades").spec)
    oracle.fit(context.dataset("grades"), None, None)
    found = outcome("density", oracle, "grades", context, samples=2_000)
    (nll,) = [m.value for m in found.measurements if m.metric == "nll"]
    assert nll.details["entropy"] == pytest.approx(1.5783, abs=1e-4) and "entropy" in nll.reason
    assert nll.ci_low < nll.details["entropy"] < nll.ci_high


def test_the_density_at_8_8_is_said_for_the_truth_and_the_model(cache: Path) -> None:
    context = context_of(cache)
    model = Shifted(context.dataset("grades").density, 0.6)
    (at,) = [
        m.value
        for m in outcome("density", model, "grades", context, samples=2_000).measurements
        if m.metric == "density-at"
    ]
    assert at.details["at"] == 8.8 and at.details["p_data"] == pytest.approx(
        0.6 * 0.39894 / 0.6 * np.exp(-0.5), rel=1e-3
    )
    assert at.value == pytest.approx(np.exp(0.5), rel=1e-3)  # the peak, 8.2, was moved to 8.8


def test_the_picture_shows_where_there_is_too_much_and_too_little(cache: Path) -> None:
    context = context_of(cache)
    density = context.dataset("grades").density
    right, wrong = (outcome("density", Shifted(density, by), "grades", context, samples=5_000) for by in (0.0, 1.5))
    assert share(wrong, BLUE) > 0.05 > share(right, BLUE)
    assert share(wrong, RED) > share(right, RED)


def test_the_picture_of_a_plane_has_the_truth_the_model_and_their_difference(cache: Path) -> None:
    context = context_of(cache)
    data = context.dataset("grid25")
    half = data.ceiling.x[data.ceiling.x[:, 0] < 0]
    found = outcome("density", Given(half), "grid25", context, samples=10_000)
    third = np.array_split(pixels(found), 3, axis=1)
    modes = [float((part.sum(-1) < 740).mean()) for part in third]
    assert modes[0] > modes[1]
    left, right = np.array_split(third[2], 2, axis=1)
    assert float((left[..., 0] - left[..., 2]).mean()) > 0 > float((right[..., 0] - right[..., 2]).mean())

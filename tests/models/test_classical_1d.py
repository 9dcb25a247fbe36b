"""Closed-form models in one dimension, where a covariance is a single number."""

from __future__ import annotations

import pytest
import torch

from genbench import registry
from genbench.core import seeds
from genbench.data.loading import load_dataset
from genbench.protocols.model import Budget, capabilities


@pytest.mark.parametrize("name", [e.card.name for e in registry.models if e.card.family == "classical"])
def test_a_line_is_fitted(name):
    data = load_dataset("two-bumps")
    model = registry.models.get(name).load()(data.spec)
    model.fit(data, Budget(images=1_000), seeds.generator("test"))
    can = capabilities(model)
    if "samples" in can:
        x = model.sample(2_000, generator=seeds.generator("draw"))
        assert x.shape == (2_000, 1) and float((x.mean() - data.train.x.mean()).abs()) < 0.2
        assert float(x.std() / data.train.x.std()) == pytest.approx(1, abs=0.15)
    if "density" in can:
        line = torch.linspace(-12, 12, 4_001)[:, None]
        assert float(model.log_prob(line).exp().sum() * 24 / 4_000) == pytest.approx(1, abs=0.01)

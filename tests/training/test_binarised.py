"""A set whose pixels are probabilities is trained on fresh draws of them, with every batch anew."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from training_toys import TinyVAE, toy_data

from genbench.protocols.dataset import Split
from genbench.protocols.model import Batch, Budget
from genbench.training.trainer import fit


class Watching(TinyVAE):
    """Remembers the batches that it was shown."""

    def loss(self, batch: Batch) -> Tensor:
        self.seen = [*getattr(self, "seen", []), batch.x.clone()]
        return super().loss(batch)


def shown(*, bernoulli: bool) -> Tensor:
    """All that one epoch and a half shows of data that is 0.25 everywhere."""
    data = toy_data()
    grey = replace(data, train=Split(torch.full_like(data.train.x, 0.25)), bernoulli=bernoulli)
    model = Watching(data.spec)
    fit(model, grey, Budget(images=384, batch=64), seed=0, device=torch.device("cpu"))
    return torch.cat(model.seen[1:])  # the first batch is the dry run's, which counts operations


def test_each_batch_is_drawn_anew() -> None:
    x = shown(bernoulli=True)
    assert set(x.unique().tolist()) == {0.0, 1.0}
    assert abs(float(x.mean()) - 0.25) < 0.05
    assert not torch.equal(x[:64], x[64:128])


def test_other_data_are_shown_as_they_are() -> None:
    assert set(shown(bernoulli=False).unique().tolist()) == {0.25}

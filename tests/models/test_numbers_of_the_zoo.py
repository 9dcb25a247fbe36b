"""Options that a card calls numbers are tensors of a stack: each member's loss is that of the model alone."""

from __future__ import annotations

import pytest
import torch

from genbench import registry
from genbench.data.loading import load_dataset
from genbench.protocols.model import Batch
from genbench.training.replicas import objectives_of
from genbench.training.stacked import stacked
from genbench.training.trainer import build
from genbench.tuning.spaces import COMMON

WITH_NUMBERS = [entry.card.name for entry in registry.models if entry.card.numbers]


@pytest.mark.parametrize("data_name", ["digits", "ring8"])
@pytest.mark.parametrize("name", WITH_NUMBERS)
def test_each_member_has_the_loss_that_it_has_alone(name: str, data_name: str) -> None:
    entry, data = registry.models.get(name), load_dataset(data_name)
    space = {**COMMON, **entry.card.space}
    own = [option for option in (*entry.card.numbers, "lr", "ema") if option in entry.options()]
    options = [{option: space[option].at(u) for option in own} for u in (0.1, 0.5, 0.9)]
    make = lambda each: build(entry.load(), data.spec, each, seed=2).train()
    members = [make(each) for each in options]
    split = data.train.take(slice(0, 32))
    batch = Batch(split.x, split.y)
    for i, optimizer in enumerate(stacked(members, one_seed=True).optimizers):
        torch.manual_seed(4)
        found = optimizer.loss(batch).detach()
        for value, each in zip(found, options, strict=True):
            torch.manual_seed(4)
            alone = objectives_of(make(each))[i].loss(batch).detach()
            assert float(value) == pytest.approx(float(alone), rel=1e-4, abs=1e-5), (optimizer.name, each)


def test_ranges_of_trained_models_are_numbers() -> None:
    """A range is drawn anew for each trial: were it no number, no two trials would be stacked."""
    trained = [e.card for e in registry.models if e.card.family not in ("classical", "control")]
    loose = [
        f"{card.name}.{option}"
        for card in trained
        for option, domain in card.space.items()
        if type(domain).__name__ == "Range" and option not in card.stacked
    ]
    assert not loose

"""Checks on how a model is built and trained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from genbench.conformance.subject import Check, Subject
from genbench.core.errors import Unsupported
from genbench.core.records import ELSEWHERE
from genbench.core.seeds import seeded
from genbench.protocols.model import Batch, Budget, FitsItself, Objective, capabilities
from genbench.training.replicas import objectives_of
from genbench.training.trainer import TrainConfig, build, fit, fit_stack, fit_together
from genbench.tuning.spaces import COMMON


def builds_from_its_seed(subject: Subject) -> Iterator[str]:
    """Initial weights depend on the seed and on nothing else."""
    torch.manual_seed(1)
    first = subject.fresh().state_dict()
    torch.manual_seed(2)
    second = subject.fresh().state_dict()
    different = [key for key, value in first.items() if not torch.equal(value, second[key])]
    if different:
        yield f"two models of one seed differ in {different[0]!r}: draw initial weights with torch's own generator."


def card_is_true(subject: Subject) -> Iterator[str]:
    """The registry's card lists the capabilities that the model has."""
    listed, has = set(subject.entry.card.capabilities), set(capabilities(subject.fresh()))
    if listed != has:
        yield f"its card lists {sorted(listed)}, but its methods make it {sorted(has)}."


def objectives_are_sound(subject: Subject) -> Iterator[str]:
    """Losses are finite scalars of the model's own parameters, and every parameter has an objective."""
    model = subject.fresh().train()
    if isinstance(model, FitsItself):
        raise Unsupported("it fits itself")
    names = {id(p): name for name, p in model.named_parameters()}
    moved: set[int] = set()
    split = subject.data.train.take(slice(0, 64)).to(subject.device)
    for objective in objectives_of(model):
        loss = objective.loss(Batch(split.x, split.y))
        if loss.shape != ():
            yield f"the loss {objective.name!r} has the shape {tuple(loss.shape)}: it must be a scalar."
        if not bool(torch.isfinite(loss).all()):
            yield f"the loss {objective.name!r} is not finite before the first step."
        if not objective.reads_data and _reads(objective, Batch(split.x, split.y)):
            yield f"the loss {objective.name!r} reads its batch, and says that it does not: leave out `reads_data`."
        foreign = [p for p in objective.parameters if id(p) not in names]
        if foreign:
            yield f"the objective {objective.name!r} moves a tensor that is no parameter of the model."
        moved |= {id(p) for p in objective.parameters}
    idle = [name for key, name in names.items() if key not in moved]
    if idle:
        yield f"no objective moves {', '.join(idle[:3])}: make it a buffer, or give it to an objective."


def _reads(objective: Objective, batch: Batch) -> bool:
    """Whether other examples change the loss, the noise in it being the same."""
    losses = []
    for x in (batch.x, batch.x.flip(0).roll(1, -1)):
        with seeded("check"):
            losses.append(float(objective.loss(batch._replace(x=x)).detach()))
    return losses[0] != losses[1]


def state_is_registered(subject: Subject) -> Iterator[str]:
    """Every tensor is a parameter or a buffer, so that it is saved, loaded and moved."""
    for name, module in subject.model.named_modules():
        loose = [key for key, value in vars(module).items() if isinstance(value, Tensor)]
        if loose:
            full = f"{name}.{loose[0]}".strip(".")
            yield f"{full} is a bare tensor that is neither saved nor moved: make it a parameter or a buffer."


def loss_falls(subject: Subject) -> Iterator[str]:
    """Training ends finite, and the loss of a lone objective falls."""
    training = subject.training
    if training.trained in ("closed form", ELSEWHERE):
        raise Unsupported("it fits itself")
    losses = {name: values for name, values in training.curve.items() if name != "images"}
    if len(losses) != 1:
        raise Unsupported("trained without an error; the losses of several objectives need not fall")
    ((name, values),) = losses.items()
    tenth = max(1, len(values) // 10)
    if not sum(values[-tenth:]) < sum(values[:tenth]):
        yield f"the loss {name!r} did not fall: {values[0]:.4g} at the start, {values[-1]:.4g} at the end."


def stacks(subject: Subject) -> Iterator[str]:
    """Two seeds train together, or it says why not."""
    if isinstance(subject.fresh(), FitsItself):
        raise Unsupported("it fits itself")
    budget, config = Budget(images=1_280, batch=128), TrainConfig(stack=2)
    make = lambda: build(subject.entry.load(), subject.data.spec, {}, seed=0)
    (_, training), _ = fit_stack(make, subject.data, budget, seeds=(0, 1), device=subject.device, config=config)
    if "stack" not in training.trained:
        raise Unsupported(training.remark)
    yield from ()


def numbers_are_numbers(subject: Subject) -> Iterator[str]:
    """Two models that differ in one of the options which its card calls numbers end, trained together, where each ends
    alone."""
    if isinstance(subject.fresh(), FitsItself):
        raise Unsupported("it fits itself")
    card, options = subject.entry.card, subject.entry.options()
    unknown = [name for name in card.numbers if name not in options]
    if unknown:
        yield f"its `numbers` name {unknown[0]!r}, which is no option of it."
    for name, domain in {**COMMON, **card.space}.items():
        if name in card.stacked and name in options:
            yield from _ends_apart(subject, name, [domain.at(0.1), domain.at(0.9)])


def _ends_apart(subject: Subject, name: str, values: list[Any]) -> Iterator[str]:
    """A sentence where a member of a stack of two is not near to where it ends alone, far nearer than where the other
    ends. What ends within a hundredth of its way is near: sums are rounded differently."""
    budget, config = Budget(images=1_280, batch=128), TrainConfig(stack=2)
    alone, members = (
        [build(subject.entry.load(), subject.data.spec, {name: value}, seed=0) for value in values] for _ in range(2)
    )
    for model in alone:
        fit(model, subject.data, budget, seed=0, device=subject.device)
    pairs = fit_together(members, subject.data, budget, seeds=(0, 0), device=subject.device, config=config)
    if "stack" not in pairs[0][1].trained:
        raise Unsupported(f"{name}: {pairs[0][1].remark}")
    start = build(subject.entry.load(), subject.data.spec, {name: values[1]}, seed=0).to(subject.device)
    began, first, second, apart = map(_weights, (start, *alone, pairs[1][0]))
    if (apart - second).norm() > max(0.2 * (first - second).norm(), 0.01 * (second - began).norm()):
        yield (
            f"trained beside a model with {name} = {values[0]}, one with {name} = {values[1]} does not end where it "
            f"does alone: give {name!r} to the loss as an attribute, or take it out of `numbers`."
        )


def _weights(model: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def captures(subject: Subject) -> Iterator[str]:
    """A step is captured as a CUDA graph, or it says why not."""
    if isinstance(subject.fresh(), FitsItself):
        raise Unsupported("it fits itself")
    if subject.device.type != "cuda":
        raise Unsupported("not tried: there is no CUDA device here")
    if "captured" not in subject.training.trained:
        raise Unsupported(subject.training.remark)
    yield from ()


CHECKS: dict[str, Check] = {
    "builds from its seed": builds_from_its_seed,
    "card": card_is_true,
    "objectives": objectives_are_sound,
    "training": loss_falls,
    "state": state_is_registered,
    "stacking": stacks,
    "numbers": numbers_are_numbers,
    "capture": captures,
}

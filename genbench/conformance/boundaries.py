"""Checks on what is not a model's own: its batch mates, the reference, the process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from genbench.conformance.promises import answers
from genbench.conformance.subject import MANY, Check, Subject
from genbench.core import seeds
from genbench.core.process_state import ProcessState
from genbench.protocols.model import capabilities

ODD = 11
"""Samples of one call, a number that no other axis is likely to have."""


def samples_see_no_batch_mates(subject: Subject) -> Iterator[str]:
    """Every part of the network treats each sample alone: batch norm without running statistics does not."""
    subject.need("samples")
    leaves = {name: module for name, module in subject.model.named_modules() if not list(module.children())}
    with _recorded(leaves) as calls:
        subject.model.sample(ODD, generator=seeds.generator("use", device=subject.device))
    for name, (x, y) in calls.items():
        half = leaves[name](x[: ODD // 2])
        if half.shape == y[: ODD // 2].shape and not torch.allclose(half, y[: ODD // 2], rtol=1e-3, atol=1e-4):
            yield (
                f"{name}, a {type(leaves[name]).__name__}, gives half a batch of samples other answers than the whole: "
                "samples must not see their batch mates (batch norm needs running statistics)."
            )
            return


@contextmanager
def _recorded(modules: Mapping[str, nn.Module]) -> Iterator[dict[str, tuple[Tensor, Tensor]]]:
    """Input and output of each module's first call with ODD rows of one tensor."""
    calls: dict[str, tuple[Tensor, Tensor]] = {}

    def hook(name: str) -> Callable[..., None]:
        def note(_: nn.Module, given: tuple[Any, ...], y: Any) -> None:
            is_plain = len(given) == 1 and all(isinstance(t, Tensor) and t.ndim > 1 for t in (*given, y))
            if is_plain and name not in calls and len(given[0]) == len(y) == ODD:
                calls[name] = (given[0].clone(), y.clone())

        return note

    handles = [module.register_forward_hook(hook(name)) for name, module in modules.items()]
    try:
        yield calls
    finally:
        for handle in handles:
            handle.remove()


def reference_is_not_learnt(subject: Subject) -> Iterator[str]:
    """It is fitted without the reference, and its samples are none of it."""
    control = subject.entry.card.family == "control"
    sees = sorted(getattr(subject.model, "sees", ()))
    if sees and not control:
        yield f"it asks to see {', '.join(sees)} in its fit (`sees`): only controls do."
    changed = subject.guard.changed()
    if changed:
        yield f"it changed the data in place ({changed}): what it is given, it may read."
    if "samples" not in capabilities(subject.model) or control:
        return
    x = subject.model.sample(MANY, generator=seeds.generator("use", device=subject.device)).flatten(1).cpu()
    known = {row.tobytes() for row in subject.data.train.x.flatten(1).numpy()}
    held = {row.tobytes() for row in subject.data.reference.x.flatten(1).numpy()} - known
    copied = sum(row.tobytes() in held for row in x.contiguous().numpy())
    if copied:
        yield f"{copied} of {len(x)} samples are examples of the reference, which no model may have seen."


def process_is_left_alone(subject: Subject) -> Iterator[str]:
    """Default dtype, threads, folder, environment, handlers of signals: nothing that others share is changed."""
    model, before = subject.model, ProcessState()
    answers(subject, model)
    changed = list(dict.fromkeys([*subject.turned_over, *before.restore()[0]]))
    if changed:
        yield f"it changes {', '.join(changed)}, which belongs to the whole process: leave it as it is."


CHECKS: dict[str, Check] = {
    "batch mates": samples_see_no_batch_mates,
    "reference": reference_is_not_learnt,
    "process": process_is_left_alone,
}

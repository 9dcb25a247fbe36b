"""Reconstructions of a model without an encoder: for each example the nearest that its decoder was brought to make."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from genbench.core import seeds
from genbench.core.errors import Unsupported
from genbench.core.values import Kind, Measurement
from genbench.evaluations.context import reference_part
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.latent_search import BUDGET, latent_search
from genbench.protocols.model import Decodes, Samples

AT_ONCE = 250
"""Examples whose codes are searched for together, each from several starts."""


def searched(evidence: Evidence, n: int) -> tuple[Tensor, Tensor]:
    """(x, the nearest that was found): n reference examples in a fixed order.

    Raises `Unsupported` for a model whose samples are not its decoder's of N(0, I).
    """
    evidence.need("samples")
    model, name = evidence.model, type(evidence.model).__name__
    if not isinstance(model, Decodes) or not _decodes_its_prior(evidence):
        raise Unsupported(f"{name} {evidence.reason('reconstructs')}, and it has no decoder of N(0, I) to search in.")
    x = reference_part(evidence.dataset, n).x.to(evidence.context.device)
    return x, evidence.once(("searched", n), lambda: _nearest(evidence, model, x))


def _nearest(evidence: Evidence, model: Decodes, x: Tensor) -> Tensor:
    """What the search comes to for each example, the same draws for all of them."""
    parts = [
        latent_search(model.decode, part, model.latent, generator=evidence.generator("search")).x
        for part in torch.split(x, AT_ONCE)
    ]
    return torch.cat(parts)


def of_search(one: Measurement) -> Measurement:
    """The measurement under the search's budget: a column of its own, an estimate of what the decoder can make."""
    return replace(one, target=f"{one.target} {BUDGET}".strip(), value=replace(one.value, kind=Kind.ESTIMATE))


def _decodes_its_prior(evidence: Evidence) -> bool:
    """Whether `sample` is `decode` of as many normal numbers as `latent` says: then the prior is known."""
    model, device = evidence.model, evidence.context.device
    assert isinstance(model, Decodes) and isinstance(model, Samples)
    drawn = model.sample(4, generator=seeds.generator("prior", device=device))
    z = torch.randn(4, model.latent, generator=seeds.generator("prior", device=device), device=device)
    try:
        return torch.allclose(drawn, model.decode(z), atol=1e-5)
    except RuntimeError:  # codes of another size, such as those of a model that is given classes beside its noise
        return False

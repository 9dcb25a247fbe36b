"""Two-sample tests as metrics: a classifier (Lopez-Paz & Oquab 2017) and a nearest neighbour (Xu et al. 2018)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from genbench.metrics.neighbours import TIED


@dataclass(frozen=True, slots=True)
class Hits:
    """Right answers of how many: a share with a binomial interval. A vote that is shared counts by its part."""

    right: float
    of: int


def c2st(x: Tensor, g: Tensor, generator: torch.Generator) -> Hits:
    """Held-out hits of an L2 logistic regression on standardised features that tells x (n, d) from g (m, d).

    min(n, m) rows of each, drawn by the generator; half of each trains, half tests. Columns that are constant up to the
    rounding of their type are left out; where all are, nothing can be told and the share is ½. ½ is the best.
    """
    size = min(len(x), len(g)) // 2 * 2
    rows = [side[torch.randperm(len(side), generator=generator)[:size].to(side.device)].cpu() for side in (x, g)]
    varies = _varying(torch.cat(rows))
    if not bool(varies.any()):
        return Hits(size / 2, size)
    rows = [side[:, varies] for side in rows]
    train = torch.cat([side[: size // 2] for side in rows]).double().numpy()
    test = torch.cat([side[size // 2 :] for side in rows]).double().numpy()
    labels = torch.arange(2).repeat_interleave(size // 2).numpy()
    scaler = StandardScaler().fit(train)
    model = LogisticRegression(max_iter=200, tol=1e-3).fit(scaler.transform(train), labels)
    return Hits(int((model.predict(scaler.transform(test)) == labels).sum()), size)


def _varying(x: Tensor) -> Tensor:
    """(d,): whether a column of (n, d) varies by more than a few units in the last place of its type."""
    low, high = x.amin(0), x.amax(0)
    return (high - low) > 4 * torch.finfo(x.dtype).eps * torch.maximum(low.abs(), high.abs())


@dataclass(frozen=True, slots=True)
class NearestTies:
    """Squared distance of each point of a set to its nearest in another or its own (n,), and how many are as near."""

    nearest2: Tensor
    count: Tensor


def nn_accuracy(real: tuple[NearestTies, NearestTies], generated: tuple[NearestTies, NearestTies]) -> dict[str, Hits]:
    """Leave-one-out 1-nearest-neighbour hits on both sets, each as (within its own set, across).

    A point is right when its nearest other point is of its own set; points that are equally near share its vote, so
    that a copy beside its original is wrong where the original's other neighbours are farther. Targets `all`, `real`,
    `generated`; a share of ½ is the best.
    """
    right = [float(_votes(*side).sum()) for side in (real, generated)]
    n, m = len(real[0].nearest2), len(generated[0].nearest2)
    return {"all": Hits(sum(right), n + m), "real": Hits(right[0], n), "generated": Hits(right[1], m)}


def _votes(own: NearestTies, across: NearestTies) -> Tensor:
    """(n,): the share of a point's nearest that is of its own set."""
    for_it = torch.where(own.nearest2 <= across.nearest2 * (1 + TIED), own.count, 0.0)
    against = torch.where(across.nearest2 <= own.nearest2 * (1 + TIED), across.count, 0.0)
    return for_it / (for_it + against)

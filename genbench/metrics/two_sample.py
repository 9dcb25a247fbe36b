"""Two-sample tests as metrics: a classifier (Lopez-Paz & Oquab 2017) and a nearest neighbour (Xu et al. 2018)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Hits:
    """Right answers of how many: a share with a binomial interval."""

    right: int
    of: int


def c2st(x: Tensor, g: Tensor, generator: torch.Generator) -> Hits:
    """Held-out hits of an L2 logistic regression on standardised features that tells x (n, d) from g (m, d).

    min(n, m) rows of each, drawn by the generator; half of each trains, half tests. A share of ½ is the best.
    """
    size = min(len(x), len(g)) // 2 * 2
    rows = [side[torch.randperm(len(side), generator=generator)[:size].to(side.device)].cpu() for side in (x, g)]
    train = torch.cat([side[: size // 2] for side in rows]).double().numpy()
    test = torch.cat([side[size // 2 :] for side in rows]).double().numpy()
    labels = torch.arange(2).repeat_interleave(size // 2).numpy()
    scaler = StandardScaler().fit(train)
    model = LogisticRegression(max_iter=200, tol=1e-3).fit(scaler.transform(train), labels)
    return Hits(int((model.predict(scaler.transform(test)) == labels).sum()), size)


def nn_accuracy(own_real2: Tensor, own_generated2: Tensor, real_to_g2: Tensor, g_to_real2: Tensor) -> dict[str, Hits]:
    """Leave-one-out 1-nearest-neighbour hits on both sets from squared distances: within each set and across.

    A point is right when its nearest other point is of its own set; an exact tie counts as wrong (a copy is not told
    from its original). Targets `all`, `real`, `generated`; a share of ½ is the best.
    """
    real, fake = int((own_real2 < real_to_g2).sum()), int((own_generated2 < g_to_real2).sum())
    n, m = len(own_real2), len(own_generated2)
    return {"all": Hits(real + fake, n + m), "real": Hits(real, n), "generated": Hits(fake, m)}

"""Attribute shares of samples against a target: is a rare attribute still there?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from scipy.optimize import nnls
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.core.values import Value
from genbench.metrics.case import value
from genbench.metrics.intervals import bootstrap

ACCURATE = 0.95
"""Below this accuracy of the attribute classifier a row is grey."""


def corrected_shares(read: Tensor, confusion: Tensor) -> Tensor:
    """(K,): true shares p from attributes as `read` (m,), given P(read | true) as rows of `confusion` (K, K).

    The non-negative least-squares solution of confusionᵀ p = read shares, normalised; exact for a known mixture.
    """
    shares = torch.bincount(read, minlength=len(confusion)).double() / len(read)
    return unmix(shares, confusion)


def unmix(shares: Tensor, confusion: Tensor) -> Tensor:
    """True shares (K,) behind read shares (K,). Raises `Unsupported` for a classifier that cannot tell."""
    if float(torch.linalg.cond(confusion.double())) > 1e6:
        raise Unsupported("the attribute classifier mixes up attributes, so shares cannot be corrected")
    solution = torch.from_numpy(nnls(confusion.double().T.numpy(), shares.double().numpy())[0])
    return solution / solution.sum()


def attribute_tv(p: Tensor, q: Tensor) -> float:
    """½ Σ |p − q| between shares of samples and target; ↓ [0, 1]."""
    return 0.5 * float((p - q).abs().sum())


def attribute_kl(p: Tensor, q: Tensor, m: int) -> float:
    """KL(p ‖ q), nats, of shares over m samples with Laplace ½ in each cell; ↓ [0, ∞)."""
    smooth = (p * m + 0.5) / (m + 0.5 * len(p))
    target = (q * m + 0.5) / (m + 0.5 * len(q))
    return max(0.0, float((smooth * (smooth / target).log()).sum()))


def minority_recall(p: Tensor, q: Tensor) -> float:
    """Share of the data's rarest attribute among samples over its share in the data; → 1."""
    rare = int(q.argmin())
    return float(p[rare] / q[rare])


def worst_recall(p: Tensor, q: Tensor) -> float:
    """The same for the attribute that is missed most; → 1."""
    kept = q > 0
    return float((p[kept] / q[kept]).min())


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """Attributes of samples as read (m,), P(read | true) (K, K), the data's shares (K,), the classifier's accuracy."""

    read: Tensor
    confusion: Tensor
    data: Tensor
    accuracy: float


def balance_metrics(attributes: Attributes, *, metrics: Sequence[str], generator: torch.Generator) -> dict[str, Value]:
    """`attribute-tv`, `attribute-kl` (targets `data`, `uniform`), `minority-recall` and `minority-recall:worst`."""
    m, k = len(attributes.read), len(attributes.data)
    data, uniform = attributes.data.double(), torch.full((k,), 1 / k, dtype=torch.float64)
    found = {}
    for key, measure in _wanted(data, uniform, m).items():
        if key.split(":")[0] not in metrics:
            continue

        def statistic(rows: Tensor, measure: Callable[[Tensor], float] = measure) -> float:
            return measure(corrected_shares(attributes.read[rows], attributes.confusion))

        try:
            interval = bootstrap(statistic, m, generator)
            number = statistic(torch.arange(m))
        except Unsupported as reason:
            found[key] = Value.unsupported(str(reason), m=m)
            continue
        found[key] = replace(value(number, interval, details={"classifier_accuracy": attributes.accuracy}), m=m)
    return found


def _wanted(data: Tensor, uniform: Tensor, m: int) -> dict[str, Callable[[Tensor], float]]:
    return {
        "attribute-tv:data": lambda p: attribute_tv(p, data),
        "attribute-tv:uniform": lambda p: attribute_tv(p, uniform),
        "attribute-kl:data": lambda p: attribute_kl(p, data, m),
        "attribute-kl:uniform": lambda p: attribute_kl(p, uniform, m),
        "minority-recall": lambda p: minority_recall(p, data),
        "minority-recall:worst": lambda p: worst_recall(p, data),
    }

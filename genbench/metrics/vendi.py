"""Vendi score: exp of the entropy of the similarity matrix's eigenvalues. Friedman & Dieng 2023, arXiv 2210.02410.

Checked against `vendi-score` 0.0.3. Its order-2 form is the Rényi kernel entropy score (RKE), which needs no
eigenvalues and settles at few samples: Jalali, Li & Farnia 2023, NeurIPS 36.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from genbench.metrics.points import is_fast_in_float64, refuse_zero_rows, rows_at_once
from genbench.metrics.symmetric import add_products, mirror

EXACT = 1 << 33
"""Multiply-adds up to which the similarity products are taken in float64."""
ERROR_LIMIT = 1024
"""Side of the matrix up to which the standard error is worth its eigenvectors."""


@dataclass(frozen=True, slots=True)
class Vendi:
    """The score and its standard error over samples (None beyond `ERROR_LIMIT`)."""

    value: float
    error: float | None


def vendi_score(x: Tensor) -> Vendi:
    """exp(−Σ λ log λ), λ the eigenvalues of K/m with K the cosine similarities of (m, d) rows; ↑ [1, m].

    Taken on the smaller of the m × m and the d × d side, whose eigenvalues other than 0 agree.
    """
    m, d = x.shape
    norms = torch.cat([row.double().norm(dim=1) for row in torch.split(x, rows_at_once(x, 1024))])
    refuse_zero_rows(norms)
    small = m <= d
    matrix = _similarity(x, norms) if small else _second_moment(x, norms)
    if min(m, d) > ERROR_LIMIT:
        return Vendi(math.exp(_entropy(torch.linalg.eigvalsh(matrix))), None)
    values, vectors = torch.linalg.eigh(matrix)
    entropy = _entropy(values)
    terms = _terms_from_rows(values, vectors) if small else _terms_from_features(x, norms, values, vectors)
    value = math.exp(entropy)
    return Vendi(value, value * float(terms.std()) / math.sqrt(m) if m > 1 else None)


def rke_score(x: Tensor) -> Vendi:
    """exp of the order-2 Rényi entropy, 1 / Σ λ² = 1 / mean cos²(x_i, x_j) over all pairs of (m, d) rows; ↑ [1, m].

    Its standard error is that of the mean over rows of ĝᵀρĝ, whose double is the influence of a row on the mean.
    """
    m, d = x.shape
    norms = torch.cat([row.double().norm(dim=1) for row in torch.split(x, rows_at_once(x, 1024))])
    refuse_zero_rows(norms)
    if m <= d:
        terms = m * _similarity(x, norms).square().sum(1)
    else:
        second = _second_moment(x, norms)
        rows = [_unit(a, b, torch.float64) for a, b in zip(torch.split(x, 2048), torch.split(norms, 2048), strict=True)]
        terms = torch.cat([(row @ second * row).sum(1) for row in rows])
    value = 1 / float(terms.mean())
    return Vendi(value, 2 * value**2 * float(terms.std()) / math.sqrt(m) if m > 1 else None)


def _entropy(values: Tensor) -> float:
    kept = values[values > 1e-15]
    return -float((kept * kept.log()).sum())


def _unit(x: Tensor, norms: Tensor, dtype: torch.dtype) -> Tensor:
    wide = torch.promote_types(x.dtype, dtype)
    return (x.to(wide) / norms[:, None].to(wide)).to(dtype)


def _similarity(x: Tensor, norms: Tensor) -> Tensor:
    unit = _unit(x, norms, torch.float64)
    return unit @ unit.T / len(x)


def _second_moment(x: Tensor, norms: Tensor) -> Tensor:
    m, d = x.shape
    dtype = torch.float64 if m * d * d <= EXACT or is_fast_in_float64(x.device) else torch.float32
    total = torch.zeros(d, d, dtype=torch.float64, device=x.device)
    step = rows_at_once(x)
    for start in range(0, m, step):
        rows = slice(start, start + step)
        add_products(total, _unit(x[rows], norms[rows], dtype))
    return mirror(total).div_(m)


def _terms_from_rows(values: Tensor, vectors: Tensor) -> Tensor:
    """−ĝᵀ log ρ ĝ of each row from the m × m side: −m Σ_j u_ij² λ_j log λ_j."""
    kept = values > 1e-15
    return -len(values) * vectors[:, kept].square() @ (values[kept] * values[kept].log())


def _terms_from_features(x: Tensor, norms: Tensor, values: Tensor, vectors: Tensor) -> Tensor:
    """The same from the d × d side: −Σ_j (ĝ·v_j)² log λ_j."""
    kept = values > 1e-15
    logs = values[kept].log()
    rows = [_unit(a, b, torch.float64) for a, b in zip(torch.split(x, 2048), torch.split(norms, 2048), strict=True)]
    return torch.cat([-(row @ vectors[:, kept]).square() @ logs for row in rows])

"""Products in panels are the plain products."""

from __future__ import annotations

import pytest
import torch
from oracles import normal

from genbench.metrics.symmetric import add_products, congruence, mirror


@pytest.mark.parametrize("d", [1, 40, 512, 700])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_sum_of_outer_products(d: int, dtype: torch.dtype) -> None:
    x = normal(30, d).to(dtype)
    total = torch.zeros(d, d, dtype=torch.float64)
    for rows in torch.split(x, 20):
        add_products(total, rows)
    assert torch.allclose(mirror(total), x.double().T @ x.double(), atol=1e-4 if dtype == torch.float32 else 1e-10)
    assert torch.allclose(total, total.T, atol=1e-12)


@pytest.mark.parametrize("d", [1, 40, 700])
@pytest.mark.parametrize("shape", ["triangular", "full"])
def test_a_congruence(d: int, shape: str) -> None:
    factor, root = normal(d, d), normal(d, d, 1)
    factor = factor.tril() if shape == "triangular" else factor
    matrix = root @ root.T
    expected = factor.T @ matrix @ factor
    assert torch.allclose(congruence(factor, matrix), expected, atol=1e-9 * float(expected.abs().max()))

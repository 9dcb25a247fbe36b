"""Symmetric products in panels, so that each pair of columns is multiplied once: Xᵀ X and Lᵀ S L."""

from __future__ import annotations

import torch
from torch import Tensor

_PANEL = 512  # columns at a time: wide enough for full speed, narrow enough to skip almost half of the square


def add_products(total: Tensor, rows: Tensor) -> None:
    """Add rowsᵀ rows to the lower triangle (in panels) of `total` (d, d), in the type of each."""
    panel = len(total) if rows.is_cuda else _PANEL  # one product fills a GPU better than four do
    for top in range(0, len(total), panel):
        left, right = rows[:, top : top + panel].T, rows[:, : top + panel]
        part = total[top : top + panel, : top + panel]
        if rows.dtype == total.dtype:
            part.addmm_(left, right)
        else:
            part += torch.mm(left, right)


def mirror(total: Tensor) -> Tensor:
    """The lower triangle copied to the upper one, in place."""
    for top in range(0, len(total), _PANEL):
        total[:top, top : top + _PANEL] = total[top : top + _PANEL, :top].T
    return total


def congruence(factor: Tensor, matrix: Tensor) -> Tensor:
    """Lᵀ S L (d, d) for symmetric S; the zeros above the diagonal of a triangular L are not multiplied."""
    triangular = not bool(factor.triu(1).any())
    right, product = torch.empty_like(matrix), torch.empty_like(matrix)
    for top in range(0, len(matrix), _PANEL):
        panel, below = slice(top, top + _PANEL), slice(top if triangular else 0, None)
        torch.mm(matrix[:, below], factor[below, panel], out=right[:, panel])
    for top in range(0, len(matrix), _PANEL):
        panel, below = slice(top, top + _PANEL), slice(top if triangular else 0, None)
        torch.mm(factor[below, panel].T, right[below, : top + _PANEL], out=product[panel, : top + _PANEL])
    return mirror(product)

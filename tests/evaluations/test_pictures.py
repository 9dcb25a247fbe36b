"""Pictures of evaluations: the grid is torchvision's own."""

from __future__ import annotations

import pytest
import torch
from torchvision.utils import make_grid

from genbench.evaluations.pictures import tiled


@pytest.mark.parametrize("shape", [(1, 1, 3, 5), (1, 3, 4, 4), (5, 1, 3, 5), (16, 3, 4, 4), (17, 3, 2, 6)])
def test_tiles_lie_as_torchvision_lays_them(shape: tuple[int, ...]) -> None:
    x = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    expected = make_grid(x, nrow=8, padding=2, pad_value=1.0)
    assert tiled(x, columns=8).equal(expected)

"""A dataset's mark notices a change of any one value, whatever its type, length and place in memory."""

from __future__ import annotations

import pytest
import torch

from genbench.data.guard import _mark, _sum_of_bits

TYPES = [torch.float32, torch.float64, torch.float16, torch.int64, torch.int32, torch.uint8, torch.bool]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("n", [0, 1, 2, 7, 8, 9, 33])
@pytest.mark.parametrize("start", [0, 1, 3])
def test_one_value_that_is_changed_past_torch_changes_the_mark(dtype: torch.dtype, n: int, start: int) -> None:
    x = (torch.arange(start + n) % 2).to(dtype)[start:]
    before, version = _mark(x), x._version
    for place in range(n):
        x.numpy()[place] = 1 - x.numpy()[place]
        assert _mark(x) != before and x._version == version
        x.numpy()[place] = 1 - x.numpy()[place]
    assert _mark(x) == before


def test_the_sum_is_that_of_the_words() -> None:
    x = torch.tensor([1, 0, 2, 0, 3], dtype=torch.int32)
    assert _sum_of_bits(x) == 1 + 2 + 3
    assert _sum_of_bits(torch.tensor([0, 1], dtype=torch.int32)) == 2**32
    assert _mark(torch.ones(4, 6)[:, ::2])[1] == _sum_of_bits(torch.ones(4, 3)), "as it lies when it is read in order"

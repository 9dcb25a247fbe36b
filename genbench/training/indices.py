"""The order in which a seed is shown the training examples."""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.core.seeds import generator


class ShuffledIndices:
    """Permutation after permutation of n examples, without end; depends on the seed only.

    Any slice can be asked for at any time, so that a position in the data is one number and a resumed training goes
    on where it stopped.
    """

    def __init__(self, n: int, seed: int) -> None:
        self.n, self.seed = n, seed
        self._epoch, self._permutation = -1, torch.empty(0, dtype=torch.long)

    def slice(self, start: int, stop: int) -> Tensor:
        """The row numbers (stop - start,) int64 at positions [start, stop) of the stream."""
        pieces = []
        while start < stop:
            epoch, offset = divmod(start, self.n)
            end = min(self.n, offset + stop - start)
            pieces.append(self._rows(epoch)[offset:end])
            start += end - offset
        return torch.cat(pieces)

    def _rows(self, epoch: int) -> Tensor:
        if epoch != self._epoch:
            self._permutation = torch.randperm(self.n, generator=generator("order", self.seed, epoch))
            self._epoch = epoch
        return self._permutation

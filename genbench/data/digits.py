"""The embedded default: 1,797 handwritten digits of 8 × 8 pixels that scikit-learn carries. No download."""

from __future__ import annotations

import torch
from sklearn.datasets import load_digits

from genbench.data.outliers import procedural
from genbench.data.splits import in_four
from genbench.protocols.dataset import Dataset, DataSpec, Split


def digits(*, root: str | None = None) -> Dataset:
    """8 × 8 grey digits, values k/16; 899 / 0 / 449 / 449 examples."""
    bunch = load_digits()
    x = torch.from_numpy(bunch.images).to(torch.float32).div_(16).unsqueeze(1)
    y = torch.from_numpy(bunch.target).to(torch.int64)
    parts = in_four(Split(x, y), "digits")
    spec = DataSpec(shape=(1, 8, 8), value_range=(0.0, 1.0), classes=10)
    return Dataset(
        name="digits",
        spec=spec,
        train=parts.train,
        val=parts.val,
        reference=parts.reference,
        ceiling=parts.ceiling,
        outliers=procedural(spec, parts.reference.x, "digits"),
        classes=tuple("0123456789"),
        title="Digits 8 × 8 (UCI, embedded in scikit-learn)",
        licence="CC BY 4.0",
        source="UCI Optical Recognition of Handwritten Digits (Alpaydin, Kaynak 1998), test part, via scikit-learn",
    )

"""Planted defects: a detector that is constant, turned around, random or noisy is seen, the worse the lower."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from genbench.evaluations import outlier_pictures
from genbench.evaluations.context import RunContext
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.outlier_detection import EVALUATION, OutlierDetectionConfig, evaluate
from genbench.models.noise import key, normal
from genbench.protocols.dataset import Dataset, DataSpec, Split


class Detector(nn.Module):
    """The norm, spoiled: `noise` of so many standard deviations, turned around by `sign`."""

    outlier_score_name = "norm"

    def __init__(self, noise: float = 0.0, sign: float = 1.0) -> None:
        super().__init__()
        self.noise, self.sign = noise, sign

    def outlier_score(self, x: Tensor) -> Tensor:
        return self.sign * x.norm(dim=1) + self.noise * normal(key(x), 1)[:, 0]


def measured(tmp_path: Path, model: nn.Module) -> dict[str, float]:
    draw = lambda n, scale, seed: Split(scale * torch.randn(n, 4, generator=torch.Generator().manual_seed(seed)))
    data = Dataset("mine", DataSpec((4,)), *(draw(400, 1.0, i) for i in range(4)), {"wide": draw(400, 2.5, 9)})
    context = RunContext(root=None, cache=tmp_path, device="cpu")
    context.once(("dataset", "mine"), lambda: data)
    found = evaluate(Evidence(model, "", "mine", 0, context), OutlierDetectionConfig(name="outlier-detection"))
    return {m.metric: m.value.value for m in found.measurements if m.value.value is not None}


def test_noise_by_degrees_keeps_its_order_in_every_metric(tmp_path: Path) -> None:
    rows = [measured(tmp_path, Detector(noise)) for noise in (0.0, 1.0, 3.0, 30.0)]
    for metric in ("auroc", "aupr-out", "aupr-in", "recall-at-5"):
        values = [row[metric] for row in rows]
        assert values == sorted(values, reverse=True) and values[0] > values[-1] + 0.02, metric
    accepted = [row["fpr95"] for row in rows]
    assert accepted == sorted(accepted)
    assert rows[0]["auroc"] > 0.9 and rows[-1]["auroc"] == pytest.approx(0.5, abs=0.07)


def test_a_detector_turned_around_and_a_constant_one(tmp_path: Path) -> None:
    right, turned, constant = (measured(tmp_path, Detector(sign=sign)) for sign in (1.0, -1.0, 0.0))
    assert turned["auroc"] == pytest.approx(1 - right["auroc"])
    assert constant["auroc"] == 0.5 and constant["aupr-out"] == 0.5


@pytest.mark.parametrize("shape", [(4,), (1, 8, 8)])
def test_the_pictures_that_are_made_are_those_that_the_record_names(shape: tuple[int, ...], tmp_path: Path) -> None:
    part = Split(torch.rand(30, *shape, generator=torch.Generator().manual_seed(0)))
    data = Dataset(
        "mine", DataSpec(shape, (0.0, 1.0)), part, part, part, part, {"a": part, "b": part}, frozenset({"a"})
    )
    sets = {"reference": part.x, "a": part.x, "b": part.x}
    constant = dict.fromkeys(sets, torch.zeros(30))
    made = {"norm": {name: x.flatten(1).norm(dim=1) for name, x in sets.items()}, "constant": constant}
    images = outlier_pictures.pictures(data, sets, made)
    assert [i.name for i in images] == list(EVALUATION.pictures)[: 3 if len(shape) == 3 else 2]
    for i, image in enumerate(images):
        path = tmp_path / f"{i}.png"
        path.write_bytes(image.png)
        assert np.asarray(Image.open(path)).std() > 0 and image.caption
    assert "of hard sets, blue of easy sets" in images[0].caption

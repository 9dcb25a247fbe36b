"""Pictures: grids that say what they hold, palettes that lose nothing, ROC curves, samples by class."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from planted import Given, context_of, outcome
from sklearn.metrics import roc_auc_score
from torch import Tensor
from torchvision.utils import make_grid

from genbench.core.errors import Unsupported
from genbench.evaluations.outlier_pictures import roc
from genbench.evaluations.pictures import TILES, grid, pairs_picture, png, tiled
from genbench.protocols.dataset import DataSpec


class OfClass(Given):
    """Real examples of the class asked for."""

    def __init__(self, x: Tensor, y: Tensor) -> None:
        super().__init__(x)
        self.y = y

    def sample_class(self, y: Tensor, *, generator: torch.Generator) -> Tensor:
        return torch.stack([self.examples[self.y == label][0] for label in y.tolist()])


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_a_grid_of_single_samples_says_so_and_can_be_cut_again() -> None:
    x = torch.rand(11, 1, 8, 6, generator=torch.Generator().manual_seed(0))
    made = opened(grid(x, DataSpec((1, 8, 6), (0.0, 1.0)), columns=4, single=True))
    columns, count = map(int, made.text[TILES].split())
    assert (columns, count) == (4, 11)
    wide, high = (made.width - 2) / columns, (made.height - 2) / -(-count // columns)
    seventh = np.asarray(made)[int(2 + high) : int(2 * high), int(2 + 2 * wide) : int(2 + 3 * wide - 2)]
    assert np.allclose(seventh[::6, ::6] / 255, x[6, 0].numpy(), atol=1 / 255)
    assert TILES not in opened(grid(x, DataSpec((1, 8, 6), (0.0, 1.0)), columns=4)).text


@pytest.mark.parametrize("colours", [2, 256, 257])
def test_a_palette_loses_nothing(colours: int) -> None:
    draw = np.random.default_rng(0)
    palette = np.stack([np.arange(colours) % 256, np.arange(colours) // 2 % 256, np.arange(colours) // 256], -1)
    pixels = palette[draw.integers(colours, size=(40, 50))].astype(np.uint8)
    pixels[0, : min(colours, 50)] = palette[: min(colours, 50)]
    made = opened(png(pixels))
    assert np.array_equal(np.asarray(made.convert("RGB")), pixels)
    assert made.mode == ("P" if len(np.unique(pixels.reshape(-1, 3), axis=0)) <= 256 else "RGB")


def test_the_area_under_the_curve_is_the_auroc_with_ties_as_one_step() -> None:
    draw = np.random.default_rng(0)
    ordinary, unusual = draw.normal(0, 1, 200).round(1), draw.normal(1, 1, 100).round(1)
    false, true = roc(ordinary, unusual)
    truth = np.repeat([0, 1], [200, 100])
    assert np.trapezoid(true, false) == pytest.approx(roc_auc_score(truth, np.concatenate([ordinary, unusual])))
    assert (false[0], true[0]) == (0, 0) and (false[-1], true[-1]) == (1, 1)
    constant = roc(np.zeros(5), np.zeros(7))
    assert np.trapezoid(constant[1], constant[0]) == 0.5


def test_a_conditional_model_shows_a_row_for_each_class_and_is_measured_by_class(cache: Path) -> None:
    context = context_of(cache)
    real = context.dataset("digits").ceiling
    swapped = OfClass(real.x, torch.where(real.y == 7, 3, torch.where(real.y == 3, 7, real.y)))
    asked = ["condition-accuracy", "condition-accuracy-by-class"]
    found = outcome("diversity", swapped, "digits", context, metrics=asked, samples=200)
    (picture,) = found.images
    assert picture.name == "classes" and opened(picture.png).size == (8 * 34 + 2, 10 * 34 + 2)
    assert picture.caption.startswith("8 samples of each class asked for, a class a row: 0, 1")
    by_class = {m.target: m.value for m in found.measurements if m.metric == "condition-accuracy-by-class"}
    assert by_class["3"].value == by_class["7"].value == 0 and by_class["0"].value == 1
    whole = next(m.value for m in found.measurements if m.metric == "condition-accuracy")
    hits = sum(one.value * one.m for one in by_class.values())
    assert hits / sum(one.m for one in by_class.values()) == pytest.approx(whole.value)
    assert all(one.ci_low <= one.value <= one.ci_high for one in by_class.values())
    assert outcome("diversity", Given(real.x), "digits", context, metrics=["coverage"], samples=200).images == []


def test_reconstructions_stand_over_their_errors_the_best_before_the_worst() -> None:
    x = torch.full((20, 1, 32, 32), 0.5)
    off = torch.linspace(0.3, 0.01, 20)[:, None, None, None]
    (image,) = pairs_picture(x, x + off, DataSpec((1, 32, 32), (0.0, 1.0)), "below each what was made")
    pixels = np.asarray(opened(image.png)).astype(float) / 255
    at = np.array([[pixels[2 + 34 * i + 5, 2 + 34 * j + 5] for j in range(8)] for i in range(6)])
    assert np.allclose(at[[0, 3]], 0.5, atol=0.01)
    assert np.allclose(at[2], off[:8].flatten(), atol=0.01) and np.allclose(at[1], 0.5 + off[:8].flatten(), atol=0.01)
    assert (np.diff(at[5]) > 0).all() and at[5][0] < 0.02 and at[5][-1] > 0.29
    assert "first 8 of 20" in image.caption and "3 worst" in image.caption
    (few,) = pairs_picture(x[:2], x[:2], DataSpec((1, 32, 32), (0.0, 1.0)), "below each what was made")
    assert "worst" not in few.caption


def test_more_classes_than_anyone_reads_have_a_reason() -> None:
    from genbench.metrics.values import class_values

    with pytest.raises(Unsupported, match="at most 100 classes, and there are 101"):
        class_values(torch.arange(101), lambda rows: pytest.fail("measured"))


@pytest.mark.parametrize("shape", [(1, 1, 3, 5), (1, 3, 4, 4), (5, 1, 3, 5), (16, 3, 4, 4), (17, 3, 2, 6)])
def test_tiles_lie_as_torchvision_lays_them(shape: tuple[int, ...]) -> None:
    x = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    expected = make_grid(x, nrow=8, padding=2, pad_value=1.0)
    assert tiled(x, columns=8).equal(expected)

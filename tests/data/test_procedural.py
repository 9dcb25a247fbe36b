"""Procedural pictures: functions of their attributes, with the shares that they promise."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from genbench.core.errors import DataError, Unsupported
from genbench.data import canvas, portraits, roads, shapes
from genbench.data.canvas import Canvas, Dice, rgb
from genbench.data.conformance import check_dataset
from genbench.data.loading import load_dataset
from genbench.data.sheet import contact_sheet, write_sheet
from genbench.metrics.auc import auc


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few pictures of each, kept under names of their own."""
    for module in (roads, portraits):
        monkeypatch.setattr(module, "RECIPE", f"{module.RECIPE}-test")
        monkeypatch.setattr(module, "SIZES", {"train": 80, "val": 0, "reference": 40, "ceiling": 40})
    monkeypatch.setattr(roads, "RARE", 10)


def test_every_picture_of_the_grid_is_in_one_split_and_follows_from_its_factors() -> None:
    data = load_dataset("shapes")
    parts = [s.factors for s in (data.train, data.reference, data.ceiling)]
    assert all(p is not None for p in parts)
    cells = torch.cat([p for p in parts if p is not None])
    assert len(cells.unique(dim=0)) == len(cells) == 3 * 6 * 10 * 16 * 16
    assert data.reference.factors is not None
    assert (shapes.draw(data.reference.factors[:200]).float() / 255).equal(data.reference.x[:200])


def test_factors_do_what_they_say() -> None:
    middle = torch.tensor([[0.0, 3, 0, 8, 8]]).repeat(6, 1)
    grown = middle.clone()
    grown[:, 1] = torch.arange(6)
    area = shapes.draw(grown).float().sum((1, 2, 3))
    assert (area.diff() > 0).all()
    moved = middle.repeat(3, 1)[:16]
    moved[:, 3] = torch.arange(16)
    columns = shapes.draw(moved).float().sum((1, 2))
    centre = (columns * torch.arange(32)).sum(1) / columns.sum(1)
    assert (centre.diff() > 0).all()
    turned = torch.stack([torch.tensor([0.0, 5, r, 8, 8]) for r in range(10)])
    drawn = shapes.draw(turned)
    assert len(drawn.flatten(1).unique(dim=0)) == 10


@pytest.mark.parametrize("module", [roads, portraits])
def test_a_picture_depends_on_its_attributes_alone(module: object) -> None:
    make = roads.scenes if module is roads else portraits.faces
    draw = roads.draw if module is roads else portraits.draw
    attributes = make(40, "test")
    levels = draw(attributes)
    assert levels.dtype == torch.uint8 and levels.shape == (40, 3, 32, 32)
    assert draw(attributes[7:8]).equal(levels[7:8])
    assert make(40, "test").equal(attributes) and not make(40, "other").equal(attributes)
    assert len(levels.flatten(1).unique(dim=0)) == 40


def test_one_scene_in_twenty_is_rare() -> None:
    kinds = torch.bincount(roads.scenes(20_000, "test")[:, 0].long(), minlength=5) / 20_000
    assert kinds[0].item() == pytest.approx(0.95, abs=0.006)
    assert kinds[1:].tolist() == pytest.approx([0.0125] * 4, abs=0.003)


def test_rare_scenes_differ_from_ordinary_ones_where_they_should() -> None:
    ordinary = roads.scenes(30, "test", weights=(1.0, 0, 0, 0, 0))
    plain = roads.draw(ordinary).float()
    crossing, barrier, snow = ordinary.clone(), ordinary.clone(), ordinary.clone()
    crossing[:, [0, 3]] = torch.tensor([1.0, 1.0], dtype=torch.float64)
    barrier[:, [0, 4]] = torch.tensor([3.0, 1.0], dtype=torch.float64)
    snow[:, [0, 1]] = torch.tensor([2.0, 2.0], dtype=torch.float64)
    for changed in (crossing, barrier):
        different = (roads.draw(changed).float() - plain).abs().sum(1) > 30
        share = different.float().mean((1, 2))
        assert share.min() > 0.02 and share.max() < 0.35
    assert (roads.draw(snow).float()[:, :, 24:].mean((1, 2, 3)) > plain[:, :, 24:].mean((1, 2, 3)) + 20).all()


def test_portraits_are_imbalanced_as_stated_and_their_balanced_twin_is_not() -> None:
    for balanced in (False, True):
        drawn = portraits.faces(20_000, "test", balanced=balanced)
        for i, key in enumerate(("tone", "pose", "light")):
            weights = portraits.WEIGHTS[key]
            expected = [1 / len(weights)] * len(weights) if balanced else list(weights)
            shares = torch.bincount(drawn[:, i].long(), minlength=len(weights)) / 20_000
            assert shares.tolist() == pytest.approx(expected, abs=0.012)


def test_attributes_of_a_face_are_seen_in_it() -> None:
    face = portraits.faces(20, "test")
    face[:, [1, 2, 7]] = torch.tensor([1.0, 0, 0], dtype=torch.float64)
    cheek = []
    for tone in range(6):
        face[:, 0] = tone
        cheek.append(portraits.draw(face).float()[:, :, 17:19, 11:13].mean().item())
    assert cheek == sorted(cheek, reverse=True)
    lit = []
    for light in (1, 2):
        face[:, 2] = light
        pictures = portraits.draw(face).float()[:, :, 12:22]
        lit.append((pictures[..., 9:13].mean() - pictures[..., 19:23].mean()).item())
    assert lit[0] > 10 and lit[1] < -10


def test_their_datasets_hold_attributes_and_outliers(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    road, face = load_dataset("roads"), load_dataset("portraits")
    assert check_dataset(road) == check_dataset(face) == check_dataset(load_dataset("portraits-balanced")) == []
    assert set(road.near) == {"crossing", "weather", "barrier", "bend"} and len(road.outliers["bend"]) == 10
    assert road.train.factors is not None and road.train.factors.shape == (80, len(roads.ATTRIBUTES))
    assert face.train.y is not None and face.train.factors is not None
    assert face.train.y.equal(face.train.factors[:, 0].long())
    assert (roads.draw(road.train.factors.double()).float() / 255 - road.train.x).abs().max() < 0.2
    monkeypatch.setattr(canvas, "in_batches", None)
    monkeypatch.setattr(roads, "draw", None)
    assert load_dataset("roads").fingerprint == road.fingerprint


def test_a_perfect_detector_of_rare_scenes_is_perfect(small: None) -> None:
    # the reference held 178 rare scenes in 4,000 that were called ordinary: perfect was 0.978
    data = load_dataset("roads")
    for part in (data.reference, data.ceiling):
        assert part.y is not None and not part.y.any()
    assert data.train.y is not None and 0 < int((data.train.y > 0).sum()) < 0.2 * len(data.train)
    for name in data.near:
        y = data.outliers[name].y
        assert y is not None and auc(y.bool().double(), data.reference.y.bool().double()) == 1


def test_edges_are_soft_and_paint_covers() -> None:
    page = Canvas(1, 16)
    page.paint(rgb(1, 0, 0), page.ellipse(0.5, 0.5, 0.25, 0.25).expand(1, -1, -1))
    area = page.levels().float()[0, 0].mean().item() / 255
    assert area == pytest.approx(3.14159 * 0.0625, abs=0.01)
    assert page.levels()[0, 1:].max() == 0
    dice = Dice(1000, "test")
    assert set(dice.choice((0.5, 0.0, 0.5)).unique().tolist()) == {0.0, 2.0}


def test_contact_sheets_are_written_whole(tmp_path: Path) -> None:
    for name in ("digits", "two-bumps", "ring8", "digits-only-3"):
        path = tmp_path / f"{name}.png"
        write_sheet(load_dataset(name), path)
        write_sheet(load_dataset(name), path)
        assert path.read_bytes()[:4] == b"\x89PNG"
    assert contact_sheet(load_dataset("digits")).size == (16 * 50 + 2, 10 * 50 + 2)
    with pytest.raises(DataError, match="cannot be written"):
        (tmp_path / "file").write_text("")
        write_sheet(load_dataset("digits"), tmp_path / "file" / "sheet.png")


def test_tables_have_no_sheet(data_root: Path) -> None:
    with pytest.raises(Unsupported, match="table of 8 columns"):
        contact_sheet(load_dataset("adbench:pima", root=data_root))


def test_the_pool_of_roads_holds_so_many_of_each_rare_kind_in_no_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roads, "POOL", 40)
    monkeypatch.setattr(roads, "POOL_RARE", 3)
    made = roads._pool(0)
    kinds = made["pool.attributes"][:, 0].long()
    assert torch.bincount(kinds).tolist() == [28, 3, 3, 3, 3] and kinds.tolist() != sorted(kinds.tolist())
    assert torch.equal(made["pool.levels"], roads.draw(made["pool.attributes"]))
    assert not torch.isin(made["pool.attributes"][:, 7], roads._pool(1)["pool.attributes"][:, 7]).any()
    assert not torch.equal(made["pool.attributes"][kinds == 0][0], roads.scenes(1, "train", weights=roads.ORDINARY)[0])

"""A value depends on the sets, the generator and the metric's own name: not on other metrics or the order of rows."""

from __future__ import annotations

import pytest
import torch
from oracles import ON_FEATURES, gen, normal, values

from genbench.metrics.drawing import by_content, named
from genbench.metrics.latents import Codes, latent_metrics
from genbench.metrics.outliers import outlier_metrics
from genbench.metrics.panel import feature_metrics
from genbench.metrics.pointset import PointSet
from genbench.metrics.toys import mode_metrics_from_labels

DRAWING = ("frechet-inf", "sliced-wasserstein", "c2st", "fld", "ct", "membership-auc", "train-test-gap")


def sets() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return normal(620, 4).float(), (1.1 * normal(600, 4, 1)).float(), normal(900, 4, 2).float()


def test_a_value_does_not_depend_on_the_metrics_beside_it() -> None:
    r, g, t = sets()
    together = values(r, g, *ON_FEATURES, train=t)
    for name in DRAWING:
        alone = values(r, g, name, train=t)
        assert alone == {key: together[key] for key in alone}, name
        after = values(r, g, "sliced-wasserstein", name, train=t)
        assert alone == {key: after[key] for key in alone}, name


@pytest.mark.parametrize("name", DRAWING)
def test_the_order_of_rows_does_not_change_what_is_drawn(name: str) -> None:
    r, g, t = sets()
    mixed = [x[torch.randperm(len(x), generator=gen(5))] for x in (r, g, t)]
    before, after = values(r, g, name, train=t), values(mixed[0], mixed[1], name, train=mixed[2])
    for key, one in before.items():
        assert after[key].value == pytest.approx(one.value, rel=1e-9), key


def test_the_given_generator_is_left_as_it_is_and_its_state_counts() -> None:
    r, g, _ = sets()
    generator = gen()
    first = feature_metrics(PointSet(r), g, metrics=["c2st", "sliced-wasserstein"], generator=generator)
    assert (
        feature_metrics(PointSet(r), g, metrics=["sliced-wasserstein"], generator=generator)["sliced-wasserstein"]
        == first["sliced-wasserstein"]
    )
    assert torch.equal(generator.get_state(), gen().get_state())
    assert (
        named(gen(), "ct").initial_seed() != named(gen(), "fld").initial_seed() != named(gen(1), "fld").initial_seed()
    )


def test_what_measures_share_is_the_same_whoever_asks_first() -> None:
    x, y = torch.randn(40, generator=gen()), torch.randn(30, generator=gen(1)) + 1
    names = ["aupr-out", "fpr95", "recall-at-5"]
    forth, back = (outlier_metrics(x, y, metrics=n, generator=gen()) for n in (names, names[::-1]))
    assert forth == back
    assert outlier_metrics(x, y, metrics=["fpr95"], generator=gen())["fpr95"] == forth["fpr95"]


def test_clusters_and_trees_do_not_depend_on_the_order_of_rows() -> None:
    z, y = normal(120, 3), torch.arange(120) % 3
    z[:, 0] += 1.5 * y
    factors = torch.stack([y, torch.arange(120) % 2], 1)
    rows = torch.randperm(120, generator=gen(3))
    names = ["nmi", "cluster-accuracy", "trustworthiness", "dci-disentanglement", "dci-informativeness"]
    whole = Codes(test=z, test_y=y, factors=factors, data=normal(120, 5, 1))
    mixed = Codes(test=z[rows], test_y=y[rows], factors=factors[rows], data=normal(120, 5, 1)[rows])
    before, after = (latent_metrics(codes, metrics=names, generator=gen()) for codes in (whole, mixed))
    for key, one in before.items():
        assert after[key].value == pytest.approx(one.value, rel=1e-9), key


def test_rows_in_order_of_their_contents() -> None:
    x = torch.tensor([[2.0, 1.0], [-0.0, 3.0], [-5.0, 9.0], [0.0, -3.0], [2.0, -7.0]])
    for seen in (x, x.double(), x + 100, x[torch.tensor([3, 1, 4, 0, 2])]):
        expected = sorted(seen.tolist())
        assert seen[by_content(seen)].tolist() == expected


def test_a_mode_kl_without_a_generator_has_a_fixed_one() -> None:
    mode = torch.randint(8, (100,), generator=gen())
    one, other = (mode_metrics_from_labels(mode, torch.full((8,), 1 / 8), metrics=["mode-kl"]) for _ in range(2))
    assert one == other

"""Known answers of latent structure, disentanglement and balance."""

from __future__ import annotations

import pytest
import torch
from oracles import gen, normal
from sklearn.manifold import trustworthiness as peer_trustworthiness

from genbench.metrics.balance import Attributes, attribute_tv, balance_metrics, minority_recall, unmix
from genbench.metrics.codes import ari, cluster_accuracy, continuity, distances, nmi, rate, trustworthiness
from genbench.metrics.features import feature_inputs
from genbench.metrics.latents import Codes, latent_metrics
from genbench.metrics.pointset import PointSet

FACTORS = torch.cartesian_prod(torch.arange(3), torch.arange(6), torch.arange(8))


def numbers(codes: Codes, *metrics: str) -> dict[str, float | None]:
    return {key: v.value for key, v in latent_metrics(codes, metrics=metrics, generator=gen()).items()}


def test_codes_that_are_the_factors_are_disentangled() -> None:
    names = ("mig", "dci-disentanglement", "dci-completeness", "dci-informativeness")
    found = numbers(Codes(test=FACTORS.float(), factors=FACTORS), *names)
    assert found == pytest.approx(dict.fromkeys(names, 1.0), abs=1e-6)


def test_codes_that_are_copies_of_one_have_no_gap() -> None:
    found = numbers(Codes(test=FACTORS[:, :1].float().expand(-1, 4), factors=FACTORS), "mig", "sap")
    assert found == pytest.approx({"mig": 0.0, "sap": 0.0}, abs=1e-9)


def test_rotated_codes_are_less_disentangled() -> None:
    turned = FACTORS.float() @ torch.linalg.qr(torch.randn(3, 3, generator=gen())).Q
    found = numbers(Codes(test=turned, factors=FACTORS), "mig", "dci-disentanglement", "sap")
    assert found["mig"] < 0.5
    assert found["dci-disentanglement"] < 0.9
    assert found["sap"] < 0.6


@pytest.mark.parametrize("name", ["mig", "dci-informativeness", "sap"])
def test_a_factor_of_real_numbers_is_cut_into_bins(name: str) -> None:
    """As classes, one an example, any latent would know all of it."""
    z = normal(400, 2)
    found = [numbers(Codes(test=z, factors=f), name)[name] for f in (z[:, :1], 5 * z[:, :1] + 3, normal(400, 1, 5))]
    assert found[0] == pytest.approx(found[1], abs=0.05) and found[0] > 0.5
    assert found[2] < 0.3


def test_pixels_are_no_latents() -> None:
    found = latent_metrics(
        Codes(test=normal(30, 300), factors=FACTORS[:30]), metrics=["mig", "sap", "dci-completeness"], generator=gen()
    )
    assert all("at most 256 latents" in (v.reason or "") for v in found.values())


def test_the_rate_is_the_mean_kl_where_the_model_says_it() -> None:
    found = latent_metrics(
        Codes(test=normal(3, 2), kl=torch.tensor([1.0, 2.0, 6.0])), metrics=["rate"], generator=gen()
    )
    assert found["rate"].value == 3 and found["rate"].ci_low < 1 and found["rate"].ci_high > 5


def test_ends_as_near_as_duplicates_are_one_place() -> None:
    """The reference's nearest neighbours are about 1 apart, paths a hundredth of that."""
    reference = PointSet(torch.cartesian_prod(*[torch.arange(6.0)] * 2))
    short = 0.01 * torch.linspace(0, 1, 11)[None, :, None] * normal(8, 2, 3)[:, None]
    for scale, found in ((1, None), (1000, 1.0)):
        paths = scale * short
        codes = Codes(test=normal(8, 2), paths=paths, midpoints=feature_inputs(reference, paths[:, 5], generator=gen()))
        assert numbers(codes, "path-ratio")["path-ratio"] == (found and pytest.approx(found))


def test_neighbourhoods_of_the_identity_are_kept() -> None:
    x = distances(normal(100, 3))
    assert trustworthiness(x, x) == continuity(x, x) == 1


def test_trustworthiness_one_way_is_continuity_the_other() -> None:
    x, y = distances(normal(80, 3)), distances(normal(80, 2, 1))
    assert trustworthiness(x, y) == continuity(y, x)
    assert trustworthiness(x, y) < 0.8


def test_trustworthiness_is_that_of_scikit_learn() -> None:
    x, y = normal(300, 40).double(), normal(300, 16, 1).double()
    y[:, :3] = x[:, :3]
    assert trustworthiness(distances(x), distances(y)) == peer_trustworthiness(x, y, n_neighbors=10)
    assert continuity(distances(x), distances(y)) == peer_trustworthiness(y, x, n_neighbors=10)


def test_codes_that_are_all_one_keep_no_neighbourhood() -> None:
    """Equally far points share their mean rank, so that each neighbour stands in the middle: 1 - k̃/half the most."""
    x, nowhere = distances(normal(200, 5)), distances(torch.zeros(200, 2))
    assert continuity(x, nowhere) == pytest.approx(1 - (100 - 10) * 2 / (2 * 200 - 30 - 1))
    assert abs(trustworthiness(x, nowhere) - 0.5) < 0.1


def test_cluster_scores_do_not_see_names() -> None:
    labels = torch.arange(60) % 3
    renamed = torch.tensor([2, 0, 1])[labels]
    assert nmi(renamed, labels) == pytest.approx(1)
    assert ari(renamed, labels) == pytest.approx(1)
    assert cluster_accuracy(renamed, labels).right == 60


def test_random_labels_have_no_ari_on_average() -> None:
    seen = [ari(torch.randint(4, (200,), generator=gen(i)), torch.arange(200) % 4) for i in range(60)]
    assert abs(sum(seen) / 60) < 0.005


def test_separated_classes_are_clustered_and_probed() -> None:
    y = torch.arange(200) % 4
    z = 10 * torch.eye(4)[y] + 0.1 * normal(200, 4).float()
    codes = Codes(test=z[:100], test_y=y[:100], train=z[100:], train_y=y[100:])
    names = ("probe-linear", "probe-knn", "nmi", "ari", "cluster-accuracy")
    assert numbers(codes, *names) == pytest.approx(dict.fromkeys(names, 1.0))


def test_a_straight_line_has_path_ratio_1_and_a_detour_more() -> None:
    line = torch.linspace(0, 1, 11)[None, :, None] * normal(5, 3, 3)[:, None]
    assert numbers(Codes(test=normal(5, 2), paths=line), "path-ratio")["path-ratio"] == pytest.approx(1)
    bent = line.clone()
    bent[:, 5] += 1
    assert numbers(Codes(test=normal(5, 2), paths=bent), "path-ratio")["path-ratio"] > 1.5


def test_a_dead_latent_is_not_active() -> None:
    z = normal(200, 4)
    z[:, 3] *= 1e-3
    assert numbers(Codes(test=z), "active-units", "collapsed-share") == {"active-units": 3, "collapsed-share": 0.25}


def test_the_rate_of_the_prior_is_0_and_of_a_shift_half_its_square() -> None:
    assert rate(torch.zeros(3, 2), torch.ones(3, 2)).tolist() == [0, 0, 0]
    assert float(rate(torch.tensor([[2.0]]), torch.tensor([[1.0]]))) == 2


def test_what_is_missing_is_said() -> None:
    found = latent_metrics(Codes(test=normal(30, 2)), metrics=["mig", "probe-knn", "rate"], generator=gen())
    assert [
        w for w, v in zip(("factors", "codes", "variances"), found.values(), strict=True) if w in (v.reason or "")
    ] == ["factors", "codes", "variances"]


def test_a_corrected_histogram_of_a_known_mixture_is_the_mixture() -> None:
    confusion = torch.tensor([[0.9, 0.08, 0.02], [0.1, 0.85, 0.05], [0.0, 0.2, 0.8]], dtype=torch.float64)
    p = torch.tensor([0.7, 0.25, 0.05], dtype=torch.float64)
    assert unmix(confusion.T @ p, confusion).tolist() == pytest.approx(p.tolist(), abs=1e-9)


def test_balance_is_told_against_both_targets() -> None:
    read = (torch.rand(4000, generator=gen()) < 0.1).long()
    attributes = Attributes(read=read, confusion=torch.eye(2), data=torch.tensor([0.8, 0.2]), accuracy=0.99)
    names = ("attribute-tv", "attribute-kl", "minority-recall")
    found = {key: v.value for key, v in balance_metrics(attributes, metrics=names, generator=gen()).items()}
    assert found["attribute-tv:data"] == pytest.approx(0.1, abs=0.015)
    assert found["attribute-tv:uniform"] == pytest.approx(0.4, abs=0.015)
    assert found["minority-recall"] == found["minority-recall:worst"] == pytest.approx(0.5, abs=0.07)


def test_shares_that_agree_have_no_distance() -> None:
    p = torch.tensor([0.3, 0.7])
    assert attribute_tv(p, p) == 0
    assert minority_recall(p, p) == 1

"""Classical densities and detectors against scikit-learn and closed forms."""

import math

import pytest
import torch
from model_toys import ring, stripes, table
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest as SklearnForest
from sklearn.neighbors import KernelDensity, NearestNeighbors

from genbench.core.errors import Unsupported
from genbench.models import classical, confounds, detectors
from genbench.protocols.dataset import DataSpec
from genbench.protocols.model import Budget


def fitted(cls, data, **options):
    model = cls(data.spec, **options)
    model.fit(data, Budget(images=1), torch.Generator().manual_seed(0))
    return model


def test_ppca_is_as_likely_as_scikit_learns():
    data = table()
    model = fitted(classical.PPCA, data, latent=2)
    x = data.train.x.double()
    theirs = PCA(2).fit(x.numpy())
    n = len(x)  # scikit-learn divides by n - 1, maximum likelihood by n
    assert float(model.log_prob(data.train.x).double().mean()) == pytest.approx(theirs.score(x.numpy()), abs=10 / n)
    torch.testing.assert_close(
        model.reconstruct(data.reference.x),
        torch.from_numpy(theirs.inverse_transform(theirs.transform(data.reference.x.double().numpy()))).float(),
        atol=1e-4,
        rtol=1e-4,
    )


def test_ppca_codes_are_the_posteriors_means():
    data = table()
    model = fitted(classical.PPCA, data, latent=2)
    covariance = model.loadings @ model.loadings.T + model.variance * torch.eye(5)
    centred = data.reference.x.double() - model.mean
    expected = (model.loadings.T @ torch.linalg.solve(covariance, centred.T)).T
    torch.testing.assert_close(model.encode(data.reference.x).double(), expected, atol=1e-5, rtol=1e-5)


def test_kde_is_scikit_learns_at_its_bandwidth():
    data = ring()
    model = fitted(classical.KDE, data)
    theirs = KernelDensity(bandwidth=float(model.bandwidth)).fit(data.train.x.numpy())
    expected = torch.from_numpy(theirs.score_samples(data.reference.x.numpy()))
    torch.testing.assert_close(model.log_prob(data.reference.x).double(), expected, atol=1e-3, rtol=1e-4)
    assert 0.003 < float(model.bandwidth) < 0.03  # the modes have a scale of 0.02


def test_mixture_finds_the_ring():
    data = ring()
    model = fitted(classical.GMM, data)
    nll = -float(model.log_prob(data.reference.x).mean())
    assert nll == pytest.approx(data.density.entropy, abs=0.5)


def test_mixture_density_integrates_to_one():
    data = ring()
    axis = torch.linspace(-2.3, 2.3, 1200)
    mass = fitted(classical.GMM, data).log_prob(torch.cartesian_prod(axis, axis)).exp().sum() * (axis[1] - axis[0]) ** 2
    assert float(mass) == pytest.approx(1, abs=0.01)


def test_isolation_forest_scores_as_scikit_learns():
    data = table()
    model = fitted(detectors.IsolationForest, data)
    seed = int(torch.randint(2**31, (), generator=torch.Generator().manual_seed(0)))
    theirs = SklearnForest(random_state=seed).fit(data.train.x.numpy())
    expected = -torch.from_numpy(theirs.score_samples(data.reference.x.numpy())).float()
    torch.testing.assert_close(model.outlier_score(data.reference.x), expected, atol=1e-5, rtol=1e-5)


def test_knn_score_is_the_fifth_distance():
    data = table()
    distances, _ = NearestNeighbors(n_neighbors=5).fit(data.train.x.numpy()).kneighbors(data.reference.x.numpy())
    expected = torch.from_numpy(distances[:, 4]).float()
    torch.testing.assert_close(fitted(detectors.KNN, data).outlier_score(data.reference.x), expected)


def test_pca_residual_keeps_95_percent_of_the_variance():
    data = table()
    model = fitted(detectors.PCAResidual, data)
    theirs = PCA(0.95, svd_solver="full").fit(data.train.x.double().numpy())
    assert model.basis.shape[1] == theirs.n_components_
    x = data.reference.x
    back = torch.from_numpy(theirs.inverse_transform(theirs.transform(x.double().numpy())))
    torch.testing.assert_close(model.outlier_score(x).double(), (x - back).square().mean(1), atol=1e-5, rtol=1e-4)


def test_detectors_find_what_lies_far_away():
    data = table()
    far = 6 + data.reference.x
    for cls in (detectors.IsolationForest, detectors.KNN, detectors.PCAResidual):
        model = fitted(cls, data)
        assert model.outlier_score(far).min() > model.outlier_score(data.reference.x).median(), cls


def image(value):
    return torch.full((1, 1, 8, 8), value)


def test_confounds_at_known_images():
    spec = stripes().spec
    assert float(confounds.Bright(spec).outlier_score(image(0.25))) == 0.25
    assert float(confounds.Dark(spec).outlier_score(image(0.25))) == -0.25
    board = (torch.arange(8)[:, None] + torch.arange(8)) % 2
    variation = confounds.TotalVariation(spec)
    assert (
        float(variation.outlier_score(board.float()[None, None])) == 2.0
        and float(variation.outlier_score(image(1.0))) == 0
    )
    size = confounds.CompressedSize(DataSpec((1, 28, 28), (0.0, 1.0)))
    noise = torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    assert size.outlier_score(noise) > 5 * size.outlier_score(torch.zeros(1, 1, 28, 28))


def test_confounds_are_of_images():
    with pytest.raises(Unsupported, match="of images in"):
        confounds.Bright(ring().spec)


def test_average_path_length():
    assert detectors.average_path([1, 2]).tolist() == [0.0, 1.0]
    exact = 2 * sum(1 / i for i in range(1, 256)) - 2 * 255 / 256
    assert float(detectors.average_path([256])[0]) == pytest.approx(exact, abs=0.01)
    assert math.isfinite(detectors.average_path([3])[0])

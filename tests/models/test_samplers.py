"""Latent samplers: against scikit-learn, closed forms, and what must be refused."""

import numpy as np
import pytest
import torch
from model_toys import stripes
from sklearn.mixture import GaussianMixture

from genbench.core.errors import Unsupported
from genbench.models.autoencoders import AE
from genbench.models.samplers import SAMPLERS, LatentSampled, fit_sampler, make_sampler

CENTRES = torch.tensor([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])


def blobs(n=1500):
    generator = torch.Generator().manual_seed(0)
    return CENTRES[torch.arange(n) % 3] + torch.randn(n, 2, generator=generator)


def fit(name, codes, seed=0):
    return fit_sampler(name, codes, generator=torch.Generator().manual_seed(seed))


def test_gaussian_is_the_maximum_likelihood_normal():
    codes = blobs()
    sampler = fit("gaussian", codes)
    normal = torch.distributions.MultivariateNormal(codes.mean(0), torch.cov(codes.T, correction=0))
    torch.testing.assert_close(sampler.log_prob(codes), normal.log_prob(codes), rtol=1e-4, atol=1e-4)


def test_mixture_is_as_likely_as_scikit_learns():
    codes = blobs()
    own = float(fit("gmm10", codes).log_prob(codes).mean())
    theirs = GaussianMixture(10, n_init=3, random_state=0).fit(codes.double().numpy()).score(codes.double().numpy())
    assert own > theirs - 0.03


def test_mixture_samples_where_the_codes_are():
    draws = fit("gmm10", blobs()).sample(3000, generator=torch.Generator().manual_seed(1))
    near = torch.cdist(draws, CENTRES).min(1).values
    assert float((near < 3).float().mean()) > 0.97
    np.testing.assert_allclose(draws.mean(0), blobs().mean(0), atol=0.2)


def test_density_integrates_to_one():
    axis = torch.linspace(-8, 14, 400)
    grid = torch.cartesian_prod(axis, axis)
    mass = fit("gmm10", blobs()).log_prob(grid).exp().sum() * (axis[1] - axis[0]) ** 2
    assert float(mass) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("name", SAMPLERS)
def test_state_round_trip(name):
    sampler = fit(name, blobs())
    fresh = make_sampler(name, 2)
    fresh.load_state_dict(sampler.state_dict())
    draws = [s.sample(10, generator=torch.Generator().manual_seed(0)) for s in (sampler, fresh)]
    assert torch.equal(*draws)


@pytest.mark.parametrize("name", [name for name in SAMPLERS if name != "prior"])
def test_collapsed_codes_give_collapsed_samples(name):
    draws = fit(name, torch.ones(100, 3)).sample(50, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(draws, torch.ones(50, 3), atol=1e-3, rtol=0)


def test_prior_ignores_the_codes():
    draws = fit("prior", 5 + torch.ones(10, 3)).sample(5000, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(torch.cov(draws.T), torch.eye(3), atol=0.1, rtol=0)
    assert draws.mean(0).abs().max() < 0.1


def test_flow_sampler_fits_what_one_gaussian_cannot():
    codes = blobs()
    assert fit("flow", codes).log_prob(codes).mean() > fit("gaussian", codes).log_prob(codes).mean() + 0.2


def test_too_few_codes_are_refused_with_the_count():
    with pytest.raises(Unsupported, match="5 codes are too few"):
        fit("gmm10", torch.randn(5, 2))


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(Unsupported, match="did you mean 'gmm10'"):
        make_sampler("gmm1", 2)


def test_wrapped_autoencoder_decodes_draws():
    data = stripes()
    model = AE(data.spec).eval()
    sampled = LatentSampled(model, fit("gmm10", model.encode(data.train.x).detach()))
    codes = sampled.density.sample(4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(sampled.sample(4, generator=torch.Generator().manual_seed(0)), model.decode(codes))
    assert not hasattr(model, "sample")


def test_a_model_without_encoder_cannot_be_wrapped():
    with pytest.raises(Unsupported, match="has no encoder"):
        LatentSampled(torch.nn.Linear(1, 1), make_sampler("gaussian", 1))

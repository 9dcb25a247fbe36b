"""What outlier scores stand on, by closed form: the KL of a posterior, the way to a little noise and back."""

from __future__ import annotations

import math

import pytest
import torch
from model_toys import stripes, table
from torch import nn

from genbench.models import diffusion, iaf_vae, ladder_vae, score_based, two_stage_vae, vae, vae_gan, vamp_vae
from genbench.models.likelihoods import gaussian_kl
from genbench.protocols.dataset import DataSpec
from genbench.protocols.model import Renoises, Variational

SPEC = DataSpec((6,))
X = torch.randn(40, 6, generator=torch.Generator().manual_seed(0))


def built(cls, spec=SPEC, **options):
    torch.manual_seed(0)
    return cls(spec, **options).eval().requires_grad_(False)


def test_kl_is_the_closed_form_and_its_estimate_agrees() -> None:
    model = built(vae.VAE)
    mean, log_var = model.posterior(X)
    assert torch.equal(model.kl(X), gaussian_kl(mean, log_var).sum(1))
    excess = lambda x, mean, log_var, eps: (
        model.log_likelihood(x, mean + torch.exp(0.5 * log_var) * eps) - model.log_weight(x, mean, log_var, eps)
    )
    torch.testing.assert_close(model.average(excess, X, mean, log_var, k=4000), model.kl(X), atol=0.15, rtol=0.05)


@pytest.mark.parametrize("cls", [vamp_vae.VampVAE, iaf_vae.IAFVAE, ladder_vae.LadderVAE, two_stage_vae.TwoStageVAE])
def test_kl_without_a_closed_form_is_what_the_bound_subtracts(cls: type) -> None:
    model = built(cls)
    assert isinstance(model, Variational)
    found = model.kl(X)
    assert found.shape == (40,) and float(found.mean()) > 0
    assert torch.allclose(torch.cat([model.kl(x[None]) for x in X[:5]]), found[:5], atol=1e-4)


def test_a_flow_of_no_steps_has_the_closed_form() -> None:
    model = built(iaf_vae.IAFVAE, flows=0)
    mean, log_var, _ = model._base(X)
    expected = gaussian_kl(mean, log_var).sum(1)
    assert float((model.kl(X) - expected).mean()) == pytest.approx(0, abs=0.1)


def test_a_vae_gan_has_one_too_and_a_diffusion_model_none() -> None:
    assert isinstance(built(vae_gan.VAEGAN, stripes().spec), Variational)
    assert not isinstance(built(diffusion.DDPM), Variational) and isinstance(built(diffusion.DDPM), Renoises)


def fixed_noise(size: int = 6) -> torch.Tensor:
    from genbench.core.seeds import generator

    return torch.randn((size,), generator=generator("partial"))


def test_ddpm_goes_a_quarter_of_the_way_and_back() -> None:
    """Under N(0, I) the best prediction of the noise in x_t is √(1-ᾱ) x_t, and DDIM then leaves x_t where it is."""
    model = built(diffusion.DDPM)
    model.noise = lambda x, t: (1 - model.alphas[t]).sqrt()[:, None] * x
    alpha = model.alphas[len(model.alphas) // 4 - 1]
    expected = alpha.sqrt() * X + (1 - alpha).sqrt() * fixed_noise()
    torch.testing.assert_close(model.partial_reconstruction(X), expected, atol=2e-2, rtol=1e-2)


def test_a_short_chain_has_its_quarter_too() -> None:
    assert built(diffusion.DDPM, steps=3).partial_reconstruction(X).shape == X.shape


def test_flow_matching_goes_a_quarter_of_the_way_and_back() -> None:
    """Under N(0, I) the velocity is (2t - 1) x / (t² + (1-t)²), which scales x_t to unit variance."""
    model = built(score_based.FlowMatching)

    class Velocity(nn.Module):
        def forward(self, x, t):
            return ((2 * t - 1) / (t**2 + (1 - t) ** 2))[:, None] * x

    model.net = Velocity()
    expected = (0.25 * fixed_noise() + 0.75 * X) / math.sqrt(0.25**2 + 0.75**2)
    torch.testing.assert_close(model.partial_reconstruction(X), expected, atol=1e-3, rtol=1e-3)


def test_edm_goes_a_little_of_the_way_and_back() -> None:
    model = built(score_based.EDM)
    model.denoised = lambda x, sigma: x / (1 + sigma**2)[:, None]
    sigma = float(score_based.karras_levels(18)[13])
    expected = (X + sigma * fixed_noise()) / math.sqrt(1 + sigma**2)
    torch.testing.assert_close(model.partial_reconstruction(X), expected, atol=1e-3, rtol=1e-3)


def test_sampling_is_what_it_was() -> None:
    """The way back is the sampler's own: from the first time on it gives what `solve` gives."""
    model = built(diffusion.DDPM, table().spec)
    x = model.solve(5, kind="ddim", steps=10, generator=torch.Generator().manual_seed(3))
    start = torch.randn(5, 5, generator=torch.Generator().manual_seed(3))
    times = (torch.arange(10) * 1000 // 10).flip(0)
    assert torch.equal(x, model._descended(start, times))

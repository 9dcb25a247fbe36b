"""Closed forms of the VAEs: bounds, splits of the KL, priors, weights."""

import itertools
import math

import pytest
import torch
from model_toys import ring, stripes, table

from genbench.models import disentangling, iwae, vae
from genbench.models.debiasing_vae import DBVAE, bin_of
from genbench.models.iaf_vae import IAFVAE
from genbench.models.kernels import inverse_multiquadratic, mmd, radial
from genbench.models.ladder_vae import LadderVAE
from genbench.models.likelihoods import diagonal_log_prob, gaussian_kl, standard_log_prob
from genbench.models.two_stage_vae import TwoStageVAE
from genbench.models.vamp_vae import VampVAE
from genbench.protocols.model import Batch


def built(cls, data, **options):
    torch.manual_seed(0)
    return cls(data.spec, **options)


def test_beta_one_is_the_vae_bit_for_bit():
    data = stripes()
    losses = []
    for model in (built(vae.VAE, data), built(disentangling.BetaVAE, data, beta=1.0)):
        torch.manual_seed(1)
        losses.append(model.loss(Batch(data.train.x[:64])))
    assert torch.equal(*losses)


def test_iwae_of_one_sample_is_the_elbo_by_monte_carlo():
    data = stripes()
    model = built(iwae.IWAE, data, k=1).requires_grad_(False)
    x = data.train.x[:64]
    mean, log_var = model.posterior(x)
    losses = torch.stack([model.loss(Batch(x)) for _ in range(300)])
    draws = torch.stack([model.log_likelihood(x, model.draw(mean, log_var)).mean() for _ in range(300)])
    elbo = float(draws.mean() - gaussian_kl(mean, log_var).sum(1).mean())
    assert float(-losses.mean()) == pytest.approx(elbo, abs=0.05)


def test_importance_weighted_bound_tightens_with_k():
    data = ring()
    model = built(vae.VAE, data, gamma=0.5).requires_grad_(False)
    bounds = [model.log_prob(data.reference.x, k=k) for k in (1, 8, 64, 1000)]
    rises = [more - less for less, more in [*itertools.pairwise(bounds), (bounds[0], bounds[-1])]]
    sigmas = [float(rise.mean() / rise.std()) * math.sqrt(len(rise)) for rise in rises]
    assert all(sigma > -2 for sigma in sigmas) and sigmas[-1] > 4


def test_kl_parts_add_up_to_the_kl():
    torch.manual_seed(0)
    mean, log_var = torch.randn(200, 3, dtype=torch.float64), torch.randn(200, 3, dtype=torch.float64) - 1
    z = mean + torch.exp(0.5 * log_var) * torch.randn_like(mean)
    parts = disentangling.kl_parts(z, mean, log_var)
    sampled = (diagonal_log_prob(z, mean, log_var) - standard_log_prob(z)).mean()
    torch.testing.assert_close(sum(parts), sampled)


def test_total_correlation_is_zero_for_a_factorised_aggregate():
    """One posterior for all examples is its own aggregate, and it factorises: I = 0, TC = 0, the rest is the KL."""
    mean = torch.full((100, 3), 0.5, dtype=torch.float64)
    log_var = torch.full((100, 3), -0.7, dtype=torch.float64)
    torch.manual_seed(0)
    parts = disentangling.kl_parts(mean + torch.exp(0.5 * log_var) * torch.randn_like(mean), mean, log_var)
    torch.testing.assert_close(parts.index_code, torch.zeros((), dtype=torch.float64), atol=1e-9, rtol=0)
    torch.testing.assert_close(parts.total_correlation, torch.zeros((), dtype=torch.float64), atol=1e-9, rtol=0)


def test_total_correlation_of_tied_codes_is_positive():
    torch.manual_seed(0)
    one = torch.randn(500, 1, dtype=torch.float64)
    mean, log_var = one.repeat(1, 2), torch.full((500, 2), -3.0, dtype=torch.float64)
    parts = disentangling.kl_parts(mean + torch.exp(0.5 * log_var) * torch.randn_like(mean), mean, log_var)
    assert parts.total_correlation > 0.5


def test_dip_covariance_is_the_biased_covariance():
    codes = torch.randn(50, 4)
    torch.testing.assert_close(disentangling.covariance(codes), torch.cov(codes.T, correction=0))


def test_factor_critic_sees_shuffled_columns():
    z = torch.arange(20.0).view(10, 2)
    torch.manual_seed(0)
    shuffled = disentangling.shuffled_columns(z)
    for column in range(2):
        assert torch.equal(shuffled[:, column].sort().values, z[:, column])
    assert not torch.equal(shuffled[:, 1] - shuffled[:, 0], z[:, 1] - z[:, 0])


def test_factor_critic_tells_codes_from_shuffled_codes_of_other_examples():
    """Algorithm 2: -log σ(T(z)) of one batch, -log σ(-T(z')) of another whose columns are permuted."""
    data = stripes()
    model, x = built(disentangling.FactorVAE, data).requires_grad_(False), data.train.x[:64]
    seen = []
    model.critic.forward = lambda z: seen.append(z) or z.sum(1, keepdim=True)
    torch.manual_seed(1)
    loss = model.critic_loss(Batch(x))
    torch.manual_seed(1)
    codes = model.draw(*model.posterior(x))
    assert torch.equal(seen[0], codes[:32])
    assert torch.equal(seen[1].sort(0).values, codes[32:].sort(0).values)
    softplus = torch.nn.functional.softplus
    torch.testing.assert_close(loss, softplus(-seen[0].sum(1)).mean() + softplus(seen[1].sum(1)).mean())


def test_radial_kernel_is_that_of_infovaes_code():
    """exp(-mean((a - b)²) / d) of `compute_kernel` in the authors' code."""
    a, b = torch.randn(5, 4), torch.randn(5, 4)
    squares = (a[:, None] - b).square()
    torch.testing.assert_close(radial(squares.sum(2), 4), torch.exp(-squares.mean(2) / 4))


@pytest.mark.parametrize("kernel", [inverse_multiquadratic, radial])
def test_mmd_is_unbiased_and_sees_a_shift(kernel):
    torch.manual_seed(0)
    same = torch.stack([mmd(torch.randn(64, 3), torch.randn(64, 3), kernel) for _ in range(200)])
    assert abs(float(same.mean())) < 3 * float(same.std()) / math.sqrt(200)
    assert mmd(torch.randn(64, 3), torch.randn(64, 3) + 2, kernel) > 5 * same.std()


def test_mmd_equals_the_loop_formula():
    torch.manual_seed(0)
    a, b = torch.randn(6, 2, dtype=torch.float64), torch.randn(6, 2, dtype=torch.float64)
    k = lambda u, v: float(radial((u - v).square().sum(), 2))
    within = sum(k(s[i], s[j]) for s in (a, b) for i in range(6) for j in range(6) if i != j) / 30
    across = sum(k(u, v) for u in a for v in b) / 36
    assert float(mmd(a, b, radial)) == pytest.approx(within - 2 * across)


def test_vamp_prior_is_the_mixture_of_its_posteriors():
    data = table()
    model = built(VampVAE, data, components=4).requires_grad_(False)
    mean, log_var = model.components()
    normals = torch.distributions.Independent(torch.distributions.Normal(mean, torch.exp(0.5 * log_var)), 1)
    uniform = torch.distributions.Categorical(torch.ones(4))
    prior = torch.distributions.MixtureSameFamily(uniform, normals)
    z = torch.randn(20, model.latent)
    torch.testing.assert_close(model.prior_log_prob(z), prior.log_prob(z))
    draws = model.prior_sample(20_000, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(draws.mean(0), prior.mean, atol=0.05, rtol=0)


def test_autoregressive_flow_knows_its_volume():
    data = table()
    model = built(IAFVAE, data).requires_grad_(False)
    context = torch.randn(1, model.flows[0].conditioner.in_features)
    z = torch.randn(1, model.latent)
    jacobian = torch.func.jacrev(lambda v: model.flow(v[None], context)[0][0])(z[0])
    torch.testing.assert_close(model.flow(z, context)[1][0], torch.linalg.slogdet(jacobian).logabsdet)


def test_ladder_merges_by_precision():
    data = table()
    model = built(LadderVAE, data).requires_grad_(False)
    below, z2 = torch.randn(7, 2 * model.latent), torch.randn(7, model.upper)
    mean_x, log_var_x = below.chunk(2, 1)
    mean_p, log_var_p = model.down(z2).chunk(2, 1)
    product = 1 / (torch.exp(-log_var_x) + torch.exp(-log_var_p))
    mean, log_var = model._merged(below, z2)
    torch.testing.assert_close(torch.exp(log_var), product)
    torch.testing.assert_close(mean, product * (mean_x * torch.exp(-log_var_x) + mean_p * torch.exp(-log_var_p)))


def test_ladder_loss_is_minus_the_bound_after_warm_up():
    data = stripes()
    model = built(LadderVAE, data).requires_grad_(False)
    model.steps.fill_(1e6)
    x = data.train.x[:64]
    losses = torch.stack([model.loss(Batch(x)) for _ in range(200)])
    torch.manual_seed(0)
    below = model.encoder(x)
    bounds = torch.stack([model._weight(x, below, torch.randn(64, model.noise_size)).mean() for _ in range(200)])
    assert float(losses.mean()) == pytest.approx(-float(bounds.mean()), abs=0.1)


def test_sigma_follows_the_squared_error():
    data = stripes()
    model = built(vae.SigmaVAE, data, memory=0.0)
    torch.manual_seed(1)
    model.loss(Batch(data.train.x[:64]))
    torch.manual_seed(1)
    error = data.train.x[:64] - model.decode(model.draw(*model.posterior(data.train.x[:64])))
    torch.testing.assert_close(model.log_scale.exp(), error.square().mean().sqrt().detach(), rtol=1e-4, atol=1e-6)


def test_second_stage_learns_codes_and_leaves_the_first_alone():
    data = stripes()
    model = built(TwoStageVAE, data)
    model.second_loss(Batch(data.train.x[:32])).backward()
    assert all(p.grad is None for p in model.first.parameters())
    assert any(p.grad is not None and p.grad.any() for p in model.second.parameters())


def test_rare_codes_get_more_weight():
    data = table()
    model = built(DBVAE, data, alpha=0.1)
    model.encode = lambda x: x[:, : model.latent]
    common = torch.randn(2000, 5, generator=torch.Generator().manual_seed(0))
    model.histogram = bin_of(common[:, : model.latent]).mean(0)
    x = torch.cat([torch.zeros(9, 5), torch.full((1, 5), 2.9)])
    weights = model.sampling_weights(x)
    assert weights[9] > 4 * weights[0] and float(weights.mean()) == pytest.approx(1)
    assert torch.equal(bin_of(torch.tensor([[-99.0, 0.1, 99.0]])).argmax(2), torch.tensor([[0, 5, 9]]))


@pytest.mark.parametrize("cls", [vae.VAE, VampVAE, IAFVAE, LadderVAE])
def test_the_rate_is_what_the_elbo_takes_off_the_likelihood(cls, monkeypatch):
    """KL(q ‖ p) = E_q log p(x|z) - E_q [log p(x, z) - log q(z|x)], both means over the same draws."""
    data = stripes()
    model = built(cls, data).eval().requires_grad_(False)
    x, likelihoods, weights = data.reference.x[:20], [], []
    own = model.log_likelihood
    monkeypatch.setattr(model, "log_likelihood", lambda x, z: likelihoods.append(own(x, z)) or likelihoods[-1])
    monkeypatch.setattr(vae.functools, "reduce", lambda _, terms: weights.extend(terms) or sum(weights))
    model.log_prob(x)
    monkeypatch.undo()
    expected = torch.cat(likelihoods).view(-1, len(x)).mean(0) - torch.stack(weights).mean(0)
    closed = cls is vae.VAE  # the others' rates are means over the draws themselves
    torch.testing.assert_close(model.kl(x), expected, rtol=0.2 if closed else 1e-4, atol=0.1 if closed else 1e-3)
    assert float(model.kl(x).mean()) > 0


@pytest.mark.parametrize("cls", [vae.VAE, VampVAE, IAFVAE, LadderVAE])
def test_draws_at_once_are_draws_one_by_one(cls, monkeypatch):
    data = stripes()
    model = built(cls, data).eval().requires_grad_(False)
    x = data.reference.x[:20]
    together = model.log_prob(x), model.kl(x)
    for rows in (1, 3 * len(x)):  # one draw a call, then three, the last call with fewer
        monkeypatch.setattr(vae, "CPU_ROWS", rows)
        for one, other in zip(together, (model.log_prob(x), model.kl(x)), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-4)


def test_a_prior_that_is_the_posterior_leaves_no_rate():
    data = stripes()
    model = built(VampVAE, data, components=1).eval().requires_grad_(False)
    assert model.kl(model.squash(model.pseudo)).tolist() == pytest.approx([0.0], abs=1e-5)

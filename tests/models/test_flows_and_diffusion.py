"""Flows integrate to one and invert; denoisers that know the truth sample the truth; masks hide what they must."""

import math

import pytest
import torch
from model_toys import ring, stripes, table
from torch.nn import functional

from genbench.core.errors import Unsupported
from genbench.models import autoencoders, regularised, score_based
from genbench.models.flows import MAF, Autoregressive, RealNVP, _bounded
from genbench.models.masked import MADE
from genbench.models.vqvae import VQVAE

FLOWS = [RealNVP, MAF]


def shaken(cls, data, **options):
    """A flow far from the identity: random weights, those of couplings scaled up."""
    torch.manual_seed(0)
    model = cls(data.spec, **options).requires_grad_(False)
    for p in model.parameters():
        p.mul_(1.5 if cls is RealNVP else 1.0)
    return model


@pytest.mark.parametrize("cls", FLOWS)
def test_flow_density_integrates_to_one(cls):
    model = shaken(cls, ring(), width=32)
    draws = model.sample(10_000, generator=torch.Generator().manual_seed(0))
    low, high = draws.amin(0), draws.amax(0)
    middle, half = (low + high) / 2, 0.75 * (high - low)
    sides = [torch.linspace(float(m - h), float(m + h), 500) for m, h in zip(middle, half, strict=True)]
    cell = math.prod(float(s[1] - s[0]) for s in sides)
    assert float(model.log_prob(torch.cartesian_prod(*sides)).exp().sum()) * cell == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("cls", FLOWS)
@pytest.mark.parametrize("make", [ring, table, stripes])
def test_flow_inverts(cls, make):
    model = shaken(cls, make(), width=32)
    z = torch.randn(50, make().spec.size)
    back, _ = model.flow(model.flow.inverse(z))
    torch.testing.assert_close(back, z, atol=1e-5 if z.shape[1] < 10 else 1e-3, rtol=1e-5)


@pytest.mark.parametrize("cls", FLOWS)
def test_flow_knows_its_volume(cls):
    model = shaken(cls, table(), width=32).double()
    x = torch.randn(1, 5, dtype=torch.float64)
    jacobian = torch.func.jacrev(lambda v: model.flow(v[None])[0][0])(x[0])
    torch.testing.assert_close(model.flow(x)[1][0], torch.linalg.slogdet(jacobian).logabsdet)


@pytest.mark.parametrize("cls", FLOWS)
def test_a_uniform_image_costs_no_more_than_its_grey_levels(cls):
    """The density is of x in [0, 1]: the probability of one grey level, density / 256 a value, is below one."""
    data = stripes()
    model = shaken(cls, data, width=32)
    assert (model.log_prob(data.train.x[:20]) < 64 * math.log(256)).all()


@pytest.mark.parametrize("cls", FLOWS)
def test_the_uniform_density_costs_eight_bits_a_value(cls):
    """bits/dim = nll/(D ln 2) + 8, of y = (round(255 x) + u)/256 in [0, 1]: 0 nats for the uniform density."""
    data = stripes()
    model = cls(data.spec, width=32).double()

    def uniform_in_y(logits):
        """log-density of logit(0.05 + 0.9 y), y uniform."""
        return (functional.logsigmoid(logits) + functional.logsigmoid(-logits) - math.log(0.9)).sum(1)

    model.flow.log_prob = uniform_in_y
    nats = model.log_prob(data.train.x[:50].double())
    torch.testing.assert_close(nats / (64 * math.log(2)), torch.zeros(50, dtype=torch.float64), atol=1e-12, rtol=0)


@pytest.mark.parametrize("cls", FLOWS)
def test_a_flow_is_trained_and_measured_on_the_same_law(cls):
    """-loss, with noise of its own at each call, and log_prob, with the examples' own, agree on average."""
    data = stripes(2000)
    model = shaken(cls, data, width=32)
    x = data.train.x
    torch.manual_seed(1)
    trained = torch.stack([-model._log_prob(x.flatten(1), torch.rand(len(x), 64)) for _ in range(5)])
    gap = model.log_prob(x) + trained.mean(0)
    assert abs(float(gap.mean())) < 3 * float(gap.std()) / math.sqrt(len(x))


@pytest.mark.parametrize("cls", FLOWS)
def test_samples_of_a_flow_are_grey_levels(cls):
    levels = 255 * shaken(cls, stripes(), width=32).sample(50, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(levels, levels.round(), atol=1e-4, rtol=0)


def test_flows_say_that_they_are_flat():
    with pytest.raises(Unsupported, match="flat vectors with the backbone 'mlp', and 'conv'"):
        MAF(stripes().spec, net="conv")
    with pytest.raises(
        Unsupported, match="flat vectors with the backbone 'mlp' and on images with 'conv', and 'resnet'"
    ):
        RealNVP(stripes().spec, net="resnet")
    with pytest.raises(Unsupported, match="needs images"):
        RealNVP(ring().spec, net="conv")


def test_made_hides_what_comes_later():
    torch.manual_seed(0)
    made = MADE(5, 2, hidden=32, size=3, context=4)
    x, context = torch.randn(1, 15), torch.randn(1, 4)
    jacobian = torch.func.jacrev(lambda v: made(v[None], context)[0])(x[0]).view(5, 2, 5, 3)
    for output in range(5):
        for block in range(5):
            assert bool(jacobian[output, :, block].any()) == (block < output)


@pytest.mark.parametrize("hidden", [2, 3, 8, 9, 40])
def test_made_sees_all_blocks_with_few_units_too(hidden):
    """The last output sees more than all but one part in `hidden` of the inputs: degrees 0, 1, 2 … would end there."""
    torch.manual_seed(0)
    made = MADE(9, 1, hidden=hidden)
    seen = torch.func.jacrev(lambda v: made(v[None])[0, -1, 0])(torch.randn(9)) != 0
    assert int(seen.sum()) > 8 * (1 - 1 / min(hidden, 8))


@pytest.mark.parametrize(("size", "hidden"), [(1, 4), (2, 5), (7, 3), (9, 8), (9, 40), (60, 7)])
def test_an_autoregressive_layer_is_inverted_in_its_own_order(size, hidden):
    """The inverse equals the slow one, which asks the whole network for each value anew, and forward undoes it."""
    torch.manual_seed(0)
    layer = Autoregressive(torch.randperm(size), hidden).double()
    z = torch.randn(20, size, dtype=torch.float64)
    slow = torch.zeros_like(z)
    for i in range(size):
        shift, log_scale = _bounded(layer.made(slow)[:, i])
        slow[:, i] = z[:, i] * log_scale.exp() + shift
    x = layer.inverse(z)
    torch.testing.assert_close(x[:, layer.order], slow, atol=1e-12, rtol=1e-12)
    torch.testing.assert_close(layer(x)[0], z, atol=1e-10, rtol=1e-10)


def test_words_of_a_code_are_the_nearest_and_gradients_pass_through():
    data = stripes()
    torch.manual_seed(0)
    model = VQVAE(data.spec)
    z = model.encoder(data.train.x[:8])
    words = model.words_of(z)
    distances = torch.cdist(z.view(8 * model.places, model.size), model.book)
    assert torch.equal(words.flatten(), distances.argmin(1))
    assert torch.equal(model.words_of(model.spelled(words)), words)
    model.loss(type("B", (), {"x": data.train.x[:8]})()).backward()
    assert all(p.grad is not None and p.grad.any() for p in model.encoder.parameters() if p.ndim > 1)


def test_contractive_penalty_is_the_jacobians_norm():
    data = stripes()
    torch.manual_seed(0)
    model = autoencoders.ContractiveAE(data.spec, width=16).requires_grad_(False)
    x = data.train.x[:1]
    jacobian = torch.func.jacrev(lambda v: model.encode(v)[0])(x)
    torch.manual_seed(0)
    probes = [autoencoders.vector_jacobian(model.encode, x, torch.randn(1, 16)).square().sum() for _ in range(3000)]
    estimate = torch.stack(probes)
    error = float(estimate.std()) / math.sqrt(3000)
    assert float(estimate.mean()) == pytest.approx(float(jacobian.square().sum()), abs=4 * error)


def test_rae_regularisers():
    data = stripes()
    torch.manual_seed(0)
    model = regularised.RAEL2(data.spec).requires_grad_(False)
    expected = sum(float(p.square().sum()) for p in model.decoder.parameters())
    assert float(model.regulariser(torch.zeros(1, 16))) == pytest.approx(expected, rel=1e-5)
    flat = regularised.RAEGP(data.spec).requires_grad_(False)
    flat.decode = lambda z: torch.zeros(len(z), 1, 8, 8) + 0 * z.sum()
    assert float(flat.regulariser(torch.randn(4, 16))) == 0


def test_sparsity_is_zero_at_the_wanted_rate_only():
    rates = torch.tensor([0.1, 0.2, 0.05])
    kl = autoencoders.bernoulli_kl(0.1, rates)
    assert float(kl[0]) == pytest.approx(0, abs=1e-6) and (kl[1:] > 0.01).all()


class GaussianTruth(torch.nn.Module):
    """F of EDM for data N(0, s²): D(x; σ) = x s²/(s² + σ²)."""

    def __init__(self, model, s):
        super().__init__()
        self.d, self.s = model.spread, s

    def forward(self, scaled, time):
        sigma = torch.exp(4 * (4 * time - 2))[:, None]
        total = (sigma**2 + self.d**2).sqrt()
        x = scaled * total
        wanted = x * self.s**2 / (self.s**2 + sigma**2)
        return (wanted - self.d**2 / total**2 * x) * total / (sigma * self.d)


def test_edm_with_the_true_denoiser_samples_the_truth():
    model = score_based.EDM(table().spec)
    model.net = GaussianTruth(model, 0.7)
    x = model.solve(20_000, kind="heun", steps=100, generator=torch.Generator().manual_seed(0))
    assert float(x.std()) == pytest.approx(0.7, abs=0.02) and abs(float(x.mean())) < 0.02


def test_heun_is_of_second_order_and_euler_of_first():
    """Data N(0, s²): the exact flow takes a start x at σ to x s / √(s² + σ²)."""
    model = score_based.EDM(table().spec)
    model.net = GaussianTruth(model, 0.7)
    noise = torch.randn(500, *model.shape, generator=torch.Generator().manual_seed(0))
    truth = 80 * noise * 0.7 / (0.7**2 + 80**2) ** 0.5

    def error(kind, steps):
        x = model.solve(500, kind=kind, steps=steps, generator=torch.Generator().manual_seed(0))
        return float((x - truth).norm())

    assert error("heun", 20) < error("euler", 39)
    assert error("heun", 80) < error("heun", 20) / 8
    assert error("euler", 20) / 8 < error("euler", 80) < error("euler", 20) / 2


def test_flow_matching_with_the_true_velocity_samples_the_truth():
    """Data N(m, s²): the velocity is that of the straight-line map between Gaussians' marginals."""
    m, s = 1.5, 0.5

    def velocity(x, t):
        t = t[:, None]
        variance = (1 - t) ** 2 + (t * s) ** 2
        slope = (t * s**2 - (1 - t)) / variance
        return m + slope * (x - t * m)

    model = score_based.FlowMatching(table().spec)
    del model.net
    model.net = velocity
    for kind, steps in (("midpoint", 25), ("heun", 25), ("euler", 400)):
        x = model.solve(20_000, kind=kind, steps=steps, generator=torch.Generator().manual_seed(0))
        assert float(x.mean()) == pytest.approx(m, abs=0.02) and float(x.std()) == pytest.approx(s, abs=0.02)


def test_karras_levels_fall_from_high_to_low_to_zero():
    levels = score_based.karras_levels(18)
    assert len(levels) == 19 and levels[-1] == 0 and (levels.diff() < 0).all()
    assert float(levels[0]) == pytest.approx(80, rel=1e-5) and float(levels[17]) == pytest.approx(0.002, rel=1e-4)

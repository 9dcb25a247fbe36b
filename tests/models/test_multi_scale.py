"""RealNVP's form for images: it inverts, knows its volume, keeps what its masks keep, and spends its budget."""

import math

import pytest
import torch
from model_toys import stripes

from genbench.models import nets
from genbench.models.couplings import Coupling
from genbench.models.flows import RealNVP
from genbench.models.multi_scale import MultiScale, Squeeze, checkerboard
from genbench.protocols.dataset import DataSpec
from genbench.protocols.model import Budget
from genbench.training.trainer import fit


def shaken(shape, channels=6, scale=0.05):
    """A flow off the identity, where it starts."""
    torch.manual_seed(0)
    flow = MultiScale(shape, 3, channels).requires_grad_(False)
    for p in flow.parameters():
        p.add_(scale * torch.randn_like(p))
    return flow


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 4, 4), (1, 28, 28)])
def test_it_inverts(shape):
    flow = shaken(shape)
    x = torch.randn(20, math.prod(shape))
    z, _ = flow(x)
    assert z.shape == x.shape and (z - x.sort(1).values).abs().max() > 0.1
    torch.testing.assert_close(flow.inverse(z), x, atol=1e-4, rtol=0)
    torch.testing.assert_close(flow(flow.inverse(x))[0], x, atol=1e-4, rtol=0)


@pytest.mark.parametrize("shape", [(1, 4, 4), (3, 4, 4)])
def test_it_knows_its_volume(shape):
    flow = shaken(shape, scale=0.1).double()
    x = torch.randn(1, math.prod(shape), dtype=torch.float64)
    jacobian = torch.func.jacrev(lambda v: flow(v[None])[0][0])(x[0])
    expected = torch.linalg.slogdet(jacobian).logabsdet
    torch.testing.assert_close(flow(x)[1][0], expected)
    assert abs(float(expected)) > 0.1


def test_its_density_integrates_to_one():
    """∫ p = E_q p/q over points of a wider law q."""
    flow, wide = shaken((1, 4, 4), scale=0.03), 1.25
    x = wide * torch.randn(40_000, 16, generator=torch.Generator().manual_seed(0))
    log_q = torch.distributions.Normal(0.0, wide).log_prob(x).sum(1)
    ratio = (flow.log_prob(x) - log_q).double().exp()
    error = float(ratio.std()) / math.sqrt(len(x))
    assert float(ratio.mean()) == pytest.approx(1, abs=4 * error) and error < 0.03


def test_every_value_of_the_image_is_kept_or_factored_out_once():
    """At the start it is the identity but for places: three quarters leave at the first two scales."""
    flow = MultiScale((1, 8, 8), 3, 8).requires_grad_(False)
    x = torch.arange(64.0)[None]
    z, log_det = flow(x)
    assert torch.equal(z.sort(1).values, x) and float(log_det) == 0
    rows = (z[0, :32] // 8 % 2).tolist()
    assert set(rows) == {1.0}, "the first half to leave is the lower row of each square"


def test_squeeze_takes_each_square_apart():
    x = torch.arange(2 * 16.0).view(1, 2, 4, 4)
    z, log_det = Squeeze()(x)
    assert z.shape == (1, 8, 2, 2) and torch.equal(log_det, torch.zeros(1))
    assert torch.equal(z[0, 0], x[0, 0, ::2, ::2]) and torch.equal(z[0, 7], x[0, 1, 1::2, 1::2])
    assert torch.equal(Squeeze().inverse(z), x)


def test_masks_are_the_papers():
    """Checkerboards, the opposite each time; after the squeeze half of the channels, the opposite each time."""
    flow = MultiScale((1, 8, 8), 3, 8).requires_grad_(False)
    masks = [layer.mask for layer in flow.scales[0].layers if isinstance(layer, Coupling)]
    board = checkerboard(8, 8).float()
    assert [torch.equal(m, board if i % 2 == 0 else 1 - board) for i, m in enumerate(masks[:3])] == [True] * 3
    assert [m.flatten().tolist() for m in masks[3:]] == [[1.0, 1, 0, 0], [0.0, 0, 1, 1], [1.0, 1, 0, 0]]
    assert len(flow.last.layers) == 4 and len(flow.scales) == 2


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
def test_it_weighs_as_much_as_an_encoder_with_a_decoder(shape):
    spec = DataSpec(shape, (0.0, 1.0))
    size = nets.count(RealNVP(spec, net="conv"))
    assert math.isclose(size, nets.budget(spec, "conv", 256), rel_tol=0.15)


def test_one_by_one_equals_batched_and_it_learns():
    data = stripes()
    torch.manual_seed(0)
    model = RealNVP(data.spec, net="conv", width=64)
    before = float(model.log_prob(data.reference.x).mean().detach())
    fit(model, data, Budget(images=6_400, batch=64), seed=0, device=torch.device("cpu"))
    with torch.no_grad():
        after = model.log_prob(data.reference.x)
        alone = torch.cat([model.log_prob(x[None]) for x in data.reference.x[:6]])
        samples = model.sample(50, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(after[:6], alone, rtol=1e-4, atol=1e-3)
    assert float(after.mean()) > before + 40
    assert samples.shape == (50, 1, 8, 8) and samples.min() >= 0 and samples.max() <= 1

"""Backbones: shapes, sizes that match, what is refused."""

import pytest
import torch

from genbench.core.errors import Unsupported
from genbench.models import nets
from genbench.models.catalogue import CATALOGUE
from genbench.protocols.dataset import DataSpec
from genbench.registry import Entry

CASES = [
    ((1, 28, 28), "mlp"),
    ((1, 28, 28), "conv"),
    ((3, 32, 32), "conv"),
    ((3, 32, 32), "resnet"),
    ((3, 64, 64), "resnet"),
]
TRAINED = {c.name: Entry(c, t) for c, t in CATALOGUE if c.family in ("autoencoder", "vae", "gan", "diffusion")}


def spec(shape):
    return DataSpec(shape, (0.0, 1.0), 10)


@pytest.mark.parametrize(("shape", "net"), CASES)
def test_roles_keep_their_shapes(shape, net):
    data, x, t = spec(shape), torch.rand(2, *shape), torch.rand(2)
    assert nets.encoder(data, 5, net=net)(x).shape == (2, 5)
    assert nets.decoder(data, 5, net=net)(torch.randn(2, 5)).shape == x.shape
    assert nets.Critic(data, 3, net=net)(x).shape == (2, 3)
    assert nets.denoiser(data, net=net)(x, t).shape == x.shape


@pytest.mark.parametrize(("shape", "net"), CASES)
def test_denoiser_and_critic_weigh_as_much_as_the_budget(shape, net):
    data = spec(shape)
    budget = nets.budget(data, net, 256)
    assert nets.count(nets.denoiser(data, net=net)) == pytest.approx(budget, rel=0.1)
    pair = nets.count(nets.Critic(data, net=net)) + nets.count(nets.decoder(data, 16, net=net))
    assert pair == pytest.approx(budget, rel=0.1)


@pytest.mark.parametrize(("shape", "net"), [((1, 28, 28), "mlp"), ((1, 28, 28), "conv")])
def test_models_weigh_alike(shape, net):
    data = spec(shape)
    with torch.device("meta"):
        sizes = {name: nets.count(entry.load()(data, net=net)) for name, entry in TRAINED.items()}
    assert all(size == pytest.approx(nets.budget(data, net, 256), rel=0.1) for size in sizes.values()), sizes


@pytest.mark.parametrize("net", ["conv", "resnet"])
def test_examples_do_not_see_each_other(net):
    data = spec((1, 32, 32))
    encoder, x = nets.encoder(data, 4, net=net), torch.rand(3, 1, 32, 32)
    torch.testing.assert_close(encoder(x)[:1], encoder(x[:1]), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("data", "net", "words"),
    [
        (DataSpec((2,)), "conv", "needs images"),
        (DataSpec((1, 30, 30)), "conv", "that 4 divides"),
        (DataSpec((1, 28, 28)), "resnet", "that 8 divides"),
        (DataSpec((1, 28, 28)), "vit", "no backbone is called 'vit'"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(data, net, words):
    with pytest.raises(Unsupported, match=words):
        nets.encoder(data, 4, net=net)


def test_a_label_is_told_as_planes_or_as_numbers():
    y = torch.tensor([0, 3])
    assert nets.one_hot(y, 4, torch.zeros(1)).tolist() == [[1, 0, 0, 0], [0, 0, 0, 1]]
    data = spec((1, 28, 28))
    assert nets.labelled(data, "mlp").shape == (794,) and nets.labelled(data, "conv").shape == (11, 28, 28)


@pytest.mark.parametrize("net", ["conv", "resnet"])
def test_an_untrained_autoencoder_still_tells_images_apart(net):
    """A signal that dies on its way through the layers makes models end in one black image."""
    torch.manual_seed(0)
    side = 28 if net == "conv" else 32
    data = DataSpec((1, side, side), (0.0, 1.0), 0)
    pair = torch.nn.Sequential(nets.encoder(data, 16, net=net), nets.decoder(data, 16, net=net))
    x = (torch.rand(64, 1, side, side) > torch.rand(64, 1, 1, 1)).float()
    with torch.no_grad():
        assert pair(x).std(0).mean() > 0.01 * x.std(0).mean()


@pytest.mark.parametrize("seed", [2, 3, 7])
def test_convolutions_learn_a_mostly_black_set_from_any_initial_weights(seed):
    """Seeds whose outputs once ran to -50, where the squared error of a sigmoid has no gradient: black for good."""
    torch.manual_seed(seed)
    data = spec((1, 28, 28))
    encoder, decoder = nets.encoder(data, 16, net="conv"), nets.decoder(data, 16, net="conv")
    bars = torch.zeros(512, 1, 28, 28)
    for image, (top, left) in zip(bars, torch.randint(4, 16, (512, 2)).tolist(), strict=True):
        image[:, top : top + 10, left : left + 6] = 1
    optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3)
    for _ in range(35):
        x = bars[torch.randint(512, (64,))]
        loss = (torch.sigmoid(decoder(encoder(x))) - x).square().flatten(1).sum(1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss < 0.95 * 60  # 60: what a black image costs

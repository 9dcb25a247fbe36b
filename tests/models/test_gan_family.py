"""Closed forms of the GANs: losses at known scores, clipped weights, spectral norms, packs, balance, labels."""

import math

import pytest
import torch
from model_toys import ring, stripes
from torch.nn import functional

from genbench.core.errors import Unsupported
from genbench.models import gans, lipschitz_gans
from genbench.models.anomaly_gans import FAnoGAN, GANomaly
from genbench.models.began import BEGAN
from genbench.models.conditional_gan import CGAN
from genbench.models.conditional_vae import CVAE
from genbench.models.infogan import InfoGAN
from genbench.models.pacgan import PacGAN
from genbench.protocols.dataset import DataSpec
from genbench.protocols.model import Batch


def built(cls, data, **options):
    torch.manual_seed(0)
    return cls(data.spec, **options)


def flat(model):
    """The model with a critic that scores everything 0."""
    torch.nn.init.zeros_(model.critic.head.weight)
    torch.nn.init.zeros_(model.critic.head.bias)
    return model


@pytest.mark.parametrize(
    ("cls", "critic", "generator"),
    [
        (gans.GAN, 2 * math.log(2), math.log(2)),
        (gans.MinimaxGAN, 2 * math.log(2), -math.log(2)),
        (gans.LSGAN, 0.5, 0.5),
        (gans.R3GAN, math.log(2), math.log(2)),
        (gans.DRAGAN, 2 * math.log(2) + 10, math.log(2)),
        (lipschitz_gans.WGANGP, 10.0, 0.0),
        (lipschitz_gans.WGAN, 0.0, 0.0),
        (PacGAN, 2 * math.log(2), math.log(2)),
    ],
)
def test_losses_of_an_undecided_critic(cls, critic, generator):
    data = ring()
    model, batch = flat(built(cls, data)).requires_grad_(False), Batch(data.train.x[:16])
    assert float(model.critic_loss(batch)) == pytest.approx(critic, abs=1e-3)
    assert float(model.generator_loss(batch)) == pytest.approx(generator, abs=1e-3)


def test_hinge_of_an_undecided_critic_is_two():
    data = ring()
    model = built(lipschitz_gans.SNGAN, data).requires_grad_(False)
    model.score = lambda x: torch.zeros(len(x))
    assert float(model.critic_loss(Batch(data.train.x[:16]))) == 2.0


def test_each_layers_largest_singular_value_becomes_one():
    data = ring()
    model = built(lipschitz_gans.SNGAN, data).requires_grad_(False)
    for _ in range(300):
        model._iterate()
    for name, weight in model._normalised().items():
        assert float(torch.linalg.matrix_norm(weight.flatten(1), 2)) == pytest.approx(1, abs=2e-3), name


def test_clipped_weights_stay_in_the_box_and_can_come_back():
    weight = torch.tensor([0.2, 0.2, 0.02, -0.2], requires_grad=True)
    clipped = lipschitz_gans.Clip.apply(weight, 0.05)
    torch.testing.assert_close(clipped.detach(), torch.tensor([0.05, 0.05, 0.02, -0.05]))
    (clipped * torch.tensor([1.0, -1.0, 1.0, 1.0])).sum().backward()
    assert weight.grad.tolist() == [1.0, 0.0, 1.0, 0.0]


def test_a_pack_joins_neighbours():
    data = ring()
    model = built(PacGAN, data)
    packed = model.packs(torch.arange(10.0).view(5, 2))
    assert packed.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_infogan_reads_what_the_generator_was_told():
    data = ring()
    model = built(InfoGAN, data)
    z = model.noise(data.train.x[:100])
    category, numbers = z[:, model.latent : model.latent + 10], z[:, -2:]
    assert torch.equal(category.sum(1), torch.ones(100)) and category.sum(0).gt(0).all()
    assert numbers.abs().max() <= 1
    model.generator_loss(Batch(data.train.x[:16])).backward()
    assert model.reader.weight.grad.any()


def test_infogans_reader_and_the_features_that_it_reads_are_trained_by_its_own_term():
    data = ring()
    model = built(InfoGAN, data)
    judge, generator = model.objectives()
    trained = {id(p) for p in judge.parameters}
    assert {id(p) for p in [*model.critic.parameters(), *model.reader.parameters()]} == trained
    assert {id(p) for p in generator.parameters} == {id(p) for p in model.generator.parameters()}
    batch, plain = Batch(data.train.x[:16]), gans.GAN.critic_loss
    torch.manual_seed(1)
    loss = model.critic_loss(batch)
    torch.manual_seed(1)
    z = model.noise(batch.x)
    code, read = z[:, model.latent :], model.reader(model.critic.features(model.decode(z)))
    category = functional.cross_entropy(read[:, :10], code[:, :10].argmax(1))
    numbers = 0.5 * (code[:, 10:] - read[:, 10:]).square().sum(1).mean()
    torch.manual_seed(1)
    torch.testing.assert_close(loss, plain(model, batch) + category + 0.1 * numbers)
    (category + 0.1 * numbers).backward()
    assert all(p.grad.any() for p in model.critic.body.parameters() if p.ndim > 1)


def test_dragans_penalty_acts_at_a_random_part_of_the_way():
    """x + α ½ std(x) u: with a critic of slope |x| in one dimension the penalty is E(|x + α ½ std u| - 1)²."""
    data = ring()
    model, x = built(gans.DRAGAN, data, penalty=10.0), data.train.x[:64]
    model.score = lambda v: 0.5 * v.square().sum(1)
    torch.manual_seed(1)
    loss = model.critic_loss(Batch(x))
    torch.manual_seed(1)
    u, alpha = torch.rand_like(x), torch.rand(64, 1)
    slope = (x + alpha * 0.5 * x.std() * u).norm(dim=1)
    expected = gans.cross_entropy(model.score(x), model.score(model.fakes(x))) + 10 * (slope - 1).square().mean()
    torch.testing.assert_close(loss, expected, rtol=1e-4, atol=1e-4)


def test_began_balance_follows_its_rule():
    data = stripes()
    model, x = built(BEGAN, data), data.train.x[:16]
    model.balance.fill_(0.5)
    torch.manual_seed(3)
    loss = model.critic_loss(Batch(x))
    torch.manual_seed(3)
    real, other = model.error(x).mean(), model.error(model._fakes(x)).mean()
    torch.testing.assert_close(loss, real - 0.5 * other)
    assert float(model.balance) == 0.5
    torch.manual_seed(4)
    loss = model.generator_loss(Batch(x))
    torch.manual_seed(4)
    fooling = model.error(model._fakes(x)).mean()
    torch.testing.assert_close(loss, fooling)
    torch.testing.assert_close(model.balance, (0.5 + 1.0 * (0.5 * real - fooling)).detach())
    assert abs(float(fooling.detach() - other.detach())) > 1e-6


@pytest.mark.parametrize("cls", [CGAN, CVAE])
def test_the_class_asked_for_changes_the_sample(cls):
    data = stripes()
    model = built(cls, data).eval().requires_grad_(False)
    y = torch.zeros(4, dtype=torch.int64)
    draw = lambda labels: model.sample_class(labels, generator=torch.Generator().manual_seed(0))
    assert torch.equal(draw(y), draw(y)) and not torch.equal(draw(y), draw(y + 1))
    with pytest.raises(Unsupported, match="needs data with classes"):
        cls(ring().spec)


def test_conditional_vae_draws_points_and_shows_the_mean_of_images():
    rows, image = DataSpec((2,), None, 3), stripes().spec
    y = torch.zeros(4000, dtype=torch.int64)
    for spec, scale in ((rows, 0.1), (image, 0.0), (DataSpec((2,), (0.0, 1.0), 3), 0.0)):
        torch.manual_seed(0)
        model = CVAE(spec).requires_grad_(False)
        x = model.sample_class(y, generator=torch.Generator().manual_seed(0))
        z = torch.randn(4000, model.latent, generator=torch.Generator().manual_seed(0))
        away = x - model.squash(model.decoder(z, y))
        assert float(away.std()) == pytest.approx(scale, rel=0.05) and abs(float(away.mean())) < 0.005


def test_f_anogan_holds_the_gan_while_the_encoder_learns():
    data = stripes()
    model = built(FAnoGAN, data)
    encoder = next(o for o in model.objectives() if o.name == "encoder")
    assert {id(p) for p in encoder.parameters} == {id(p) for p in model.encoder.parameters()}


def test_ganomaly_scores_the_distance_of_two_codes():
    data = stripes()
    model = built(GANomaly, data).requires_grad_(False)
    x = data.train.x[:8]
    expected = (model.encode(x) - model.again(model.reconstruct(x))).abs().sum(1)
    torch.testing.assert_close(model.outlier_score(x), expected)
    model.again = model.encoder
    model.decode = lambda z: x
    assert float(model.outlier_score(x).max()) == 0


def test_cross_entropy_is_torchs():
    real, fake = torch.randn(9), torch.randn(9)
    bce = functional.binary_cross_entropy_with_logits
    torch.testing.assert_close(gans.cross_entropy(real, fake), bce(real, torch.ones(9)) + bce(fake, torch.zeros(9)))

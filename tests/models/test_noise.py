"""Noise that belongs to an example: deterministic, no two share it, and it follows the law that it states."""

import math

import pytest
import torch
from model_toys import ring, table

from genbench.models import noise
from genbench.models.iaf_vae import IAFVAE
from genbench.models.vae import VAE
from genbench.protocols.model import Budget
from genbench.training.trainer import build, fit

CPU = torch.device("cpu")


def split_mix(seed, count):
    """SplitMix64 as published, in Python's own integers."""
    mask, words = 2**64 - 1, []
    for i in range(1, count + 1):
        z = (seed + i * 0x9E3779B97F4A7C15) & mask
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        words.append(z ^ (z >> 31))
    return words


@pytest.mark.parametrize("seed", [0, 12345, -7])
def test_the_stream_is_split_mix(seed):
    rows = noise.uniforms(torch.tensor([seed]), 4, range(3))
    expected = [((word >> 41) + 0.5) / 2**23 for word in split_mix(seed % 2**64, 12)]
    assert rows.flatten().tolist() == expected
    assert split_mix(0, 1) == [0xE220A8397B1DCDAF]  # the first number that is published for the seed 0


def test_noise_is_a_function_of_each_example_alone():
    x = torch.rand(200, 3, 4, generator=torch.Generator().manual_seed(0))
    together = noise.normal(noise.key(x), 5)
    assert torch.equal(together, torch.cat([noise.normal(noise.key(row[None]), 5) for row in x]))
    assert torch.equal(together.flip(0), noise.normal(noise.key(x.flip(0)), 5))
    apart = torch.cat([noise.normals(noise.key(x), 5, range(draw, draw + 1)) for draw in range(3)])
    assert torch.equal(noise.normals(noise.key(x), 5, range(3)), apart)
    assert torch.equal(noise.key(x.double()), noise.key(x))
    assert torch.equal(noise.key(torch.tensor([[0.0, 1.0]])), noise.key(torch.tensor([[-0.0, 1.0]])))


def test_examples_that_differ_in_anything_have_other_noise():
    x = torch.rand(1, 784, generator=torch.Generator().manual_seed(0)).repeat(3, 1)
    x[1, 5] += 1e-6
    x[2, [3, 4]] = x[2, [4, 3]]
    noises = noise.normal(noise.key(x), 100)
    assert len(torch.unique(noise.key(torch.bernoulli(torch.rand(20_000, 30))))) > 19_990
    assert (torch.corrcoef(noises) - torch.eye(3)).abs().max() < 0.4


def test_noise_has_the_moments_of_its_law():
    key = noise.key(torch.rand(20_000, 2, generator=torch.Generator().manual_seed(0)))
    u, n = (torch.cat(list(make(key, 4, range(3))), 1) for make in (noise.uniforms, noise.normals))
    assert u.min() > 0 and u.max() < 1
    error = 1 / math.sqrt(u.numel())
    assert abs(float(u.mean()) - 0.5) < 4 * error * 12**-0.5 and abs(float(n.mean())) < 4 * error
    assert abs(float(n.square().mean()) - 1) < 4 * error * 2**0.5
    assert abs(float((n**4).mean()) - 3) < 4 * error * 96**0.5
    assert (torch.corrcoef(n.T) - torch.eye(12)).abs().max() < 5 / math.sqrt(len(n))


@pytest.mark.parametrize("cls", [VAE, IAFVAE])
@pytest.mark.parametrize("make", [ring, table])
def test_a_bound_stays_below_its_limit(cls, make):
    """The bound of k = 64, averaged over examples, against the same examples' at k = 1,000 from noise drawn here."""
    data = make(2000)
    model = build(cls, data.spec, {}, seed=0)
    fit(model, data, Budget(images=30_000), seed=0, device=CPU)
    x, generator = data.train.x[:500], torch.Generator().manual_seed(0)
    with torch.no_grad():
        bound = model.log_prob(x, k=64)
        noise_of = noise.normals
        try:
            noise.normals = lambda key, size, draws: torch.randn(len(draws), len(key), size, generator=generator)
            limit = model.log_prob(x, k=1000)
        finally:
            noise.normals = noise_of
    over = bound - limit
    assert float(over.mean()) < 2 * float(over.std()) / math.sqrt(len(x))

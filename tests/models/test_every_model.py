"""What every model must keep: shapes, ranges, seeds, saving, one by one equals batched, stacking."""

import contextlib
import functools
import math

import pytest
import torch
from model_toys import ring, stripes, table

from genbench.core.errors import Unsupported
from genbench.models.catalogue import CATALOGUE
from genbench.protocols.model import Batch, Budget
from genbench.registry import Entry
from genbench.training.stacked import StackedModels

DATA = {"stripes": stripes, "ring": ring, "table": table}
ENTRIES = {card.name: Entry(card, target) for card, target in CATALOGUE}


@functools.cache
def dataset(name):
    return DATA[name]()


def train(model, data, steps=3, batch=32):
    """A few training iterations; returns the losses by objective."""
    torch.manual_seed(0)
    losses = {}
    pairs = [(o, torch.optim.Adam(o.parameters, lr=o.optimizer.lr)) for o in model.objectives()]
    for _ in range(steps):
        for objective, optimizer in pairs:
            for _ in range(objective.steps):
                rows = torch.randint(len(data.train), (batch,))
                loss = objective.loss(Batch(data.train.x[rows], None if data.train.y is None else data.train.y[rows]))
                losses.setdefault(objective.name, []).append(float(loss.detach()))
                gradients = torch.autograd.grad(loss, objective.parameters, allow_unused=True)
                for parameter, gradient in zip(objective.parameters, gradients, strict=True):
                    parameter.grad = gradient
                optimizer.step()
    return losses


@functools.cache
def fitted(name, data_name):
    """A model that has seen a little of the data; skips where it says that it can't."""
    data = dataset(data_name)
    torch.manual_seed(1)
    try:
        model = ENTRIES[name].load()(data.spec)
        if hasattr(model, "fit"):
            model.fit(data, Budget(images=1000), torch.Generator().manual_seed(0))
        else:
            train(model, data)
    except Unsupported as reason:
        return str(reason)
    return model.eval().requires_grad_(False)


def model_on(name, data_name):
    model = fitted(name, data_name)
    if isinstance(model, str):
        pytest.skip(model)
    return model, dataset(data_name)


each = pytest.mark.parametrize("name", ENTRIES)
on_each = pytest.mark.parametrize("data_name", DATA)


@each
@on_each
def test_samples_have_shape_range_and_seed(name, data_name):
    model, data = model_on(name, data_name)
    if not hasattr(model, "sample"):
        pytest.skip(f"{name} cannot sample")
    first, again, other = (model.sample(20, generator=torch.Generator().manual_seed(s)) for s in (0, 0, 1))
    assert first.shape == (20, *data.spec.shape) and first.dtype == torch.float32
    assert torch.isfinite(first).all()
    assert torch.equal(first, again)
    assert name == "control-mean-image" or not torch.equal(first, other)
    if data.spec.unit_range:
        assert first.min() >= 0 and first.max() <= 1


@each
@on_each
def test_one_by_one_equals_batched(name, data_name):
    model, data = model_on(name, data_name)
    x = data.reference.x[:6]
    for method in ("reconstruct", "encode", "kl", "outlier_score", "log_prob"):
        if hasattr(model, method):
            batched = getattr(model, method)(x)
            single = torch.cat([getattr(model, method)(row[None]) for row in x])
            assert batched.shape[0] == 6 and torch.isfinite(batched).all()
            torch.testing.assert_close(batched, single, rtol=1e-4, atol=1e-4)


@each
@on_each
def test_codes_and_reconstructions_have_their_shapes(name, data_name):
    model, data = model_on(name, data_name)
    x = data.reference.x[:6]
    if hasattr(model, "encode"):
        codes = model.encode(x)
        assert codes.shape == (6, model.latent)
        assert model.decode(codes).shape == x.shape
    if hasattr(model, "reconstruct"):
        assert model.reconstruct(x).shape == x.shape
    for method in ("kl", "outlier_score", "log_prob"):
        if hasattr(model, method):
            assert getattr(model, method)(x).shape == (6,)


@each
def test_state_is_all_that_a_model_has_learnt(name):
    model, data = model_on(name, "ring")
    fresh = ENTRIES[name].load()(data.spec)
    state = {key: value.clone() for key, value in model.state_dict().items()}
    for key, value in state.items():
        owner, _, leaf = key.rpartition(".")
        holder = fresh.get_submodule(owner)
        if leaf in holder._buffers:
            holder._buffers[leaf] = value
    fresh.load_state_dict(state)
    fresh.eval()
    draw = lambda m: m.sample(8, generator=torch.Generator().manual_seed(3))
    answer = next((a for a in ("reconstruct", "outlier_score", "encode") if hasattr(model, a)), "")
    look = lambda m: getattr(m, answer)(data.reference.x[:8])
    assert torch.equal(draw(model), draw(fresh)) if hasattr(model, "sample") else torch.equal(look(model), look(fresh))


@each
@pytest.mark.parametrize("data_name", ["stripes", "ring"])
def test_seeds_train_together(name, data_name):
    """Two seeds in one stack: finite losses, different because their noise and weights differ, and gradients."""
    data = dataset(data_name)
    cls = ENTRIES[name].load()
    if hasattr(cls, "fit"):
        pytest.skip(f"{name} fits itself")
    try:
        stack = StackedModels([cls(data.spec).train() for _ in range(2)])
    except Unsupported as reason:
        pytest.skip(str(reason))
    y = None if data.train.y is None else torch.stack([data.train.y[:32]] * 2)
    batch = Batch(torch.stack([data.train.x[:32]] * 2), y)
    for optimizer in stack.optimizers:
        losses = optimizer.loss(batch)
        assert losses.shape == (2,) and torch.isfinite(losses).all() and losses[0] != losses[1], optimizer.name
        gradients = torch.autograd.grad(losses.sum(), optimizer.parameters, allow_unused=True)
        assert any(g is not None and bool(g.any()) for g in gradients), optimizer.name


@pytest.mark.parametrize(
    "name", ["ae", "vae", "cvae", "vae-gan", "wgan", "wgan-gp", "sngan", "pacgan", "bigan", "ddpm", "realnvp"]
)
def test_convolutions_train_and_stack(name):
    data = dataset("stripes")
    torch.manual_seed(0)
    stack = StackedModels([ENTRIES[name].load()(data.spec, net="conv", width=64).train() for _ in range(2)])
    batch = Batch(torch.stack([data.train.x[:8]] * 2), torch.stack([data.train.y[:8]] * 2))
    for optimizer in stack.optimizers:
        losses = optimizer.loss(batch)
        assert losses.shape == (2,) and torch.isfinite(losses).all()
        gradients = torch.autograd.grad(losses.sum(), optimizer.parameters, allow_unused=True)
        assert any(g is not None and bool(g.any()) for g in gradients), optimizer.name


@pytest.mark.parametrize("data_name", DATA)
def test_parameter_budgets_match(data_name):
    spec = dataset(data_name).spec
    sizes = {}
    for name, entry in ENTRIES.items():
        if entry.card.family in ("autoencoder", "vae", "gan", "diffusion"):
            with contextlib.suppress(Unsupported):
                sizes[name] = sum(p.numel() for p in entry.load()(spec).parameters())
    middle = sorted(sizes.values())[len(sizes) // 2]
    assert all(math.isclose(size, middle, rel_tol=0.1) for size in sizes.values()), sizes

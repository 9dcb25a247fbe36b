"""Models that differ in numbers train as one stack, and each ends where it would alone; what cannot is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn
from training_toys import CPU, SHORT, BatchNormVAE, PenaltyGAN, TinyGAN, TinyVAE, toy_data, weights

from genbench.core.errors import Unsupported
from genbench.protocols.model import Adam, Objective
from genbench.training import trainer
from genbench.training.adam import FusedAdam
from genbench.training.member_adam import MemberAdam
from genbench.training.member_numbers import differing
from genbench.training.objective_optimizer import check_alike
from genbench.training.trainer import TrainConfig, build, fit, fit_together


class WeighedVAE(TinyVAE):
    """A rate, a weight of the loss and a decay that are options; `doubled` is made of one of them."""

    def __init__(self, data, *, lr=1e-2, beta=1.0, ema=None, latent=2, flag=False):
        super().__init__(data, latent=latent)
        self.lr, self.beta, self.ema, self.flag = lr, beta, ema, flag
        self.doubled = 2 * beta
        self.likelihood = f"of weight {beta:g}"

    def objectives(self):
        return [Objective("elbo", self.parameters(), self.loss, optimizer=Adam(lr=self.lr), ema=self.ema)]

    def loss(self, batch):
        code = self.enc(batch.x).square().mean()
        return super().loss(batch) + self.beta * code + self.doubled * code.square()


class RegulatedGAN(TinyGAN):
    """Rates, bounds, decays and weight decay of two players, on a schedule."""

    def __init__(self, data, *, lr=1e-2, clip=0.5, decay=0.9, weight_decay=0.01):
        super().__init__(data, critic_steps=2)
        self.lr, self.clip, self.decay, self.weight_decay = lr, clip, decay, weight_decay

    def objectives(self):
        adam = Adam(lr=self.lr, weight_decay=self.weight_decay, schedule="cosine", warmup=0.1)
        return [replace(o, optimizer=adam, clip=self.clip, ema=self.decay) for o in super().objectives()]


class BetasGAN(PenaltyGAN):
    """Moments of its own for each member."""

    def __init__(self, data, *, beta1=0.9, eps=1e-8):
        super().__init__(data)
        self.beta1, self.eps = beta1, eps

    def objectives(self):
        adam = Adam(lr=2e-3, betas=(self.beta1, 0.99), eps=self.eps)
        return [replace(objective, optimizer=adam) for objective in super().objectives()]


class CountingVAE(BatchNormVAE):
    def __init__(self, data, *, lr=1e-2):
        super().__init__(data)
        self.lr = lr

    def objectives(self):
        return [replace(super().objectives()[0], optimizer=Adam(lr=self.lr))]


class DropoutVAE(WeighedVAE):
    def __init__(self, data, **options):
        super().__init__(data, **options)
        self.enc.insert(2, nn.Dropout(0.2))


SETTINGS = [
    (WeighedVAE, [{"lr": 1e-3}, {"lr": 3e-2}, {"beta": 4.0}, {"beta": 0.5, "lr": 5e-3}]),
    (WeighedVAE, [{"ema": 0.5}, {"ema": 0.9, "lr": 3e-3}, {"ema": 0.99}]),
    (RegulatedGAN, [{}, {"lr": 2e-2, "clip": 0.1}, {"decay": 0.5}, {"weight_decay": 0.3}, {"weight_decay": 0.0}]),
    (BetasGAN, [{}, {"beta1": 0.0}, {"eps": 1e-3}]),
    (CountingVAE, [{}, {"lr": 1e-3}]),
]


EIGHT = TrainConfig(stack=8)


def together(model, options, data, config=EIGHT, seed=3, **how):
    members = [build(model, data.spec, own, seed=seed) for own in options]
    return fit_together(members, data, SHORT, seeds=[seed] * len(options), device=CPU, config=config, **how)


@pytest.mark.parametrize("model, options", SETTINGS)
def test_each_member_ends_where_it_would_alone(model, options):
    data = toy_data()
    ends = []
    for own, (stacked, training) in zip(options, together(model, options, data), strict=True):
        alone = build(model, data.spec, own, seed=3)
        start = weights(alone)
        expected = fit(alone, data, SHORT, seed=3, device=CPU)
        assert training.trained == f"stack of {len(options)} settings" and not training.remark
        assert training.weights == expected.weights and training.images == expected.images
        for name, curve in expected.curve.items():
            assert training.curve[name] == pytest.approx(curve, rel=1e-3, abs=1e-4)
        assert torch.allclose(weights(stacked), weights(alone), rtol=1e-3, atol=1e-5)
        assert (weights(stacked) - start).abs().max() > 1e-3
        ends.append(weights(stacked))
    assert all((a - b).abs().max() > 1e-3 for i, a in enumerate(ends) for b in ends[:i]), "options must tell"


def test_binarised_images_are_drawn_once_for_all_members():
    data = toy_data()
    data = replace(data, train=replace(data.train, x=data.train.x.clamp(0, 1)), bernoulli=True)
    options = [{}, {"beta": 3.0}]
    for own, (stacked, _) in zip(options, together(WeighedVAE, options, data), strict=True):
        alone = build(WeighedVAE, data.spec, own, seed=3)
        fit(alone, data, SHORT, seed=3, device=CPU)
        assert torch.allclose(weights(stacked), weights(alone), rtol=1e-3, atol=1e-5)


def test_what_a_stack_is_made_of_decides_nothing():
    data, options = toy_data(), [{"beta": b} for b in (0.5, 1.0, 2.0, 4.0, 8.0)]
    whole = together(WeighedVAE, options, data)
    parts = together(WeighedVAE, options, data, TrainConfig(stack=2))
    assert [t.trained for _, t in parts] == ["stack of 2 settings"] * 4 + ["plain"]
    for (a, _), (b, _) in zip(whole, parts, strict=True):
        assert torch.allclose(weights(a), weights(b), rtol=1e-3, atol=1e-5)


def test_seeds_and_settings_mix_in_one_stack():
    data = toy_data()
    pairs = [(seed, beta) for seed in (0, 1) for beta in (1.0, 5.0)]
    members = [build(WeighedVAE, data.spec, {"beta": beta}, seed=seed) for seed, beta in pairs]
    starts = [weights(member) for member in members]
    found = fit_together(
        members, data, SHORT, seeds=[seed for seed, _ in pairs], device=CPU, config=TrainConfig(stack=4)
    )
    assert {training.trained for _, training in found} == {"stack of seeds 0-1 in 4 settings"}
    assert torch.equal(starts[0], starts[1]) and not torch.equal(starts[0], starts[2])
    assert len({float(weights(model).sum()) for model, _ in found}) == 4


def test_a_member_that_diverges_leaves_the_others_alone():
    data = toy_data()
    options = [{"lr": 1e-2}, {"lr": 1e30}]
    (good, ended), (_, broken) = together(WeighedVAE, options, data)
    alone = build(WeighedVAE, data.spec, options[0], seed=3)
    fit(alone, data, SHORT, seed=3, device=CPU)
    assert ended.diverged is None and broken.diverged
    assert torch.allclose(weights(good), weights(alone), rtol=1e-3, atol=1e-5)


def test_parts_of_one_seed_have_checkpoints_of_their_own(tmp_path):
    data, options = toy_data(), [{"beta": b} for b in (0.5, 1.0, 2.0, 4.0)]
    config = TrainConfig(stack=2, checkpoint=tmp_path / "s.safetensors", every=0.0)
    seen = []

    def second_part_dies(done, total):
        seen.append(done)
        if len(seen) > 150:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        together(WeighedVAE, options, data, config, progress=second_part_dies)
    assert len(list(tmp_path.iterdir())) == 2
    resumed, whole = together(WeighedVAE, options, data, config), together(WeighedVAE, options, data)
    for (a, _), (b, _) in zip(resumed, whole, strict=True):
        assert torch.allclose(weights(a), weights(b), rtol=1e-3, atol=1e-5)
    assert not list(tmp_path.iterdir())


def test_the_models_keep_their_own_numbers():
    data, options = toy_data(), [{"beta": 0.5}, {"beta": 2.0, "lr": 1e-3}]
    models = [model for model, _ in together(WeighedVAE, options, data)]
    assert [(m.beta, m.doubled, m.lr, m.likelihood) for m in models] == [
        (0.5, 1.0, 1e-2, "of weight 0.5"),
        (2.0, 4.0, 1e-3, "of weight 2"),
    ]


class Branching(WeighedVAE):
    def loss(self, batch):
        return super().loss(batch) if self.beta > 1 else super().loss(batch) * 2


class Rounding(WeighedVAE):
    def loss(self, batch):
        return super().loss(batch) * float(self.beta)


@pytest.mark.parametrize(
    "model, options, word",
    [
        (Branching, [{"beta": 0.5}, {"beta": 1.0}, {"beta": 2.0}], "data-dependent"),
        (Branching, [{"lr": 1e-2}, {"lr": 1e-3}, {"beta": 2.0}], "data-dependent"),
        (Rounding, [{"beta": 0.5}, {"beta": 2.0}], ""),
        (WeighedVAE, [{}, {"flag": True}], "flag"),
        (WeighedVAE, [{}, {}, {"ema": 0.9}], "not the same in all members"),
        (TinyGAN, [{}, {"critic_steps": 2}], "not the same in all members"),
    ],
)
def test_what_cannot_be_stacked_is_trained_alone_and_says_why(model, options, word):
    data = toy_data()
    for own, (found, training) in zip(options, together(model, options, data), strict=True):
        alone = build(model, data.spec, own, seed=3)
        fit(alone, data, SHORT, seed=3, device=CPU)
        assert training.trained == "plain" and training.remark.startswith("not stacked") and word in training.remark
        assert torch.equal(weights(found), weights(alone)), "the attempt must leave no trace"


def test_shapes_that_differ_are_refused():
    _, training = together(WeighedVAE, [{}, {"latent": 3}], toy_data())[0]
    assert training.trained == "plain" and "not stacked" in training.remark


def test_dropout_of_one_seed_draws_what_it_would_alone_or_says_why_not():
    data = toy_data()
    options = [{}, {"beta": 3.0}]
    for own, (found, training) in zip(options, together(DropoutVAE, options, data), strict=True):
        alone = build(DropoutVAE, data.spec, own, seed=3)
        fit(alone, data, SHORT, seed=3, device=CPU)
        assert training.trained.startswith("stack") or training.remark.startswith("not stacked")
        assert torch.allclose(weights(found), weights(alone), rtol=1e-3, atol=1e-5)


def test_numbers_are_found_flags_refused_and_words_of_the_protocol_passed_over():
    data = toy_data()
    make = lambda **own: build(WeighedVAE, data.spec, own, seed=0)
    assert differing([make(), make()]) == []
    assert set(differing([make(), make(), make(beta=2, lr=0.1)])) == {("", "beta"), ("", "doubled"), ("", "lr")}
    with pytest.raises(Unsupported, match="flag"):
        differing([make(), make(flag=True)])
    listed = [make(), make()]
    listed[0].each, listed[1].each = [1, 2], [1, 3]
    with pytest.raises(Unsupported, match="each"):
        differing(listed)
    for model in listed:
        model.each = [torch.zeros(2), torch.ones(2)]
    assert differing(listed) == []


@pytest.mark.parametrize("many", [1, 3])
def test_adam_of_members_is_that_of_each_alone_bit_for_bit(many):
    settings = [Adam(lr=0.02 * (i + 1), betas=(0.1 * i, 0.99), weight_decay=0.1 * (i % 2)) for i in range(many)]
    g = torch.Generator().manual_seed(0)
    stacked = [nn.Parameter(torch.randn(many, *shape, generator=g)) for shape in ((7, 5), (5,), ())]
    alone = [[nn.Parameter(p.detach()[i].clone()) for p in stacked] for i in range(many)]
    optimizers = [FusedAdam(own, parameters) for own, parameters in zip(settings, alone, strict=True)]
    every = MemberAdam(settings, stacked)
    for step in range(12):
        for weight in (*stacked, *(p for parameters in alone for p in parameters)):
            weight.grad = torch.sin(3 * weight.detach() + step)
        for optimizer in (*optimizers, every):
            if step == 6:
                optimizer.set_factor(0.5)
            optimizer.step()
    for i, parameters in enumerate(alone):
        assert all(torch.equal(p.detach()[i], own) for p, own in zip(stacked, parameters, strict=True))
        state = optimizers[i].state()
        assert all(torch.equal(v if v.dim() == 0 else v[i], state[k]) for k, v in every.state().items() if "step" in k)


def test_a_parameter_without_a_gradient_stays():
    stacked = [nn.Parameter(torch.ones(2, 3)), nn.Parameter(torch.ones(2, 3))]
    optimizer = MemberAdam([Adam(lr=0.1), Adam(lr=0.2)], stacked)
    stacked[0].grad = torch.ones(2, 3)
    optimizer.step()
    assert torch.equal(stacked[1], torch.ones(2, 3)) and torch.allclose(stacked[0][:, 0], torch.tensor([0.9, 0.8]))


def test_objectives_may_differ_in_numbers_alone():
    make = lambda **own: Objective("a", [nn.Parameter(torch.zeros(2))], lambda batch: batch.x.sum(), **own)
    check_alike([make(ema=0.9, clip=1.0), make(ema=0.5, clip=2.0, optimizer=Adam(lr=1.0))])
    for own in ({"steps": 2}, {"ema": 0.9}, {"optimizer": Adam(schedule="linear")}, {"precision": "bfloat16"}):
        with pytest.raises(Unsupported, match="not the same"):
            check_alike([make(), make(**own)])


def test_a_stack_is_named_in_words():
    assert [trainer._members(seeds) for seeds in ([0, 1, 2], [0, 2], [4, 4, 4], [0, 0, 1, 1])] == [
        "seeds 0-2",
        "seeds 0, 2",
        "3 settings",
        "seeds 0-1 in 4 settings",
    ]

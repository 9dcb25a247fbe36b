"""Input gradients: equal to autograd's, part of the graph, at home under vmap."""

from __future__ import annotations

import torch
from torch import nn

from genbench.core.gradients import input_gradient, jacobian_norms, value_and_input_gradient, vector_jacobian


def net(outputs: int = 1) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, outputs))


def test_a_gradient_penalty_is_bit_for_bit_the_one_of_autograd():
    critic, x = net(), torch.randn(9, 5, generator=torch.Generator().manual_seed(1))
    ((input_gradient(critic, x).norm(dim=1) - 1) ** 2).mean().backward()
    ours = [p.grad.clone() for p in critic.parameters() if p.grad is not None]
    critic.zero_grad()
    leaf = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(leaf).sum(), leaf, create_graph=True)
    ((gradient.norm(dim=1) - 1) ** 2).mean().backward()
    theirs = [p.grad for p in critic.parameters() if p.grad is not None]
    assert len(ours) == 3 and all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_value_comes_along():
    critic, x = net(), torch.randn(4, 5)
    value, gradient = value_and_input_gradient(critic, x)
    assert torch.equal(value, critic(x)) and torch.equal(gradient, input_gradient(critic, x))


def test_linear_maps_have_the_jacobian_that_they_are():
    weight, x, v = torch.randn(3, 5), torch.randn(4, 5), torch.randn(4, 3)
    assert torch.allclose(vector_jacobian(lambda u: u @ weight.T, x, v), v @ weight, atol=1e-6)
    assert torch.allclose(jacobian_norms(lambda u: u @ weight.T, x), weight.square().sum().expand(4), rtol=1e-5)


def test_jacobian_norms_equal_those_of_the_whole_jacobian_and_train_the_parameters():
    encoder, x = net(3), torch.randn(4, 5)
    whole = torch.stack([torch.autograd.functional.jacobian(encoder, row).square().sum() for row in x])
    norms = jacobian_norms(encoder, x)
    assert torch.allclose(norms, whole, rtol=1e-5)
    norms.sum().backward()
    assert encoder[0].weight.grad.abs().sum() > 0


def test_under_vmap_each_seed_gets_its_own():
    nets = [net() for _ in range(2)]
    for p in nets[1].parameters():
        p.data.mul_(2)
    params, buffers = torch.func.stack_module_state(nets)
    x = torch.randn(2, 4, 5)

    def gradient(p, b, x):
        return input_gradient(lambda v: torch.func.functional_call(nets[0], (p, b), (v,)), x)

    both = torch.func.vmap(gradient)(params, buffers, x)
    for i in range(2):
        assert torch.allclose(both[i], input_gradient(nets[i], x[i]), atol=1e-6)

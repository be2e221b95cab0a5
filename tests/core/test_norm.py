"""Group normalisation trained on a CPU agrees with PyTorch's, also in bf16."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tusk_core.nn.norm import GroupNorm


def _pair(groups: int, channels: int) -> tuple[GroupNorm, nn.GroupNorm]:
    torch.manual_seed(0)
    ours, theirs = GroupNorm(groups, channels), nn.GroupNorm(groups, channels)
    nn.init.normal_(ours.weight)
    nn.init.normal_(ours.bias)
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


@pytest.mark.parametrize(("groups", "channels"), [(4, 16), (8, 8), (1, 6), (1, 1)])
def test_values_and_gradients_are_pytorchs(groups: int, channels: int) -> None:
    ours, theirs = _pair(groups, channels)
    # Small maps in float32 take PyTorch's own way.
    x = torch.randn(3, channels, 7, 5, dtype=torch.double) + 2
    seen = []
    for module in (ours.double(), theirs.double()):
        given = x.clone().requires_grad_()
        out = module(given)
        (out.sin() * torch.linspace(0, 1, out.numel()).view_as(out)).sum().backward()
        seen.append((out, given.grad, module.weight.grad, module.bias.grad))
    for a, b in zip(*seen, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_gradcheck() -> None:
    torch.manual_seed(0)
    module = GroupNorm(2, 6).double()
    x = torch.randn(2, 6, 4, 3, dtype=torch.double, requires_grad=True)
    weight = torch.randn(6, dtype=torch.double, requires_grad=True)
    bias = torch.randn(6, dtype=torch.double, requires_grad=True)

    def run(*values: torch.Tensor) -> torch.Tensor:
        named = {"weight": values[1], "bias": values[2]}
        out: torch.Tensor = torch.func.functional_call(module, named, values[0])
        return out

    assert torch.autograd.gradcheck(run, (x, weight, bias))


def test_bf16_stays_near_float32() -> None:
    ours, theirs = _pair(4, 16)
    x = torch.randn(2, 16, 12, 12)
    grads = []
    for module, given in ((ours, x.bfloat16()), (theirs, x.clone())):
        given.requires_grad_()
        out = module(given)
        out.float().square().mean().backward()
        assert given.grad is not None
        grads.append((out.float(), given.grad.float()))
    torch.testing.assert_close(grads[0][0], grads[1][0], rtol=0.02, atol=0.03)
    assert (
        torch.nn.functional.cosine_similarity(grads[0][1].flatten(), grads[1][1].flatten(), dim=0)
        > 0.99
    )

"""Putting keypoints back: splats, patches and the blend of layers."""

import pytest
import torch
from torch.autograd import gradcheck

from tusk_core.nn.decoder import blend_layers
from tusk_core.nn.splat import place_patches, splat_each, splat_sum


def test_splats_add_up_to_their_values_and_agree() -> None:
    xy = torch.tensor([[[3.2, 4.7], [10.0, 1.5]]])
    values = torch.randn(1, 2, 5)
    each = splat_each(xy, values, (16, 12), 1.0)
    assert each.shape == (1, 2, 5, 12, 16)
    assert torch.allclose(each.sum(dim=(-1, -2)), values, atol=1e-5)
    assert torch.allclose(splat_sum(xy, values, (16, 12), 1.0), each.sum(1), atol=1e-5)


def test_a_point_far_outside_gives_no_nan() -> None:
    out = splat_each(torch.tensor([[[-40.0, 900.0]]]), torch.ones(1, 1, 1), (8, 8), 0.05)
    assert torch.isfinite(out).all()


def test_a_patch_on_whole_pixels_is_copied() -> None:
    patch = torch.rand(1, 1, 2, 4, 4)
    # An even patch is centred between pixels.
    out = place_patches(torch.tensor([[[5.5, 3.5]]]), patch, (12, 9))
    assert torch.allclose(out[0, 0, :, 2:6, 4:8], patch[0, 0], atol=1e-6)
    assert float(out.sum()) == pytest.approx(float(patch.sum()), rel=1e-5)


def test_a_patch_moves_by_parts_of_a_pixel() -> None:
    patch = torch.ones(1, 1, 1, 4, 4)
    out = place_patches(torch.tensor([[[5.75, 3.5]]]), patch, (12, 9))[0, 0, 0]
    assert out[3].tolist() == pytest.approx([0, 0, 0, 0, 0.75, 1, 1, 1, 0.25, 0, 0, 0])


def test_shares_and_background_make_one() -> None:
    generator = torch.Generator().manual_seed(0)
    rgb = torch.rand(2, 3, 3, 5, 6, generator=generator)
    alpha = torch.rand(2, 3, 5, 6, generator=generator)
    presence = torch.rand(2, 3, generator=generator)
    out = blend_layers(rgb, alpha, presence, torch.ones(2, 3, 5, 6))
    assert out.shares is not None
    assert out.background_share is not None
    assert torch.allclose(out.shares.sum(1) + out.background_share, torch.ones(2, 5, 6), atol=1e-4)
    assert out.composite.min() >= 0
    assert out.composite.max() <= 1 + 1e-5


def test_an_absent_keypoint_draws_nothing() -> None:
    rgb, alpha = torch.ones(1, 1, 3, 4, 4), torch.ones(1, 1, 4, 4)
    background = torch.zeros(1, 3, 4, 4)
    assert blend_layers(rgb, alpha, torch.zeros(1, 1), background).composite.max() == 0
    shown = blend_layers(rgb, alpha, torch.ones(1, 1), background).composite
    assert torch.allclose(shown, torch.ones_like(shown), atol=1e-5)


def test_gradients() -> None:
    generator = torch.Generator().manual_seed(0)
    xy = torch.tensor([[[3.3, 2.6], [1.2, 4.4]]], dtype=torch.float64).requires_grad_()
    values = torch.randn(1, 2, 3, generator=generator, dtype=torch.float64).requires_grad_()
    assert gradcheck(lambda p, v: splat_each(p, v, (7, 6), 0.8), (xy, values))
    assert gradcheck(lambda p, v: splat_sum(p, v, (7, 6), 0.8), (xy, values))
    patches = torch.rand(1, 2, 2, 4, 4, generator=generator, dtype=torch.float64).requires_grad_()
    assert gradcheck(lambda p, v: place_patches(p, v, (7, 6)), (xy, patches))
    rgb = torch.rand(1, 2, 1, 3, 3, generator=generator, dtype=torch.float64).requires_grad_()
    alpha = torch.rand(1, 2, 3, 3, generator=generator, dtype=torch.float64).requires_grad_()
    score = torch.rand(1, 2, generator=generator, dtype=torch.float64).requires_grad_()
    behind = torch.rand(1, 1, 3, 3, generator=generator, dtype=torch.float64)
    assert gradcheck(lambda *a: blend_layers(*a, behind).composite, (rgb, alpha, score))

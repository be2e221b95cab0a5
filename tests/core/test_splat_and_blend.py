"""Putting keypoints back: splats, patches and the blend of layers."""

import pytest
import torch
from torch.autograd import gradcheck

from tusk_core.nn.decoder import blend_patches
from tusk_core.nn.splat import place_patches, splat_each, splat_sum, sum_patches


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


def test_the_sum_equals_the_sum_of_the_layers() -> None:
    xy = torch.rand(2, 3, 2) * 14 - 1
    patches = torch.rand(2, 3, 2, 6, 6)
    layers = place_patches(xy, patches, (13, 10))
    assert torch.allclose(sum_patches(xy, patches, (13, 10)), layers.sum(1), atol=1e-5)


def test_a_patch_moves_by_parts_of_a_pixel() -> None:
    patch = torch.ones(1, 1, 1, 4, 4)
    out = place_patches(torch.tensor([[[5.75, 3.5]]]), patch, (12, 9))[0, 0, 0]
    assert out[3].tolist() == pytest.approx([0, 0, 0, 0, 0.75, 1, 1, 1, 0.25, 0, 0, 0])


def blended(presence: torch.Tensor | None, *, with_layers: bool = True):
    generator = torch.Generator().manual_seed(0)
    patches = torch.rand(2, 3, 4, 8, 8, generator=generator)
    xy = torch.rand(2, 3, 2, generator=generator) * 12
    background = torch.rand(2, 3, 14, 16, generator=generator)
    return blend_patches(xy, patches, presence, background, with_layers=with_layers)


def test_shares_and_background_make_one_and_give_the_composite() -> None:
    out = blended(torch.rand(2, 3, generator=torch.Generator().manual_seed(1)))
    total = out.shares.sum(1) + out.background_share
    assert torch.allclose(total, torch.ones_like(total), atol=1e-4)
    again = (out.rgb * out.shares.unsqueeze(2)).sum(1)
    again = again + out.background * out.background_share.unsqueeze(1)
    assert torch.allclose(out.composite, again, atol=1e-3)


def test_training_without_layers_gives_the_same_picture() -> None:
    presence = torch.rand(2, 3, generator=torch.Generator().manual_seed(1))
    lean = blended(presence, with_layers=False)
    assert lean.shares is None
    assert torch.equal(lean.composite, blended(presence).composite)


def test_an_absent_keypoint_draws_nothing_and_an_opaque_one_covers() -> None:
    patches = torch.ones(1, 1, 4, 8, 8)
    xy, background = torch.tensor([[[3.5, 3.5]]]), torch.zeros(1, 3, 8, 8)
    none = blend_patches(xy, patches, torch.zeros(1, 1), background, with_layers=True)
    assert none.composite.max() == 0
    full = blend_patches(xy, patches, None, background, with_layers=True)
    assert full.composite.min() > 0.999


def test_where_two_overlap_they_share_by_opacity() -> None:
    patches = torch.zeros(1, 2, 4, 8, 8)
    patches[:, 0, 0], patches[:, 1, 1] = 1.0, 1.0
    patches[:, 0, 3], patches[:, 1, 3] = 0.6, 0.2
    xy = torch.full((1, 2, 2), 3.5)
    out = blend_patches(xy, patches, None, torch.zeros(1, 3, 8, 8), with_layers=True)
    covered = 1 - 0.4 * 0.8
    expected = [covered * 0.75, covered * 0.25, 0.0]
    assert out.composite[0, :, 4, 4].tolist() == pytest.approx(expected, abs=1e-3)


def test_gradients() -> None:
    generator = torch.Generator().manual_seed(0)
    xy = torch.tensor([[[3.3, 2.6], [1.2, 4.4]]], dtype=torch.float64).requires_grad_()
    values = torch.randn(1, 2, 3, generator=generator, dtype=torch.float64).requires_grad_()
    assert gradcheck(lambda p, v: splat_each(p, v, (7, 6), 0.8), (xy, values))
    assert gradcheck(lambda p, v: splat_sum(p, v, (7, 6), 0.8), (xy, values))
    patches = torch.rand(1, 2, 2, 4, 4, generator=generator, dtype=torch.float64) * 0.9
    patches.requires_grad_()
    assert gradcheck(lambda p, v: place_patches(p, v, (7, 6)), (xy, patches))
    assert gradcheck(lambda p, v: sum_patches(p, v, (7, 6)), (xy, patches))
    score = torch.tensor([[0.4, 0.7]], dtype=torch.float64).requires_grad_()
    behind = torch.rand(1, 1, 6, 7, generator=generator, dtype=torch.float64)
    assert gradcheck(
        lambda p, v, s: blend_patches(p, v, s, behind, with_layers=False).composite,
        (xy, patches, score),
    )

"""Coordinates and warps: one convention, agreement between pictures and points."""

import pytest
import torch
from torch.autograd import gradcheck

from tusk_core.config import WarpConfig
from tusk_core.geometry.grids import (
    map_to_picture,
    picture_to_map,
    pixel_grid,
    to_pixels,
    to_unit,
)
from tusk_core.geometry.tps import fit_warp, inside, random_warp, sample

STRONG = WarpConfig(scale=0.9, scale_jitter=0.1, bend=0.1, shift=0.1, rotation=0.25)


def blob(xy: torch.Tensor, width: int, height: int, sigma: float = 1.0) -> torch.Tensor:
    """One Gaussian a picture: (B, 2) to (B, 1, H, W)."""
    x = torch.arange(width, dtype=xy.dtype)
    y = torch.arange(height, dtype=xy.dtype)
    dx = (x - xy[:, 0, None]) ** 2
    dy = (y - xy[:, 1, None]) ** 2
    return torch.exp(-(dx[:, None, :] + dy[:, :, None]) / (2 * sigma**2)).unsqueeze(1)


def centroid(maps: torch.Tensor) -> torch.Tensor:
    height, width = maps.shape[-2:]
    mass = maps[:, 0]
    total = mass.sum(dim=(1, 2))
    x = (mass.sum(dim=1) * torch.arange(width)).sum(1) / total
    y = (mass.sum(dim=2) * torch.arange(height)).sum(1) / total
    return torch.stack([x, y], dim=-1)


def test_unit_square_follows_pixel_edges() -> None:
    corners = torch.tensor([[-0.5, -0.5], [9.5, 4.5]])
    assert torch.allclose(to_unit(corners, (10, 5)), torch.tensor([[-1.0, -1.0], [1.0, 1.0]]))
    points = torch.rand(7, 2) * 9
    assert torch.allclose(to_pixels(to_unit(points, (10, 5)), (10, 5)), points, atol=1e-5)


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_map_cells_lie_on_the_pixels_they_cover(stride: int) -> None:
    first_cell = map_to_picture(torch.zeros(2), stride)
    assert torch.allclose(first_cell, torch.full((2,), (stride - 1) / 2))
    points = torch.rand(5, 2) * 20
    assert torch.allclose(picture_to_map(map_to_picture(points, stride), stride), points, atol=1e-5)


def test_identity_grid_reads_the_picture_back() -> None:
    picture = torch.rand(1, 3, 6, 9)
    grid = pixel_grid((9, 6)).unsqueeze(0)
    assert torch.allclose(sample(picture, grid, padding="edge"), picture, atol=1e-5)


def test_spline_takes_control_points_to_their_targets() -> None:
    generator = torch.Generator().manual_seed(3)
    control = torch.rand(4, 12, 2, generator=generator, dtype=torch.float64) * 2 - 1
    target = control + 0.1 * torch.randn(4, 12, 2, generator=generator, dtype=torch.float64)
    warp = fit_warp(control, target)
    assert torch.allclose(warp(control * 1.4) / 1.4, target, atol=1e-5)


def test_picture_and_keypoints_move_together_within_a_tenth_of_a_pixel() -> None:
    generator = torch.Generator().manual_seed(1)
    size = (64, 48)
    warp = random_warp(STRONG, 16, generator)
    seen_xy = torch.rand(16, 2, generator=generator) * torch.tensor([24.0, 16.0]) + 16
    source_xy = to_pixels(warp(to_unit(seen_xy, size).unsqueeze(1)), size).squeeze(1)
    grid = pixel_grid(size).view(1, -1, 2).expand(16, -1, -1)
    views = sample(
        blob(source_xy, *size), warp(grid).view(16, size[1], size[0], 2), padding="black"
    )
    # A bent blob's centroid is not quite its centre; a small blob keeps that below the bound.
    assert (centroid(views) - seen_xy).norm(dim=-1).max() < 0.1


def inverted(warp, xy, *, iterations: int = 20):
    """Where input positions are seen in the output; each step of this gains about a digit."""
    guess = xy
    for _ in range(iterations):
        guess = guess + (xy - warp(guess))
    return guess


def test_inverse_undoes_the_warp() -> None:
    warp = random_warp(STRONG, 8, torch.Generator().manual_seed(5))
    points = torch.rand(8, 20, 2) * 1.6 - 0.8
    assert (warp(inverted(warp, points)) - points).abs().max() < 1e-4


def test_same_generator_same_warp() -> None:
    first = random_warp(STRONG, 4, torch.Generator().manual_seed(9))
    again = random_warp(STRONG, 4, torch.Generator().manual_seed(9))
    assert torch.equal(first.weights, again.weights)


def test_displacement_is_of_the_size_the_method_asks_for() -> None:
    """The second warp of MNIST-Hard moves points 4.9 px on average and 11 at most, at 80 px."""
    config = WarpConfig(scale=0.95, scale_jitter=0.05, bend=0.10, shift=0.01, rotation=0.25)
    warp = random_warp(config, 64, torch.Generator().manual_seed(0))
    grid = pixel_grid((80, 80)).view(1, -1, 2).expand(64, -1, -1)
    moved = (warp(grid) - grid).norm(dim=-1) * 40
    assert 3.5 < float(moved.mean()) < 6.5


def test_white_padding_and_the_inside_mask() -> None:
    xy = torch.tensor([[[[-3.0, 0.0], [0.0, 0.0]]]])
    out = sample(torch.zeros(1, 1, 4, 4), xy, padding="white")
    assert out[0, 0, 0].tolist() == pytest.approx([1.0, 0.0])
    assert inside(xy).tolist() == [[[False, True]]]


def test_warp_gradient() -> None:
    generator = torch.Generator().manual_seed(0)
    control = torch.rand(1, 6, 2, generator=generator, dtype=torch.float64) * 2 - 1
    target = (control + 0.05).requires_grad_()
    points = torch.rand(1, 3, 2, generator=generator, dtype=torch.float64).requires_grad_()
    assert gradcheck(lambda t, p: fit_warp(control, t)(p), (target, points))

"""Every term of the objective against a value known otherwise."""

import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.optimize import linear_sum_assignment
from torch.autograd import gradcheck

from tusk_core.config import LossConfig
from tusk_core.geometry.grids import pixel_grid
from tusk_core.losses.clustering import (
    information_loss,
    kmeans_loss,
    kmeans_update_loss,
    quantise,
)
from tusk_core.losses.equivariance import binarity_loss, equivariance_loss, idle_loss
from tusk_core.losses.objective import ramp
from tusk_core.losses.reconstruction import PerceptualLoss, pixel_loss
from tusk_core.losses.sliced_wasserstein import (
    draw_components,
    mixture_weights,
    random_directions,
    sample_mixture,
    sliced_wasserstein,
)


def unit(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(*shape, generator=generator, dtype=dtype), dim=-1)


def test_one_dimension_equals_the_exact_assignment() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(40, 1)), rng.normal(size=(40, 1))
    cost = (first - second.T) ** 2
    rows, columns = linear_sum_assignment(cost)
    ours = sliced_wasserstein(
        torch.from_numpy(first), torch.from_numpy(second), torch.ones(1, 1, dtype=torch.float64)
    )
    assert float(ours) == pytest.approx(cost[rows, columns].mean(), rel=1e-9)


def test_equal_sets_in_any_order_are_at_distance_zero() -> None:
    points = unit(50, 8)
    directions = random_directions(8, 30, torch.Generator().manual_seed(0))
    assert float(sliced_wasserstein(points, points.flip(0), directions)) < 1e-12


@pytest.mark.parametrize("threads", [1, 2])
def test_distance_and_gradient_are_those_of_exactly_sorted_projections(threads: int) -> None:
    first, second = unit(700, 16), unit(700, 16, seed=1)
    second[:40] = second[40:80]  # equal ones
    directions = random_directions(16, 30, torch.Generator().manual_seed(2))
    seen = []
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    for is_ours in (True, False):
        leaf = second.clone().requires_grad_()
        if is_ours:
            loss = sliced_wasserstein(first, leaf, directions)
        else:
            a, b = (torch.sort(x @ directions, dim=0).values for x in (first, leaf))
            loss = (a - b).square().mean()
        loss.backward()
        seen.append((loss.detach(), leaf.grad))
    torch.set_num_threads(before)
    torch.testing.assert_close(seen[0][0], seen[1][0], rtol=1e-5, atol=1e-9)
    # Equal points may change places.
    for ours, exact in zip(seen[0][1:], seen[1][1:], strict=True):
        assert ours is not None
        assert exact is not None
        torch.testing.assert_close(ours[80:], exact[80:], rtol=2e-3, atol=2e-8)
        torch.testing.assert_close(
            ours[:40] + ours[40:80], exact[:40] + exact[40:80], rtol=2e-3, atol=4e-8
        )


def test_sliced_wasserstein_gradient() -> None:
    directions = random_directions(3, 5, torch.Generator().manual_seed(0)).double()
    first, second = unit(6, 3, dtype=torch.float64), unit(6, 3, seed=1, dtype=torch.float64)
    second.requires_grad_()
    assert gradcheck(lambda s: sliced_wasserstein(first, s, directions), second)


def test_each_component_gets_its_share() -> None:
    weights = torch.tensor([0.5, 0.3, 0.2])
    drawn = draw_components(weights, 10, "systematic", 0.4)
    assert torch.bincount(drawn, minlength=3).tolist() == [5, 3, 2]


def test_floor_gives_the_rest_to_the_last_as_the_released_code_does() -> None:
    weights = torch.full((8,), 1 / 8)
    assert torch.bincount(draw_components(weights, 7, "floor", 0.0), minlength=8)[-1] == 7
    counts = torch.bincount(draw_components(weights, 7, "systematic", 0.5), minlength=8)
    assert counts.max() == 1


def test_mixture_weights_follow_counts_and_even_out_when_some_are_empty() -> None:
    prototypes = F.normalize(torch.tensor([[1.0, 0.0], [0.0, 1.0]]), dim=-1)
    near_first = F.normalize(torch.tensor([[1.0, 0.01]]), dim=-1).expand(9, 2)
    near_second = F.normalize(torch.tensor([[0.01, 1.0]]), dim=-1).expand(3, 2)
    both = mixture_weights(torch.cat([near_first, near_second]), prototypes, 0.0)
    assert both.tolist() == pytest.approx([0.75, 0.25], abs=1e-3)
    one = mixture_weights(near_first, prototypes, 0.0)
    assert one[1] > 0.1


def test_samples_are_unit_vectors_near_their_prototype() -> None:
    prototypes = unit(5, 16)
    components = torch.tensor([0, 0, 3, 4])
    samples = sample_mixture(prototypes, components, torch.zeros(4, 16))
    assert torch.allclose(samples, prototypes[components], atol=1e-6)


def test_kmeans_loss_is_the_log_probability_of_the_nearest() -> None:
    descriptors, prototypes = unit(7, 4), unit(3, 4, seed=1)
    logits = descriptors @ prototypes.T / 0.5
    expected = -torch.log_softmax(logits, dim=-1).amax(dim=-1).mean()
    assert torch.allclose(kmeans_loss(descriptors, prototypes, 0.5), expected)


def test_kmeans_update_is_zero_on_the_prototypes() -> None:
    prototypes = unit(4, 6)
    assert float(kmeans_update_loss(prototypes[[0, 2, 2]], prototypes)) < 1e-10


def test_quantising_passes_the_gradient_straight_through() -> None:
    descriptors, prototypes = unit(5, 4).requires_grad_(), unit(3, 4, seed=1)
    out, commitment = quantise(descriptors, prototypes)
    nearest = prototypes[(descriptors @ prototypes.T).argmax(-1)]
    assert torch.allclose(out, nearest, atol=1e-6)
    out.sum().backward()
    assert torch.allclose(descriptors.grad, torch.ones_like(descriptors))
    assert commitment > 0


def test_information_is_highest_for_certain_even_agreeing_views() -> None:
    prototypes = torch.eye(4)
    agree = torch.eye(4).repeat(5, 1)
    best = information_loss(agree, agree, prototypes, 0.02)
    assert float(best) == pytest.approx(-1.0, abs=1e-3)
    shuffled = agree[torch.randperm(20, generator=torch.Generator().manual_seed(0))]
    assert information_loss(agree, shuffled, prototypes, 0.02) > best + 0.3
    collapsed = torch.eye(4)[:1].expand(20, 4)
    assert float(information_loss(collapsed, collapsed, prototypes, 0.02)) > -0.01


def test_cluster_gradients() -> None:
    first = unit(5, 4, dtype=torch.float64).requires_grad_()
    second = unit(5, 4, seed=1, dtype=torch.float64).requires_grad_()
    prototypes = unit(3, 4, seed=2, dtype=torch.float64).requires_grad_()
    assert gradcheck(lambda d, p: kmeans_loss(d, p, 0.3), (first, prototypes))
    assert gradcheck(lambda a, b, p: information_loss(a, b, p, 0.3), (first, second, prototypes))


def test_equivariance_is_zero_for_the_identity_and_masks_what_is_outside() -> None:
    maps = torch.rand(2, 3, 6, 8)
    grid = pixel_grid((8, 6)).expand(2, -1, -1, -1)
    config = LossConfig(equivariance_masked=True)
    assert float(equivariance_loss(maps, maps, grid, config, normalise=False)) < 1e-10
    shifted = grid + torch.tensor([1.0, 0.0])
    other = maps.clone()
    other[..., 4:] = 7.0  # these cells look outside the first view
    masked = equivariance_loss(maps, other, shifted, config, normalise=False)
    unmasked = equivariance_loss(
        maps, other, shifted, LossConfig(equivariance_masked=False), normalise=False
    )
    assert masked < unmasked / 5


def test_shrinking_features_is_no_way_out_of_the_normalised_loss() -> None:
    first, second = torch.randn(1, 4, 5, 5), torch.randn(1, 4, 5, 5)
    grid = pixel_grid((5, 5)).unsqueeze(0)
    config = LossConfig()
    small = equivariance_loss(first / 100, second / 100, grid, config, normalise=True)
    assert torch.allclose(
        small, equivariance_loss(first, second, grid, config, normalise=True), rtol=1e-3
    )


def test_equivariance_gradient_and_stop_gradient() -> None:
    first = torch.rand(1, 2, 4, 4, dtype=torch.float64).requires_grad_()
    second = torch.rand(1, 2, 4, 4, dtype=torch.float64).requires_grad_()
    grid = 0.9 * pixel_grid((4, 4), dtype=torch.float64).unsqueeze(0)
    config = LossConfig()
    assert gradcheck(
        lambda a, b: equivariance_loss(a, b, grid, config, normalise=True), (first, second)
    )
    stop = LossConfig(equivariance_stop_gradient=True)
    loss = equivariance_loss(first, second, grid, stop, normalise=False)
    assert torch.autograd.grad(loss, [first, second], allow_unused=True)[0] is None


def test_binarity() -> None:
    binary = torch.zeros(1, 1, 4, 4)
    binary[..., :2] = 1
    assert float(binarity_loss(binary, None)) == 0
    assert float(binarity_loss(torch.full((1, 1, 4, 4), 0.5), torch.ones(1, 1))) > 0.3


def test_only_keypoints_that_draw_nothing_lose_their_score() -> None:
    scores = torch.tensor([[0.9, 0.9]], requires_grad=True)
    alpha = torch.zeros(1, 2, 4, 4)
    alpha[0, 0, 1, 2] = 1  # the first one draws a pixel
    alpha.requires_grad_()
    loss = idle_loss(scores, alpha)
    loss.backward()
    assert loss.item() == pytest.approx(0.45)
    assert scores.grad is not None
    assert scores.grad.tolist() == [[0, 0.5]]
    assert alpha.grad is None


def test_ramp() -> None:
    assert [ramp(s, 2, 4) for s in range(8)] == [0, 0, 0.25, 0.5, 0.75, 1, 1, 1]
    assert ramp(0, 0, 0) == 1


def test_perceptual_loss_works_offline_and_orders_pictures() -> None:
    loss = PerceptualLoss(side=0)
    generator = torch.Generator().manual_seed(0)
    picture = F.interpolate(torch.rand(1, 3, 8, 8, generator=generator), 32, mode="bilinear")
    noisy = (picture + 0.05 * torch.randn(picture.shape, generator=generator)).clamp(0, 1)
    other = F.interpolate(torch.rand(1, 3, 8, 8, generator=generator), 32, mode="bilinear")
    assert float(loss(picture, picture)) == 0
    assert 0 < float(loss(noisy, picture)) < float(loss(other, picture))
    grey = picture.mean(1, keepdim=True).requires_grad_()
    loss(grey, picture.mean(1, keepdim=True) * 0.5).backward()
    assert torch.isfinite(grey.grad).all()
    assert float(pixel_loss(picture, picture)) == 0


def test_information_equals_the_sum_over_a_small_table() -> None:
    first, second, prototypes = unit(6, 3), unit(6, 3, seed=1), unit(2, 3, seed=2)
    p = torch.softmax(first @ prototypes.T / 0.4, -1).numpy()
    q = torch.softmax(second @ prototypes.T / 0.4, -1).numpy()
    joint = sum(np.outer(a, b) for a, b in zip(p, q, strict=True)) / 6
    joint = (joint + joint.T) / 2
    expected = 0.0
    for i, j in itertools.product(range(2), range(2)):
        expected -= joint[i, j] * math.log(joint[i, j] / (joint[:, i].sum() * joint[:, j].sum()))
    ours = information_loss(first, second, prototypes, 0.4)
    assert float(ours) == pytest.approx(expected / math.log(2), rel=1e-4)

"""NMS, top-K, soft-argmax and reading maps at sub-cell positions."""

import pytest
import torch
from torch.autograd import gradcheck

from tusk_core.config import KeypointConfig
from tusk_core.nn.keypoints import find_peaks, read_at, refine_peaks, standing_out


def planted(xy: torch.Tensor, side: int, sigma: float, floor: float = 0.0) -> torch.Tensor:
    axis = torch.arange(side, dtype=xy.dtype)
    squared = (axis - xy[0]) ** 2 + ((axis - xy[1]) ** 2).unsqueeze(1)
    return (floor + (1 - floor) * torch.exp(-squared / (2 * sigma**2))).view(1, 1, side, side)


@pytest.mark.parametrize("sigma", [1.5, 2.0, 2.5])
@pytest.mark.parametrize("floor", [0.0, 0.4])
def test_default_soft_argmax_is_within_a_twentieth_of_a_cell(sigma: float, floor: float) -> None:
    config = KeypointConfig()
    generator = torch.Generator().manual_seed(0)
    for _ in range(40):
        xy = 10 + torch.rand(2, generator=generator) - 0.5
        score_map = planted(xy, 21, sigma, floor)
        indices, _ = find_peaks(score_map, 1, config.nms_window)
        found = refine_peaks(score_map, indices, config.refine_window, config.refine_temperature)[
            0, 0
        ]
        assert (found - xy).abs().max() < 0.05


def test_peaks_come_by_falling_score_and_apart() -> None:
    score_map = torch.zeros(1, 1, 12, 20)
    score_map[0, 0, 3, 4], score_map[0, 0, 3, 5], score_map[0, 0, 9, 15] = 0.5, 0.4, 0.9
    indices, is_peak = find_peaks(score_map, 3, 5)
    assert indices[0, :2].tolist() == [9 * 20 + 15, 3 * 20 + 4]
    assert is_peak[0].tolist() == [True, True, False]


def test_cells_beyond_the_edge_do_not_pull() -> None:
    score_map = torch.zeros(1, 1, 8, 8)
    score_map[0, 0, 0, 0] = 1.0
    xy = refine_peaks(score_map, torch.tensor([[0]]), 5, 0.05)
    assert xy.abs().max() < 1e-3


def test_maps_are_read_bilinearly() -> None:
    ramp = torch.arange(6.0).view(1, 1, 1, 6).expand(1, 1, 5, 6)
    xy = torch.tensor([[[2.0, 1.0], [2.25, 3.0], [9.0, 2.0]]])
    assert read_at(ramp, xy)[0, :, 0].tolist() == pytest.approx([2.0, 2.25, 5.0], abs=1e-5)
    assert read_at(ramp, xy, nearest=True)[0, :, 0].tolist() == pytest.approx([2.0, 2.0, 5.0])


def test_gradients() -> None:
    generator = torch.Generator().manual_seed(0)
    score_map = torch.rand(2, 1, 7, 9, generator=generator, dtype=torch.float64).requires_grad_()
    indices, _ = find_peaks(score_map.detach(), 3, 3)
    assert gradcheck(lambda m: refine_peaks(m, indices, 3, 0.3), score_map)
    maps = torch.rand(1, 2, 5, 6, generator=generator, dtype=torch.float64).requires_grad_()
    xy = torch.tensor([[[1.3, 2.4], [3.6, 0.7]]], dtype=torch.float64).requires_grad_()
    assert gradcheck(read_at, (maps, xy))


def test_a_blob_on_the_flank_of_another_has_a_peak_where_it_stands_out() -> None:
    high, low = torch.tensor([10.0, 12.0]), torch.tensor([18.0, 12.0])
    log_odds = 6 * planted(high, 28, 3.0) + 1.5 * planted(low, 28, 1.5) - 3
    score_map = torch.sigmoid(log_odds)
    on_the_map, _ = find_peaks(score_map, 2, 7)
    assert on_the_map[0, 0] == 12 * 28 + 10
    assert abs(int(on_the_map[0, 1]) % 28 - 18) > 4
    apart, is_peak = find_peaks(standing_out(score_map, 1.5), 2, 7)
    assert is_peak.all()
    assert apart[0].tolist() == [12 * 28 + 10, 12 * 28 + 18]

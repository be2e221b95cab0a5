"""Every place votes for the middle of the thing it is part of."""

import torch

from tusk_core.config import load_preset, replaced
from tusk_core.nn.kind_peaks import find_kind_peaks
from tusk_core.nn.middle_votes import MiddleVotes, learned_votes
from tusk_core.nn.photo_model import PhotoModel

SIDE, RADIUS = 40, 6


def scene(*middles: tuple[int, int]) -> torch.Tensor:
    """Return memberships (3, h, w) of middles, left rims and right rims of discs; 0 elsewhere."""
    y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    maps = torch.zeros(3, SIDE, SIDE)
    for cx, cy in middles:
        away = torch.hypot((x - cx).float(), (y - cy).float())
        maps[0][away < 4] = 1
        rim = (away >= 4) & (away < RADIUS + 1)
        maps[1][rim & (x < cx)] = 1
        maps[2][rim & (x >= cx)] = 1
    return maps


def taught() -> MiddleVotes:
    places = [(12, 10), (26, 14), (18, 28), (30, 30), (10, 24), (22, 20)]
    readings = torch.stack([scene(place) for place in places])
    kept = torch.tensor([True, False, False])
    kernels = learned_votes([readings], kept, blur=1.0, window=7, reach=8)
    votes = MiddleVotes(3, 8)
    votes.kernels.copy_(kernels)
    votes.kept.copy_(kept)
    return votes


def test_rims_say_where_the_middle_is() -> None:
    kernels = taught().kernels
    left, right = (kernels[kind].sum(dim=0) for kind in (1, 2))
    steps = torch.arange(-8, 9).float()
    assert (left @ steps) / left.sum() > 3  # to the right of a left rim
    assert (right @ steps) / right.sum() < -3


def test_two_things_that_run_together_have_a_middle_each() -> None:
    votes = taught()
    pair = scene((14, 20), (23, 20))
    pair[0, 17:24, 12:26] = 1  # the middles have run together
    wide = torch.nn.functional.interpolate(pair[None], scale_factor=2)
    found = votes(wide)
    peaks = find_kind_peaks(found, 2, window=11, refine=3)
    at = sorted((peaks.xy[0, :, 0] / 2).tolist())
    assert abs(at[0] - 14) < 2
    assert abs(at[1] - 23) < 2
    single = votes(torch.nn.functional.interpolate(scene((20, 20))[None], scale_factor=2))
    assert 0.6 < single.max() <= 1


def test_only_kinds_that_were_kept_follow_the_votes() -> None:
    votes = taught()
    maps = torch.zeros(1, 3, SIDE, SIDE)
    maps[:, 2, 5, 5] = 1  # kept by somebody later, where nothing votes
    maps[:, 0, 30, 30] = 1
    joined = votes.sharpened(maps, torch.zeros_like(maps))
    assert joined[0, 2, 5, 5] == 1
    assert 0 < joined[0, 0, 30, 30] < 0.8  # the votes know of no middle here
    assert joined.count_nonzero() == 2  # nor do they put one where no kept kind is


def test_a_model_has_votes_where_its_settings_say_so() -> None:
    joined = {"keypoints.joined_blur": 1.0, "keypoints.vote_reach": 4}
    config = replaced(load_preset("quick-photos"), joined)
    model = PhotoModel(config)
    assert model.state_dict()["votes.kernels"].shape == (64, 9, 9)
    assert model.encode(torch.rand(1, 3, 64, 64)).kind_maps.shape == (1, 64, 16, 16)
    assert PhotoModel(replaced(config, {"keypoints.joined_blur": 0.0})).votes is None

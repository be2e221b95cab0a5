"""Things that touch have a keypoint each, long ones have one."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from tusk_core.config import load_preset, replaced
from tusk_core.discovery.proposals import (
    area_of_one,
    shift_to_what_moves,
    windows_around,
)
from tusk_core.inference.export.onnx_model import OPSET
from tusk_core.nn.kind_peaks import find_kind_peaks
from tusk_core.nn.photo_model import PhotoModel
from tusk_core.nn.shared_blobs import blob_labels, blur_for, share_out
from tusk_core.nn.window_maps import blurred

SIDE = 48
LONG, WIDE = 9.0, 3.5
AREA = math.pi * LONG * WIDE


def scene(*bodies: tuple[float, float, float]) -> torch.Tensor:
    """Return one map (1, 1, h, w) of long bodies (x, y, turn [rad]), brightest at both ends."""
    y, x = (part.float() for part in torch.meshgrid(*[torch.arange(SIDE)] * 2, indexing="ij"))
    out = torch.zeros(SIDE, SIDE)
    for cx, cy, turn in bodies:
        along = (x - cx) * math.cos(turn) + (y - cy) * math.sin(turn)
        across = (y - cy) * math.cos(turn) - (x - cx) * math.sin(turn)
        inside = (along / LONG) ** 2 + (across / WIDE) ** 2 <= 1
        out = torch.where(inside, torch.maximum(out, 0.7 + 0.3 * (along / LONG).square()), out)
    return blurred(out[None, None], blur_for(AREA))


def places(maps: torch.Tensor, count: int = 6) -> list[tuple[float, float]]:
    found = share_out(maps, count, AREA)
    return sorted(map(tuple, found.xy[0][found.scores[0] > 0].tolist()))


def test_a_long_thing_with_two_peaks_has_one_keypoint_in_its_middle() -> None:
    maps = scene((20, 24, 0.0))
    assert (find_kind_peaks(maps, 4, window=7, refine=3).scores[0] > 0.5).sum() == 2
    assert places(maps) == [(pytest.approx(20, abs=0.5), pytest.approx(24, abs=0.5))]


def test_two_that_touch_have_one_each() -> None:
    corner = places(scene((16, 20, 0.0), (27, 29, 1.5)))
    assert [x for x, _ in corner] == pytest.approx([16, 27], abs=1.5)
    assert [y for _, y in corner] == pytest.approx([20, 29], abs=1.5)
    head_to_tail = places(scene((14, 24, 0.0), (31, 24, 0.0)))
    assert [x for x, _ in head_to_tail] == pytest.approx([14, 31], abs=1.5)


def test_those_that_hide_behind_each_other_are_counted_where_their_number_is_known() -> None:
    """Two crossing bodies have the area of one and a half."""
    maps = scene((19, 21, 0.2), (21, 24, -0.1), (36, 38, 1.4))
    assert len(places(maps)) == 2
    found = share_out(maps, 6, AREA, 3)
    assert (found.scores[0] > 0).sum() == 3
    near = found.xy[0][found.scores[0] > 0]
    assert torch.cdist(torch.tensor([[36.0, 38.0]]), near).min() < 1.5
    assert torch.cdist(torch.tensor([[19.0, 21.0], [21.0, 24.0]]), near).amin(dim=1).max() < 6


def test_a_known_number_makes_no_things_of_specks_or_of_one_alone() -> None:
    maps = scene((20, 24, 0.0))
    maps[0, 0, 40:43, 40:43] = 1
    assert (share_out(maps, 6, AREA, 4).scores[0] > 0).sum() <= 2
    assert (share_out(torch.zeros_like(maps), 6, AREA, 4).scores[0] > 0).sum() == 0


def test_many_in_one_heap_are_told_apart_whatever_their_peaks() -> None:
    """A row of five that touch, all equally bright, in a blob without a peak for each."""
    row = [(4.5 + 8 * k, 24.0, math.pi / 2) for k in range(5)]
    maps = scene(*row).clamp(max=0.6)
    found = share_out(maps, 8, AREA)
    x = found.xy[0, :, 0][found.scores[0] > 0].sort().values
    assert x.tolist() == pytest.approx([x for x, _, _ in row], abs=1.5)


def test_others_in_the_same_picture_and_specks_change_nothing() -> None:
    maps = scene((20, 10, 0.0), (12, 34, 1.5))
    maps[0, 0, 40:43, 40:43] = 1  # far smaller than a thing
    assert len(places(maps)) == 2
    assert len(places(maps, count=1)) == 1
    assert places(torch.zeros_like(maps)) == []


def test_every_blob_of_every_picture_has_its_own_number() -> None:
    mask = torch.zeros(2, 1, 6, 8, dtype=torch.bool)
    mask[0, 0, 1, 1:4] = True
    mask[0, 0, 2, 4] = True  # touches at a corner
    mask[0, 0, 5, 0] = True
    mask[1, 0, 0, 7] = True
    labels = blob_labels(mask)
    assert labels[0].unique().tolist() == [0, 21, 41]
    assert (labels[0] == 21).sum() == 4
    assert labels[1].unique().tolist() == [0, 8]


def test_a_model_shares_blobs_out_where_its_settings_say_so() -> None:
    torch.manual_seed(0)
    settings = {"keypoints.joined_blur": 1.0, "keypoints.thing_area": 6.0}
    model = PhotoModel(replaced(load_preset("quick-photos"), settings)).eval()
    with torch.no_grad():
        encoded = model.encode(torch.rand(2, 3, 64, 96))
        found = model.find_keypoints(encoded)
        read = share_out(encoded.score_map, 8, 6.0)
    assert found.xy.shape == (2, 8, 2)
    assert torch.equal(found.scores, read.scores)
    with torch.no_grad():
        found = model.find_keypoints(encoded, 3)  # said: so many there are
        read = share_out(encoded.score_map, 3, 6.0, 3)
    assert torch.equal(found.scores, read.scores)


def test_legs_seen_alone_do_not_make_a_thing_of_each_leg() -> None:
    """Blobs as two flies give them: a quarter legs, then one fly, then both together."""
    shares, areas = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1], [78, 88, 99, 317, 628, 666, 753]
    sizes = np.interp(np.linspace(0, 1, 100), shares, areas)
    assert area_of_one(sizes) == pytest.approx(317, rel=0.1)


@pytest.mark.parametrize("singles", [6, 12])
def test_the_area_of_one_is_found_where_most_blobs_are_several(singles: int) -> None:
    rng = np.random.default_rng(3)
    alone = rng.normal(80, 9, singles)
    pairs, threes = rng.normal(152, 14, 14), rng.normal(225, 18, 6)
    assert area_of_one(np.concatenate([alone, pairs, threes])) == pytest.approx(78, abs=8)


def test_what_moves_says_where_the_middle_of_a_thing_is() -> None:
    maps = torch.cat([scene((14 + 2 * k, 20, 0.0), (16, 34, 0.3)) for k in range(5)])
    found = share_out(maps, 4, AREA)
    moving = torch.roll(maps, (-4, 1), dims=(2, 3))[:, 0].numpy()  # the kind lies below
    windows = windows_around(moving, found, 12)
    assert shift_to_what_moves(windows, 5.0) == pytest.approx((1, -4), abs=1)
    assert shift_to_what_moves(windows[:2], 5.0) == (0, 0)  # too few to tell
    assert windows_around(np.zeros_like(moving), found, 12) == []


class _Shares(torch.nn.Module):
    def forward(self, maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        found = share_out(maps, 4, AREA, 3)
        return found.xy, found.scores


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_blobs_are_shared_out_in_an_exported_model_as_well(tmp_path: Path) -> None:
    """The cells of blobs are a list, as long as a batch makes it."""
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    maps = torch.cat([scene((19, 21, 0.2), (21, 24, -0.1), (36, 38, 1.4)), scene((24, 10, 0.0))])
    program = torch.onnx.export(
        _Shares().eval(),
        kwargs={"maps": maps},
        input_names=["maps"],
        output_names=["xy", "scores"],
        opset_version=OPSET,
        dynamo=True,
        dynamic_shapes={"maps": {0: torch.export.Dim("batch", min=1)}},
        verbose=False,
    )
    program.save(str(tmp_path / "shares.onnx"))
    session = runtime.InferenceSession(tmp_path / "shares.onnx")
    others = torch.cat([maps.flip(2), torch.zeros_like(maps[:1])])
    for images in (maps, others):
        wanted = share_out(images, 4, AREA, 3)
        for xy, scores, own_xy, own in zip(
            *session.run(None, {"maps": images.numpy()}), wanted.xy, wanted.scores, strict=True
        ):
            there = sorted(map(tuple, xy[scores > 0].tolist()))
            here = sorted(map(tuple, own_xy[own > 0].tolist()))
            assert np.allclose(there, here, atol=1e-2)

"""Training on a video: what moves counts more, and the second view may show another frame."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tusk_core import api
from tusk_core.config import ConfigError, TrainConfig, load_preset, replaced
from tusk_core.control import RunControl
from tusk_core.data.movement import flow_back, still_camera
from tusk_core.data.pictures import write_picture
from tusk_core.events import Notice, RunFinished, StepDone, TrainEvent
from tusk_core.geometry.grids import pixel_grid
from tusk_core.losses.frame_motion import FrameMotion
from tusk_core.nn.build import build_model
from tusk_core.nn.distributed import Team
from tusk_core.nn.photo_model import PhotoModel
from tusk_core.training.batches import KnownBatches
from tusk_core.training.frames import place_weights, with_camera
from tusk_core.training.held_out import Division

SIDE, RADIUS = 64, 8


def middles(count: int) -> list[tuple[int, int]]:
    """Return where the disc of each frame is, (x, y)."""
    return [(14 + 2 * number % 36, 20 + number % 24) for number in range(count)]


def frames_of_a_disc(count: int = 12, *, shift: int = 0) -> NDArray[np.uint8]:
    """Return frames of a patterned disc on a patterned ground that moves by ``shift`` each time."""
    rng = np.random.default_rng(0)
    ground = np.kron(rng.integers(60, 160, (16, 16, 3)), np.ones((4, 4, 1), np.int64))
    ground = np.asarray(cv2.GaussianBlur(ground.astype(np.uint8), (5, 5), 0))
    disc = np.kron(rng.integers(120, 255, (4, 4)), np.ones((4, 4), np.int64)).astype(np.uint8)
    disc = np.asarray(cv2.GaussianBlur(disc, (5, 5), 0))
    y, x = np.mgrid[: 2 * RADIUS, : 2 * RADIUS] - RADIUS + 0.5
    frames = []
    for number, (left, top) in enumerate(middles(count)):
        frame = np.roll(ground, shift * number, axis=1)
        part = frame[top - RADIUS : top + RADIUS, left - RADIUS : left + RADIUS]
        part[np.hypot(x, y) < RADIUS] = np.stack([disc, disc // 8, disc // 8], -1)[
            np.hypot(x, y) < RADIUS
        ]
        frames.append(frame)
    return np.stack(frames)


def as_video(path: Path, frames: NDArray[np.uint8]) -> Path:
    size = (frames.shape[2], frames.shape[1])
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), 25, size)
    for frame in frames:
        writer.write(np.ascontiguousarray(frame[..., ::-1]))
    writer.release()
    return path


def tiny(source: Path, **changes: object) -> TrainConfig:
    settings = {
        "data.source": str(source),
        "data.width": SIDE,
        "data.height": SIDE,
        "encoder.head_width": 16,
        "encoder.num_features": 16,
        "encoder.seed_components": 16,
        "prototypes.num_prototypes": 6,
        "keypoints.num_keypoints": 3,
        "decoder.kind": "none",
        "decoder.background": "black",
        "losses.peaks_start": 0.0,
        "losses.motion_weight": 0.0,
        "pair.frames_apart": 0,
        "optim.batch_size": 2,
        "optim.steps": 3,
        "optim.warmup": 0,
        "pair.uses": 2,
        "run.device": "cpu",
        "run.threads": 1,
        "run.checkpoint_every": 1000,
    }
    return replaced(load_preset("quick-photos"), {**settings, **changes})


WITH_MOTION = {"losses.motion_weight": 0.5, "pair.frames_apart": 2}


def division_of(frames: NDArray[np.uint8], config: TrainConfig) -> Division:
    rows = np.arange(len(frames))
    division, notice = with_camera(Division(frames, rows, rows[:0], is_video=True), config)
    assert notice is None
    return division


def test_what_moves_under_a_still_camera_is_told_from_what_stays() -> None:
    frames = frames_of_a_disc()
    camera = still_camera(frames, (16, 16))
    assert camera is not None
    for (x, y), moving in zip(middles(len(frames)), camera.moving(frames), strict=True):
        assert moving[y // 4, x // 4] == 1
        assert moving[60 // 4, 4 // 4] == 0
    assert 0 < camera.share < 0.5
    assert still_camera(frames_of_a_disc(shift=5), (16, 16)) is None
    assert still_camera(np.repeat(frames[:1], 12, axis=0), (16, 16)) is None


def test_places_are_followed_back_to_where_they_were() -> None:
    rng = np.random.default_rng(1)
    pattern = np.kron(rng.integers(0, 255, (20, 20, 3)), np.ones((5, 5, 1))).astype(np.uint8)
    earlier, later = pattern[10:74, 10:74], pattern[14:78, 5:69]
    steps, sure = flow_back(later, earlier)
    inner = (slice(8, 56), slice(8, 56))
    assert sure[inner].mean() > 0.8
    assert np.abs(np.median(steps[inner][sure[inner]], axis=0) - (-5, 4)).max() < 0.5
    _, sure = flow_back(later, rng.integers(0, 255, earlier.shape, np.uint8))
    assert sure.mean() < 0.5


def test_a_share_of_the_weight_belongs_to_what_moves() -> None:
    frames = frames_of_a_disc()
    config = tiny(Path("film.avi"), **WITH_MOTION)
    division = division_of(frames, config)
    assert division.camera is not None
    weights, moving = place_weights(division, frames, 0.75), division.camera.moving(frames)
    assert weights.mean() == pytest.approx(1, abs=1e-3)
    assert weights[moving == 0].max() == pytest.approx(0.25)
    assert place_weights(division, frames, 0.0).min() == 1


def test_positions_of_the_second_view_lead_to_the_first() -> None:
    steps = torch.zeros(1, 2, 8, 8)
    steps[:, 0] = 0.5
    sure = torch.ones(1, 1, 8, 8)
    sure[..., :4, :] = 0
    positions = pixel_grid((8, 8)).view(1, 8, 8, 2)
    moved, seen = FrameMotion(torch.ones(1, 1, 8, 8), steps, sure).followed(positions)
    torch.testing.assert_close(moved[..., 0], positions[..., 0] + 0.5)
    assert not seen[0, :3].any()  # not sure
    assert seen[0, 5:].tolist() == [[1.0] * 6 + [0.0] * 2] * 3  # the rest left the picture
    same, seen = FrameMotion(torch.ones(1, 1, 8, 8)).followed(positions)
    assert torch.equal(same, positions)
    assert bool(seen.all())


def test_the_second_view_shows_a_frame_near_the_first_and_knows_where_things_were() -> None:
    frames = frames_of_a_disc(16)  # as many as come before it begins again
    still = {"scale": 1.0, "scale_jitter": 0.0, "bend": 0.0, "shift": 0.0, "rotation": 0.0}
    warps = {f"pair.second.{name}": value for name, value in still.items()}
    config = tiny(
        Path("film.avi"), **WITH_MOTION, **warps, **{"pair.recolour": 0.0, "pair.uses": 1}
    )
    division = division_of(frames, config)
    model = build_model(config)
    assert isinstance(model, PhotoModel)
    batches = KnownBatches(config, division, None, model.trunk, Team())
    apart = []
    for step in range(6):
        views = batches.of(step)
        assert views.motion is not None
        for row in range(len(views.first)):
            found = [_nearest(frames, view[row]) for view in (views.first, views.second)]
            apart.append(found[1] - found[0])
            x, y = middles(len(frames))[found[1]]
            place = torch.tensor([[[[x, y]]]]) * 2 / SIDE - 1 + 1 / SIDE
            motion = views.motion.rows(slice(row, row + 1))
            moved, seen = motion.followed(place)
            if seen.item():
                was = (moved[0, 0, 0] + 1 - 1 / SIDE) * SIDE / 2
                expected = torch.tensor(middles(len(frames))[found[0]]).float()
                assert (was - expected).abs().max() < 3
    assert set(apart) <= {-2, -1, 0, 1, 2}
    assert len(set(apart)) > 2


def _nearest(frames: NDArray[np.uint8], image: torch.Tensor) -> int:
    shown = image.permute(1, 2, 0).numpy() * 255
    return int(np.abs(frames - shown).mean(axis=(1, 2, 3)).argmin())


def run_of(
    config: TrainConfig, root: Path
) -> tuple[Path, list[dict[str, float]], list[TrainEvent]]:
    events = list(api.train(config, RunControl(), run_root=root))
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    return finished.run_dir, [e.losses for e in events if isinstance(e, StepDone)], events


@pytest.mark.slow
def test_a_run_on_a_video_resumes_bit_for_bit(tmp_path: Path) -> None:
    film = as_video(tmp_path / "film.avi", frames_of_a_disc())
    config = tiny(film, **WITH_MOTION)
    _, expected, _ = run_of(config, tmp_path / "whole")
    control, run = RunControl(), None
    for event in api.train(config, control, run_root=tmp_path / "parts"):
        if isinstance(event, StepDone) and event.step == 1:
            control.request_stop()
        run = event.run_dir if isinstance(event, RunFinished) else run
    assert run is not None
    rest = [e.losses for e in api.resume(run, RunControl()) if isinstance(e, StepDone)]
    assert rest == expected[1:]


@pytest.mark.slow
def test_motion_changes_nothing_in_pictures_and_under_a_moving_camera(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, frame in enumerate(frames_of_a_disc(8)):
        write_picture(folder / f"{number}.png", frame)
    panned = as_video(tmp_path / "panned.avi", frames_of_a_disc(shift=5))
    for source in (folder, panned):
        _, off, _ = run_of(tiny(source), tmp_path / "off")
        _, on, events = run_of(tiny(source, **WITH_MOTION), tmp_path / "on")
        assert on == off
        told = [
            e.message for e in events if isinstance(e, Notice) and "the camera moves" in e.message
        ]
        assert len(told) == (source is panned)


def test_settings_that_no_model_can_follow_are_refused_with_a_way_out() -> None:
    with pytest.raises(ConfigError, match="quick-photos"):
        replaced(load_preset("quick-default"), {"losses.motion_weight": 0.5})
    with pytest.raises(ConfigError, match=r"pair\.first"):
        tiny(Path("film.avi"), **{"pair.frames_apart": 2, "pair.first.rotation": 0.2})

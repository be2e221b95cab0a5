"""Pictures that are measured on are never learned from, and decide which checkpoint is best."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.core.test_training import TINY, run, run_until, tiny
from tusk_core import api
from tusk_core.config import load_preset, parse_config, replaced
from tusk_core.control import RunControl
from tusk_core.data.cache import PictureCache, build_cache
from tusk_core.events import CheckpointSaved, Notice, PreviewReady, RunStarted, StepDone
from tusk_core.runs.folder import RunFolder
from tusk_core.training.held_out import divide
from tusk_core.training.session import Session


def cache_of(num: int, *, is_video: bool = False) -> PictureCache:
    images = np.zeros((num, 4, 4, 3), np.uint8)
    numbers = np.arange(num)
    return PictureCache(images, numbers, ("",) * num, (), "", Path(), is_video=is_video)


@pytest.mark.parametrize(
    ("num", "share", "expected"),
    [(40, 0.0, 0), (40, 0.1, 4), (3, 0.05, 1), (2, 0.5, 1), (1, 0.5, 0), (10, 0.5, 5)],
)
def test_so_many_are_held_out(num: int, share: float, expected: int) -> None:
    division = divide(cache_of(num), share, seed=0)
    assert len(division.held_out) == expected
    both = np.sort(np.concatenate([division.training, division.held_out]))
    assert np.array_equal(both, np.arange(num))


def test_the_seed_draws_them_and_a_video_gives_its_end() -> None:
    one, same, other = (divide(cache_of(50), 0.2, seed).held_out.tolist() for seed in (3, 3, 4))
    assert one == same != other
    assert divide(cache_of(50, is_video=True), 0.2, 3).held_out.tolist() == list(range(40, 50))


def test_a_cache_knows_that_it_is_of_a_video(tmp_path: Path) -> None:
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (32, 32))
    for number in range(5):
        writer.write(np.full((32, 32, 3), 40 * number, np.uint8))
    writer.release()
    config = tiny(**{"data.source": str(path)}).data
    assert build_cache(config).is_video
    assert build_cache(config).is_video  # found again
    assert not build_cache(tiny().data).is_video


def test_a_run_learns_from_the_rest_and_measures_at_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny(**{"data.held_out": 0.25, "run.checkpoint_every": 5})
    held = divide(build_cache(config.data), 0.25, config.run.seed)
    forbidden = {held.images[i].tobytes() for i in held.held_out}
    seen: set[bytes] = set()
    step = Session.train_step

    def watched(self, images):
        pixels = images.mul(255).round().byte().permute(0, 2, 3, 1).contiguous().numpy()
        seen.update(picture.tobytes() for picture in pixels)
        return step(self, images)

    monkeypatch.setattr(Session, "train_step", watched)
    events = run(config, tmp_path)
    assert len(seen) == 30
    assert not seen & forbidden
    started = next(e for e in events if isinstance(e, RunStarted))
    assert started.num_pictures == 30
    assert any("10 are held out" in e.message for e in events if isinstance(e, Notice))
    probes = next(e for e in events if isinstance(e, PreviewReady)).images
    assert not {picture.tobytes() for picture in probes} & forbidden
    saved = [e for e in events if isinstance(e, CheckpointSaved)]
    assert [e.step for e in saved] == [5, 10]
    lowest = float("inf")
    for event in saved:
        assert event.held_out_loss is not None
        assert event.held_out_loss > 0
        assert event.is_best == (event.held_out_loss <= lowest)
        lowest = min(lowest, event.held_out_loss)
    logged, _ = api.follow_events(started.run_dir)
    assert [e for e in logged if isinstance(e, CheckpointSaved)] == saved


def test_the_best_on_held_out_pictures_is_the_best_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([0.5, 0.2, 0.3])
    monkeypatch.setattr("tusk_core.training.loop.held_out_loss", lambda *_: next(losses))
    config = tiny(**{"data.held_out": 0.2, "run.checkpoint_every": 3, "optim.steps": 9})
    events = run(config, tmp_path)
    folder = RunFolder(events[-1].run_dir)
    assert folder.pointed("best") == 6
    assert events[-1].model_dir == folder.checkpoint(6)


def test_measuring_changes_nothing_that_is_learned(tmp_path: Path) -> None:
    often, seldom = (
        [
            event.losses
            for event in run(
                tiny(**{"data.held_out": 0.2, "run.checkpoint_every": every}), tmp_path
            )
            if isinstance(event, StepDone)
        ]
        for every in (1, 1000)
    )
    assert often == seldom


def test_measured_again_after_a_resume_it_is_the_same(tmp_path: Path) -> None:
    config = tiny(**{"data.held_out": 0.2, "run.checkpoint_every": 4, "optim.steps": 8})
    whole = [e.held_out_loss for e in run(config, tmp_path) if isinstance(e, CheckpointSaved)]
    half = run_until(config, tmp_path, step=4)
    rest = list(api.resume(half[-1].run_dir, RunControl()))
    parts = [e.held_out_loss for e in [*half, *rest] if isinstance(e, CheckpointSaved)]
    assert parts == whole


def test_older_settings_hold_out_nothing() -> None:
    values = replaced(load_preset("quick-tetrominoes"), TINY).model_dump(mode="json")
    del values["data"]["held_out"]
    assert parse_config(values).data.held_out == 0

"""Clips to show: what the file holds when another program reads it, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.support.small_models import picture, write_model
from tusk_core import api, cli
from tusk_core.config import load_preset, replaced
from tusk_core.control import Cancelled, RunControl
from tusk_core.data.pictures import write_picture
from tusk_core.nn.build import build_model
from tusk_core.nn.model_files import save_model
from tusk_core.prototype_names import PrototypeNames
from tusk_core.results import SourceError, TuskError
from tusk_core.tracks import Region

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SIDE = 320  # small pictures are enlarged to it


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models, five pictures and a video of 40 frames, 20 per second."""
    root = tmp_path_factory.mktemp("clips")
    write_model(root / "model")
    write_mute(root / "mute")
    (root / "pictures").mkdir()
    for number in range(5):
        write_picture(root / "pictures" / f"{number}.png", picture(40, 40, seed=number))
    writer = cv2.VideoWriter(str(root / "film.avi"), cv2.VideoWriter.fourcc(*"FFV1"), 20, (40, 40))
    for number in range(40):
        writer.write(np.roll(picture(40, 40), number, axis=1))
    writer.release()
    return root


def write_mute(folder: Path) -> None:
    """Save a model on a frozen network that was not taught to redraw."""
    config = replaced(
        load_preset("quick-photos"),
        {
            "data.width": 64,
            "data.height": 64,
            "prototypes.num_prototypes": 6,
            "keypoints.num_keypoints": 3,
            "decoder.kind": "none",
        },
    )
    save_model(folder, build_model(config), step=1, usage=[1 / 6] * 6, name="mute")


def made(place: Path, out: Path, source: str, model: str = "model", **how: Any) -> list[str]:
    """Write a clip; returns what it does not show."""
    predictor = api.open_predictor(place / model)
    with api.open_source(str(place / source)) as opened:
        *_, missing = api.write_clip(predictor, opened, out, RunControl(), **how)
    assert isinstance(missing, list)
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    return missing


def frames_of(path: Path) -> tuple[list[NDArray[np.uint8]], float]:
    """Read a video with OpenCV: its frames in RGB, and its rate."""
    capture = cv2.VideoCapture(str(path))
    found, frames = capture.read(), []
    while found[0]:
        frames.append(np.asarray(found[1][..., ::-1], np.uint8))
        found = capture.read()
    return frames, capture.get(cv2.CAP_PROP_FPS)


def columns_of(frame: NDArray[np.uint8], num: int) -> list[NDArray[np.uint8]]:
    """Cut the pictures out of a frame: a gap of 8 around each, 36 above and 30 below."""
    assert frame.shape == (SIDE + 66, num * (SIDE + 8) + 8, 3)
    lefts = [8 + i * (SIDE + 8) for i in range(num)]
    return [frame[36:-30, left : left + SIDE] for left in lefts]


def test_a_video_keeps_its_time_and_shows_what_was_found_and_redrawn(
    place: Path, tmp_path: Path
) -> None:
    assert made(place, tmp_path / "clip.mkv", "film.avi", count=24) == []
    frames, rate = frames_of(tmp_path / "clip.mkv")
    assert (len(frames), rate) == (24, 20)
    predictor = api.open_predictor(place / "model")
    with api.open_source(str(place / "film.avi")) as source:
        first = source.read(0)
    original, marked, redrawn = columns_of(frames[0], 3)
    shown = np.repeat(np.repeat(first, 8, 0), 8, 1)
    assert np.abs(original.astype(int) - shown).mean() < 1
    rebuilt = cv2.resize(predictor.reconstruct(first).composite, (SIDE, SIDE))
    assert np.abs(redrawn.astype(int) - rebuilt).mean() < 6
    changed = np.argwhere(np.abs(marked.astype(int) - original).max(axis=2) > 20)
    places = (predictor.detect(first).keypoints.xy[:, ::-1] + 0.5) * 8
    far = np.linalg.norm(changed[:, None] - places[None], axis=2).min(axis=1)
    assert len(changed) > 100
    assert far.max() < 14


@pytest.mark.parametrize("ending", [".mp4", ".webm"])
def test_films_of_pictures_show_each_for_a_while(place: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"clip{ending}"
    made(place, out, "pictures", count=3)
    frames, rate = frames_of(out)
    assert len(frames) / rate == pytest.approx(3.6, abs=0.1)


@pytest.mark.parametrize("ending", [".gif", ".webp"])
def test_animated_pictures_begin_anew(place: Path, tmp_path: Path, ending: str) -> None:
    made(place, tmp_path / f"clip{ending}", "pictures")
    with Image.open(tmp_path / f"clip{ending}") as animation:
        assert getattr(animation, "n_frames", 1) == 5
        assert animation.info["loop"] == 0
        animation.seek(1)
        animation.load()
        assert animation.info["duration"] == 1200


def test_an_animation_of_a_video_takes_every_other_frame(place: Path, tmp_path: Path) -> None:
    made(place, tmp_path / "clip.gif", "film.avi", first=10, count=20)
    with Image.open(tmp_path / "clip.gif") as animation:
        assert getattr(animation, "n_frames", 1) == 10
        assert animation.info["duration"] == 100


def test_a_sheet_holds_rows_below_each_other(place: Path, tmp_path: Path) -> None:
    made(place, tmp_path / "clip.png", "pictures", count=2)
    with Image.open(tmp_path / "clip.png") as sheet:
        assert sheet.size == (3 * (SIDE + 8) + 8, 2 * (SIDE + 66))


def test_one_picture_is_built_up_point_by_point(place: Path, tmp_path: Path) -> None:
    made(place, tmp_path / "clip.png", "pictures", builds_up=True, first=2, num_keypoints=3)
    sheet = np.asarray(Image.open(tmp_path / "clip.png"))
    rows = [columns_of(row, 3) for row in np.split(sheet, 4)]
    drawn = [np.abs(marked.astype(int) - plain).any(axis=2).sum() for plain, marked, _ in rows]
    assert drawn[0] == 0
    assert drawn == sorted(drawn)
    assert len({redrawn.tobytes() for *_, redrawn in rows}) == 4


def test_without_a_decoder_there_are_two_columns_and_a_sentence(
    place: Path, tmp_path: Path
) -> None:
    (said,) = made(place, tmp_path / "clip.png", "pictures", "mute", count=1)
    assert "not taught to redraw" in said
    columns_of(np.asarray(Image.open(tmp_path / "clip.png")), 2)


def test_hidden_kinds_and_places_outside_the_region_are_not_marked(
    place: Path, tmp_path: Path
) -> None:
    nowhere = Region((((0.0, 0.0), (0.0, 0.1), (0.1, 0.1)),))
    for number, how in enumerate(
        (
            {"names": PrototypeNames(hidden=frozenset(range(6)))},
            {"regions": {"*": nowhere}},
        )
    ):
        out = tmp_path / f"{number}" / "clip.png"
        out.parent.mkdir()
        made(place, out, "pictures", count=1, **how)
        original, marked, _ = columns_of(np.asarray(Image.open(out)), 3)
        assert np.array_equal(original, marked)


def test_a_stopped_clip_leaves_the_old_file(place: Path, tmp_path: Path) -> None:
    out, control = tmp_path / "clip.mp4", RunControl()
    out.write_bytes(b"before")
    predictor = api.open_predictor(place / "model")
    with api.open_source(str(place / "pictures")) as source:
        job = api.write_clip(predictor, source, out, control)
        next(job)
        control.request_stop()
        with pytest.raises(Cancelled):
            list(job)
    assert out.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_what_cannot_become_a_clip_is_refused_before_the_work(place: Path, tmp_path: Path) -> None:
    with pytest.raises(TuskError, match="Let it end in"):
        api.check_clip(tmp_path / "clip.txt", "sample:tetrominoes")
    with pytest.raises(SourceError, match="choose another name"):
        api.check_clip(place / "film.avi", str(place / "film.avi"))
    with pytest.raises(SourceError, match="There is no picture 99"):
        made(place, tmp_path / "clip.png", "pictures", first=99)


def test_the_command_says_where_the_clip_lies(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "clip.gif"
    line = ["clip", str(place / "mute"), str(place / "pictures"), "--out", str(out), "--count", "2"]
    assert cli.main(line) == 0
    said = capsys.readouterr().out
    assert f"Clip: {out}" in said
    assert "not taught to redraw" in said
    assert cli.main([*line[:3], "--out", str(tmp_path / "clip.doc")]) == 2
    assert "Let it end in" in capsys.readouterr().err

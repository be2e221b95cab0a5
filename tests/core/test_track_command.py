"""``tusk track``: videos and folders to results files with individuals, stopped and resumed."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.small_models import write_model
from tests.support.swarms import as_analysis, swarm, wandering
from tusk_core import api
from tusk_core.cli import main
from tusk_core.config import TrackConfig
from tusk_core.control import Cancelled, RunControl
from tusk_core.tracks import TrackEdit, TrackOptions, Tracks

pytest.importorskip("h5py")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model")


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    cv2 = pytest.importorskip("cv2")
    folder = tmp_path / "films"
    folder.mkdir()
    for name in ("a", "b"):
        writer = cv2.VideoWriter(
            str(folder / f"{name}.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48)
        )
        for index in range(12):
            frame = np.full((48, 64, 3), 30, np.uint8)
            cv2.circle(frame, (10 + 3 * index, 20), 5, (240, 240, 240), -1)
            writer.write(frame)
        writer.release()
    return folder


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A results file of three animals, not tracked yet."""
    made = swarm(wandering(80, 3, seed=4), np.array([[0.0, 0.0], [12.0, 2.0]]), seed=4)
    path = tmp_path / "flies.h5"
    api.export_analysis(as_analysis(made), path, file_format="h5")
    return path


def test_one_video_becomes_one_results_file_with_individuals(
    model: Path, videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a.h5"
    assert main(["track", str(model), str(videos / "a.avi"), "--out", str(out)]) == 0
    assert str(out) in capsys.readouterr().out
    analysis = api.open_analysis(out)
    assert analysis.tracks is not None
    assert analysis.tracks.over_time
    assert len(analysis.tracks.individuals) == len(analysis.labels) > 0
    assert json.loads(analysis.tracks.settings)["reach"] > 0


def test_a_folder_of_videos_is_one_job_that_is_taken_up_where_it_stopped(
    model: Path, videos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "tracks"
    control = RunControl()
    job = api.track(model, [str(videos)], out, control)
    while not next(job).message.startswith("2 of 2"):
        pass
    control.request_stop()
    with pytest.raises(Cancelled):
        list(job)
    assert [path.name for path in out.glob("[!.]*")] == ["a.h5"]
    before = (out / "a.h5").stat().st_mtime_ns
    messages = [p.message for p in api.track(model, [str(videos)], out, RunControl())]
    assert messages[0] == "1 of 2: a.h5 is there already."
    assert (out / "a.h5").stat().st_mtime_ns == before
    assert (out / "b.h5").is_file()
    options = TrackOptions(TrackConfig(min_length=2))
    list(api.track(model, [str(videos / "a.avi")], out, RunControl(), options=options))
    assert (out / "a.h5").stat().st_mtime_ns != before


def test_a_region_leaves_out_what_is_outside(model: Path, videos: Path, tmp_path: Path) -> None:
    region, out = tmp_path / "region.json", tmp_path / "out.h5"
    region.write_text('{"regions": {"a.avi": {"rectangle": [0, 0, 30, 48]}}}', encoding="utf-8")
    video = str(videos / "a.avi")
    assert main(["track", str(model), video, "--out", str(out), "--region", str(region)]) == 0
    inside = api.open_analysis(out)
    assert len(inside.picture_names) == 12
    assert inside.xy[:, 0].max() <= 30


def test_results_are_tracked_without_the_model_and_corrected_on_export(
    results: Path, tmp_path: Path
) -> None:
    out = tmp_path / "tracked.h5"
    assert main(["track", str(results), "--out", str(out), "--set", "min_length=3"]) == 0
    analysis = api.open_analysis(out)
    tracks = analysis.tracks
    assert tracks is not None
    assert len(tracks.names) == 3
    assert tracks.links == ((0, 1),)
    again = api.track_analysis(analysis, config=TrackConfig(min_length=3))
    assert np.array_equal(again.individuals, tracks.individuals)

    edits = [TrackEdit("name", 0, name="Ada"), TrackEdit("delete", 2)]
    api.save_edits(out, tracks, edits)
    assert api.load_edits(out, tracks) == tuple(edits)
    corrected = api.open_corrected(out).tracks
    assert corrected is not None
    assert corrected.names[0] == "Ada"
    assert not (corrected.individuals == 2).any()


def test_settings_are_proposed_by_the_data_and_what_is_given_stays(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "tracked.h5"
    assert main(["track", str(results), "--out", str(out), "--propose", "--set", "reach=33"]) == 0
    assert "The data propose num_individuals=3;" in capsys.readouterr().out
    tracks = api.open_analysis(out).tracks
    assert tracks is not None
    made = json.loads(tracks.settings)
    assert (made["num_individuals"], made["reach"]) == (3, 33.0)
    assert main(["track", "model", "film.avi", "--out", str(out), "--propose"]) == 2


def test_pictures_are_grouped_and_not_followed(tmp_path: Path) -> None:
    made = swarm(wandering(40, 3, seed=4), np.array([[0.0, 0.0], [12.0, 2.0]]), seed=4)
    path, out = tmp_path / "birds.npz", tmp_path / "birds.h5"
    api.export_analysis(as_analysis(made, video=False), path, file_format="npz")
    list(api.track_results(path, out, RunControl()))
    analysis = api.open_analysis(out)
    tracks = analysis.tracks
    assert tracks is not None
    assert not tracks.over_time
    assert len(tracks.names) == 3
    assert isinstance(tracks, Tracks)
    without_times = dataclasses.replace(analysis, tracks=None)
    assert np.array_equal(api.track_analysis(without_times).individuals, tracks.individuals)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["flies.h5", "film.avi", "--out", "x.h5"], "leave the videos out"),
        (["model", "--out", "x.h5"], "Name a video"),
        (["model", "a.avi", "b.avi", "--out", "x.h5"], "Give a folder"),
        (["flies.h5", "--out", "x.h5", "--set", "reach=-1"], "reach"),
        (["flies.h5", "--out", "x.h5", "--set", "speed=1"], "no setting 'speed'"),
        (["nothing.h5", "--out", "x.h5"], "There is no results file"),
        (["flies.h5", "--out", "x.h5", "--region", "none.json"], "none.json"),
    ],
)
def test_what_cannot_be_tracked_is_refused_in_a_sentence(
    words: list[str],
    said: str,
    results: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(results.parent)
    assert main(["track", *words]) == 2
    assert said in capsys.readouterr().err


def test_detect_takes_folders_of_videos_and_regions(
    model: Path, videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    region = tmp_path / "region.json"
    region.write_text('{"regions": {"a.avi": {"rectangle": [0, 0, 30, 48]}}}', encoding="utf-8")
    words = ["detect", str(model), str(videos), "--region", str(region)]
    assert main([*words, "--out", str(tmp_path / "all.npz")]) == 2
    assert "{name}" in capsys.readouterr().err
    assert main([*words, "--out", str(tmp_path / "{name}.npz")]) == 0
    assert api.open_analysis(tmp_path / "a.npz").xy[:, 0].max() <= 30
    assert len(api.open_analysis(tmp_path / "b.npz").picture_names) == 12

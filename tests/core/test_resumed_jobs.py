"""Jobs over videos stopped or killed and taken up again; regions that lie beside videos."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.support.small_models import write_model
from tusk_core import api
from tusk_core.cli import main
from tusk_core.control import Cancelled, RunControl
from tusk_core.data.blocks import parts_folder
from tusk_core.results import SourceError
from tusk_core.tracks import Region

pytest.importorskip("h5py")

FRAMES = 150
# Tracks a video and is killed, as by a power cut, after the second batch.
KILLED = """
import os, signal, sys
from pathlib import Path
from tusk_core import api
from tusk_core.control import RunControl
from tusk_core.inference import kept_parts
kept_parts._SECONDS = 0.0
job = api.track(sys.argv[1], [sys.argv[2]], Path(sys.argv[3]), RunControl(), threads=1)
next(job), next(job)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model")


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    for index in range(FRAMES):
        frame = np.full((48, 64, 3), 30, np.uint8)
        cv2.circle(frame, (4 + index % 56, 20), 5, (240, 240, 240), -1)
        writer.write(frame)
    writer.release()
    return path


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows ends processes otherwise")
def test_a_killed_job_is_taken_up_within_the_video(
    model: Path, video: Path, tmp_path: Path
) -> None:
    out, whole = tmp_path / "film.h5", tmp_path / "whole.h5"
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(model), str(video), str(out)], check=False, timeout=120
    )
    assert ended.returncode == -signal.SIGKILL
    assert not out.exists()
    first, *_ = messages = [p.message for p in api.track(model, [str(video)], out, RunControl())]
    done = int(first.split()[0])
    assert 0 < done < FRAMES
    assert first == f"{done} of {FRAMES} pictures are there already."
    assert f"Picture {FRAMES} of {FRAMES}." in messages
    assert not parts_folder(out).exists()
    list(api.track(model, [str(video)], whole, RunControl()))
    resumed, straight = api.open_analysis(out), api.open_analysis(whole)
    assert resumed.picture_names == straight.picture_names
    assert np.array_equal(resumed.picture, straight.picture)
    assert np.allclose(resumed.xy, straight.xy, atol=0.1)


def test_an_analysis_that_was_cancelled_continues_and_another_one_begins_anew(
    model: Path, video: Path, tmp_path: Path
) -> None:
    out, control = tmp_path / "film.h5", RunControl()
    job = api.analyse(model, str(video), out, control)
    reached = next(job).done
    control.request_stop()
    with pytest.raises(Cancelled):
        list(job)
    assert next(api.analyse(model, str(video), out, RunControl())).message == (
        f"{reached} of {FRAMES} pictures are there already."
    )
    fresh = api.analyse(model, str(video), out, RunControl(), num_keypoints=2)
    assert next(fresh).message == f"Picture {reached} of {FRAMES}."


def test_several_sources_are_detected_once_and_again_when_something_changed(
    model: Path, video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.avi"
    other.write_bytes(video.read_bytes())
    words = ["detect", str(model), str(video), str(other), "--out", str(tmp_path / "{name}.csv")]
    assert main(words) == 0
    assert "there already" not in capsys.readouterr().out
    assert main(words) == 0
    assert capsys.readouterr().out.count("is there already") == 2
    assert main([*words, "--min-score", "0.9"]) == 0
    assert "there already" not in capsys.readouterr().out
    assert not list(tmp_path.glob(".*.parts"))


def test_a_region_beside_the_video_counts_unless_it_is_switched_off(
    model: Path, video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    region = Region((((0, 0), (30, 0), (30, 48), (0, 48)), ((40, 0), (50, 0), (45, 20))))
    path = api.save_region(str(video), region)
    assert path == tmp_path / "film.avi.regions.json"
    assert json.loads(path.read_text())[0] == {"rectangle": [0.0, 0.0, 30.0, 48.0]}
    assert api.own_region(str(video)) == region
    assert api.read_regions(path)["*"] == region

    out = tmp_path / "out.npz"
    words = ["detect", str(model), str(video), "--out", str(out)]
    assert main(words) == 0
    assert str(path) in capsys.readouterr().out
    inside = api.open_analysis(out)
    assert api.inside_region(region, inside.xy).all()
    assert len(inside.picture_names) == FRAMES
    assert main([*words, "--region", "off"]) == 0
    everything = api.open_analysis(out)
    assert len(everything.xy) > len(inside.xy)
    table = tmp_path / "out.csv"
    assert main(["export", str(out), "--format", "csv", "--out", str(table)]) == 0
    assert len(table.read_text().splitlines()) == len(inside.xy) + 1
    tracked = tmp_path / "out.h5"
    assert main(["track", str(model), str(video), "--out", str(tracked)]) == 0
    assert api.inside_region(region, api.open_analysis(tracked).xy).all()

    assert api.save_region(str(video), None) is None
    assert api.own_region(str(video)) is None
    path.write_text("[{}]", encoding="utf-8")
    with pytest.raises(SourceError, match="does not hold regions"):
        api.own_region(str(video))


def test_a_region_of_what_is_not_a_file_lies_with_the_users_things(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUSK_HOME", str(tmp_path / "home"))
    region = Region((((0.0, 0.0), (9.0, 0.0), (4.0, 9.0)),))
    path = api.save_region("sample:digits", region)
    assert path is not None
    assert path.parent == tmp_path / "home" / "regions"
    assert api.own_region("sample:digits") == region


def test_results_within_a_region_are_a_file_of_their_own(
    model: Path, video: Path, tmp_path: Path
) -> None:
    raw, out = tmp_path / "raw.h5", tmp_path / "inside.h5"
    list(api.analyse(model, str(video), raw, RunControl()))
    region = Region((((0.0, 0.0), (30.0, 0.0), (30.0, 48.0), (0.0, 48.0)),))
    inside = api.open_within(raw, out, region)
    again = api.open_analysis(out)
    assert np.array_equal(again.xy, inside.xy)
    assert again.xy[:, 0].max() <= 30
    assert len(again.picture_names) == FRAMES


def test_a_video_that_cannot_be_read_does_not_hold_up_the_others(
    model: Path, video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    films, out = tmp_path / "films", tmp_path / "out"
    films.mkdir()
    (films / "a.avi").write_bytes(b"not a video")
    (films / "b.avi").write_bytes(video.read_bytes())
    assert main(["track", str(model), str(films), "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert "1 of 2 could not be processed" in said
    assert "a.avi" in said
    assert [path.name for path in out.glob("*.h5")] == ["b.h5"]
    assert main(["detect", str(model), str(films), "--out", str(tmp_path / "{name}.csv")]) == 2
    assert (tmp_path / "b.csv").is_file()

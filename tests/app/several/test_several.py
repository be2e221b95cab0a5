"""Several videos in one job, from the real window: progress over all, stopped and continued."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.support import screen
from tests.support.small_models import write_model
from tusk_app.several.dialog import SeveralDialog
from tusk_core import api
from tusk_core.events import JobProgress
from tusk_core.inference.many_progress import ManyProgress
from tusk_core.tracks import Region

pytest.importorskip("h5py")
LEFT = Qt.MouseButton.LeftButton


def film(path: Path, frames: int = 10) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    for index in range(frames):
        frame = np.full((48, 64, 3), 30, np.uint8)
        cv2.circle(frame, (10 + 3 * index, 20), 5, (240, 240, 240), -1)
        writer.write(frame)
    writer.release()
    return path


def test_a_folder_and_a_video_are_run_as_one_job(qtbot, program, tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    film(films / "a.avi")
    film(films / "b.avi")
    single = film(tmp_path / "c.avi")
    api.save_region(str(single), Region((((0.0, 0.0), (30.0, 0.0), (30.0, 48.0), (0.0, 48.0)),)))
    window, bench = program.window, program.workbench
    with qtbot.waitSignal(bench.engine.model_opened, timeout=60_000):
        bench.engine.open_model(str(write_model(tmp_path / "model")))
    bench.actions.trigger("analyze.several")
    dialog = screen.dialog(window, SeveralDialog)
    assert not dialog.start.isEnabled()
    dialog.list.add([str(films), str(single), str(films)])
    assert dialog.list.count() == 2
    dialog.place.set_text(str(tmp_path / "out"))
    dialog.format.setCurrentIndex(dialog.format.findData("csv"))
    told: list[JobProgress] = []
    bench.jobs.job_progress.connect(lambda _job, progress: told.append(progress))
    with qtbot.waitSignal(bench.jobs.job_finished, timeout=60_000):
        QTest.mouseClick(dialog.start, LEFT)
    made = sorted(path.name for path in (tmp_path / "out").glob("[!.]*"))
    assert [name for name in made if name.endswith(".h5")] == ["a.h5", "b.h5", "c.h5"]
    assert "a-csv.csv" in made
    assert told[-1].message.startswith("3 of 3: ")
    inside = api.open_analysis(tmp_path / "out" / "c.h5")
    assert inside.tracks is not None
    assert inside.xy[:, 0].max() <= 30

    before = (tmp_path / "out" / "a.h5").stat().st_mtime_ns
    bench.actions.trigger("analyze.several")
    assert screen.dialog(window, SeveralDialog).plan.sources == (str(films), str(single))
    with qtbot.waitSignal(bench.jobs.job_finished, timeout=60_000):
        QTest.mouseClick(screen.dialog(window, SeveralDialog).start, LEFT)
    assert (tmp_path / "out" / "a.h5").stat().st_mtime_ns == before


def test_progress_of_many_counts_sizes_and_not_what_was_done_before() -> None:
    now = [0.0]
    many = ManyProgress([100.0, 300.0], lambda: now[0])
    assert many.told(0, JobProgress(1, 1, "a.h5 is there already.")).remaining is None
    many.told(1, JobProgress(0, 10, "Picture 0 of 10."))
    now[0] = 30.0
    halfway = many.told(1, JobProgress(5, 10, "Picture 5 of 10."))
    assert halfway.message == "2 of 2: Picture 5 of 10."
    assert halfway.done == 625
    assert halfway.remaining == pytest.approx(30.0)
    alone = JobProgress(3, 10, "Picture 3 of 10.", 7.0)
    assert ManyProgress([5.0]).told(0, alone) is alone

"""Pictures by index, playing, stepping, speed and loop; the time line with mouse and keys."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from tests.support import screen
from tests.support.media_bench import (
    ListSource,
    numbered_frame,
    open_model,
    piece_source,
    write_video,
)  # fmt: skip
from tusk_app.canvas.area import CanvasArea
from tusk_app.canvas.inspector_dock import InspectorDock
from tusk_app.pictures.reader import PictureReader, ReadRequest
from tusk_app.threads.mailbox import LatestValue
from tusk_app.timeline.dock import TimelineDock, clock
from tusk_app.timeline.widgets.bar import Strip, TimelineBar, binned
from tusk_core import api

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


def shown(bench) -> int:
    """Return the index of the picture that is really on show."""
    return bench.document.index if bench.document.picture is not None else -1


def open_and_wait(bench, source, qtbot) -> None:
    bench.document.set_source(source)
    qtbot.waitUntil(lambda: bench.document.picture is not None)


# Reading


def test_picture_asked_for_is_read_off_the_gui_thread(bench, qtbot) -> None:
    source = piece_source(5)
    open_and_wait(bench, source, qtbot)
    bench.document.go_to(3)
    qtbot.waitUntil(
        lambda: source.reads[-1:] == [3] and bench.document.picture is source.pictures[3]
    )


def test_scrubbing_leaves_out_what_is_too_late(bench, qtbot) -> None:
    source = piece_source(20)
    open_and_wait(bench, source, qtbot)
    source.gate.clear()
    for index in range(1, 20):
        bench.document.go_to(index)
    source.gate.set()
    qtbot.waitUntil(lambda: bench.document.picture is source.pictures[19])
    assert bench.document.index == 19
    assert len(source.reads) < 8


def test_damaged_picture_is_told_and_the_next_one_shows(bench, qtbot) -> None:
    source = piece_source(4)
    source.broken.add(1)
    open_and_wait(bench, source, qtbot)
    toasts, problems = [], []
    bench.notices.toast_posted.connect(toasts.append)
    bench.feed.problem.connect(problems.append)
    bench.document.go_to(1)
    qtbot.waitUntil(lambda: bool(toasts))
    assert "damaged" in toasts[0].text
    assert bench.document.picture is None
    bench.document.go_to(2)
    qtbot.waitUntil(lambda: bench.document.picture is not None)
    assert problems[-1] == ""


def test_a_folder_that_is_gone_is_told_once_by_toast_and_always_on_the_canvas(bench, qtbot) -> None:
    area = CanvasArea(bench)
    qtbot.addWidget(area)
    inspector = InspectorDock(bench)
    qtbot.addWidget(inspector)
    source = piece_source(5)
    source.broken.update({1, 2, 3})
    open_and_wait(bench, source, qtbot)
    toasts, problems = [], []
    bench.notices.toast_posted.connect(toasts.append)
    bench.feed.problem.connect(problems.append)
    for index in (1, 2, 3):
        bench.document.go_to(index)
        qtbot.waitUntil(lambda number=index: len(problems) == number)
    assert len(toasts) == 1
    text = area.canvas.accessibleDescription()
    assert text.startswith("This picture cannot be shown")
    assert "damaged" in text
    assert "open it again" in text
    assert not screen.says(area, "points in")
    inspector.refresh()
    assert "No picture is shown" in inspector.hint.title
    bench.document.go_to(4)
    qtbot.waitUntil(lambda: bench.document.picture is not None)
    bench.document.go_to(3)
    qtbot.waitUntil(lambda: len(toasts) == 2)


def test_old_source_is_closed_when_another_is_opened(bench, qtbot) -> None:
    first, second = piece_source(3), piece_source(2, source="/other")
    open_and_wait(bench, first, qtbot)
    open_and_wait(bench, second, qtbot)
    qtbot.waitUntil(lambda: first.is_closed)
    assert not second.is_closed


def test_reader_in_this_thread_tells_bugs_and_refusals(qtbot) -> None:
    class Odd(ListSource):
        def read(self, index):
            raise RuntimeError(f"decoder bug at {index}")

    requests = LatestValue()
    reader = PictureReader(requests)
    results = []
    reader.read.connect(results.append)
    reader.work()
    requests.put(ReadRequest(Odd([]), 0))
    reader.work()
    good = piece_source(2)
    good.broken.add(0)
    for index in (0, 1):
        requests.put(ReadRequest(good, index))
        reader.work()
    assert "decoder bug" in results[0].problem
    assert "damaged" in results[1].problem
    assert results[2].picture is good.pictures[1]
    reader.close(good)
    assert good.is_closed


# Video


def test_seeks_in_a_video_are_exact(bench, qtbot, tmp_path) -> None:
    source = api.open_source(str(write_video(tmp_path / "count.avi", 60)))
    assert source.fps == pytest.approx(25)
    open_and_wait(bench, source, qtbot)
    for index in (37, 5, 59, 0, 12, 11, 58):
        bench.playback.seek(index)
        wanted = numbered_frame(index)
        qtbot.waitUntil(lambda w=wanted: np.array_equal(bench.document.picture, w))
        assert bench.document.index == index


def test_motion_jpeg_frames_are_the_right_ones(bench, qtbot, tmp_path) -> None:
    source = api.open_source(str(write_video(tmp_path / "count.avi", 30, codec="MJPG")))
    open_and_wait(bench, source, qtbot)
    for index in (20, 3, 29):
        bench.playback.seek(index)
        grey = float(numbered_frame(index)[20, 20, 0])

        def is_there(grey=grey) -> bool:
            picture = bench.document.picture
            return picture is not None and abs(float(picture[20, 20].mean()) - grey) < 2

        qtbot.waitUntil(is_there)


def test_video_plays_to_its_end_and_stops(bench, qtbot, tmp_path) -> None:
    source = api.open_source(str(write_video(tmp_path / "count.avi", 12)))
    open_and_wait(bench, source, qtbot)
    bench.playback.set_loops(False)
    bench.playback.set_speed(4.0)
    with qtbot.waitSignal(bench.playback.playing_changed):
        bench.playback.play()
    qtbot.waitUntil(lambda: not bench.playback.is_playing)
    qtbot.waitUntil(lambda: np.array_equal(bench.document.picture, numbered_frame(11)))


# Playing


def test_loop_stays_in_its_range(bench, qtbot) -> None:
    open_and_wait(bench, piece_source(30, fps=400.0), qtbot)
    bench.playback.set_loop_range((12, 5))
    assert bench.playback.loop_range == (5, 12)
    seen = []
    bench.document.picture_changed.connect(lambda: seen.append(bench.document.index))
    bench.playback.play()
    qtbot.waitUntil(lambda: len(seen) > 25)
    bench.playback.pause()
    assert set(seen) <= set(range(5, 13))
    # It came round: some index is smaller than the one before it.
    assert (np.diff(seen) < 0).any()


def test_playing_with_a_model_shows_frames_with_their_keypoints(bench, qtbot) -> None:
    open_model(bench, qtbot)
    open_and_wait(bench, piece_source(12, fps=60.0), qtbot)
    pairs = []

    def note() -> None:
        pairs.append((bench.document.index, bench.document.detection is not None))

    bench.document.picture_changed.connect(note)
    bench.playback.play()
    qtbot.waitUntil(lambda: bench.detections.frames.known.sum() > 6)
    bench.playback.pause()
    qtbot.waitUntil(lambda: not bench.engine.is_busy)
    # By the time the canvas hears of a new frame, its keypoints are known.
    assert all(bench.detections.cached(index) is not None for index, _ in pairs[1:-1])


def test_a_pause_shows_the_frame_that_waits_for_its_keypoints(bench, qtbot, made_up) -> None:
    source = piece_source(6)
    open_and_wait(bench, source, qtbot)
    open_model(bench, qtbot)
    qtbot.waitUntil(lambda: bench.document.detection is not None)
    made_up.predictor.gate.clear()
    bench.playback.play()
    qtbot.waitUntil(lambda: bench.document.index > 0 and bench.engine.is_busy, timeout=20_000)
    waiting = bench.document.index
    bench.playback.pause()
    assert bench.document.index == waiting
    assert bench.document.picture is source.pictures[waiting]
    made_up.predictor.gate.set()
    qtbot.waitUntil(lambda: bench.document.detection is not None)


def test_playing_goes_on_when_the_model_fails(bench, qtbot, made_up) -> None:
    from tusk_core.results import TuskError

    open_model(bench, qtbot)
    open_and_wait(bench, piece_source(8, fps=60.0), qtbot)
    qtbot.waitUntil(lambda: not bench.engine.is_busy)

    def refuse(*_args, **_options):
        raise TuskError("Too small.")

    made_up.predictor.detect = refuse
    seen = set()
    bench.document.picture_changed.connect(lambda: seen.add(bench.document.index))
    bench.playback.play()
    qtbot.waitUntil(lambda: len(seen) >= 4)
    bench.playback.pause()


def test_going_elsewhere_while_playing_plays_on_from_there(bench, qtbot) -> None:
    open_and_wait(bench, piece_source(400, fps=100.0), qtbot)
    bench.playback.play()
    seen = []
    bench.document.picture_changed.connect(lambda: seen.append(bench.document.index))
    bench.document.go_to(300)
    qtbot.waitUntil(lambda: len(seen) > 6 and seen[-1] > 302)
    bench.playback.pause()
    assert min(seen[2:]) >= 300


def test_step_pauses(bench, qtbot) -> None:
    open_and_wait(bench, piece_source(10, fps=30.0), qtbot)
    bench.playback.play()
    assert bench.playback.is_playing
    bench.playback.step(2)
    assert not bench.playback.is_playing
    bench.playback.step(-50)
    assert bench.document.index == 0


def test_play_begins_again_from_the_end(bench, qtbot) -> None:
    open_and_wait(bench, piece_source(5, fps=200.0), qtbot)
    bench.document.go_to(4)
    bench.playback.play()
    assert bench.document.index == 0
    bench.playback.pause()


def test_single_picture_has_nothing_to_play(bench, qtbot) -> None:
    open_and_wait(bench, piece_source(1), qtbot)
    bench.playback.toggle()
    assert not bench.playback.is_playing


def test_another_source_ends_playing(bench, qtbot) -> None:
    open_and_wait(bench, piece_source(10, fps=30.0), qtbot)
    bench.playback.set_loop_range((2, 5))
    bench.playback.play()
    bench.document.set_source(piece_source(4, source="/b"))
    assert not bench.playback.is_playing
    assert not bench.playback.has_loop_range


# The time line


def test_bar_seeks_where_it_is_clicked(qtbot) -> None:
    bar = TimelineBar()
    qtbot.addWidget(bar)
    bar.resize(620, 40)
    bar.set_frames(100)
    for frame in (0, 37, 99):
        with qtbot.waitSignal(bar.seek_requested) as sought:
            QTest.mouseClick(bar, LEFT, NONE, QPoint(round(bar.x_of(frame)), 12))
        assert sought.args == [frame]


def test_bar_scrubs_and_takes_keys(qtbot) -> None:
    bar = TimelineBar()
    qtbot.addWidget(bar)
    bar.resize(620, 40)
    bar.show()
    bar.set_frames(50)
    sought = []
    bar.seek_requested.connect(sought.append)
    bar.seek_requested.connect(bar.set_index)
    QTest.mousePress(bar, LEFT, NONE, QPoint(round(bar.x_of(10)), 12))
    QTest.mouseMove(bar, QPoint(round(bar.x_of(20)), 12))
    QTest.mouseRelease(bar, LEFT, NONE, QPoint(round(bar.x_of(20)), 12))
    QTest.mouseMove(bar, QPoint(round(bar.x_of(40)), 12))
    assert sought == [10, 20]
    for key, frame in (
        (Qt.Key.Key_Right, 21), (Qt.Key.Key_PageUp, 11), (Qt.Key.Key_End, 49), (Qt.Key.Key_Home, 0),
    ):  # fmt: skip
        QTest.keyClick(bar, key)
        assert sought[-1] == frame


def test_shift_drag_sets_the_loop_range(qtbot) -> None:
    bar = TimelineBar()
    qtbot.addWidget(bar)
    bar.resize(620, 40)
    bar.show()
    bar.set_frames(50)
    ranges = []
    bar.range_changed.connect(lambda *ends: ranges.append(ends))
    shift = Qt.KeyboardModifier.ShiftModifier
    QTest.mousePress(bar, LEFT, shift, QPoint(round(bar.x_of(30)), 12))
    QTest.mouseMove(bar, QPoint(round(bar.x_of(8)), 12))
    QTest.mouseRelease(bar, LEFT, shift, QPoint(round(bar.x_of(8)), 12))
    assert ranges[-1] == (8, 30)


def test_strips_keep_single_peaks_of_long_videos() -> None:
    values = np.zeros(100_000, np.float32)
    values[54_321] = 7
    columns = binned(values, 600)
    assert columns.max() == 7
    assert len(columns) == 600
    unknown = binned(np.full(3, np.nan, np.float32), 10)
    assert np.isnan(unknown).all()
    assert binned(np.array([1, 2], np.float32), 4).tolist() == [1, 1, 2, 2]
    assert len(binned(np.zeros(0, np.float32), 5)) == 5


def test_strips_are_drawn(qtbot) -> None:
    bar = TimelineBar()
    qtbot.addWidget(bar)
    bar.resize(500, 60)
    bar.set_frames(20)
    before = bar.grab().toImage()
    values = np.linspace(0, 5, 20).astype(np.float32)
    bar.set_strips((Strip("Keypoints", values, (80, 160, 220)),), np.ones(20, np.bool_))
    bar.set_index(5)
    bar.set_range((3, 9))
    assert bar.grab().toImage() != before
    with qtbot.waitExposed(bar):
        bar.show()
    tips = set()
    for x in range(0, bar.width(), 8):
        at = QPoint(x, bar.height() // 2)
        QApplication.sendEvent(bar, QHelpEvent(QEvent.Type.ToolTip, at, bar.mapToGlobal(at)))
        tips.add(QToolTip.text())
    assert len(tips) == 20
    assert "Frame 6 of 20\nKeypoints: 1.32" in tips


def test_dock_is_bound_to_playback(bench, qtbot) -> None:
    # The window registers these; the dock offers them in its empty state.
    bench.actions.add("file.open-video", "Open video…")
    dock = TimelineDock(bench)
    qtbot.addWidget(dock)
    assert dock.is_empty
    open_model(bench, qtbot)
    open_and_wait(bench, piece_source(9, fps=30.0), qtbot)
    assert not dock.is_empty
    QTest.mouseClick(dock.buttons["step-forward"], LEFT)
    qtbot.waitUntil(lambda: shown(bench) == 1)
    assert dock.bar.index == 1
    QTest.mouseClick(dock.buttons["play"], LEFT)
    assert bench.playback.is_playing
    assert bench.actions.get("go.play").text() == "&Pause"
    QTest.mouseClick(dock.buttons["play"], LEFT)
    assert not bench.playback.is_playing
    bench.actions.trigger("go.faster")
    assert bench.playback.speed == 2.0
    bench.actions.trigger("go.slower")
    bench.actions.trigger("go.slower")
    assert bench.playback.speed == 0.5
    dock.bar.range_changed.emit(2, 6)
    assert bench.playback.loop_range == (2, 6)
    bench.actions.trigger("go.loop-all")
    assert not bench.playback.has_loop_range
    bench.selection.select_prototype(1, "test")
    qtbot.waitUntil(lambda: len(dock.bar.strips) == 3 and not screen.is_waiting(dock))
    assert dock.bar.strips[2].name == "#1"


def test_clock_reads_well() -> None:
    assert clock(0) == "0:00.00"
    assert clock(75) == "1:15.00"

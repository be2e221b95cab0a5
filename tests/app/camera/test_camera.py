"""Cameras and their stand-ins: start, stop, lost, mirror, freeze, record, read-outs."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.support import screen
from tests.support.media_bench import (
    MadeUp,
    numbered_frame,
    open_model,
    shown_area,
    write_video,
)  # fmt: skip
from tusk_app.camera.controller import CameraController, CameraState
from tusk_app.camera.devices import (
    PATTERN,
    CameraChoice,
    SystemCamera,
    TestPattern,
    VideoFile,
    open_device,
    pattern_frame,
    turned,
)  # fmt: skip
from tusk_app.camera.dock import CameraDock
from tusk_app.camera.recorder import (
    RecordedPicture,
    RecorderWorker,
    RecordingPlan,
    count_frames,
)  # fmt: skip
from tusk_app.camera.recording import RecordingController
from tusk_app.camera.worker import CameraWorker
from tusk_app.threads.mailbox import LatestValue, Queue
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from tusk_app.canvas.area import CanvasArea
    from tusk_app.outside import Outside

LEFT = Qt.MouseButton.LeftButton


class Flaky:
    """A device that gives frames until it is unplugged."""

    def __init__(self, fps: float = 200.0) -> None:
        self.fps = fps
        self.number = 0
        self.is_plugged = threading.Event()
        self.is_plugged.set()
        self.is_closed = False

    def read(self):
        if not self.is_plugged.is_set():
            return None
        self.number += 1
        return numbered_frame(self.number)

    def close(self) -> None:
        self.is_closed = True


class Impatient(MadeUp):
    """A camera counts as lost soon."""

    def outside(self, *, lost_after: float = 0.3) -> Outside:
        return super().outside(lost_after=lost_after)


@pytest.fixture
def made_up() -> Impatient:
    return Impatient()


def wait_for(bench, qtbot, state: CameraState) -> None:
    qtbot.waitUntil(lambda: bench.camera.state is state, timeout=10_000)


# Devices


def test_pattern_is_the_same_in_every_run() -> None:
    first, again = TestPattern((160, 120)), TestPattern((160, 120))
    for _ in range(5):
        frame = first.read()
        assert np.array_equal(frame, again.read())
    assert frame.shape == (120, 160, 3)
    assert not frame.flags.writeable
    assert not np.array_equal(pattern_frame(0.0, (160, 120)), pattern_frame(1.0, (160, 120)))
    # Five kinds of pieces are in the picture.
    assert len(np.unique(frame.reshape(-1, 3), axis=0)) == 6


def test_video_file_begins_again_at_its_end(tmp_path) -> None:
    camera = VideoFile(write_video(tmp_path / "v.avi", 5))
    frames = [camera.read() for _ in range(12)]
    camera.close()
    assert camera.fps == pytest.approx(25)
    for number, frame in enumerate(frames):
        assert np.array_equal(frame, numbered_frame(number % 5))
        assert not frame.flags.writeable


def test_no_video_is_refused_in_a_sentence(tmp_path) -> None:
    path = tmp_path / "no.avi"
    path.write_bytes(b"this is no video")
    with pytest.raises(SourceError, match=r"no\.avi cannot be opened as a video"):
        open_device(CameraChoice("file", "no", str(path)))


def test_missing_camera_says_why() -> None:
    with pytest.raises(SourceError, match="Front door cannot be opened"):
        SystemCamera(CameraChoice("camera", "Front door", 77))


def test_mirror_flips_left_and_right() -> None:
    frame = pattern_frame(0.5, (64, 48))
    flipped = turned(frame, mirrored=True)
    assert np.array_equal(flipped[:, 0], frame[:, -1])
    assert not flipped.flags.writeable
    right = turned(frame, quarter_turns=1)
    assert right.shape == (64, 48, 3)
    assert np.array_equal(right[0, -1], frame[0, 0])
    assert turned(frame) is frame


def test_worker_ends_when_asked(qtbot) -> None:
    """Run in this thread: the stop was asked for before the first frame."""
    device, box = Flaky(), LatestValue()
    worker = CameraWorker(PATTERN, box, lambda _choice: device)
    worker.request_stop()
    with qtbot.waitSignals([worker.opened, worker.finished], order="strict"):
        worker.run()
    assert device.is_closed


def test_worker_tells_a_device_that_does_not_open(qtbot) -> None:
    def refuse(_choice):
        raise SourceError("Somebody else uses it.")

    worker = CameraWorker(PATTERN, LatestValue(), refuse)
    with qtbot.waitSignal(worker.failed) as failed:
        worker.run()
    assert failed.args == ["Somebody else uses it."]


# The controller


def test_frames_of_the_pattern_come_with_keypoints(bench, qtbot) -> None:
    open_model(bench, qtbot)
    frames = []
    bench.live.result.connect(frames.append)
    bench.camera.start(PATTERN)
    assert bench.camera.state is CameraState.STARTING
    qtbot.waitUntil(lambda: len(frames) > 3)
    assert bench.camera.state is CameraState.ON
    assert all(result.detection is not None for result in frames)
    numbers = [result.frame.number for result in frames]
    assert numbers == sorted(numbers)
    bench.camera.stop()
    wait_for(bench, qtbot, CameraState.OFF)


def test_frames_come_without_a_model_too(bench, qtbot, tmp_path) -> None:
    path = write_video(tmp_path / "v.avi", 6)
    frames = []
    bench.live.result.connect(frames.append)
    bench.camera.start(CameraChoice("file", "v.avi", str(path)))
    qtbot.waitUntil(lambda: len(frames) > 2)
    assert frames[0].detection is None
    assert frames[0].frame.picture.shape == (48, 64, 3)


def test_lost_camera_is_noticed_and_comes_back(bench, qtbot, made_up) -> None:
    device = Flaky()
    made_up.open_camera = lambda _choice: device
    bench.camera.start(PATTERN)
    wait_for(bench, qtbot, CameraState.ON)
    device.is_plugged.clear()
    wait_for(bench, qtbot, CameraState.LOST)
    assert bench.camera.is_on
    device.is_plugged.set()
    wait_for(bench, qtbot, CameraState.ON)


def test_reconnect_opens_the_device_again(bench, qtbot, made_up) -> None:
    devices = [Flaky(), Flaky()]
    devices[0].is_plugged.clear()
    opened = []

    def take(_choice):
        opened.append(devices[len(opened)])
        return opened[-1]

    made_up.open_camera = take
    bench.camera.start(PATTERN)
    wait_for(bench, qtbot, CameraState.LOST)
    bench.camera.reconnect()
    wait_for(bench, qtbot, CameraState.ON)
    assert opened == devices
    assert devices[0].is_closed


def test_camera_that_does_not_open_goes_off_with_a_sentence(bench, qtbot, made_up) -> None:
    def refuse(_choice):
        raise SourceError("You may not use it.")

    made_up.open_camera = refuse
    with qtbot.waitSignal(bench.camera.failed) as failed:
        bench.camera.start(PATTERN)
    assert failed.args == ["You may not use it."]
    wait_for(bench, qtbot, CameraState.OFF)


def test_slow_model_drops_frames_and_says_so(bench, qtbot, made_up) -> None:
    open_model(bench, qtbot)
    device = Flaky()
    made_up.open_camera = lambda _choice: device
    bench.camera.start(PATTERN)
    wait_for(bench, qtbot, CameraState.ON)
    made_up.predictor.gate.clear()
    device_frames = bench.live.newest.frame.number
    first = device.number
    qtbot.waitUntil(lambda: device.number > first + 7)
    made_up.predictor.gate.set()
    qtbot.waitUntil(lambda: bench.camera.stats().dropped > 3)
    assert bench.live.newest.frame.number > device_frames


def test_freeze_opens_the_frame_for_inspection(bench, qtbot, made_up) -> None:
    open_model(bench, qtbot)
    device = Flaky()
    made_up.open_camera = lambda _choice: device
    bench.camera.start(PATTERN)
    wait_for(bench, qtbot, CameraState.ON)
    picture = bench.live.newest.frame.picture
    bench.camera.freeze()
    wait_for(bench, qtbot, CameraState.OFF)
    qtbot.waitUntil(lambda: bench.document.detection is not None)
    assert bench.document.source.kind == "camera"
    assert bench.document.num_pictures == 1
    assert bench.document.picture.shape == picture.shape


def test_mirror_and_network_size_act_while_it_runs(bench, qtbot, made_up) -> None:
    open_model(bench, qtbot)
    device = Flaky()
    made_up.open_camera = lambda _choice: device
    bench.camera.start(PATTERN)
    wait_for(bench, qtbot, CameraState.ON)
    corner = bench.live.newest.frame.picture[0, 0].tolist()
    assert corner != bench.live.newest.frame.picture[0, -1].tolist()
    bench.camera.set_mirrored(True)
    bench.camera.set_network_size((160, 120))

    def is_flipped() -> bool:
        picture = bench.live.newest.frame.picture
        return picture[0, 0, 0] != picture[20, 20, 0] or picture[0, -1, 0] != picture[20, 20, 0]

    qtbot.waitUntil(
        lambda: (
            is_flipped()
            and bench.live.newest.frame.picture[0, 0, 0]
            == bench.live.newest.frame.picture[20, 20, 0]
        )
    )
    qtbot.waitUntil(lambda: made_up.predictor.network_size == (160, 120))


def test_cameras_are_listed_in_the_background(qtbot, bench) -> None:
    found = (CameraChoice("camera", "Desk"), CameraChoice("camera", "Door", 1))
    camera = CameraController(bench.document, bench.live, list_cameras=lambda: found)
    with qtbot.waitSignal(camera.cameras_changed):
        camera.refresh()
    assert camera.cameras == found
    assert camera.shutdown()


# On the canvas


def make_area(bench, qtbot) -> CanvasArea:
    return shown_area(bench, qtbot, (500, 420))


def test_live_frames_are_painted_and_timed(bench, qtbot) -> None:
    open_model(bench, qtbot)
    area = make_area(bench, qtbot)
    bench.camera.start(PATTERN)
    qtbot.waitUntil(lambda: math.isfinite(bench.camera.stats().latency_ms), timeout=10_000)
    assert area.binding.is_live
    assert area.canvas.picture_size == (640, 480)
    assert len(area.canvas.marks) > 0
    bench.camera.stop()
    wait_for(bench, qtbot, CameraState.OFF)
    assert not area.binding.is_live
    assert area.canvas.picture is None


def test_banner_tells_a_lost_camera_and_reconnects(bench, qtbot, made_up) -> None:
    area = make_area(bench, qtbot)
    device = Flaky()
    made_up.open_camera = lambda _choice: device
    bench.camera.start(PATTERN)
    wait_for(bench, qtbot, CameraState.ON)
    assert area.banner.text == ""
    device.is_plugged.clear()
    wait_for(bench, qtbot, CameraState.LOST)
    assert "No frame for 2 s" in area.banner.text
    device.is_plugged.set()
    QTest.mouseClick(area.banner.button, LEFT)
    wait_for(bench, qtbot, CameraState.ON)
    assert area.banner.text == ""


def test_dock_starts_stops_and_reads_out(bench, qtbot, made_up) -> None:
    device = Flaky()
    made_up.open_camera = lambda _choice: device
    dock = CameraDock(bench)
    qtbot.addWidget(dock)
    dock.resize(320, 500)
    dock.show()
    qtbot.waitUntil(lambda: screen.says(dock, "No camera was found"))
    assert screen.box(dock, "Camera").currentText() == "Test pattern"
    screen.press(dock, "Start")
    wait_for(bench, qtbot, CameraState.ON)
    assert screen.button(dock, "Stop")
    assert screen.button(dock, "Freeze").isEnabled()
    qtbot.waitUntil(lambda: screen.text(dock, "Camera") not in {"–", "0 fps"})
    screen.press(dock, "Stop")
    wait_for(bench, qtbot, CameraState.OFF)
    assert screen.button(dock, "Start")
    assert screen.text(dock, "Camera") == "–"


def test_dock_offers_a_video_as_a_camera(bench, qtbot, tmp_path) -> None:
    dock = CameraDock(bench)
    qtbot.addWidget(dock)
    path = write_video(tmp_path / "walk.avi", 8)
    dock.use_file(path)
    assert screen.box(dock, "Camera").currentText() == "walk.avi"
    screen.press(dock, "Start")
    wait_for(bench, qtbot, CameraState.ON)
    assert bench.camera.choice.kind == "file"
    assert bench.settings.value("camera/identity", "") == f"file:{path}"


def test_remembered_camera_is_chosen_again(bench, qtbot, made_up) -> None:
    found = (
        CameraChoice("camera", "Desk", 0, identity="1:2:a"),
        CameraChoice("camera", "Door", 1, identity="3:4:b"),
    )
    made_up.cameras = found
    bench.settings.set_value("camera/identity", "3:4:b")
    dock = CameraDock(bench)
    qtbot.addWidget(dock)
    dock.show()
    qtbot.waitUntil(lambda: screen.box(dock, "Camera").count() == 4)
    assert screen.box(dock, "Camera").currentText() == "Door"


# Recording


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".avi", "FFV1"), (".avi", "MJPG"), (".mp4", "mp4v")]
)
def test_recording_holds_every_moment(qtbot, tmp_path, suffix, codec) -> None:
    recorder = RecordingController()
    path = tmp_path / f"out{suffix}"
    assert recorder.start(RecordingPlan(path, codec))
    # Shown at 10 pictures a second: each is written three times at 30.
    for number in range(10):
        recorder.add(numbered_frame(number), number / 10)
    with qtbot.waitSignal(recorder.done, timeout=10_000) as done:
        recorder.stop()
    result = done.args[0]
    assert result.path == path
    assert result.num_frames == 28
    assert count_frames(path) == 28
    assert recorder.shutdown()
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_nothing_recorded_is_told(qtbot, tmp_path) -> None:
    recorder = RecordingController()
    recorder.start(RecordingPlan(tmp_path / "out.avi", "FFV1"))
    with qtbot.waitSignal(recorder.failed) as failed:
        recorder.stop()
    assert "Nothing was shown" in failed.args[0]
    assert recorder.shutdown()


def test_folder_that_cannot_be_written_is_told(qtbot, tmp_path) -> None:
    queue = Queue(90)
    worker = RecorderWorker(RecordingPlan(tmp_path / "out.avi", "NONE"), queue)
    queue.put(RecordedPicture(numbered_frame(0), 0.0))
    with qtbot.waitSignal(worker.failed) as failed:
        worker.write()
    assert "cannot be written" in failed.args[0]
    with qtbot.waitSignal(worker.finished):
        worker.finish()


def test_long_stall_is_not_filled_up(qtbot, tmp_path) -> None:
    queue = Queue(90)
    worker = RecorderWorker(RecordingPlan(tmp_path / "out.avi", "FFV1"), queue)
    for at in (0.0, 0.1, 60.0, 60.1):
        queue.put(RecordedPicture(numbered_frame(1), at))
    with qtbot.waitSignal(worker.done) as done:
        worker.finish()
    assert done.args[0].num_frames < 12


def test_full_queue_drops_and_counts() -> None:
    queue = Queue(2)
    for at in range(5):
        queue.put(RecordedPicture(numbered_frame(at), at))
    assert queue.num_dropped == 3


def test_canvas_is_recorded_with_its_keypoints(bench, qtbot, tmp_path, made_up) -> None:
    open_model(bench, qtbot)
    area = make_area(bench, qtbot)
    dock = CameraDock(bench)
    qtbot.addWidget(dock)
    toasts = []
    bench.notices.toast_posted.connect(toasts.append)
    device = Flaky(fps=60.0)
    made_up.open_camera = lambda _choice: device
    bench.camera.start(PATTERN)
    wait_for(bench, qtbot, CameraState.ON)
    path = tmp_path / "annotated.avi"
    dock.record_to(path, "MJPG")
    assert screen.button(dock, "■ Stop")
    qtbot.waitUntil(lambda: bench.camera.recorder.seconds > 1, timeout=10_000)
    with qtbot.waitSignal(bench.camera.recorder.done, timeout=10_000):
        screen.press(dock, "■ Stop")
    assert count_frames(path) > 8
    qtbot.waitUntil(lambda: bool(toasts))
    assert "annotated.avi" in toasts[-1].text
    del area

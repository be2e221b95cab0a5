"""Frames of a running camera for a job: how many, until when, and what ends it sooner."""

from __future__ import annotations

import numpy as np
import pytest

from tusk_app.engine.engine import Engine
from tusk_app.engine.frames import CameraFrame, LiveResult
from tusk_app.engine.live import LiveInference
from tusk_app.engine.live_frames import FrameTap, take_frames
from tusk_app.state.document import Document
from tusk_app.state.notices import Notices
from tusk_core.control import Cancelled, RunControl
from tusk_core.results import SourceError

PICTURE = np.zeros((2, 3, 3), np.uint8)


def result(number: int, at: float) -> LiveResult:
    return LiveResult(CameraFrame(number, at, PICTURE), None)


@pytest.fixture
def live(qtbot) -> LiveInference:
    engine = Engine(Document(), Notices())
    live = LiveInference(engine, engine)
    live.set_camera("bench camera")
    return live


def taken(tap: FrameTap, control: RunControl | None = None, **changed: object):
    """Run to its end what a job would; returns the frames' numbers and what was told."""
    settings = {"seconds": 30.0, "most": 100, "doing": "Watching.", "aim": "clip", **changed}
    told, work = [], take_frames(control or RunControl(), tap.frames, **settings)
    while True:
        try:
            told.append(next(work))
        except StopIteration as end:
            return [frame.number for frame in end.value], told


def test_all_frames_or_a_few_of_them_until_the_tap_is_closed(live: LiveInference) -> None:
    every, some = FrameTap(live), FrameTap(live, every_s=0.2)
    live.result.emit(result(0, 5.0))
    for number in range(1, 6):
        live.result.emit(result(number, 5.0 + 0.1 * number + 0.001))
    every.close()
    every.close()
    live.result.emit(result(6, 9.0))
    some.close()
    numbers, told = taken(every)
    assert numbers == [0, 1, 2, 3, 4, 5]
    assert {progress.message for progress in told} == {"Watching."}
    assert all(0 < progress.remaining <= 30 for progress in told)
    assert taken(some)[0] == [0, 2, 4, 6]


def test_another_camera_ends_it(live: LiveInference) -> None:
    tap = FrameTap(live)
    live.result.emit(result(0, 1.0))
    live.set_camera("another")
    live.result.emit(result(1, 2.0))
    assert taken(tap)[0] == [0]


def test_no_more_than_fit_in_memory(live: LiveInference) -> None:
    tap = FrameTap(live)
    for number in range(5):
        live.result.emit(result(number, float(number)))
    assert taken(tap, most=3)[0] == [0, 1, 2]


def test_no_frame_is_an_error_that_says_what_to_do(live: LiveInference) -> None:
    tap = FrameTap(live)
    live.set_camera("")
    with pytest.raises(SourceError, match="no picture, so there is no clip"):
        taken(tap)


def test_a_stop_is_heard_while_frames_wait(live: LiveInference) -> None:
    tap, control = FrameTap(live), RunControl()
    live.result.emit(result(0, 1.0))
    control.request_stop()
    with pytest.raises(Cancelled):
        taken(tap, control)

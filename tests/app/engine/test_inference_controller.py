"""The inference thread: open, detect, keep, filter, rebuild; newest request wins."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QThread

from tests.support.fake_predictor import FakePredictor, devices, model_info, refuse
from tests.support.media_bench import ListSource, piece_source
from tests.support.pictures import detection_of, pieces
from tusk_app.engine.detection_cache import (
    DetectionCache,
    FrameTable,
    detection_of_picture,
    first_keypoints,
)  # fmt: skip
from tusk_app.engine.detections import Detections
from tusk_app.engine.engine import Engine, EngineState
from tusk_app.engine.frames import CameraFrame, LiveResult
from tusk_app.engine.requests import (
    Detected,
    DetectRequest,
    LiveSettings,
    OpenRequest,
    PictureKey,
    PrepareRequest,
    ReconstructRequest,
    RequestBox,
)  # fmt: skip
from tusk_app.engine.worker import InferenceWorker
from tusk_app.state.document import Document
from tusk_app.state.notices import Notices
from tusk_app.state.wants import Want, Wants
from tusk_app.threads.mailbox import LatestValue
from tusk_core.results import Analysis


class Parts:
    """A document with its engine and a fake predictor."""

    def __init__(self) -> None:
        self.document, self.notices, self.wants = Document(), Notices(), Wants()
        self.predictor = FakePredictor()
        self.open_model = lambda *_a, **_k: self.predictor
        self.engine = Engine(
            self.document, self.notices,
            open_predictor=self._open, list_devices=devices,
        )  # fmt: skip
        self.detections = Detections(self.document, self.wants, self.engine)
        # Stands in for the reader: pictures come at once.
        self.document.index_requested.connect(
            lambda i: self.document.set_picture(i, self.document.source.read(i))
        )

    def _open(self, *arguments, **options):
        return self.open_model(*arguments, **options)

    def open(self, qtbot) -> None:
        with qtbot.waitSignal(self.engine.model_opened):
            self.engine.open_model("pieces")


@pytest.fixture
def parts(qtbot):
    parts = Parts()
    yield parts
    parts.predictor.gate.set()
    assert parts.engine.shutdown()


def wait_for_detection(parts: Parts, qtbot) -> None:
    qtbot.waitUntil(lambda: parts.document.detection is not None)


def test_engine_prepares_in_the_background(parts, qtbot) -> None:
    states = []
    parts.engine.state_changed.connect(states.append)
    with qtbot.waitSignal(parts.engine.devices_known) as known:
        parts.engine.prepare()
    assert known.args[0][0].name == "cpu"
    assert states == [EngineState.PREPARING, EngineState.READY]


def test_opening_a_model_looks_at_the_picture_shown(parts, qtbot) -> None:
    parts.document.set_source(piece_source())
    threads = []
    parts.document.detection_changed.connect(lambda: threads.append(QThread.currentThread()))
    parts.open(qtbot)
    wait_for_detection(parts, qtbot)
    assert parts.document.model.name == "pieces"
    assert len(parts.document.detection.keypoints.scores) == 6
    assert set(threads) == {QCoreApplication.instance().thread()}


def test_model_that_cannot_be_opened_is_told_and_the_old_one_stays(parts, qtbot) -> None:
    parts.open(qtbot)
    problems = []
    parts.notices.problem_posted.connect(problems.append)
    parts.open_model = refuse
    with qtbot.waitSignal(parts.engine.model_failed) as failed:
        parts.engine.open_model("/nowhere")
    assert "is no model" in failed.args[0]
    assert problems[0].title == "The model could not be opened."
    assert "Choose another folder" in problems[0].why
    assert parts.document.model is not None
    parts.document.set_source(piece_source())
    wait_for_detection(parts, qtbot)


def test_bug_in_the_engine_is_told_with_its_traceback(parts, qtbot) -> None:
    problems = []
    parts.notices.problem_posted.connect(problems.append)
    parts.engine.prepare()

    def broken(*_args, **_options):
        raise ZeroDivisionError("division by zero")

    parts.open_model = broken
    with qtbot.waitSignal(parts.engine.model_failed):
        parts.engine.open_model("x")
    assert "ZeroDivisionError" in problems[0].why
    assert "Traceback" in problems[0].details
    qtbot.waitUntil(lambda: not parts.engine.is_busy)


def test_pictures_are_looked_at_once(parts, qtbot) -> None:
    parts.document.set_source(piece_source())
    parts.open(qtbot)
    wait_for_detection(parts, qtbot)
    parts.document.go_to(1)
    wait_for_detection(parts, qtbot)
    done = parts.predictor.num_detections
    parts.document.go_to(0)
    # Known already: there at once, without the thread.
    assert parts.document.detection is not None
    assert parts.predictor.num_detections == done


def test_newest_request_wins_while_scrubbing(parts, qtbot) -> None:
    parts.document.set_source(piece_source(6))
    parts.open(qtbot)
    wait_for_detection(parts, qtbot)
    parts.predictor.gate.clear()
    done = parts.predictor.num_detections
    for index in (1, 2, 3, 4, 5):
        parts.document.go_to(index)
    parts.predictor.gate.set()
    wait_for_detection(parts, qtbot)
    qtbot.waitUntil(lambda: not parts.engine.is_busy)
    assert parts.document.index == 5
    # The one that was already running, and the newest.
    assert parts.predictor.num_detections - done <= 2


def test_number_of_keypoints_reruns_only_when_it_grows(parts, qtbot) -> None:
    parts.document.set_source(piece_source())
    parts.open(qtbot)
    wait_for_detection(parts, qtbot)
    done = parts.predictor.num_detections
    parts.document.set_num_keypoints(3)
    assert len(parts.document.detection.keypoints.scores) == 3
    parts.document.set_num_keypoints(20)
    qtbot.waitUntil(lambda: len(parts.document.detection.keypoints.scores) == 20)
    assert parts.predictor.num_detections == done + 1
    parts.document.set_num_keypoints(6)
    assert len(parts.document.detection.keypoints.scores) == 6
    assert parts.predictor.num_detections == done + 1


def test_score_threshold_is_a_pure_filter(parts, qtbot) -> None:
    parts.document.set_source(piece_source())
    parts.open(qtbot)
    wait_for_detection(parts, qtbot)
    qtbot.waitUntil(lambda: not parts.engine.is_busy)
    done, shown = parts.predictor.num_detections, parts.document.detection
    parts.document.set_min_score(0.7)
    assert parts.predictor.num_detections == done
    assert parts.document.detection is shown
    assert np.nanmax(parts.detections.frames.counts(0.7)) < 6


def test_heat_map_comes_when_it_is_wanted(parts, qtbot) -> None:
    parts.document.set_source(piece_source())
    parts.open(qtbot)
    wait_for_detection(parts, qtbot)
    assert parts.document.detection.heat_map is None
    parts.wants.set("canvas", Want.HEAT_MAP, True)
    qtbot.waitUntil(lambda: parts.document.detection.heat_map is not None)
    assert parts.document.detection.heat_map.shape == (80, 80)


def test_reconstruction_follows_while_somebody_wants_it(parts, qtbot) -> None:
    parts.document.set_source(piece_source())
    parts.open(qtbot)
    wait_for_detection(parts, qtbot)
    assert parts.predictor.num_reconstructions == 0
    parts.wants.set("canvas", Want.RECONSTRUCTION, True)
    parts.wants.set("inspector", Want.RECONSTRUCTION, True)
    qtbot.waitUntil(lambda: parts.document.reconstruction is not None)
    parts.wants.set("canvas", Want.RECONSTRUCTION, False)
    parts.document.go_to(2)
    qtbot.waitUntil(lambda: parts.document.reconstruction is not None)
    done = parts.predictor.num_reconstructions
    parts.wants.set("inspector", Want.RECONSTRUCTION, False)
    parts.document.go_to(3)
    wait_for_detection(parts, qtbot)
    qtbot.waitUntil(lambda: not parts.engine.is_busy)
    assert parts.predictor.num_reconstructions == done


def test_prototypes_are_drawn(parts, qtbot) -> None:
    parts.open(qtbot)
    with qtbot.waitSignal(parts.engine.prototype_pictures) as drawn:
        parts.engine.decode_prototypes([1, 2])
    assert drawn.args[0].shape == (2, 16, 16, 3)


def test_problem_with_pictures_is_told_once(parts, qtbot) -> None:
    toasts = []
    parts.notices.toast_posted.connect(toasts.append)
    parts.document.set_source(piece_source())
    parts.open(qtbot)
    wait_for_detection(parts, qtbot)

    def refuse_picture(*_args, **_options):
        from tusk_core.results import TuskError

        raise TuskError("The picture is too small for this model.")

    parts.predictor.detect = refuse_picture
    for index in (1, 2, 3):
        parts.document.go_to(index)
        qtbot.waitUntil(lambda: not parts.engine.is_busy)
    assert [toast.text for toast in toasts] == ["The picture is too small for this model."]


def test_frames_of_another_model_are_forgotten(parts, qtbot) -> None:
    parts.document.set_source(piece_source())
    parts.open(qtbot)
    wait_for_detection(parts, qtbot)
    assert parts.detections.frames.known[0]
    parts.predictor = FakePredictor(model_info(type(model_info().path)("/models/other")))
    parts.document.go_to(4)
    with qtbot.waitSignal(parts.engine.model_opened):
        parts.engine.open_model("other")
    assert not parts.detections.frames.known[0]


def test_shutdown_while_busy_leaves_no_thread(parts, qtbot) -> None:
    parts.document.set_source(piece_source())
    parts.open(qtbot)
    parts.document.go_to(3)
    assert parts.engine.shutdown()
    assert parts.engine.shutdown()


# The worker in this thread


def worker_with(predictor, frames=None, live=None):
    box = RequestBox()
    worker = InferenceWorker(box, open_predictor=lambda *_a, **_k: predictor, list_devices=devices)
    worker.set_live_boxes(frames or LatestValue(), live or LatestValue())
    return worker, box


def test_worker_answers_in_order_of_urgency(qtbot) -> None:
    worker, box = worker_with(FakePredictor())
    picture = pieces(1)[0]
    key = PictureKey("s", 0)
    box.put(ReconstructRequest(key, picture, None))
    box.put(DetectRequest(key, picture, 4, False))
    box.put(OpenRequest(1, "pieces", "auto"))
    box.put(PrepareRequest())
    answers = []
    worker.answered.connect(answers.append)
    idle = []
    worker.idle.connect(lambda: idle.append(True))
    for _ in range(5):
        worker.work()
    names = [type(answer).__name__ for answer in answers]
    assert names == ["Prepared", "Opened", "Detected", "Reconstructed"]
    assert idle == [True]
    assert isinstance(answers[2], Detected)
    assert answers[2].num_asked == 4


def test_worker_refuses_without_a_model(qtbot) -> None:
    worker, box = worker_with(FakePredictor())
    failures = []
    worker.failed.connect(failures.append)
    box.put(DetectRequest(PictureKey("s", 0), pieces(1)[0], None, False))
    worker.work()
    assert failures[0].kind == "detect"
    assert "No model is open" in failures[0].sentence


def test_live_frames_pass_with_and_without_a_model(qtbot) -> None:
    frames, live = LatestValue(), LatestValue()
    predictor = FakePredictor()
    worker, box = worker_with(predictor, frames, live)
    frames.put(CameraFrame(0, 1.0, pieces(1)[0]))
    worker.look_at_frame()
    result = live.take()
    assert isinstance(result, LiveResult)
    assert result.detection is None
    box.put(OpenRequest(1, "pieces", "auto"))
    worker.work()
    worker.set_live_settings(LiveSettings(num_keypoints=2))
    frames.put(CameraFrame(1, 2.0, pieces(2)[0]))
    worker.look_at_frame()
    result = live.take()
    assert len(result.detection.keypoints.scores) == 2
    worker.look_at_frame()
    assert live.take() is None


# What is kept


def test_cache_slices_and_forgets_the_oldest() -> None:
    picture, centres, kinds, _ = pieces(2)
    detection = detection_of(picture, centres, kinds, heat=False)
    cache = DetectionCache(bytes_at_most=6000)
    for index in range(10):
        cache.put(("model", "source", index), 8, detection)
    assert len(cache) < 10
    assert cache.get(("model", "source", 0), 8) is None
    best = cache.get(("model", "source", 9), 3)
    assert best.keypoints.scores.tolist() == detection.keypoints.scores[:3].tolist()
    assert cache.get(("model", "source", 9), 9) is None
    assert first_keypoints(detection, 100) is detection


def test_cache_keeps_few_heat_maps() -> None:
    picture, centres, kinds, _ = pieces(2, size=40, count=2)
    detection = detection_of(picture, centres, kinds)
    cache = DetectionCache()
    for index in range(30):
        cache.put(("m", "s", index), 8, detection)
    assert cache.get(("m", "s", 0), 5, with_heat_map=True) is None
    assert cache.get(("m", "s", 0), 5) is not None
    assert cache.get(("m", "s", 29), 5, with_heat_map=True) is not None


def test_frame_table_counts_means_and_presence() -> None:
    picture, centres, kinds, _ = pieces(2)
    detection = detection_of(picture, centres, kinds, extra=9)
    table = FrameTable(3)
    table.put(1, detection)
    table.put(99, detection)
    scores = detection.keypoints.scores
    assert np.isnan(table.counts(0.0)[[0, 2]]).all()
    assert table.counts(0.5)[1] == (scores.astype(np.float16) >= 0.5).sum()
    assert table.mean_scores()[1] == pytest.approx(scores.mean(), abs=1e-3)
    assert table.presence(np.array([int(kinds[0])]), 0.1)[1] > 0.5
    assert table.presence(np.array([99]), 0.1)[1] == 0
    table.forget()
    assert not table.known.any()


def test_analysis_fills_the_table_and_gives_detections() -> None:
    rng = np.random.default_rng(1)
    picture = np.array([0, 0, 2, 2, 2], np.int32)
    prototypes = np.eye(4, dtype=np.float32)
    labels = np.array([0, 1, 2, 3, 0], np.int32)
    analysis = Analysis(
        "hash", "s", ("a", "b", "c"), np.full((3, 2), 50, np.int32), np.zeros(3, np.float32),
        np.full(3, np.nan), picture, rng.uniform(0, 50, (5, 2)).astype(np.float32),
        np.array([0.2, 0.9, 0.5, 0.8, 0.6], np.float32), labels,
        prototypes[labels].astype(np.float16), np.full(5, -1, np.int32), (), prototypes,
    )  # fmt: skip
    table = FrameTable(3)
    table.take_analysis(analysis)
    assert table.counts(0.0).tolist() == [2, 0, 3]
    assert table.presence(np.array([3]), 0.0).tolist() == pytest.approx([0, 0, 0.8], abs=1e-3)
    found = detection_of_picture(analysis, 2)
    assert found.keypoints.labels.tolist() == [3, 0, 2]
    assert found.keypoints.confidences.tolist() == [1, 1, 1]
    assert detection_of_picture(analysis, 7) is None
    FrameTable(5).take_analysis(analysis)


def test_sources_of_other_length_do_not_disturb(parts, qtbot) -> None:
    parts.document.set_source(piece_source(3))
    parts.open(qtbot)
    wait_for_detection(parts, qtbot)
    parts.document.set_source(ListSource([pieces(7)[0]], source="/other"))
    assert len(parts.detections.frames.known) == 1
    wait_for_detection(parts, qtbot)


def test_results_file_is_shown_without_a_model(parts, qtbot) -> None:
    parts.document.set_source(piece_source(3, source="s"))
    prototypes = np.eye(4, dtype=np.float32)
    labels = np.array([0, 1, 2], np.int32)
    analysis = Analysis(
        "hash",
        "s",
        ("a", "b", "c"),
        np.full((3, 2), 80, np.int32),
        np.zeros(3, np.float32),
        np.full(3, np.nan),
        np.array([0, 0, 1], np.int32),
        np.full((3, 2), 20, np.float32),
        np.array([0.4, 0.9, 0.5], np.float32),
        labels,
        prototypes[labels].astype(np.float16),
        np.full(3, -1, np.int32),
        (),
        prototypes,
    )
    parts.document.set_analysis(analysis)
    assert parts.document.detection.keypoints.labels.tolist() == [1, 0]
    parts.document.go_to(1)
    assert parts.document.detection.keypoints.labels.tolist() == [2]
    assert parts.detections.frames.known.all()


def test_strips_follow_single_frames() -> None:
    picture, centres, kinds, _ = pieces(2)
    detection = detection_of(picture, centres, kinds)
    table = FrameTable(4)
    assert np.isnan(table.counts(0.5)).all()
    table.put(2, detection)
    assert table.counts(0.5)[2] == (detection.keypoints.scores >= 0.5).sum()
    fresh = FrameTable(4)
    fresh.put(2, detection)
    assert np.array_equal(table.counts(0.5), fresh.counts(0.5), equal_nan=True)
    for step in range(10):
        table.counts(step / 10)

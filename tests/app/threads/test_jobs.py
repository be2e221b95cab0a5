"""Jobs: progress, results, cancel, refusal, bugs, and no thread left."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QCoreApplication, Qt, QThread
from PySide6.QtTest import QTest

from tusk_app.canvas.widgets.jobs_panel import JobsPanel, time_left
from tusk_app.threads.job_worker import JobWorker
from tusk_app.threads.jobs import JobController, JobState
from tusk_app.threads.mailbox import LatestValue
from tusk_core.control import Cancelled, RunControl
from tusk_core.events import JobProgress
from tusk_core.results import SourceError


def three_items(_control):
    for done in (1, 2, 3):
        yield JobProgress(done, 3, f"item {done}", 3.0 - done)
    yield "the result"


def endless(control):
    waiting = threading.Event()
    done = 0
    while not control.stop_requested:
        done += 1
        yield JobProgress(done, 0)
        waiting.wait(0.005)
    raise Cancelled


def deaf(_control):
    waiting = threading.Event()
    while True:
        waiting.wait(0.005)
        yield JobProgress(1, 10)


def refused(_control):
    yield JobProgress(1, 3)
    raise SourceError("The folder is gone. Plug the disk in again.")


def broken(_control):
    yield JobProgress(1, 3)
    raise ValueError("a bug")


@pytest.fixture
def jobs(qtbot):
    jobs = JobController()
    yield jobs
    assert jobs.shutdown()
    qtbot.waitUntil(lambda: not jobs.running)


def test_progress_result_and_end_arrive_on_the_gui_thread(jobs, qtbot) -> None:
    threads, results = [], []
    jobs.job_progress.connect(lambda *_: threads.append(QThread.currentThread()))
    with qtbot.waitSignal(jobs.job_finished) as finished:
        job = jobs.start("Count to three", three_items)
        job.produced.connect(lambda result: results.append((job.title, result)))
        assert job.is_running
        assert jobs.running == (job,)
    assert finished.args[0].state is JobState.DONE
    assert results == [("Count to three", "the result")]
    assert set(threads) <= {QCoreApplication.instance().thread()}
    assert job.progress.done == 3
    assert not jobs.running


@pytest.mark.parametrize("work", [endless, deaf])
def test_cancel_ends_a_job(jobs, qtbot, work) -> None:
    with qtbot.waitSignal(jobs.job_progress):
        job = jobs.start("Endless", work)
    with qtbot.waitSignal(jobs.job_cancelled):
        jobs.cancel(job.number)
        assert job.state is JobState.CANCELLING
    assert job.state is JobState.CANCELLED


def test_refusal_is_a_sentence(jobs, qtbot) -> None:
    with qtbot.waitSignal(jobs.job_failed) as failed:
        jobs.start("Read", refused)
    failure = failed.args[1]
    assert failure.sentence == "The folder is gone. Plug the disk in again."
    assert failure.details == ""


def test_bug_has_a_traceback(jobs, qtbot) -> None:
    with qtbot.waitSignal(jobs.job_failed) as failed:
        jobs.start("Read", broken)
    assert "a bug" in failed.args[1].sentence
    assert "broken" in failed.args[1].details


def test_several_jobs_at_once(jobs, qtbot) -> None:
    first, second = jobs.start("A", endless), jobs.start("B", endless)
    assert len(jobs.running) == 2
    with qtbot.waitSignal(jobs.job_cancelled) as ended:
        first.cancel()
    assert ended.args[0] is first
    assert jobs.running == (second,)


def test_shutdown_cancels_everything(qtbot) -> None:
    jobs = JobController()
    with qtbot.waitSignal(jobs.job_progress):
        jobs.start("A", endless)
    jobs.start("B", deaf)
    assert jobs.shutdown()
    qtbot.waitUntil(lambda: not jobs.running)


def test_worker_closes_the_generator_when_cancelled(qtbot) -> None:
    """Run in this thread: fast and covered."""
    closed = []

    def careful(_control):
        try:
            yield JobProgress(1, 2)
            yield JobProgress(2, 2)
        finally:
            closed.append(True)

    control = RunControl()
    worker = JobWorker(careful, control, LatestValue())
    control.request_stop()
    with qtbot.waitSignals([worker.cancelled, worker.finished], order="strict"):
        worker.run()
    assert closed == [True]


def test_panel_shows_rows_and_cancels(qtbot) -> None:
    panel = JobsPanel()
    qtbot.addWidget(panel)
    assert panel.isHidden()
    panel.add_job(7, "Analyse all 40 pictures")
    panel.show_progress(7, 12, 40, "piece_012.png", 75.0)
    assert "12 of 40" in panel.rows[7].words
    assert "about 1 min left" in panel.rows[7].words
    with qtbot.waitSignal(panel.cancel_requested) as cancelled:
        QTest.mouseClick(panel.rows[7].cancel_button, Qt.MouseButton.LeftButton)
    assert cancelled.args == [7]
    panel.show_cancelling(7)
    assert not panel.rows[7].cancel_button.isEnabled()
    panel.remove_job(7)
    assert panel.isHidden()


def test_time_left_reads_well() -> None:
    assert time_left(None) == ""
    assert time_left(2) == "a few seconds left"
    assert time_left(33) == "about 35 s left"
    assert time_left(600) == "about 10 min left"
    assert time_left(9000) == "about 2.5 h left"

"""The Tracks panel in the real window: follow, swap, join, undo, name, lock, save, export."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests.support import screen
from tests.support.swarms import as_analysis, swarm, wandering
from tusk_app.canvas.marks import by_individual
from tusk_app.canvas.widgets.keypoint_overlay import KeypointMarks
from tusk_app.export.commands import ExportCommands
from tusk_app.parts.raster_view import NAMES
from tusk_app.tracks.dock import TracksDock
from tusk_app.tracks.model import make_view, next_frame
from tusk_app.tracks.settings_dialog import TrackSettingsDialog
from tusk_core import api, palette
from tusk_core.results import Analysis
from tusk_core.tracks import TrackEdit, Tracks

LEFT = Qt.MouseButton.LeftButton
FRAMES = 60


def made_results(folder: Path) -> Path:
    """Write results of three animals, not tracked yet."""
    made = swarm(wandering(FRAMES, 3, seed=1), np.array([[0.0, 0.0], [14.0, 0.0]]), seed=1)
    path = folder / "flies.h5"
    api.export_analysis(as_analysis(made), path, file_format="h5")
    api.open_analysis(path)  # what it imports is there then, whatever else the machine does
    return path


@pytest.fixture
def results(tmp_path: Path) -> Path:
    pytest.importorskip("h5py")
    return made_results(tmp_path)


@pytest.fixture
def bench(program):
    return program.workbench


@pytest.fixture
def dock(qtbot, program, bench, results: Path) -> TracksDock:
    """The panel with everyone followed."""
    window = program.window
    bench.analysis.open(results)
    qtbot.waitUntil(lambda: bench.document.analysis is not None, timeout=20_000)
    window.layouts.show_dock("tracks")
    made = window.docks["tracks"]
    assert "Follow individuals" in made.stack.hint.button.text()
    QTest.mouseClick(made.stack.hint.button, LEFT)
    qtbot.waitUntil(lambda: bench.tracks.view is not None, timeout=30_000)
    return made


def individuals(bench) -> np.ndarray:
    tracks = bench.document.tracks
    assert tracks is not None
    return tracks.individuals


def click(bench, qtbot, button) -> None:
    """Press a button and wait until its correction is carried out."""
    assert button.isEnabled()
    before = bench.tracks.view
    QTest.mouseClick(button, LEFT)
    qtbot.waitUntil(lambda: bench.tracks.view is not before, timeout=10_000)


def choose(dock: TracksDock, words: str) -> None:
    """Choose a line of the menu More."""
    menu = dock.more.menu()
    assert menu is not None
    action = next(action for action in menu.actions() if action.text() == words)
    assert action.isEnabled()
    action.trigger()


def correct(bench, qtbot, dock: TracksDock, words: str) -> None:
    """Choose a line of the menu and wait until its correction is carried out."""
    before = bench.tracks.view
    choose(dock, words)
    qtbot.waitUntil(lambda: bench.tracks.view is not before, timeout=10_000)


def go_to(dock: TracksDock, frame: int) -> None:
    """Click into the rows at a frame."""
    x, y = dock.rows.frame_x(frame + 0.5), dock.rows.row_y(0) + 6
    QTest.mouseClick(dock.rows.viewport(), LEFT, pos=QPoint(int(x), int(y)))
    assert abs(dock.frame - frame) <= 1


def test_everyone_has_a_row_and_the_file_keeps_the_tracks(
    dock: TracksDock, results: Path, bench
) -> None:
    assert dock.rows.rows.names == ("individual 1", "individual 2", "individual 3")
    assert dock.rows.rows.strength.shape == (3, FRAMES)
    assert "3 individuals" in dock.summary.text()
    kept = api.open_analysis(results).tracks
    assert kept is not None
    assert np.array_equal(kept.individuals, individuals(bench))


def test_swap_undo_and_redo_with_real_clicks(dock: TracksDock, qtbot, results: Path, bench) -> None:
    before = individuals(bench).copy()
    picture = bench.document.analysis.picture
    go_to(dock, 30)
    frame = dock.frame
    assert dock.current == 0
    dock.other.setCurrentIndex(dock.other.findData(2))
    click(bench, qtbot, dock.swap)
    late = picture >= frame
    swapped = individuals(bench)
    assert np.array_equal(swapped[~late], before[~late])
    assert np.array_equal(swapped[late] == 0, before[late] == 2)
    assert frame in bench.tracks.view.doubtful.tolist()
    edits = results.with_name("flies.h5.edits.json")
    qtbot.waitUntil(edits.is_file, timeout=10_000)

    click(bench, qtbot, dock.undo)
    assert np.array_equal(individuals(bench), before)
    click(bench, qtbot, dock.redo)
    assert np.array_equal(individuals(bench), swapped)


def test_join_split_delete_name_and_lock(dock: TracksDock, qtbot, bench) -> None:
    before = individuals(bench).copy()
    go_to(dock, 20)
    correct(bench, qtbot, dock, "Split here")
    assert dock.rows.rows.names[3] == "individual 1 (2)"
    dock.other.setCurrentIndex(dock.other.findData(3))
    click(bench, qtbot, dock.join)
    assert np.array_equal(individuals(bench), before)

    dock.choose(1)
    dock.name_edit.selectAll()
    QTest.keyClicks(dock.name_edit, "Bob")
    shown = bench.tracks.view
    QTest.keyClick(dock.name_edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bench.tracks.view is not shown, timeout=10_000)
    assert dock.rows.rows.names[1] == "Bob"

    correct(bench, qtbot, dock, "Lock")
    assert dock.rows.rows.names[1] == "Bob (locked)"
    assert not dock.swap.isEnabled()
    assert not dock.delete.isEnabled()
    assert dock.lock.text() == "Unlock"

    dock.choose(2)
    correct(bench, qtbot, dock, "Delete")
    assert not (individuals(bench) == 2).any()
    assert len(dock.rows.rows.names) == 2


def test_a_refused_correction_is_told_and_changes_nothing(
    dock: TracksDock, qtbot, program, bench
) -> None:
    said: list[str] = []
    program.workbench.notices.toast_posted.connect(lambda toast: said.append(toast.text))
    before = individuals(bench).copy()
    bench.tracks.correct(TrackEdit("swap", 0, 9, frame=3))
    qtbot.waitUntil(lambda: bool(said), timeout=10_000)
    assert "0 to 2" in said[0]
    assert np.array_equal(individuals(bench), before)
    assert not bench.tracks.can_undo


def test_doubtful_frames_are_visited_in_turn(dock: TracksDock, qtbot, bench) -> None:
    go_to(dock, 30)
    dock.other.setCurrentIndex(dock.other.findData(2))
    click(bench, qtbot, dock.swap)
    doubtful = bench.tracks.view.doubtful.tolist()
    go_to(dock, 5)
    seen = []
    for _ in doubtful:
        QTest.mouseClick(dock.doubt, LEFT)
        seen.append(dock.frame)
    assert sorted(seen) == doubtful
    assert next_frame(np.array([], np.int64), 3) is None
    assert next_frame(np.array([2, 7]), 7) == 2


def test_corrections_come_back_with_the_results_and_reach_exports(
    dock: TracksDock, qtbot, program, results: Path, tmp_path: Path, bench
) -> None:
    dock.choose(0)
    dock.name_edit.setText("Ada")
    dock.name_edit.editingFinished.emit()
    qtbot.waitUntil(lambda: dock.rows.rows.names[0] == "Ada", timeout=10_000)
    qtbot.waitUntil(results.with_name("flies.h5.edits.json").is_file, timeout=10_000)
    before = bench.tracks.view
    bench.analysis.open(results)
    qtbot.waitUntil(lambda: bench.tracks.view not in (None, before), timeout=20_000)
    assert bench.document.tracks.names[0] == "Ada"
    out = tmp_path / "out.csv"
    program.window.findChild(ExportCommands).export_to("csv", out)
    qtbot.waitUntil(out.is_file, timeout=20_000)
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert {row["individual_name"] for row in rows} == {"Ada", "individual 2", "individual 3"}


def test_markers_take_the_colours_of_individuals(dock: TracksDock, program) -> None:
    document = program.workbench.document
    analysis, tracks = document.analysis, document.tracks
    rows = analysis.picture == 7
    points = analysis.xy[rows]
    marks = KeypointMarks(
        points,
        analysis.scores[rows],
        np.zeros((len(points), 3), np.uint8),
        ("",) * len(points),
        ("",) * len(points),
        np.ones(len(points), bool),
    )
    assert by_individual(marks, document, 7) is marks  # other pictures are open, or none
    open_document = SimpleNamespace(
        analysis=analysis, tracks=tracks, shows=lambda source: source == analysis.source
    )
    coloured = by_individual(marks, open_document, 7).colours
    expected = [palette.colour(one) for one in tracks.individuals[rows].tolist()]
    assert coloured.tolist() == [list(colour) for colour in expected]


def test_a_hundred_individuals_over_many_frames_are_drawn_from_what_is_in_view(qtbot) -> None:
    frames, count = 5000, 100
    picture = np.repeat(np.arange(frames, dtype=np.int32), count)
    who = np.tile(np.arange(count, dtype=np.int32), frames)
    made = swarm(wandering(2, 1))
    base = as_analysis(made)
    analysis = Analysis(
        base.model_fingerprint,
        base.source,
        tuple(f"frame {i:06d}" for i in range(frames)),
        np.full((frames, 2), 400, np.int32),
        np.zeros(frames, np.float32),
        np.arange(frames) / 25,
        picture,
        np.zeros((len(picture), 2), np.float32),
        np.ones(len(picture), np.float32),
        np.zeros(len(picture), np.int32),
        np.zeros((len(picture), 1), np.float16),
        np.full(len(picture), -1, np.int32),
        (),
        np.ones((1, 1), np.float32),
    )
    tracks = Tracks(who, np.ones(len(who), np.float32), tuple(f"fly {i}" for i in range(count)))
    view = make_view(analysis, tracks, (TrackEdit("delete", 3),))
    assert len(view.shown) == count - 1
    assert view.strength.shape == (count, frames)
    assert view.strength[0, 0] == 1
    assert not view.strength[3].any()
    assert NAMES > 0


def test_settings_are_proposed_by_the_data_taken_and_remembered(
    dock: TracksDock, qtbot, program, bench
) -> None:
    choose(dock, "Follow again…")
    dialog = screen.dialog(dock, TrackSettingsDialog)
    assert dialog is not None
    assert "being looked through" in dialog.summary.text()
    qtbot.waitUntil(dialog.use_all.isEnabled, timeout=20_000)
    assert "A body has 2 kinds of keypoint; 3 are seen in" in dialog.summary.text()
    assert dialog.proposals["num_individuals"].text() == "Use 3"
    QTest.mouseClick(dialog.proposals["num_individuals"], LEFT)
    dialog.rows["min_length"].set_value(7)
    dialog.rows["reach"].set_value(-1.0)
    assert dialog.problem.isVisible()
    assert not dialog.follow.isEnabled()
    dialog.rows["reach"].reset()
    before = bench.tracks.view
    QTest.mouseClick(dialog.follow, LEFT)
    qtbot.waitUntil(lambda: bench.tracks.view not in (None, before), timeout=30_000)
    made = json.loads(bench.tracks.view.base.settings)
    assert (made["num_individuals"], made["min_length"]) == (3, 7)
    assert bench.tracks.settings.num_individuals == 3


def test_rows_are_as_strong_as_the_scores(dock: TracksDock, bench) -> None:
    analysis, tracks = bench.document.analysis, bench.document.tracks
    rows = (tracks.individuals == 1) & (analysis.picture == 9)
    assert dock.rows.rows.strength[1, 9] == pytest.approx(float(analysis.scores[rows].mean()))


def test_events_are_saved_as_corrected(dock: TracksDock, qtbot, tmp_path: Path, bench) -> None:
    dock.choose(0)
    correct(bench, qtbot, dock, "Delete")
    out = tmp_path / "events.csv"
    with qtbot.waitSignal(bench.jobs.job_finished, timeout=20_000):
        bench.tracks.save_events(out, {0: "head"})
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    everyone = {row["name"] for row in rows if row["of"] == "individual"}
    assert "individual 2" in everyone
    assert "individual 1" not in everyone
    assert "individual 2: head" in everyone | {row["name"] for row in rows}

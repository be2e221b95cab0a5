"""The real window: commands, workspaces, themes, dropping, recent items, closing."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QListWidget, QWidget

from tests.support import screen
from tusk_app.app import Program
from tusk_app.parts import theme
from tusk_app.pictures.controller import display_name
from tusk_app.shell.command_palette import ID_ROLE
from tusk_app.shell.layouts import WORKSPACES
from tusk_app.shell.main_window import DOCKS, MainWindow
from tusk_app.threads import worker_thread
from tusk_app.threads.worker_thread import any_late
from tusk_core import api
from tusk_core.events import CheckpointSaved, RunFinished, StepDone, TrainEvent
from tusk_core.results import Analysis, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tusk_app.settings import Settings
    from tusk_core.control import RunControl

# Commands that open dialogs of the system or leave the program.
OPEN_SYSTEM_DIALOGS = frozenset({
    "file.open-images", "file.open-picture", "file.open-video", "file.open-model", "file.open-run",
})  # fmt: skip


def open_folder(qtbot, program: Program, folder: Path) -> None:
    program.workbench.sources.open_paths([str(folder)])
    qtbot.waitUntil(lambda: program.workbench.document.picture is not None)


def drop(window: MainWindow, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    keys, buttons = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    actions = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(10, 10), actions, data, buttons, keys)
    zone = window.welcome.drop_zone
    before = screen.drawn(zone)
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    assert screen.drawn(zone) != before
    window.dropEvent(QDropEvent(QPointF(10, 10), actions, data, buttons, keys))
    assert screen.drawn(zone) == before


class TestAtRest:
    """One window for all that only look at it."""

    def test_every_dock_of_the_table_is_there(self, resting: Program) -> None:
        window = resting.window
        assert set(window.docks) == {spec.make.name for spec in DOCKS}
        names = [dock.objectName() for dock in window.docks.values()]
        assert len(set(names)) == len(names)
        assert all(names), "saveState needs object names"

    def test_the_welcome_page_has_the_window_to_itself(self, resting: Program) -> None:
        window = resting.window
        assert window.welcome.isVisible()
        assert not any(dock.isVisible() for dock in window.docks.values())

    def test_every_command_can_be_reached_by_keyboard(self, resting: Program) -> None:
        """By keys of its own or through the palette, which has keys and lists every command."""
        actions = resting.workbench.actions
        assert actions.keys("tools.command-palette") == "Ctrl+Shift+P"
        resting.window.openers.palette()
        palette = resting.window.openers.command_palette
        assert palette is not None
        listed = palette.findChild(QListWidget)
        ids = {listed.item(row).data(ID_ROLE) for row in range(listed.count())}
        assert ids == {entry.id for entry in actions.all()}
        palette.hide()

    def test_every_command_stands_in_a_menu(self, resting: Program) -> None:
        window = resting.window
        in_menus = set()
        pending = [action.menu() for action in window.menuBar().actions()]
        while pending:
            menu = pending.pop()
            for action in menu.actions():
                in_menus.add(action.objectName())
                if action.menu() is not None:
                    pending.append(action.menu())
        missing = {e.id for e in resting.workbench.actions.all()} - in_menus
        assert not missing

    def test_no_keys_are_given_twice(self, resting: Program) -> None:
        seen: dict[str, str] = {}
        for entry in resting.workbench.actions.all():
            for keys in entry.action.shortcuts():
                text = keys.toString()
                assert text not in seen, f"{text}: {seen.get(text)} and {entry.id}"
                seen[text] = entry.id

    def test_bare_letters_act_over_the_picture_only(self, resting: Program) -> None:
        for entry in resting.workbench.actions.all():
            for keys in entry.action.shortcuts():
                text = keys.toString()
                if len(text) == 1 and text.isalnum():
                    assert entry.canvas_only, f"{entry.id} answers to {text} everywhere"


def test_icon_only_buttons_have_a_name(program: Program, qtbot, picture_folder: Path) -> None:
    open_folder(qtbot, program, picture_folder)
    nameless = [
        (button.parent().objectName(), button.toolTip())
        for button in program.window.findChildren(QAbstractButton)
        if not button.text() and not button.accessibleName() and not button.toolTip()
        and not button.objectName().startswith("qt_") and button.isVisible()
    ]  # fmt: skip
    assert not nameless


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=lambda c: c.name)
def test_text_has_enough_contrast(colours: theme.Theme) -> None:
    for ground in (colours.window, colours.base, colours.raised):
        for text in (
            colours.text, colours.muted, colours.link, colours.success, colours.warning,
            colours.danger,
        ):  # fmt: skip
            assert theme.contrast(text, ground) >= 4.5
    assert theme.contrast(colours.accent_text, colours.accent) >= 4.5
    assert theme.contrast(colours.strong_border, colours.window) >= 3
    assert theme.contrast(colours.link, colours.window) >= 3, "focus must be seen"


def test_the_theme_switches_while_the_program_runs(program: Program) -> None:
    program.workbench.actions.trigger("view.theme-dark")
    assert theme.of(QApplication.palette()) is theme.DARK
    assert program.workbench.settings.theme == "dark"
    program.workbench.actions.trigger("view.theme-light")
    assert theme.of(program.window.palette()) is theme.LIGHT


def test_text_grows_and_shrinks(program: Program) -> None:
    actions, dock = program.workbench.actions, program.window.docks["source"]
    parts = (program.window.status, program.window.welcome, dock)
    before = [part.fontMetrics().height() for part in parts]
    for _ in range(3):
        actions.trigger("view.text-larger")
    assert all(part.fontMetrics().height() > old for part, old in zip(parts, before, strict=True))
    actions.trigger("view.text-normal")
    assert [part.fontMetrics().height() for part in parts] == before


def test_every_workspace_shows_its_panels(program: Program) -> None:
    window, actions = program.window, program.workbench.actions
    for name in WORKSPACES:
        actions.trigger(f"view.workspace-{name.lower()}")
        # A tab behind another one is not visible, but is not hidden either.
        shown = {spec.make.name for spec in DOCKS if not window.docks[spec.make.name].isHidden()}
        assert shown == {spec.make.name for spec in DOCKS if name in spec.workspaces}, name
        assert actions.get(f"view.workspace-{name.lower()}").isChecked()


def test_what_the_user_made_of_a_workspace_comes_back(qtbot, settings: Settings) -> None:
    first = Program(settings)
    qtbot.addWidget(first.window)
    first.window.show()
    first.window.layouts.switch("Data")
    first.window.docks["source"].hide()
    first.window.layouts.show_dock("log")
    first.window.resize(780, 690)
    assert first.window.close()
    second = Program(settings)
    qtbot.addWidget(second.window)
    second.window.show()
    assert second.window.size().toTuple() == (780, 690)
    second.window.layouts.reveal()
    assert second.window.docks["source"].isHidden()
    assert not second.window.docks["log"].isHidden()
    second.workbench.actions.trigger("view.reset-layout")
    assert not second.window.docks["source"].isHidden()
    assert second.window.docks["log"].isHidden()
    assert second.window.close()


def test_a_panel_called_for_on_the_welcome_page_stays_in_front(
    qtbot, program: Program, picture_folder: Path
) -> None:
    camera = program.window.docks["camera"]
    camera.show()
    open_folder(qtbot, program, picture_folder)
    assert camera.isVisible(), "the overlay panel covers it"


def test_the_keyboard_visits_every_panel(qtbot, program: Program, picture_folder: Path) -> None:
    open_folder(qtbot, program, picture_folder)
    window = program.window
    window.activateWindow()
    panels = [window.centralWidget(), *window.docks.values()]
    visited = set()
    for _ in range(6):
        program.workbench.actions.trigger("view.next-panel")
        focus = window.focusWidget()
        visited |= {p.objectName() for p in panels if p.isAncestorOf(focus)}
    assert {"source-dock", "inspector-dock", "overlay-dock", "timeline-dock"} <= visited


def test_panels_can_be_shown_and_hidden_by_command(program: Program) -> None:
    action = program.workbench.actions.get("view.panel-log")
    action.trigger()
    assert not program.window.docks["log"].isHidden()
    assert action.isChecked()
    action.trigger()
    assert program.window.docks["log"].isHidden()


def test_a_dropped_folder_opens(qtbot, program: Program, picture_folder: Path) -> None:
    drop(program.window, picture_folder)
    document = program.workbench.document
    qtbot.waitUntil(lambda: document.picture is not None)
    assert not program.window.welcome.isVisible()
    assert program.window.windowTitle().startswith("pictures")
    assert program.workbench.settings.recent()[0] == ("pictures", str(picture_folder))


def test_dropped_pictures_open_their_folder_at_the_first(
    qtbot, program: Program, picture_folder: Path
) -> None:
    drop(program.window, picture_folder / "3.png", picture_folder / "1.png")
    document = program.workbench.document
    qtbot.waitUntil(lambda: document.picture is not None)
    assert document.source is not None
    assert document.source.name(document.index) == "3.png"


WRONG_THINGS = (
    ("notes.txt", "hello", "TXT file"),
    ("weights.safetensors", "x", "without their settings"),
    ("empty", None, "is empty"),
    ("gone.png", "absent", "There is no"),
)


def test_wrong_things_give_a_sentence(qtbot, program: Program, tmp_path: Path) -> None:
    for name, content, words in WRONG_THINGS:
        path = tmp_path / name
        if content is None:
            path.mkdir()
        elif content != "absent":
            path.write_text(content)
        with qtbot.waitSignal(program.workbench.sources.refused) as told:
            drop(program.window, path)
        assert words in told.args[0], name
        assert any(words in card.text for card in program.window.toasts.cards), name
        assert program.window.welcome.isVisible()


def test_a_folder_without_pictures_gives_a_sentence(
    qtbot, program: Program, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with qtbot.waitSignal(program.workbench.sources.refused) as told:
        program.workbench.sources.open_paths([str(tmp_path)])
    assert told.args[0]
    assert "Traceback" not in told.args[0]


def test_a_foreign_model_gives_an_error(qtbot, program: Program, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"foreign")
    (tmp_path / "config.json").write_text("{}")
    with qtbot.waitSignal(program.workbench.engine.model_failed, timeout=60_000):
        drop(program.window, tmp_path)
    dialog = program.window.errors.dialog
    assert dialog is not None
    assert dialog.problem is not None
    program.window.errors.close()


def test_a_recent_item_opens_again(qtbot, program: Program, picture_folder: Path) -> None:
    open_folder(qtbot, program, picture_folder)
    program.workbench.document.set_source(None)
    assert program.window.welcome.isVisible()
    program.window.welcome.recent_chosen.emit("pictures", str(picture_folder))
    qtbot.waitUntil(lambda: program.workbench.document.picture is not None)
    titles = [a.text() for a in program.window.menus.submenus["@recent"].actions()]
    assert titles[0] == "pictures"
    program.workbench.actions.trigger("file.forget-recent")
    assert program.workbench.settings.recent() == []


@pytest.mark.parametrize(("path", "name"), [
    ("/runs/2026-11-22_195503_big-fish_da57", "big-fish (2026-11-22 19:55)"),
    ("/runs/2026-11-22_195503_fish_da57/checkpoints/step_00000500",
     "fish (2026-11-22 19:55), step 500"),
    ("sample:tetrominoes?count=9", "sample tetrominoes"), ("/data/flies", "flies"),
])  # fmt: skip
def test_names_for_people(path: str, name: str) -> None:
    assert display_name(path) == name


def test_a_recent_item_that_is_gone_leaves_the_list(
    qtbot, program: Program, tmp_path: Path
) -> None:
    program.workbench.settings.add_recent("pictures", tmp_path / "gone")
    with qtbot.waitSignal(program.workbench.sources.refused):
        program.window.open_recent("pictures", str(tmp_path / "gone"))
    assert program.workbench.settings.recent() == []


def test_the_arrow_keys_work_right_after_opening(
    qtbot, program: Program, picture_folder: Path
) -> None:
    program.window.activateWindow()
    open_folder(qtbot, program, picture_folder)
    qtbot.waitUntil(lambda: program.window.focusWidget() is program.window.canvas.canvas)
    qtbot.keyClick(program.window.canvas.canvas, Qt.Key.Key_Right)
    assert program.workbench.document.index == 1
    qtbot.keyClick(program.window.canvas.canvas, Qt.Key.Key_A)
    assert program.workbench.document.index == 0


def test_pictures_are_filtered_and_followed(qtbot, program: Program, picture_folder: Path) -> None:
    open_folder(qtbot, program, picture_folder)
    dock = program.window.docks["source"]
    assert dock.num_shown == 7
    dock.set_filter("3.p")
    qtbot.waitUntil(lambda: dock.num_shown == 1)
    dock.set_filter("")
    qtbot.waitUntil(lambda: dock.num_shown == 7)
    document = program.workbench.document
    shown = dock.findChild(QAbstractItemView)
    shown.setCurrentIndex(shown.model().index(4, 0))
    qtbot.waitUntil(lambda: document.index == 4)
    program.workbench.actions.trigger("go.next")
    qtbot.waitUntil(lambda: shown.currentIndex().row() == 5)


def test_thumbnails_come_and_a_broken_file_is_no_trouble(
    qtbot, program: Program, picture_folder: Path
) -> None:
    open_folder(qtbot, program, picture_folder)
    store = program.workbench.sources.thumbnails
    qtbot.waitUntil(lambda: all(store.get(i) is not None for i in range(7)))
    assert sum(store.get(i).isNull() for i in range(7)) == 1


def test_the_arrow_keys_go_through_pictures_over_the_canvas_only(
    qtbot, program: Program, picture_folder: Path
) -> None:
    open_folder(qtbot, program, picture_folder)
    document = program.workbench.document
    next_picture = program.workbench.actions.get("go.next")
    assert next_picture.isEnabled()
    over = [program.window.canvas, *program.window.canvas.findChildren(QWidget)]
    assert any(next_picture in widget.actions() for widget in over)
    program.workbench.actions.trigger("go.last")
    assert document.index == 6
    program.workbench.actions.trigger("go.previous-10")
    assert document.index == 0


def test_closing_ends_every_thread(qtbot, program: Program, picture_folder: Path) -> None:
    open_folder(qtbot, program, picture_folder)
    with qtbot.waitSignal(program.window.closed):
        assert program.window.close()
    assert program.window.closer.is_down


def until_stopped(control: RunControl) -> Iterator[TrainEvent]:
    step = 0
    while not control.stop_requested:
        step += 1
        yield StepDone(step, {"total": 1.0}, 0.01, 10.0, 0.1, None)
    yield CheckpointSaved(step, Path("nowhere"), is_best=True)
    yield RunFinished(step, "stopped", Path("nowhere"))


def unsaved(control: RunControl) -> Iterator[TrainEvent]:
    yield from (event for event in until_stopped(control) if not isinstance(event, CheckpointSaved))


def test_a_run_is_shown_when_it_starts_and_announced_when_it_ends(qtbot, program: Program) -> None:
    training, window = program.workbench.training, program.window
    with qtbot.waitSignal(training.record.steps_done):
        training.start(until_stopped)
    assert window.layouts.current == "Train"
    assert window.docks["training"].isVisible()
    # The panel says it all; elsewhere the status bar does.
    qtbot.waitUntil(lambda: not window.status.run_chip.isVisible())
    window.layouts.switch("Data")
    qtbot.waitUntil(window.status.run_chip.isVisible)
    with qtbot.waitSignal(training.run_ended):
        training.stop_and_keep()
    assert [card.text for card in window.toasts.cards] == ["The run was stopped."]
    assert not window.status.run_chip.isVisible()


def test_a_run_that_could_not_be_saved_is_not_announced_as_a_success(
    qtbot, program: Program
) -> None:
    training, window = program.workbench.training, program.window
    with qtbot.waitSignal(training.record.steps_done):
        training.start(unsaved)
    window.layouts.switch("Data")
    with qtbot.waitSignal(training.run_ended):
        training.stop_and_keep()
    (card,) = window.toasts.cards
    assert card.text == "The run was stopped. Not all of it could be saved."


def test_a_run_is_not_lost_by_closing(qtbot, program: Program) -> None:
    training, window = program.workbench.training, program.window
    with qtbot.waitSignal(training.record.steps_done):
        training.start(until_stopped)
    asked: list[str] = []
    window.closer.ask = lambda title, *_rest: asked.append(title) or False
    assert not window.close()
    assert training.is_busy, "the user went on"
    window.closer.ask = lambda title, *_rest: asked.append(title) or True
    with qtbot.waitSignal(window.closed, timeout=20_000):
        assert not window.close(), "first the run must be saved"
    assert asked == ["A run is in progress"] * 2


def analysis_of(labels: list[int], pictures: list[int]) -> Analysis:
    count = len(labels)
    return Analysis(
        model_fingerprint="x", source="ten", picture_names=tuple(f"{i}.png" for i in range(10)),
        picture_sizes=np.full((10, 2), 8, np.int32), picture_errors=np.full(10, np.nan, np.float32),
        times=np.full(10, np.nan), picture=np.array(pictures, np.int32),
        xy=np.zeros((count, 2), np.float32), scores=np.ones(count, np.float32),
        labels=np.array(labels, np.int32), descriptors=np.zeros((count, 4), np.float16),
        classes=np.full(count, -1, np.int32), class_names=(),
        prototypes=np.eye(4, dtype=np.float32),
    )  # fmt: skip


def test_all_detections_of_a_prototype_are_selected_and_visited(
    qtbot, program: Program, picture_folder: Path
) -> None:
    open_folder(qtbot, program, picture_folder)
    bench = program.workbench
    bench.prototypes.reset(4)
    bench.prototypes.merge(3, 1)
    bench.document.set_analysis(analysis_of([1, 0, 3, 1], [0, 1, 2, 5]))
    bench.selection.select_prototype(1)
    bench.actions.trigger("edit.select-prototype")
    assert bench.selection.detections.tolist() == [0, 2, 3]
    bench.actions.trigger("go.next-prototype")
    assert bench.document.index == 2
    bench.actions.trigger("go.next-prototype")
    assert bench.document.index == 5
    bench.actions.trigger("go.next-prototype")
    assert bench.document.index == 5
    assert "No picture after" in program.window.status.message
    bench.actions.trigger("go.previous-prototype")
    assert bench.document.index == 2


def test_a_thread_that_hangs_holds_the_window_up_once_only(
    qtbot, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, begun, release = program.window, threading.Event(), threading.Event()

    def hang(*_source: object, **_options: object) -> None:
        begun.set()
        release.wait()
        raise SourceError("It came too late.")

    monkeypatch.setattr(api, "open_watched", hang)
    monkeypatch.setattr(worker_thread, "STOP_TIMEOUT_MS", 200)
    toasts: list[str] = []
    program.workbench.notices.toast_posted.connect(lambda toast: toasts.append(toast.text))
    program.workbench.sources.open_pictures("sample:tetrominoes")
    qtbot.waitUntil(begun.is_set)
    window.close()
    assert not window.closer.is_down
    assert "Close the window again to leave without waiting" in toasts[-1]
    assert any_late()
    window.close()
    assert window.closer.is_down
    assert not window.isVisible()
    release.set()
    qtbot.waitUntil(lambda: not any_late())


def test_tab_goes_to_every_button_of_the_welcome_page(program: Program) -> None:
    window = program.window
    window.activateWindow()
    window.welcome.setFocus()
    seen: list[str] = []
    for _ in range(40):
        focused = QApplication.focusWidget()
        assert focused is not None
        seen.append(focused.accessibleName())
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert seen[0] == "Open images…"  # the user's own pictures come first
    assert {"Open images…", "Try the sample", "Open model…"} <= set(seen)
    following = seen[seen.index("Open images…") + 1]
    assert following == "Try the sample"

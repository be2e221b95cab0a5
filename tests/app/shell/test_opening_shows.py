"""Opening shows what was opened, a panel fills the window and goes back, letters act anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QTabBar,
)

from tests.support.fake_predictor import model_info
from tests.support.media_bench import write_video
from tusk_app.shell.tour import Tour
from tusk_app.shell.tour_steps import tour_steps

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_app.app import Program

SMALL = QSize(1280, 800)


def test_what_is_opened_is_seen(qtbot, program: Program, picture_folder: Path, tmp_path) -> None:
    window, document = program.window, program.workbench.document
    window.resize(SMALL)
    layouts = window.layouts
    # The last start ended in Train: the picture would lie behind "Nothing has been trained yet".
    layouts.switch("Train")
    assert not window.canvas.isVisible() or window.canvas.height() == 0
    program.open_paths([str(picture_folder)])
    qtbot.waitUntil(lambda: document.picture is not None, timeout=20_000)
    assert layouts.current == "Data"
    assert window.canvas.canvas.isVisible()
    # A video that is opened while exploring brings its time line, and the map keeps its tab.
    layouts.switch("Explore")
    assert not window.docks["timeline"].isVisible()
    program.open_paths([str(write_video(tmp_path / "film.avi", 20))])
    qtbot.waitUntil(lambda: document.num_pictures == 20, timeout=20_000)
    qtbot.waitUntil(lambda: not window.docks["timeline"].visibleRegion().isEmpty(), timeout=20_000)
    assert not window.docks["embedding"].visibleRegion().isEmpty()
    assert layouts.current == "Explore"
    # The picture keeps half of the room above the lower panels.
    lower = max(d.geometry().bottom() for d in window.docks.values() if d.isVisible())
    room = lower - window.centralWidget().geometry().top()
    qtbot.waitUntil(lambda: window.centralWidget().height() >= 0.45 * room, timeout=20_000)
    a_job_moves_nothing(qtbot, program)
    a_panel_fills_the_window(qtbot, program)
    letters_act_from_any_panel(qtbot, program)
    what_was_said_of_a_model_goes_with_it(program)


def a_job_moves_nothing(qtbot, program: Program) -> None:
    """The row of a job lies over the picture: its zoom and size stay."""
    window, canvas = program.window, program.window.canvas.canvas
    seen = []

    def is_settled() -> bool:
        """True once the panels that came with the video have their places."""
        seen.append(canvas.size())
        return len(seen) > 4 and seen[-1] == seen[-4]

    qtbot.waitUntil(is_settled, timeout=20_000)
    before = canvas.size(), canvas.zoom
    window.canvas.jobs.add_job(99, "Analyse all 448 pictures")
    window.canvas.jobs.show_progress(99, 448, 500, "picture_448.png", 20.0)
    assert window.canvas.jobs.isVisible()
    assert (canvas.size(), canvas.zoom) == before
    assert "448 of 500" in window.canvas.jobs.rows[99].words
    window.canvas.jobs.remove_job(99)


def a_panel_fills_the_window(qtbot, program: Program) -> None:
    """A double click on a tab fills the window with its panel; another brings all back."""
    window, layouts = program.window, program.window.layouts
    before = {name for name, dock in window.docks.items() if dock.isVisible()}
    height = window.centralWidget().height()
    bars = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    (bar, index) = next(
        (bar, i) for bar in bars for i in range(bar.count()) if bar.tabText(i) == "Inspector"
    )
    assert bar.elideMode() is Qt.TextElideMode.ElideNone
    QTest.mouseDClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(index).center())
    inspector = window.docks["inspector"]
    qtbot.waitUntil(lambda: inspector.width() > 0.9 * window.width(), timeout=20_000)
    qtbot.waitUntil(lambda: inspector.height() > 0.7 * window.height(), timeout=20_000)
    assert [n for n, d in window.docks.items() if d.isVisible()] == ["inspector"]
    # Its title offers the way back, and so does a command.
    inspector.titleBarWidget().fill_wanted.emit()
    qtbot.waitUntil(lambda: inspector.width() < 0.5 * window.width(), timeout=20_000)
    assert {name for name, dock in window.docks.items() if dock.isVisible()} == before
    assert layouts.filled is None
    # The picture has its height again too.
    qtbot.waitUntil(lambda: window.centralWidget().height() >= 0.9 * height, timeout=20_000)


def letters_act_from_any_panel(qtbot, program: Program) -> None:
    """K, N and the like need no click on the picture; where one types, they are text."""
    window, actions = program.window, program.workbench.actions
    shown = actions.get("view.overlay").isChecked()
    table = window.docks["inspector"].table
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_K)
    assert actions.get("view.overlay").isChecked() is not shown
    field = window.docks["source"].findChild(QLineEdit)
    field.setFocus()
    QTest.keyClicks(field, "k")
    assert field.text() == "k"
    assert actions.get("view.overlay").isChecked() is not shown
    field.clear()
    # The map's own letters stay with the map.
    scatter = window.docks["embedding"].scatter
    scatter.setFocus()
    was = actions.get("view.segmentation").isChecked()
    QTest.keyClick(scatter, Qt.Key.Key_G)
    assert actions.get("view.segmentation").isChecked() is was
    # Return presses the button that has the focus, as in the tour.
    tour = Tour(window, tour_steps(window))
    tour.start()
    forward = next(b for b in tour.card.findChildren(QPushButton) if b.text() == "Next")
    forward.setFocus()
    QTest.keyClick(forward, Qt.Key.Key_Return)
    assert tour.current == 1
    tour.stop()
    # Merging and naming are found by their words.
    titles = {entry.title for entry in actions.all()}
    assert {"Merge the selected kinds", "Rename the selected kind"} <= titles


def what_was_said_of_a_model_goes_with_it(program: Program) -> None:
    """A warning about one model does not stay in the corner under the next."""
    notices, toasts = program.workbench.notices, program.window.toasts
    notices.toast("This model was never taught to redraw.", "warning", about="model")
    notices.toast("The disk is nearly full.", "warning")
    program.workbench.document.set_model(model_info())
    assert [card.text for card in toasts.cards] == ["The disk is nearly full."]
    toasts.clear()


def test_buttons_of_dialogs_have_no_stock_icons(qtbot, qapp) -> None:
    from tusk_app.parts import theme

    theme.apply(qapp, "dark", 1.0)
    box = QMessageBox()
    qtbot.addWidget(box)
    box.setStandardButtons(QMessageBox.StandardButton.Close | QMessageBox.StandardButton.Cancel)
    box.show()
    assert all(button.icon().isNull() for button in box.buttons())
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    qtbot.addWidget(buttons)
    buttons.show()
    assert all(button.icon().isNull() for button in buttons.buttons())
    theme.apply(qapp, "light", 1.0)

"""The list of runs: open, go on with, compare, show in the file manager, move to the trash."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QSize, Qt, QTimer, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QMessageBox,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tusk_app.panel import Panel
from tusk_app.parts import icons, theme
from tusk_app.parts.empty_hint import EmptyHint, HintStack
from tusk_app.parts.flow_layout import FlowLayout
from tusk_app.training.controller import TrainingController
from tusk_app.training.run_list import NAME, PRESET, SORTS, STARTED, STATUS, STEP, TIME, RunList

if TYPE_CHECKING:
    from tusk_app.workbench import Workbench
    from tusk_core.results import RunSummary

REFRESH_MS = 3000
# id, text, icon, tip
BUTTONS = (
    ("watch", "Watch", "train", "Show curves and pictures, also while it is being written"),
    ("inspect", "Inspect", "model", "Open its best model"),
    ("resume", "Resume…", "play", "Resume from its last checkpoint"),
    ("compare", "Compare", "compare", "Show its curve in grey beside the run that is shown"),
    ("reveal", "Show folder", "folder", "Open its folder in the file manager"),
    ("trash", "Trash…", "trash", "Move its folder to the trash"),
)
WITH_TEXT = frozenset({"watch", "inspect", "resume"})


class RunsDock(Panel):
    """Lists the runs under the run folder, newest first; looks again every few seconds."""

    name = "runs"
    title = "Runs"
    question = "What was trained before?"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._training = workbench.part(TrainingController)
        self.list_model = RunList(self)
        self.table = self._make_table()
        self._buttons: dict[str, QToolButton] = {}
        content = QWidget(self)
        column = QVBoxLayout(content)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(6)
        column.addWidget(self._make_buttons(content))
        column.addWidget(self.table, 1)
        hint = EmptyHint(
            "train",
            "No runs yet",
            "Every training run is kept here: press Train… to make the first one, or let a run of "
            "the command line write into the same folder.",
            "Train…",
        )
        hint.clicked.connect(lambda: self._training.setup_requested.emit("new", None))
        self.stack = HintStack(hint, content, self)
        self.setWidget(self.stack)
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._connect()
        self._show_buttons()
        self.follow_theme()

    def button(self, name: str) -> QToolButton:
        """Return the button with id ``name``."""
        return self._buttons[name]

    @property
    def current(self) -> RunSummary | None:
        """The chosen run."""
        return self.list_model.run_at(self.table.currentIndex().row())

    def sizeHint(self) -> QSize:
        """Room for names and states."""
        return QSize(300, 300)

    @Slot()
    def refresh(self) -> None:
        """Look again which runs there are."""
        self._training.setup.list_runs(self._training.run_root)

    def showEvent(self, event: QShowEvent) -> None:
        """Look, and keep looking."""
        super().showEvent(event)
        self.refresh()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Look no more."""
        self._timer.stop()
        super().hideEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter watches the chosen run, Delete asks for the trash; columns follow the width."""
        if event.type() == QEvent.Type.Resize:
            self._fit_columns()
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            names = {
                Qt.Key.Key_Return: "watch",
                Qt.Key.Key_Enter: "watch",
                Qt.Key.Key_Delete: "trash",
            }
            name = names.get(Qt.Key(event.key()))
            if name is not None and self._buttons[name].isEnabled():
                self.press(name)
                return True
        return super().eventFilter(watched, event)

    def press(self, name: str) -> None:
        """Do what the button with id ``name`` does, to the chosen run."""
        run = self.current
        if run is None:
            return
        if name == "watch":
            self._watch(run)
        elif name == "inspect":
            self._training.inspect_requested.emit(run)
        elif name == "resume":
            self._training.setup_requested.emit("resume", run.path)
        elif name == "compare":
            self._training.compare_toggled.emit(run.path)
        elif name == "reveal":
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(run.path)))
        elif name == "trash" and self.confirm_trash(run):
            self._training.trash_run(run.path)

    def confirm_trash(self, run: RunSummary) -> bool:
        """Ask whether ``run`` shall really go to the trash."""
        box = QMessageBox(self.window())
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Move a run to the trash")
        box.setText(f"Move the run {run.name} to the trash?")
        box.setInformativeText(f"Its folder, with all checkpoints, is {run.path}.")
        trash = box.addButton("Move to trash", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.exec()
        return box.clickedButton() is trash

    def _make_table(self) -> QTableView:
        table = QTableView(self)
        table.setModel(self.list_model)
        table.setAccessibleName("Runs")
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.verticalHeader().hide()
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(False)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.installEventFilter(self)
        table.viewport().installEventFilter(self)
        return table

    def _make_buttons(self, parent: QWidget) -> QWidget:
        area = QWidget(parent)
        flow = FlowLayout(area, spacing=2)
        for name, text, _icon, tip in BUTTONS:
            button = QToolButton(area)
            button.setText(text)
            button.setToolTip(tip if name in WITH_TEXT else f"{text.rstrip('…')}: {tip}")
            button.setAutoRaise(True)
            style = Qt.ToolButtonStyle
            is_frequent = name in WITH_TEXT
            button.setToolButtonStyle(
                style.ToolButtonTextBesideIcon if is_frequent else style.ToolButtonIconOnly
            )
            button.setAccessibleName(text)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _on=False, which=name: self.press(which))
            flow.addWidget(button)
            self._buttons[name] = button
        return area

    def restyle(self) -> None:
        """Take the colours of the theme."""
        colours = theme.of(self.palette())
        for name, _text, drawing, _tip in BUTTONS:
            self._buttons[name].setIcon(icons.icon(drawing, colours.text, colours.disabled))

    def _connect(self) -> None:
        training = self._training
        training.setup.runs_listed.connect(self._show_runs)
        training.setup.runs_failed.connect(
            lambda text: self._bench.notices.status(f"The runs could not be listed: {text}")
        )
        training.state_changed.connect(self.refresh)
        training.run_trashed.connect(self.refresh)
        self.table.selectionModel().currentChanged.connect(self._show_buttons)
        self.list_model.modelReset.connect(self._show_buttons)
        self.list_model.modelReset.connect(self._fit_columns)
        self.list_model.dataChanged.connect(self._show_buttons)
        self.table.doubleClicked.connect(lambda _index: self.press("watch"))
        self.table.customContextMenuRequested.connect(self._show_menu)

    @Slot(object)
    def _show_runs(self, runs: tuple[RunSummary, ...]) -> None:
        chosen = self.current
        self.list_model.set_runs(tuple(self._up_to_date(run) for run in runs))
        if chosen is not None and self.current is None:
            row = self.list_model.row_of(chosen.path)
            if row >= 0:
                self.table.setCurrentIndex(self.list_model.index(row, 0))
        self.stack.show_content(has_content=bool(runs))

    def _up_to_date(self, run: RunSummary) -> RunSummary:
        """The run of this window is known better than its folder tells between checkpoints."""
        record = self._training.record
        last = record.last_step
        if not self._training.is_busy or run.path != record.run_dir or last is None:
            return run
        return replace(run, step=last.step, elapsed=last.elapsed)

    @Slot()
    def _fit_columns(self) -> None:
        """Leave out what would be cut off; the tool tip has it all the same. The name is elided."""
        header, room = self.table.horizontalHeader(), self.table.viewport().width()
        room -= 12 * self.table.fontMetrics().averageCharWidth()
        for column in (STATUS, TIME, STEP, SORTS, PRESET, STARTED):  # the most telling first
            hint = max(self.table.sizeHintForColumn(column), header.sectionSizeHint(column))
            room -= hint
            self.table.setColumnHidden(column, column != STATUS and room < 0)

    @Slot()
    def _show_buttons(self, _first: QModelIndex | None = None, *_more: object) -> None:
        run = self.current
        is_live = run is not None and run.status in {"running", "paused"}
        has_model = run is not None and bool(run.checkpoints)
        for name, button in self._buttons.items():
            enabled = run is not None
            if name in {"inspect", "resume"}:
                enabled = has_model
            if name in {"resume", "trash"}:
                enabled = enabled and not is_live
            button.setEnabled(enabled)

    @Slot(QPoint)
    def _show_menu(self, place: QPoint) -> None:
        if self.current is None:
            return
        menu = QMenu(self)
        for name, text, _icon, tip in BUTTONS:
            action = menu.addAction(text)
            action.setToolTip(tip)
            action.setEnabled(self._buttons[name].isEnabled())
            action.triggered.connect(lambda _on=False, which=name: self.press(which))
        menu.popup(self.table.viewport().mapToGlobal(place))
        menu.aboutToHide.connect(menu.deleteLater)

    def _watch(self, run: RunSummary) -> None:
        """The run of this window is shown as it is; any other is followed from its folder."""
        if self._training.is_busy and self._training.record.run_dir == run.path:
            self._training.live_requested.emit()
        else:
            self._training.monitor.follow(run.path)

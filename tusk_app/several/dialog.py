"""Asks which videos and folders are processed, what is made of them, and where it goes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts.path_edit import PathEdit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent

    from tusk_core.results import ExportFormatInfo

NOTHING_ELSE = ""


@dataclass(frozen=True, slots=True)
class SeveralPlan:
    """What to do.

    Attributes:
        sources: videos, folders of videos, folders of pictures.
        folder: that the results go into.
        follow: follow individuals too.
        format: name of an export format that is written too; empty for none.
    """

    sources: tuple[str, ...]
    folder: Path
    follow: bool
    format: str


class SourceList(QListWidget):
    """Takes files and folders that are dropped on it.

    Signals:
        changed: a source came or went.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideLeft)
        self.setAccessibleName("Videos and folders")

    @property
    def sources(self) -> tuple[str, ...]:
        """All of them, in order."""
        return tuple(self.item(row).text() for row in range(self.count()))

    def add(self, sources: Sequence[str]) -> None:
        """Add those that are not there yet."""
        known = set(self.sources)
        self.addItems([one for one in dict.fromkeys(sources) if one and one not in known])
        self.changed.emit()

    def remove_selected(self) -> None:
        """Take the selected ones away."""
        for item in self.selectedItems():
            self.takeItem(self.row(item))
        self.changed.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take local files."""
        event.setAccepted(any(url.isLocalFile() for url in event.mimeData().urls()))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Take local files."""
        event.setAccepted(event.mimeData().hasUrls())

    def dropEvent(self, event: QDropEvent) -> None:
        """Add what was dropped."""
        self.add([url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()])
        event.acceptProposedAction()


class SeveralDialog(QDialog):
    """Sources, what is made of them, and a folder.

    Signals:
        chosen: SeveralPlan.
    """

    chosen = Signal(object)

    def __init__(
        self,
        plan: SeveralPlan,
        formats: Sequence[ExportFormatInfo],
        model: str,
        parent: QWidget | None = None,
    ) -> None:
        """Show ``plan``; ``model`` is the name of the open one."""
        super().__init__(parent)
        self.setObjectName("several")
        self.setWindowTitle("Run on several videos")
        self.list = SourceList(self)
        self.list.add(plan.sources)
        self.follow = QCheckBox("Follow individuals over time", self)
        self.follow.setToolTip("With the settings of the panel Tracks; else only find keypoints")
        self.follow.setChecked(plan.follow)
        self.format = QComboBox(self)
        self.format.addItem("Nothing else", NOTHING_ELSE)
        for item in formats:
            self.format.addItem(item.label, item.name)
        self.format.setCurrentIndex(max(0, self.format.findData(plan.format)))
        self.place = PathEdit(folder="Choose a folder…", parent=self)
        self.place.set_text(str(plan.folder) if plan.folder.name else "")
        self.note = QLabel(self)
        self.note.setWordWrap(True)
        self.note.setProperty("role", "muted")
        self._lay_out(model)
        self.list.changed.connect(self._check)
        self.place.changed.connect(self._check)
        self._check()
        self.resize(640, 460)

    @property
    def plan(self) -> SeveralPlan:
        """What is chosen now."""
        folder = Path(self.place.text()).expanduser()
        data = str(self.format.currentData())
        return SeveralPlan(self.list.sources, folder, self.follow.isChecked(), data)

    def _lay_out(self, model: str) -> None:
        column = QVBoxLayout(self)
        column.setSpacing(10)
        words = QLabel(
            f"Run <b>{model}</b> on these, one after the other. A job that was stopped continues "
            "where it was: what is finished is not done again.",
            self,
        )
        words.setWordWrap(True)
        column.addWidget(words)
        row = QHBoxLayout()
        row.addWidget(self.list, 1)
        buttons = QVBoxLayout()
        for text, act in (
            ("Add videos…", self._ask_videos),
            ("Add a folder…", self._ask_folder),
            ("Remove", self.list.remove_selected),
        ):
            button = QPushButton(text, self)
            button.clicked.connect(act)
            button.setAutoDefault(False)
            buttons.addWidget(button)
        buttons.addStretch(1)
        row.addLayout(buttons)
        column.addLayout(row, 1)
        form = QFormLayout()
        form.addRow("", self.follow)
        form.addRow("Also write", self.format)
        form.addRow("Results go to", self.place)
        column.addLayout(form)
        column.addWidget(self.note)
        box = QDialogButtonBox(self)
        self.start = box.addButton("Start", QDialogButtonBox.ButtonRole.AcceptRole)
        box.addButton(QDialogButtonBox.StandardButton.Cancel)
        box.accepted.connect(self._choose)
        box.rejected.connect(self.reject)
        column.addWidget(box)

    def _ask_videos(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "Add videos", self._begin())
        self.list.add(names)

    def _ask_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Add a folder", self._begin())
        self.list.add([name] if name else [])

    def _begin(self) -> str:
        sources = self.list.sources
        return str(Path(sources[-1]).parent) if sources else ""

    def _check(self) -> None:
        """Say what is missing, or what will come of it."""
        sources, place = self.list.sources, self.place.text()
        if not sources:
            text = "Add videos, or a folder that holds videos or pictures; or drop them here."
        elif not place:
            text = "Choose a folder for the results."
        else:
            text = "Each gets a results file of its name (.h5), which this program opens."
        self.note.setText(text)
        self.start.setEnabled(bool(sources and place))

    def _choose(self) -> None:
        self.chosen.emit(self.plan)
        self.accept()

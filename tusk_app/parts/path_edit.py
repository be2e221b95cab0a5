"""A line for a folder, file or sample, with a menu to choose it and room to drop it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QMenu, QToolButton, QWidget

from tusk_core.source_text import path_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QDragEnterEvent, QDropEvent


class PathEdit(QWidget):
    """Takes what is typed, chosen or dropped.

    Signals:
        changed: str.
    """

    changed = Signal(str)

    def __init__(
        self,
        *,
        folder: str = "",
        file: str = "",
        file_filter: str = "",
        choices: Sequence[tuple[str, str]] = (),
        parent: QWidget | None = None,
    ) -> None:
        """Create an empty line.

        Args:
            folder: menu text that asks for a folder; empty offers none.
            file: menu text that asks for a file; empty offers none.
            file_filter: such as ``"Videos (*.mp4 *.avi)"``.
            choices: (menu text, value) of what needs no file dialog.
            parent: widget that owns this one.
        """
        super().__init__(parent)
        self._file_filter = file_filter
        self._line = QLineEdit(self)
        self._line.setAcceptDrops(False)
        self._line.textChanged.connect(self.changed)
        self._browse = QToolButton(self)
        self._browse.setText("Choose")
        self._browse.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._menu = QMenu(self._browse)
        if folder:
            self._menu.addAction(folder, self._ask_folder)
        if file:
            self._menu.addAction(file, self._ask_file)
        if choices and (folder or file):
            self._menu.addSeparator()
        for text, value in choices:
            action = self._menu.addAction(text)
            action.triggered.connect(lambda _on=False, chosen=value: self.set_text(chosen))
        self._browse.setMenu(self._menu)
        self._browse.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._line, 1)
        row.addWidget(self._browse)
        self.setFocusProxy(self._line)
        self.setAcceptDrops(True)

    @property
    def line(self) -> QLineEdit:
        """The text field."""
        return self._line

    @property
    def menu(self) -> QMenu:
        """What can be chosen."""
        return self._menu

    def text(self) -> str:
        """What is chosen, without blanks around it."""
        return self._line.text().strip()

    def set_text(self, text: str) -> None:
        """Choose ``text``."""
        if text != self._line.text():
            self._line.setText(text)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take one local path."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Choose what was dropped."""
        local = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if local:
            self.set_text(local[0])
            event.acceptProposedAction()

    def _start(self) -> str:
        path = Path(path_text(self.text())) if self.text() else Path.home()
        return str(path if path.is_dir() else path.parent)

    def _ask_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Choose a folder", self._start())
        if chosen:
            self.set_text(chosen)

    def _ask_file(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, "Choose a file", self._start(), self._file_filter
        )
        if chosen:
            self.set_text(chosen)

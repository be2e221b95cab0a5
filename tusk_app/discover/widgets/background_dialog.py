"""Lists kinds that look like background, with their faces; those that are ticked are hidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts.words import say

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

FACE = 44
_NUMBER = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True, eq=False)
class BackgroundRow:
    """A kind that looks like background.

    Attributes:
        number: of the kind.
        name: what it is called.
        face: what it looks like; None where that is not known.
        count: its detections.
        reason: where they are.
    """

    number: int
    name: str
    face: QImage | None
    count: int
    reason: str


class BackgroundDialog(QDialog):
    """Hides nothing itself.

    Signals:
        hide_wanted: tuple of the numbers that are ticked.
    """

    hide_wanted = Signal(object)

    def __init__(self, rows: tuple[BackgroundRow, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("background-kinds")
        self.setWindowTitle("Hide background")
        self.resize(560, 420)
        title = QLabel(say("These [kinds] look like background"), self)
        title.setProperty("role", "heading")
        text = QLabel(
            say(
                "Judged by where their [points] are and what lies around them, without labels. "
                "Untick what you want to keep; hiding can be undone."
            ),
            self,
        )
        text.setProperty("role", "muted")
        text.setWordWrap(True)
        self.list = QListWidget(self)
        self.list.setAccessibleName(say("[Kinds] that look like background"))
        self.list.setIconSize(QSize(FACE, FACE))
        self.list.setSpacing(3)
        self.list.setWordWrap(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        for row in rows:
            self.list.addItem(_item(row))
        self.hide_button = QPushButton(self)
        self.hide_button.setDefault(True)
        self.hide_button.clicked.connect(self._hide)
        cancel = QPushButton("Cancel", self)
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.hide_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(8)
        for widget in (title, text, self.list):
            column.addWidget(widget)
        column.addLayout(buttons)
        self.list.itemChanged.connect(self._count)
        self._count()

    @property
    def ticked(self) -> tuple[int, ...]:
        """The kinds that would be hidden."""
        items = [self.list.item(row) for row in range(self.list.count())]
        return tuple(
            item.data(_NUMBER) for item in items if item.checkState() is Qt.CheckState.Checked
        )

    def _count(self) -> None:
        count = len(self.ticked)
        self.hide_button.setText(say(f"Hide {count} [kind]{'' if count == 1 else 's'}"))
        self.hide_button.setEnabled(count > 0)

    def _hide(self) -> None:
        ticked = self.ticked
        self.accept()
        self.hide_wanted.emit(ticked)


def _item(row: BackgroundRow) -> QListWidgetItem:
    item = QListWidgetItem(f"{row.name}   {row.count:,} ×\n{row.reason}")
    item.setData(_NUMBER, row.number)
    item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
    item.setCheckState(Qt.CheckState.Checked)
    if row.face is not None:
        face = row.face.scaled(
            FACE, FACE, Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )  # fmt: skip
        item.setIcon(QIcon(QPixmap.fromImage(face)))
    return item

"""The keypoints of one picture as a table, best first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from tusk_app.canvas.widgets.keypoint_overlay import NO_MARKS, KeypointMarks
from tusk_app.canvas.widgets.symbols import symbol_path
from tusk_app.parts.name_room import name_room
from tusk_app.parts.words import say

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent, QResizeEvent

_CHIP_ROOM = 30  # logical pixels; with a face more
_HEADERS = ("[Kind]", "Score", "x", "y")
FACE_SIDE = 20  # of the face of a kind, beside its symbol
_ALIGN_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_ALIGN_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_Index = QModelIndex | QPersistentModelIndex


def chip(colour: QColor, symbol: str, side: int = 16, ratio: float = 1.0) -> QPixmap:
    """Return a prototype's symbol in its colour, ``side`` logical pixels wide."""
    picture = QPixmap(round(side * ratio), round(side * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(QPointF(side / 2, side / 2))
    size = side * 0.66
    painter.scale(size, size)
    painter.setPen(QPen(colour.darker(150), 1.2 / size))
    painter.setBrush(colour)
    painter.drawPath(symbol_path(symbol))
    painter.end()
    return picture


def beside(mark: QPixmap, face: QImage, side: int = FACE_SIDE, ratio: float = 2.0) -> QPixmap:
    """Return a symbol and, right of it, the face of its kind, ``side`` logical pixels high."""
    width = mark.width() / mark.devicePixelRatio()
    picture = QPixmap(round((width + 4 + side) * ratio), round(side * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawPixmap(QPointF(0, (side - mark.height() / mark.devicePixelRatio()) / 2), mark)
    painter.drawImage(QRectF(width + 4, 0, side, side), face)
    painter.end()
    return picture


class KeypointModel(QAbstractTableModel):
    """Rows are keypoints by index."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marks = NO_MARKS
        self._min_score = 0.0
        self._faces: tuple[QImage | None, ...] = ()
        self._chips: dict[tuple[tuple[int, ...], str, int], QIcon] = {}

    @property
    def marks(self) -> KeypointMarks:
        """What is listed."""
        return self._marks

    def set_marks(
        self,
        marks: KeypointMarks,
        min_score: float,
        faces: tuple[QImage | None, ...] = (),
    ) -> None:
        """List other keypoints, each with the face of its kind if there is one."""
        self._faces = faces
        same = len(marks) == len(self._marks)
        if not same:
            self.beginResetModel()
        self._marks, self._min_score = marks, min_score
        if not same:
            self.endResetModel()
        elif len(marks):
            last = self.index(len(marks) - 1, len(_HEADERS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def rowCount(self, parent: _Index | None = None) -> int:
        """Return the number of keypoints."""
        return 0 if parent is not None and parent.isValid() else len(self._marks)

    def columnCount(self, parent: _Index | None = None) -> int:  # noqa: ARG002
        """Return the number of columns."""
        return len(_HEADERS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's title."""
        if orientation is Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return say(_HEADERS[section])
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _ALIGN_RIGHT if section > 0 else _ALIGN_LEFT
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what one cell shows."""
        row, column, marks = index.row(), index.column(), self._marks
        if row >= len(marks):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            x, y = marks.xy[row].tolist()
            # The blanks keep the numbers of neighbouring columns apart.
            texts = (marks.names[row], f"{marks.scores[row]:.3f}", f"  {x:.1f}", f"  {y:.1f}")
            return texts[column]
        if role == Qt.ItemDataRole.TextAlignmentRole and column > 0:
            return _ALIGN_RIGHT
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            return self._chip(row)
        if role == Qt.ItemDataRole.ForegroundRole and marks.scores[row] < self._min_score:
            return QColor(128, 134, 145)
        return None

    def _chip(self, row: int) -> QIcon:
        face = self._faces[row] if row < len(self._faces) else None
        colour, symbol = tuple(self._marks.colours[row].tolist()), self._marks.symbols[row]
        key = (colour, symbol, 0 if face is None else face.cacheKey())
        if key not in self._chips:
            drawn = chip(QColor(*colour), symbol, ratio=2.0)
            picture = drawn if face is None else beside(drawn, face)
            icon = self._chips[key] = QIcon(picture)
            # Qt tints icons of selected rows; the colour is what these are for.
            icon.addPixmap(picture, QIcon.Mode.Selected)
        return self._chips[key]


class KeypointTable(QTableView):
    """Lists keypoints; hovering and choosing a row is told.

    Signals:
        row_hovered: int, -1 for none.
        rows_chosen: frozenset of int; by the user only.
    """

    row_hovered = Signal(int)
    rows_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = KeypointModel(self)
        self.setModel(self._model)
        self._hovered = -1
        self._is_ours = False
        self.setAccessibleName(say("[Points] of this picture"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setIconSize(QSize(16 + 4 + FACE_SIDE, FACE_SIDE))
        self.viewport().setMouseTracking(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in range(1, len(_HEADERS)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.selectionModel().selectionChanged.connect(self._tell_choice)

    def set_marks(
        self,
        marks: KeypointMarks,
        min_score: float = 0.0,
        faces: tuple[QImage | None, ...] = (),
    ) -> None:
        """List other keypoints; the selection stays if their number does."""
        self._is_ours = True
        self._model.set_marks(marks, min_score, faces)
        self._is_ours = False

    def selected_rows(self) -> frozenset[int]:
        """The rows that are shown as selected."""
        return frozenset(index.row() for index in self.selectionModel().selectedRows())

    def select_rows(self, rows: frozenset[int]) -> None:
        """Show these rows as selected without telling anybody."""
        if rows == self.selected_rows():
            return
        self._is_ours = True
        flags = QItemSelectionModel.SelectionFlag
        self.clearSelection()
        for row in sorted(row for row in rows if row < self._model.rowCount()):
            place = self._model.index(row, 0)
            if len(rows) == 1:
                self.selectionModel().setCurrentIndex(place, flags.Select | flags.Rows)
                self.scrollTo(place)
            else:
                self.selectionModel().select(place, flags.Select | flags.Rows)
        self._is_ours = False

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out places before names are cut; the inspector tells them for a chosen row."""
        super().resizeEvent(event)
        header, room = self.horizontalHeader(), self.viewport().width()
        room -= name_room(self.fontMetrics()) + _CHIP_ROOM + FACE_SIDE
        for column in range(1, len(_HEADERS)):
            room -= max(self.sizeHintForColumn(column), header.sectionSizeHint(column))
            self.setColumnHidden(column, room < 0)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell the row under the pointer."""
        self._hover(self.indexAt(event.position().toPoint()).row())
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that the pointer left."""
        self._hover(-1)
        super().leaveEvent(event)

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = row
            self.row_hovered.emit(row)

    @Slot()
    def _tell_choice(self) -> None:
        if self._is_ours:
            return
        self.rows_chosen.emit(self.selected_rows())

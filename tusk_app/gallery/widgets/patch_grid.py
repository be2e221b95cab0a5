"""A grid of patches that paints only what is in view: 100 000 scroll as smoothly as 100."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from tusk_app.parts import tones

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from PySide6.QtGui import QResizeEvent, QWheelEvent

GAP = 4
_SMALLEST, _LARGEST = 32, 160


class PatchGrid(QAbstractScrollArea):
    """Rows of an analysis as patches, in a given order.

    A click selects one, Ctrl adds or removes one, Shift selects a range; arrows move, Enter opens,
    Ctrl+wheel changes the size.

    Signals:
        selection_made: NDArray[int64] rows, ascending.
        activated: int row, it was clicked or Enter was pressed on it.
        hovered: (object row or None, QPoint on the screen).
        cleared: Esc.
        side_changed: int.
    """

    selection_made = Signal(object)
    activated = Signal(int)
    hovered = Signal(object, QPoint)
    cleared = Signal()
    side_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = np.zeros(0, np.int64)
        self._frames = np.zeros((0, 3), np.uint8)
        self._captions: Callable[[int], str] | None = None
        self._patch_of: Callable[[int], QImage | None] = lambda _row: None
        self._selected = np.zeros(0, np.int64)
        self._is_all_selected = False
        self._hovered = -1
        self._current = 0
        self._anchor = 0
        self._side = 72
        self._empty_text = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Detections")

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows in the order shown."""
        return self._rows

    @property
    def side(self) -> int:
        """Side of a patch on the screen."""
        return self._side

    def set_patches(self, patch_of: Callable[[int], QImage | None]) -> None:
        """Take patches from here; one that is not there yet is None."""
        self._patch_of = patch_of

    def set_captions(self, captions: Callable[[int], str] | None) -> None:
        """Write a few characters under each patch, such as its score."""
        self._captions = captions
        self._layout()

    def set_rows(self, rows: NDArray[np.int64], frames: NDArray[np.uint8]) -> None:
        """Show other rows, (n,), with the colour of each frame, (n, 3) RGB."""
        self._rows, self._frames = rows, frames
        self._current = self._anchor = 0
        self._hovered = -1
        self._find_all_selected()
        self.verticalScrollBar().setValue(0)
        self._layout()

    def set_empty_text(self, text: str) -> None:
        """Say why there is nothing, where there is nothing."""
        self._empty_text = text
        self.setAccessibleDescription("" if len(self._rows) else text)
        self.viewport().update()

    def set_side(self, side: int) -> None:
        """Draw patches larger or smaller."""
        side = min(max(side, _SMALLEST), _LARGEST)
        if side != self._side:
            first = self._first_visible()
            self._side = side
            self._layout()
            self.verticalScrollBar().setValue(self.place_of(first).top() - GAP)
            self.side_changed.emit(side)

    def set_selected(self, rows: NDArray[np.int64]) -> None:
        """Make these rows (ascending) stand out."""
        self._selected = rows
        self._find_all_selected()
        self.viewport().update()

    def set_hovered(self, row: int | None) -> None:
        """Ring a row that is pointed at elsewhere."""
        found = _where(self._rows, row)
        self._hovered = int(found[0]) if len(found) else -1
        self.viewport().update()

    def scroll_to(self, row: int) -> None:
        """Bring a row into view."""
        found = np.flatnonzero(self._rows == row)
        if len(found):
            self._show_position(int(found[0]))

    def visible_rows(self) -> NDArray[np.int64]:
        """Return the rows that are in view."""
        first, last = self._visible_span()
        return self._rows[first:last]

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(420, 260)

    def _find_all_selected(self) -> None:
        # A frame around every patch would say nothing.
        count = len(self._rows)
        self._is_all_selected = count > 1 and len(self._selected) >= count
        if self._is_all_selected:
            self._is_all_selected = bool(_among(self._rows, self._selected).all())

    def _columns(self) -> int:
        return max(1, (self.viewport().width() - GAP) // (self._side + GAP))

    def _pitch(self) -> int:
        caption = self.fontMetrics().height() if self._captions is not None else 0
        return self._side + GAP + caption

    def place_of(self, position: int) -> QRect:
        """Return where a patch lies before scrolling."""
        line, column = divmod(position, self._columns())
        left = GAP + column * (self._side + GAP)
        return QRect(left, GAP + line * self._pitch(), self._side, self._side)

    def _visible_span(self) -> tuple[int, int]:
        top = self.verticalScrollBar().value()
        first = max(0, (top - GAP) // self._pitch()) * self._columns()
        lines = self.viewport().height() // self._pitch() + 2
        return first, min(len(self._rows), first + lines * self._columns())

    def _first_visible(self) -> int:
        return min(self._visible_span()[0], max(0, len(self._rows) - 1))

    def _layout(self) -> None:
        lines = -(-len(self._rows) // self._columns())
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(self._pitch() // 2)
        bar.setRange(0, max(0, lines * self._pitch() + GAP - self.viewport().height()))
        self.viewport().update()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Lay the patches out anew."""
        self._layout()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the patches in view."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), self.palette().color(QPalette.ColorRole.Base))
        if len(self._rows) == 0:
            painter.setPen(tones.tone(self.palette(), "muted"))
            room = self.viewport().rect().adjusted(12, 8, -12, -8)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(room, flags, self._empty_text)
        first, last = self._visible_span()
        shown = self._rows[first:last]
        chosen = np.zeros(len(shown), np.bool_)
        if not self._is_all_selected:
            chosen = _among(shown, self._selected)
        top = self.verticalScrollBar().value()
        for offset, row in enumerate(shown.tolist()):
            place = self.place_of(first + offset).translated(0, -top)
            self._paint_patch(painter, first + offset, row, place, is_selected=bool(chosen[offset]))
        painter.end()

    def _paint_patch(
        self, painter: QPainter, position: int, row: int, place: QRect, *, is_selected: bool
    ) -> None:
        palette = self.palette()
        image = self._patch_of(row)
        if image is None:
            painter.fillRect(place, palette.color(QPalette.ColorRole.AlternateBase))
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, image)
        frame = QColor(*(int(part) for part in self._frames[position]))
        painter.fillRect(place.left(), place.bottom() - 2, place.width(), 3, frame)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if is_selected:
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 3))
            painter.drawRect(QRectF(place).adjusted(-0.5, -0.5, 0.5, 0.5))
        if position == self._hovered or (position == self._current and self.hasFocus()):
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 1.5))
            painter.drawRect(QRectF(place).adjusted(-1.5, -1.5, 1.5, 1.5))
        if self._captions is not None:
            text = QRect(
                place.left(), place.bottom() + 1, place.width(), self.fontMetrics().height()
            )
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(text, Qt.AlignmentFlag.AlignCenter, self._captions(row))

    def _position_at(self, at: QPoint) -> int:
        moved = at + QPoint(0, self.verticalScrollBar().value())
        column = (moved.x() - GAP) // (self._side + GAP)
        line = (moved.y() - GAP) // self._pitch()
        position = line * self._columns() + column
        inside = 0 <= column < self._columns() and 0 <= position < len(self._rows) and line >= 0
        return position if inside and self.place_of(position).contains(moved) else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select by mouse."""
        position = self._position_at(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton or position < 0:
            return
        row = int(self._rows[position])  # a listener may show other rows
        self._select(position, event.modifiers())
        if not event.modifiers() & (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        ):
            self.activated.emit(row)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Keep the click from going to the panel beneath."""
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at what is under the pointer."""
        position = self._position_at(event.position().toPoint())
        if position != self._hovered:
            self._hovered = position
            row = int(self._rows[position]) if position >= 0 else None
            self.hovered.emit(row, event.globalPosition().toPoint())
            self.viewport().update()

    def leaveEvent(self, _event: QEvent) -> None:
        """Point at nothing."""
        if self._hovered >= 0:
            self._hovered = -1
            self.hovered.emit(None, QPoint())
            self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll, or change the size with Ctrl."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_side(self._side + (8 if event.angleDelta().y() > 0 else -8))
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move, select and open by keyboard."""
        columns = self._columns()
        page = columns * max(1, self.viewport().height() // self._pitch())
        steps = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns, Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -len(self._rows), Qt.Key.Key_End: len(self._rows),
        }  # fmt: skip
        step = steps.get(Qt.Key(event.key()))
        if event.key() == Qt.Key.Key_Escape:
            self.cleared.emit()
        elif len(self._rows) == 0:
            super().keyPressEvent(event)
        elif step is not None:
            position = min(max(self._current + step, 0), len(self._rows) - 1)
            self._select(position, event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._show_position(position)
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.activated.emit(int(self._rows[self._current]))
        else:
            super().keyPressEvent(event)

    def _select(self, position: int, modifiers: Qt.KeyboardModifier) -> None:
        self._current = position
        row = self._rows[position : position + 1]
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            low, high = sorted((self._anchor, position))
            chosen = np.sort(self._rows[low : high + 1])
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            self._anchor = position
            chosen = np.setxor1d(self._selected, row)
        else:
            self._anchor = position
            chosen = row.copy()
        self._selected = chosen
        self._find_all_selected()
        self.viewport().update()
        self.selection_made.emit(chosen)

    def _show_position(self, position: int) -> None:
        place, bar = self.place_of(position), self.verticalScrollBar()
        if place.top() - GAP < bar.value():
            bar.setValue(place.top() - GAP)
        elif place.bottom() + GAP > bar.value() + self.viewport().height():
            bar.setValue(place.bottom() + GAP - self.viewport().height())


def _where(rows: NDArray[np.int64], row: int | None) -> NDArray[np.intp]:
    return np.flatnonzero(rows == row) if row is not None else np.zeros(0, np.intp)


def _among(rows: NDArray[np.int64], chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which rows are in ``chosen``, which is ascending: no search through them."""
    if len(chosen) == 0:
        return np.zeros(len(rows), np.bool_)
    position = np.minimum(np.searchsorted(chosen, rows), len(chosen) - 1)
    found: NDArray[np.bool_] = chosen[position] == rows
    return found

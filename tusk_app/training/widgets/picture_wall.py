"""Small pictures in rows, each framed in a colour; those in disuse are dimmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
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
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from tusk_app.parts import tones

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

_SMALLEST, _USUAL, _LARGEST = 36, 54, 72
_GAP = 6


@dataclass(frozen=True, slots=True, eq=False)
class WallPicture:
    """One picture: number it stands for, image, frame colour, caption, tip, dimmed or not."""

    number: int
    image: QImage
    colour: tuple[int, int, int]
    caption: str
    tip: str
    is_dim: bool


class PictureWall(QAbstractScrollArea):
    """Plain values in, clicks out. Arrow keys choose; a whole number of rows fits the height.

    Signals:
        chosen: int, number of the picture that was clicked or gone to.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures: tuple[WallPicture, ...] = ()
        self._current = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    @property
    def pictures(self) -> tuple[WallPicture, ...]:
        """What is shown."""
        return self._pictures

    def set_pictures(self, pictures: Sequence[WallPicture]) -> None:
        """Show other pictures."""
        self._pictures = tuple(pictures)
        self._set_range()

    def set_current(self, number: int | None) -> None:
        """Make one stand out."""
        self._current = -1 if number is None else number
        position = self._position_of(self._current)
        if position >= 0:
            self._show(position)
        self.viewport().update()

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(250, 200)

    def minimumSizeHint(self) -> QSize:
        """One row with its captions."""
        return QSize(2 * _USUAL, _SMALLEST + self._words() + 2 * _GAP + 2 * self.frameWidth())

    def place_of(self, position: int) -> QRect:
        """Return where a picture and its caption lie in the viewport."""
        return self._place(position).adjusted(0, 0, 0, self._words())

    def _words(self) -> int:
        return self.fontMetrics().height() + 2

    def _rows_in_view(self) -> int:
        room = self.viewport().height() - _GAP
        return max(1, round(room / (_USUAL + _GAP + self._words())))

    def _side(self) -> int:
        room = (self.viewport().height() - _GAP) // self._rows_in_view()
        return min(max(room - _GAP - self._words(), _SMALLEST), _LARGEST)

    def _pitch(self) -> int:
        return self._side() + _GAP + self._words()

    def _columns(self) -> int:
        return max(1, (self.viewport().width() - _GAP) // (max(self._side(), _USUAL) + _GAP))

    def _place(self, position: int) -> QRect:
        line, column = divmod(position, self._columns())
        side = self._side()
        top = _GAP + line * self._pitch() - self.verticalScrollBar().value()
        # Captions are wider than a small picture, so columns keep their usual distance.
        left = _GAP + column * (max(side, _USUAL) + _GAP) + max(0, _USUAL - side) // 2
        return QRect(left, top, side, side)

    def _set_range(self) -> None:
        lines = -(-len(self._pictures) // self._columns())
        bar = self.verticalScrollBar()
        bar.setPageStep(self._rows_in_view() * self._pitch())
        # A notch of the wheel is three steps, and one row.
        bar.setSingleStep(max(1, self._pitch() // 3))
        bar.setRange(0, max(0, lines * self._pitch() + _GAP - self.viewport().height()))
        self.viewport().update()

    def _position_of(self, number: int) -> int:
        return next((i for i, p in enumerate(self._pictures) if p.number == number), -1)

    def _show(self, position: int) -> None:
        bar, row, pitch = self.verticalScrollBar(), position // self._columns(), self._pitch()
        last = row - self._rows_in_view() + 1
        if row * pitch < bar.value():
            bar.setValue(row * pitch)
        elif last * pitch > bar.value():
            bar.setValue(last * pitch)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Lay the pictures out anew."""
        self._set_range()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pictures in view."""
        painter = QPainter(self.viewport())
        palette = self.palette()
        painter.fillRect(event.rect(), palette.color(QPalette.ColorRole.Base))
        for position, picture in enumerate(self._pictures):
            place = self._place(position)
            if place.bottom() < -20 or place.top() > self.viewport().height():
                continue
            painter.setOpacity(0.3 if picture.is_dim else 1.0)
            painter.drawImage(place, picture.image)
            is_current = picture.number == self._current
            frame = palette.color(QPalette.ColorRole.Highlight)
            painter.setPen(QPen(frame if is_current else QColor(*picture.colour), 3))
            painter.drawRect(place.adjusted(0, 0, -1, -1))
            painter.setOpacity(1.0)
            painter.setPen(tones.tone(palette, "muted"))
            width = max(place.width(), _USUAL)
            words = QRect(0, place.bottom() + 1, width, self._words())
            words.moveLeft(place.center().x() - width // 2)
            text = self.fontMetrics().elidedText(
                picture.caption, Qt.TextElideMode.ElideRight, width
            )
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a picture."""
        position = self._position_at(event.position().toPoint())
        if position >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self._pictures[position].number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from picture to picture."""
        columns = self._columns()
        strides = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns,
        }  # fmt: skip
        stride = strides.get(Qt.Key(event.key()))
        if stride is None or not self._pictures:
            super().keyPressEvent(event)
            return
        position = self._position_of(self._current)
        new = 0 if position < 0 else position + stride
        self.chosen.emit(self._pictures[min(max(new, 0), len(self._pictures) - 1)].number)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Keep the click from going to the panel beneath."""
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """Say what a picture is."""
        if event.type() == QEvent.Type.ToolTip:
            at = event.pos()  # type: ignore[attr-defined]
            position = self._position_at(at)
            tip = self._pictures[position].tip if position >= 0 else ""
            QToolTip.showText(self.viewport().mapToGlobal(at), tip, self)
            return True
        return super().viewportEvent(event)

    def _position_at(self, at: QPoint) -> int:
        for position in range(len(self._pictures)):
            if self._place(position).contains(at):
                return position
        return -1

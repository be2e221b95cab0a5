"""Small pictures in rows, each framed in a colour; those in disuse are dimmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from tusk_app.widgets import tones

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

_SIDE = 54
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
    """Plain values in, clicks out.

    Signals:
        chosen: int, number of the picture that was clicked.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures: tuple[WallPicture, ...] = ()
        self._current = -1
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
        self.viewport().update()

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(250, 200)

    def _pitch(self) -> int:
        return _SIDE + _GAP + self.fontMetrics().height()

    def _columns(self) -> int:
        return max(1, (self.viewport().width() - _GAP) // (_SIDE + _GAP))

    def _place(self, position: int) -> QRect:
        line, column = divmod(position, self._columns())
        top = _GAP + line * self._pitch() - self.verticalScrollBar().value()
        return QRect(_GAP + column * (_SIDE + _GAP), top, _SIDE, _SIDE)

    def _set_range(self) -> None:
        lines = -(-len(self._pictures) // self._columns())
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setRange(0, max(0, lines * self._pitch() + _GAP - self.viewport().height()))
        self.viewport().update()

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
            words = QRect(place.left(), place.bottom() + 1, _SIDE, self.fontMetrics().height())
            text = self.fontMetrics().elidedText(
                picture.caption, Qt.TextElideMode.ElideRight, _SIDE
            )
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a picture."""
        position = self._position_at(event.position().toPoint())
        if position >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self._pictures[position].number)

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

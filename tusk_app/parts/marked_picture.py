"""A picture that fits its widget, with rings for keypoints; for panels beside the canvas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from tusk_app.parts import tones
from tusk_app.parts.layer_images import picture_image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_REACH = 12.0


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Keypoints to draw.

    Attributes:
        xy: (n, 2) pixels of the picture.
        colours: (n, 3) uint8 RGB.
    """

    xy: NDArray[np.floating]
    colours: NDArray[np.uint8]


def no_marks() -> Marks:
    """Return marks without any."""
    return Marks(np.zeros((0, 2), np.float32), np.zeros((0, 3), np.uint8))


def paint_ring(painter: QPainter, at: QPointF, colour: QColor, radius: float, width: float) -> None:
    """Draw a ring with a dark halo, which shows on any ground."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(0, 0, 0, 150), width + 2))
    painter.drawEllipse(at, radius, radius)
    painter.setPen(QPen(colour, width))
    painter.drawEllipse(at, radius, radius)


def fitted_rect(image: QImage, room: QRectF) -> QRectF:
    """Return the largest place inside ``room`` with the picture's shape."""
    if image.isNull() or room.width() <= 0 or room.height() <= 0:
        return room
    scale = min(room.width() / image.width(), room.height() / image.height())
    size = QSize(round(image.width() * scale), round(image.height() * scale))
    place = QRectF(0, 0, size.width(), size.height())
    place.moveCenter(room.center())
    return place


class MarkedPicture(QWidget):
    """Plain values in; clicks, hovers and drags out.

    Signals:
        dragged: (QPointF from, QPointF to), shares of the picture, while a button is held.
        mark_clicked: int.
    """

    dragged = Signal(QPointF, QPointF)
    mark_clicked = Signal(int)

    def __init__(self, caption: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._caption = caption
        self._image = QImage()
        self._size = (1, 1)
        self._marks = no_marks()
        self._wanted = no_marks()
        self._links: Sequence[tuple[int, int]] = ()
        self._current = -1
        self._hovered = -1
        self._last: QPointF | None = None
        self._moved = 0.0
        self._is_draggable = False
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(caption)

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(260, 260)

    def minimumSizeHint(self) -> QSize:
        """Return the smallest useful size."""
        return QSize(90, 90)

    def set_draggable(self, *, draggable: bool) -> None:
        """Tell of drags, and show a hand."""
        self._is_draggable = draggable
        hand, arrow = Qt.CursorShape.OpenHandCursor, Qt.CursorShape.ArrowCursor
        self.setCursor(hand if draggable else arrow)

    def set_picture(self, picture: NDArray[np.uint8] | None) -> None:
        """Show a picture, (H, W, 3) uint8; None shows nothing."""
        self._image = QImage() if picture is None else picture_image(np.ascontiguousarray(picture))
        if picture is not None:
            self._size = (picture.shape[1], picture.shape[0])
        self.update()

    def set_marks(
        self,
        marks: Marks,
        wanted: Marks | None = None,
        links: Sequence[tuple[int, int]] = (),
    ) -> None:
        """Show keypoints; crosses where they should be; lines (wanted, mark) between both."""
        self._marks = marks
        self._wanted = no_marks() if wanted is None else wanted
        self._links = links
        self.update()

    def set_current(self, index: int | None) -> None:
        """Make one keypoint stand out."""
        self._current = -1 if index is None else index
        self.update()

    def to_widget(self, xy: NDArray[np.floating]) -> QPointF:
        """Return the widget position of a place of the picture; pixel centres are whole."""
        place = self._place()
        return QPointF(
            place.left() + (float(xy[0]) + 0.5) / self._size[0] * place.width(),
            place.top() + (float(xy[1]) + 0.5) / self._size[1] * place.height(),
        )

    def _place(self) -> QRectF:
        line = self.fontMetrics().height() + 4
        return fitted_rect(self._image, QRectF(4, 4, self.width() - 8, self.height() - line - 6))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint picture, keypoints and caption."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = self._place()
        if not self._image.isNull():
            smooth = place.width() < self._image.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=smooth)
            painter.drawImage(place, self._image)
        painter.setPen(tones.tone(self.palette(), "muted"))
        line = self.fontMetrics().height() + 4
        words = QRectF(2, place.bottom() + 1, self.width() - 4, line)
        shown = self.fontMetrics().elidedText(
            self._caption, Qt.TextElideMode.ElideRight, int(words.width())
        )
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, shown)
        # What has left the picture is not drawn over the words.
        painter.setClipRect(place.adjusted(-4, -4, 4, 4))
        self._paint_links(painter)
        self._paint_wanted(painter)
        painter.setClipping(False)
        for number, xy in enumerate(self._marks.xy):
            colour = QColor(*(int(part) for part in self._marks.colours[number]))
            stands_out = number in {self._current, self._hovered}
            radius, width = (9.0, 3.0) if stands_out else (6.5, 2.2)
            paint_ring(painter, self.to_widget(xy), colour, radius, width)
        painter.end()

    def _paint_links(self, painter: QPainter) -> None:
        painter.setPen(QPen(QColor(255, 255, 255, 210), 1.5))
        for wanted, mark in self._links:
            painter.drawLine(
                self.to_widget(self._wanted.xy[wanted]), self.to_widget(self._marks.xy[mark])
            )

    def _paint_wanted(self, painter: QPainter) -> None:
        for number, xy in enumerate(self._wanted.xy):
            at = self.to_widget(xy)
            if not self.rect().contains(at.toPoint()):
                continue
            colour = QColor(*(int(part) for part in self._wanted.colours[number]))
            for pen in (QPen(QColor(0, 0, 0, 160), 4), QPen(colour, 1.8)):
                painter.setPen(pen)
                painter.drawLine(at - QPointF(5, 5), at + QPointF(5, 5))
                painter.drawLine(at - QPointF(5, -5), at + QPointF(5, -5))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._last, self._moved = event.position(), 0.0

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell of a drag, or of the keypoint under the pointer."""
        at = event.position()
        if self._last is not None and self._is_draggable:
            self._moved += (at - self._last).manhattanLength()
            self.dragged.emit(self._share(self._last), self._share(at))
            self._last = at
            return
        hovered = self._mark_at(at)
        if hovered != self._hovered:
            self._hovered = hovered
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag; a press without movement is a click."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        was_dragged = self._moved >= 4
        self._last = None
        mark = -1 if was_dragged else self._mark_at(event.position())
        if mark >= 0:
            self.mark_clicked.emit(mark)

    def leaveEvent(self, _event: QEvent) -> None:
        """Point at nothing."""
        if self._hovered >= 0:
            self._hovered = -1
            self.update()

    def _share(self, at: QPointF) -> QPointF:
        place = self._place()
        return QPointF(
            (at.x() - place.left()) / max(place.width(), 1.0),
            (at.y() - place.top()) / max(place.height(), 1.0),
        )

    def _mark_at(self, at: QPointF) -> int:
        if len(self._marks.xy) == 0:
            return -1
        places = [self.to_widget(xy) for xy in self._marks.xy]
        distance = [(p - at).manhattanLength() for p in places]
        best = int(np.argmin(distance))
        return best if distance[best] <= _REACH else -1

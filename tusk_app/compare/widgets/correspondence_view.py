"""Two pictures side by side, lines between keypoints that show the same thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from tusk_app.parts import tones
from tusk_app.parts.layer_images import picture_image
from tusk_app.parts.marked_picture import Marks, fitted_rect, no_marks, paint_ring

if TYPE_CHECKING:
    from numpy.typing import NDArray

_REACH = 7.0
_GAP = 24


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Lines between two pictures.

    Attributes:
        first: (n,) int64 keypoint on the left.
        second: (n,) int64 keypoint on the right.
        colours: (n, 3) uint8 RGB.
        texts: what is said about each line.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    colours: NDArray[np.uint8]
    texts: tuple[str, ...]


class CorrespondenceView(QWidget):
    """Plain values in, intents out.

    Signals:
        link_clicked: int; link_hovered: int, -1 for none.
    """

    link_clicked = Signal(int)
    link_hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images = (QImage(), QImage())
        self._sizes = [(1, 1), (1, 1)]
        self._marks = [no_marks(), no_marks()]
        self._captions = ["", ""]
        self._links = Links(
            np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 3), np.uint8), ()
        )
        self._hovered = -1
        self._current = -1
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Correspondence")

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(560, 300)

    def set_picture(
        self, side: int, picture: NDArray[np.uint8] | None, marks: Marks, caption: str
    ) -> None:
        """Show a picture, (H, W, 3) uint8, on the left (0) or right (1)."""
        image = QImage() if picture is None else picture_image(np.ascontiguousarray(picture))
        self._images = (image, self._images[1]) if side == 0 else (self._images[0], image)
        if picture is not None:
            self._sizes[side] = (picture.shape[1], picture.shape[0])
        self._marks[side] = marks
        self._captions[side] = caption
        self.update()

    def set_links(self, links: Links) -> None:
        """Show other lines."""
        self._links = links
        self._hovered = self._current = -1
        self.update()

    def set_current(self, link: int) -> None:
        """Make one line stand out, -1 for none."""
        self._current = link
        self.update()

    def ends(self, link: int) -> tuple[QPointF, QPointF]:
        """Return where a line begins and ends on the widget."""
        return (
            self._to_widget(0, self._marks[0].xy[self._links.first[link]]),
            self._to_widget(1, self._marks[1].xy[self._links.second[link]]),
        )

    def _place(self, side: int) -> QRectF:
        line = self.fontMetrics().height() + 4
        half = (self.width() - _GAP) / 2
        room = QRectF(4 + side * (half + _GAP), 4, half - 8, self.height() - line - 6)
        return fitted_rect(self._images[side], room)

    def _to_widget(self, side: int, xy: NDArray[np.floating]) -> QPointF:
        place = self._place(side)
        width, height = self._sizes[side]
        return QPointF(
            place.left() + (float(xy[0]) + 0.5) / width * place.width(),
            place.top() + (float(xy[1]) + 0.5) / height * place.height(),
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint both pictures, lines and keypoints."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = self.fontMetrics().height() + 4
        for side, image in enumerate(self._images):
            place = self._place(side)
            if not image.isNull():
                painter.drawImage(place, image)
            words = QRectF(place.left(), place.bottom() + 1, place.width(), line)
            painter.setPen(tones.tone(self.palette(), "muted"))
            shown = self.fontMetrics().elidedText(
                self._captions[side], Qt.TextElideMode.ElideMiddle, int(words.width())
            )
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter, shown)
        self._paint_links(painter)
        self._paint_marks(painter)
        painter.end()

    def _paint_links(self, painter: QPainter) -> None:
        standing_out = {self._hovered, self._current} - {-1}
        order = sorted(range(len(self._links.first)), key=lambda i: i in standing_out)
        for link in order:
            start, end = self.ends(link)
            strong = link in standing_out
            colour = QColor(*(int(part) for part in self._links.colours[link]))
            if standing_out and not strong:
                colour.setAlpha(70)
            painter.setPen(QPen(QColor(0, 0, 0, 170 if strong else 90), 5 if strong else 3.6))
            painter.drawLine(start, end)
            painter.setPen(QPen(colour, 3 if strong else 1.8))
            painter.drawLine(start, end)
            if strong:
                self._paint_text(painter, self._links.texts[link], (start + end) / 2)

    def _paint_text(self, painter: QPainter, text: str, at: QPointF) -> None:
        box = QRectF(self.fontMetrics().boundingRect(text)).adjusted(-5, -2, 5, 2)
        box.moveCenter(at)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.ToolTipBase))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(self.palette().color(QPalette.ColorRole.ToolTipText))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_marks(self, painter: QPainter) -> None:
        linked = (set(self._links.first.tolist()), set(self._links.second.tolist()))
        for side, marks in enumerate(self._marks):
            for number, xy in enumerate(marks.xy):
                colour = QColor(*(int(part) for part in marks.colours[number]))
                is_linked = number in linked[side]
                at = self._to_widget(side, xy)
                paint_ring(painter, at, colour, 6.5 if is_linked else 4, 2.4 if is_linked else 1.4)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at the nearest line."""
        hovered = self._link_at(event.position())
        if hovered != self._hovered:
            self._hovered = hovered
            self.link_hovered.emit(hovered)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the nearest line."""
        link = self._link_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and link >= 0:
            self._current = link
            self.link_clicked.emit(link)
            self.update()

    def leaveEvent(self, _event: QEvent) -> None:
        """Point at nothing."""
        if self._hovered >= 0:
            self._hovered = -1
            self.link_hovered.emit(-1)
            self.update()

    def _link_at(self, at: QPointF) -> int:
        best, nearest = -1, _REACH
        for link in range(len(self._links.first)):
            distance = _distance(at, *self.ends(link))
            if distance < nearest:
                best, nearest = link, distance
        return best


def _distance(at: QPointF, start: QPointF, end: QPointF) -> float:
    """Return the distance from a point to a line segment."""
    way, offset = end - start, at - start
    length = way.x() ** 2 + way.y() ** 2
    share = 0.0 if length == 0 else (offset.x() * way.x() + offset.y() * way.y()) / length
    gap = offset - way * min(max(share, 0.0), 1.0)
    return float(np.hypot(gap.x(), gap.y()))

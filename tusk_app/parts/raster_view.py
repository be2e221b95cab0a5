"""Prototypes over time: a row each, dark where the prototype is seen; a click seeks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
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
from tusk_app.parts.name_room import line_room, name_room
from tusk_app.parts.scatter import raster as scatter_raster
from tusk_app.parts.scatter.painter import owned_image
from tusk_app.parts.themed import Themed
from tusk_app.parts.words import say

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QResizeEvent, QWheelEvent

NAMES = 104
AXIS = 22
ROW = 17
FACED_ROW = 24  # with faces: large enough to be known again
_MIN_FRAMES = 8


@dataclass(frozen=True, slots=True, eq=False)
class RasterRows:
    """R rows over P frames.

    Attributes:
        prototypes: (R,) int64.
        names: R names.
        colours: (R, 3) uint8 RGB.
        strength: (R, P) float32 in [0, 1], or uint8 0 and 1; 0 = not seen.
        places: (R, P) float32 in [0, 1], place drawn as a line in the row; NaN = none.
        faces: what each prototype looks like, None where that is not known; empty for none at all.
    """

    prototypes: NDArray[np.int64]
    names: tuple[str, ...]
    colours: NDArray[np.uint8]
    strength: NDArray[np.float32] | NDArray[np.uint8]
    places: NDArray[np.float32] | None = None
    faces: tuple[QImage | None, ...] = ()


class RasterView(Themed, QAbstractScrollArea):
    """Wheel zooms time at the pointer, Shift+wheel scrolls it, plain wheel over names scrolls rows.

    Signals:
        frame_chosen: int, while the mouse is down too.
        prototype_chosen: int.
    """

    frame_chosen = Signal(int)
    prototype_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: RasterRows | None = None
        self._fps = 0.0
        self._frame = 0
        self._current = -1
        self._span = (0.0, 1.0)
        self._image: QImage | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName(say("[Kinds] over time"))
        self.follow_theme()

    @property
    def rows(self) -> RasterRows | None:
        """What is shown."""
        return self._rows

    @property
    def span(self) -> tuple[float, float]:
        """First frame in view and the one after the last."""
        return self._span

    def set_rows(self, rows: RasterRows | None, fps: float) -> None:
        """Show other rows; ``fps`` 0 numbers pictures instead of seconds."""
        before = 0 if self._rows is None else self._rows.strength.shape[1]
        self._rows, self._fps, self._image = rows, fps, None
        frames = 0 if rows is None else rows.strength.shape[1]
        if frames != before:
            self._span = (0.0, float(max(frames, 1)))
        self._set_range()

    def set_frame(self, frame: int) -> None:
        """Move the playhead."""
        self._frame = frame
        self.viewport().update()

    def set_current(self, prototype: int | None) -> None:
        """Make the row of a prototype stand out."""
        self._current = -1 if prototype is None else prototype
        self._describe()
        self.viewport().update()

    def _describe(self) -> None:
        """Tell a screen reader the row that stands out."""
        rows = self._rows
        found = [] if rows is None else np.flatnonzero(rows.prototypes == self._current).tolist()
        self.setAccessibleDescription(rows.names[found[0]] if rows is not None and found else "")

    def show_all(self) -> None:
        """Show the whole time."""
        if self._rows is not None:
            self._set_span(0.0, float(self._rows.strength.shape[1]))

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(640, 200)

    @property
    def row_height(self) -> int:
        """Height of a row: places need more room than presence."""
        row = line_room(self.fontMetrics(), ROW)
        if self._rows is None:
            return row
        row = max(row, FACED_ROW) if any(self._rows.faces) else row
        return row if self._rows.places is None else 2 * row

    @property
    def names_width(self) -> int:
        """Logical pixels left of the rows, for chips or faces, and names."""
        return name_room(self.fontMetrics(), NAMES - 22) + 5 + self._chip_room

    @property
    def _chip_room(self) -> int:
        return FACED_ROW + 6 if self._rows is not None and any(self._rows.faces) else 17

    def frame_x(self, frame: float) -> float:
        """Return the viewport x where a frame begins."""
        first, last = self._span
        return self.names_width + (frame - first) / (last - first) * self._width()

    def row_y(self, row: int) -> int:
        """Return the viewport y where a row begins."""
        return AXIS + row * self.row_height - self.verticalScrollBar().value()

    def _width(self) -> int:
        return max(1, self.viewport().width() - self.names_width - 6)

    def _set_range(self) -> None:
        count = 0 if self._rows is None else len(self._rows.names)
        bar = self.verticalScrollBar()
        room = self.viewport().height() - AXIS
        bar.setPageStep(room)
        bar.setSingleStep(self.row_height)
        bar.setRange(0, max(0, count * self.row_height - room))
        self.viewport().update()

    def _set_span(self, first: float, last: float) -> None:
        frames = 1.0 if self._rows is None else float(self._rows.strength.shape[1])
        length = min(max(last - first, float(_MIN_FRAMES)), max(frames, float(_MIN_FRAMES)))
        first = min(max(first, 0.0), max(0.0, frames - length))
        self._span, self._image = (first, first + length), None
        self.viewport().update()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Draw anew for another width."""
        self._image = None
        self._set_range()

    def restyle(self) -> None:
        """Draw in the colours of another theme."""
        self._image = None

    def _make_image(self, rows: RasterRows) -> QImage:
        """Rasterise the rows in view of time: the strongest frame of each column of pixels."""
        width = self._width()
        first, last = self._span
        edges = np.clip(
            np.linspace(first, last, width + 1).astype(np.int64), 0, rows.strength.shape[1] - 1
        )
        # No further than is in view: the last column would else look at all the rest.
        low, high = int(edges[0]), int(edges[-1]) + 1
        strength = np.maximum.reduceat(rows.strength[:, low:high], edges[:-1] - low, axis=1)
        colours = rows.colours[:, None, :].astype(np.float32)
        shade = np.where(strength > 0, 0.35 + 0.65 * strength, 0)[..., None]
        blended = np.rint(colours * shade).astype(np.uint8)
        alpha = np.rint(255 * shade[..., 0]).astype(np.uint32)
        words = (alpha << np.uint32(24)) | (
            scatter_raster.packed(blended.reshape(-1, 3)).reshape(alpha.shape) & np.uint32(0xFFFFFF)
        )
        return owned_image(np.ascontiguousarray(words, np.uint32))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint axis, rows in view, names and the playhead."""
        painter = QPainter(self.viewport())
        palette = self.palette()
        painter.fillRect(self.viewport().rect(), palette.color(QPalette.ColorRole.Base))
        rows = self._rows
        if rows is None or rows.strength.shape[1] == 0 or len(rows.names) == 0:
            painter.end()
            return
        if self._image is None:
            self._image = self._make_image(rows)
        first = max(0, self.verticalScrollBar().value() // self.row_height)
        last = min(len(rows.names), first + self.viewport().height() // self.row_height + 2)
        for row in range(first, last):
            self._paint_row(painter, rows, row)
        self._paint_axis(painter)
        self._paint_playhead(painter)
        painter.end()

    def _paint_row(self, painter: QPainter, rows: RasterRows, row: int) -> None:
        top = self.row_y(row)
        palette = self.palette()
        if int(rows.prototypes[row]) == self._current:
            painter.fillRect(
                QRect(0, top, self.viewport().width(), self.row_height),
                tones.tone(palette, "raised"),
            )
        colour = QColor(*(int(part) for part in rows.colours[row]))
        self._paint_chip(painter, rows, row, colour)
        painter.setPen(tones.tone(palette, "text"))
        left = self._chip_room
        words = QRect(left, top, self.names_width - left - 5, self.row_height)
        name = self.fontMetrics().elidedText(
            rows.names[row], Qt.TextElideMode.ElideRight, words.width()
        )
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, name)
        assert self._image is not None
        target = QRect(self.names_width, top + 2, self._width(), self.row_height - 4)
        if rows.places is None:
            painter.drawImage(target, self._image, QRect(0, row, self._image.width(), 1))
        else:
            painter.setOpacity(0.25)
            painter.drawImage(target, self._image, QRect(0, row, self._image.width(), 1))
            painter.setOpacity(1.0)
            self._paint_places(painter, rows.places[row], target, colour)

    def _paint_chip(self, painter: QPainter, rows: RasterRows, row: int, colour: QColor) -> None:
        """Draw the face of a row in a frame of its colour; the colour alone where there is none."""
        middle = self.row_y(row) + self.row_height // 2
        face = rows.faces[row] if row < len(rows.faces) else None
        if face is None:
            painter.fillRect(QRect(4, middle - 4, 8, 9), colour)
            return
        place = QRect(3, middle - FACED_ROW // 2 + 1, FACED_ROW - 2, FACED_ROW - 2)
        painter.fillRect(place, colour)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place.adjusted(2, 2, -2, -2), face)

    def _paint_places(
        self, painter: QPainter, places: NDArray[np.float32], target: QRect, colour: QColor
    ) -> None:
        first, last = self._span
        frames = np.arange(int(first), min(int(np.ceil(last)), len(places)))
        step = max(1, len(frames) // max(1, 2 * self._width()))
        frames = frames[::step]
        values = places[frames]
        seen = np.isfinite(values)
        painter.setPen(QPen(colour, 2))
        points = [
            QPointF(self.frame_x(frame + 0.5), target.top() + value * (target.height() - 1))
            for frame, value in zip(frames[seen].tolist(), values[seen].tolist(), strict=True)
        ]
        painter.drawPoints(points)

    def _paint_axis(self, painter: QPainter) -> None:
        palette = self.palette()
        painter.fillRect(
            0, 0, self.viewport().width(), AXIS, palette.color(QPalette.ColorRole.Base)
        )
        first, last = self._span
        unit = self._fps if self._fps > 0 else 1.0
        step = _nice_step((last - first) / unit / max(1, self._width() // 80))
        if self._fps <= 0:
            step = max(1.0, round(step))
        tick = np.ceil(first / unit / step) * step
        painter.setPen(tones.tone(palette, "muted"))
        while tick * unit < last:
            x = self.frame_x(tick * unit)
            painter.drawLine(QPointF(x, AXIS - 5), QPointF(x, AXIS - 1))
            text = f"{tick:g} s" if self._fps > 0 else f"{int(tick) + 1}"
            place = QRectF(x - 30, 0, 60, AXIS - 5)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
            tick += step

    def _paint_playhead(self, painter: QPainter) -> None:
        x = self.frame_x(self._frame + 0.5)
        if self.names_width <= x <= self.viewport().width():
            painter.setPen(QPen(tones.tone(self.palette(), "link"), 1.5))
            painter.drawLine(QPointF(x, AXIS - 6), QPointF(x, self.viewport().height()))

    def _frame_at(self, x: float) -> int:
        first, last = self._span
        frame = int(first + (x - self.names_width) / self._width() * (last - first))
        frames = 1 if self._rows is None else self._rows.strength.shape[1]
        return min(max(frame, 0), frames - 1)

    def _row_at(self, y: float) -> int:
        row = int((y - AXIS + self.verticalScrollBar().value()) // self.row_height)
        inside = self._rows is not None and 0 <= row < len(self._rows.names) and y >= AXIS
        return row if inside else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Seek, and choose the prototype of the row."""
        if event.button() != Qt.MouseButton.LeftButton or self._rows is None:
            return
        row = self._row_at(event.position().y())
        if row >= 0:
            self.prototype_chosen.emit(int(self._rows.prototypes[row]))
        if event.position().x() >= self.names_width:
            self.frame_chosen.emit(self._frame_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Keep the click from going to the panel beneath."""
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Seek while the button is down; else say what is there."""
        x, y = event.position().x(), event.position().y()
        if event.buttons() & Qt.MouseButton.LeftButton and x >= self.names_width:
            self.frame_chosen.emit(self._frame_at(x))
            return
        row = self._row_at(y)
        if self._rows is not None and row >= 0 and x >= self.names_width:
            frame = self._frame_at(x)
            strength = float(self._rows.strength[row, frame])
            when = f"{frame / self._fps:.2f} s" if self._fps > 0 else f"picture {frame + 1}"
            what = f"score {strength:.2f}" if strength > 0 else "not seen"
            text = f"{self._rows.names[row]}\n{when} (no. {frame + 1})\n{what}"
            QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom or scroll time; over the names, scroll the rows."""
        x = event.position().x()
        turns = event.angleDelta().y() or event.angleDelta().x()
        first, last = self._span
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            shift = -(last - first) * turns / 1200
            self._set_span(first + shift, last + shift)
        elif x < self.names_width:
            super().wheelEvent(event)
            return
        else:
            here = first + (x - self.names_width) / self._width() * (last - first)
            factor = 1.0012**-turns
            self._set_span(here - (here - first) * factor, here + (last - here) * factor)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows seek, Home shows the whole time."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step = steps.get(Qt.Key(event.key()))
        if self._rows is not None and step is not None:
            last = self._rows.strength.shape[1] - 1
            self.frame_chosen.emit(min(max(self._frame + step, 0), last))
        elif event.key() == Qt.Key.Key_Home:
            self.show_all()
        else:
            super().keyPressEvent(event)


def _nice_step(rough: float) -> float:
    """Return 1, 2 or 5 times a power of ten, not below ``rough``."""
    if rough <= 0:
        return 1.0
    power = float(10.0 ** np.floor(np.log10(rough)))
    for factor in (1, 2, 5, 10):
        if factor * power >= rough:
            return factor * power
    return 10 * power

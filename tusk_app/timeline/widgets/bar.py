"""Where we are in a video: strips of what is known of each frame, loop range, and the place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from tusk_app.parts import tones
from tusk_app.parts.name_room import line_room, name_room
from tusk_app.parts.themed import Themed

if TYPE_CHECKING:
    from numpy.typing import NDArray

STRIP = 16
GAP = 4
SEEK = 22
LABELS = 92  # logical pixels left of the strips
EDGE = 10


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """One line of values.

    Attributes:
        name: what it tells.
        values: (N,) float32; NaN where unknown.
        colour: sRGB of its highest value.
        top: the value drawn full; None takes the highest.
        hint: what is said instead while no value is known.
        face: what it is of looks like, beside the name; None for none.
    """

    name: str
    values: NDArray[np.float32]
    colour: tuple[int, int, int]
    top: float | None = None
    hint: str = ""
    face: QImage | None = None


def binned(values: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """Return (width,) the highest known value of the frames behind each column, NaN if none."""
    num = len(values)
    if num == 0 or width <= 0:
        return np.full(max(width, 0), np.nan, np.float32)
    filled = np.where(np.isnan(values), -np.inf, values)
    edges = np.linspace(0, num, width + 1)
    first = np.minimum(edges[:-1].astype(np.intp), num - 1)
    highest = filled[first] if num <= width else np.maximum.reduceat(filled, first)
    return np.where(np.isinf(highest), np.nan, highest).astype(np.float32)


class TimelineBar(Themed, QWidget):
    """Strips above, the seek bar below; click or drag anywhere to seek.

    Signals:
        seek_requested: int, frame.
        range_changed: (int, int), frames, dragged with Shift; equal ends take the range away.
    """

    seek_requested = Signal(int)
    range_changed = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._num = 0
        self._index = 0
        self._range: tuple[int, int] | None = None
        self._strips: tuple[Strip, ...] = ()
        self._known: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._images: list[QImage | None] = []
        self._pressed: int | None = None
        self._selects = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Time line")
        self.follow_theme()

    @property
    def num_frames(self) -> int:
        """N."""
        return self._num

    @property
    def index(self) -> int:
        """The frame that is marked."""
        return self._index

    @property
    def strips(self) -> tuple[Strip, ...]:
        """What is drawn above the bar."""
        return self._strips

    def set_frames(self, num: int) -> None:
        """Show another number of frames; nothing is known of them."""
        self._num, self._index = num, min(self._index, max(num - 1, 0))
        self._known = np.zeros(num, np.bool_)
        self.set_strips((), self._known)

    def set_index(self, index: int) -> None:
        """Mark a frame."""
        if index != self._index:
            self._index = index
            self.setAccessibleDescription(f"frame {index + 1} of {self._num}")
            self.update()

    def set_range(self, frames: tuple[int, int] | None) -> None:
        """Mark the part that is played; None marks none."""
        self._range = frames
        self.update()

    def set_strips(self, strips: tuple[Strip, ...], known: NDArray[np.bool_]) -> None:
        """Show values of each frame, and which frames were looked at, (N,) bool."""
        taller = len(strips) != len(self._strips)
        self._strips, self._known = strips, known
        self._images = []
        if taller:
            self.updateGeometry()
        self.update()

    def frame_at(self, x: float) -> int:
        """Return the frame behind a place of the widget."""
        left, width = self._span()
        share = (x - left) / max(width, 1.0)
        return min(max(int(share * self._num), 0), max(self._num - 1, 0))

    def x_of(self, index: int) -> float:
        """Return where the middle of a frame lies."""
        left, width = self._span()
        return left + (index + 0.5) / max(self._num, 1) * width

    # Qt

    def sizeHint(self) -> QSize:
        """As high as strips and bar."""
        return QSize(400, round(len(self._strips) * self._pitch) + SEEK + 6)

    def minimumSizeHint(self) -> QSize:
        """Narrow windows get a narrow bar."""
        return QSize(180, self.sizeHint().height())

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Draw the strips anew."""
        self._images = []

    def restyle(self) -> None:
        """Draw in the colours of another theme."""
        self._images = []

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Seek, or begin a range with Shift."""
        if event.button() is not Qt.MouseButton.LeftButton or not self._num:
            return
        self._pressed = self.frame_at(event.position().x())
        self._selects = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if self._selects:
            self._tell_range(self._pressed)
        else:
            self.seek_requested.emit(self._pressed)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scrub, or widen the range."""
        if self._pressed is None:
            return
        frame = self.frame_at(event.position().x())
        if self._selects:
            self._tell_range(frame)
        elif frame != self._index:
            self.seek_requested.emit(frame)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go."""
        self._pressed = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Page, Home and End seek."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_PageUp: -10,
            Qt.Key.Key_PageDown: 10,
            Qt.Key.Key_Home: -self._num,
            Qt.Key.Key_End: self._num,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None or not self._num:
            super().keyPressEvent(event)
            return
        self.seek_requested.emit(min(max(self._index + step, 0), self._num - 1))

    def event(self, event: QEvent) -> bool:
        """Tell the values under the pointer as a tool tip."""
        if isinstance(event, QHelpEvent) and self._num:
            QToolTip.showText(event.globalPos(), self._tip(self.frame_at(event.pos().x())), self)
            return True
        return bool(super().event(event))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw strips, bar, range and place."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._images:
            self._images = [self._draw_strip(strip) for strip in self._strips]
        left, width = self._span()
        muted = tones.tone(self.palette(), "muted")
        for row, (strip, image) in enumerate(zip(self._strips, self._images, strict=True)):
            top = 3.0 + row * self._pitch
            flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            self._paint_name(painter, strip, top)
            place = QRectF(left, top, width, self._strip)
            painter.fillRect(place, tones.tone(self.palette(), "raised"))
            if image is not None:
                painter.drawImage(place, image)
            elif strip.hint:
                painter.setPen(muted)
                painter.drawText(place.adjusted(8, 0, 0, 0), flags, strip.hint)
        self._paint_bar(painter, left, width)

    # Inside

    def _paint_name(self, painter: QPainter, strip: Strip, top: float) -> None:
        """Write what a strip tells, after its face where it has one."""
        room = QRectF(EDGE, top, self._labels - EDGE, self._strip)
        if strip.face is not None:
            side = self._strip + GAP - 1.0
            place = QRectF(EDGE, top - (side - self._strip) / 2, side, side)
            painter.fillRect(place, QColor(*strip.colour))
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place.adjusted(1.5, 1.5, -1.5, -1.5), strip.face)
            room.setLeft(place.right() + 5)
        name = self.fontMetrics().elidedText(
            strip.name, Qt.TextElideMode.ElideRight, int(room.width()) - 4
        )
        painter.setPen(tones.tone(self.palette(), "muted"))
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(room, flags, name)

    @property
    def full_height(self) -> int:
        """Height with three strips, in logical pixels; larger text needs more."""
        return 3 * self._pitch + SEEK + 6

    @property
    def _strip(self) -> int:
        return line_room(self.fontMetrics(), STRIP)

    @property
    def _pitch(self) -> int:
        return self._strip + GAP

    @property
    def _labels(self) -> int:
        return name_room(self.fontMetrics(), LABELS - EDGE) + EDGE

    def _span(self) -> tuple[float, float]:
        left = float(self._labels if self._strips else EDGE)
        return left, max(self.width() - left - EDGE, 1.0)

    def _tell_range(self, frame: int) -> None:
        assert self._pressed is not None
        self.range_changed.emit(min(self._pressed, frame), max(self._pressed, frame))

    def _tip(self, frame: int) -> str:
        lines = [f"Frame {frame + 1:,} of {self._num:,}"]
        for strip in self._strips:
            value = strip.values[frame] if frame < len(strip.values) else np.nan
            lines.append(f"{strip.name}: {'not known yet' if np.isnan(value) else f'{value:.3g}'}")
        return "\n".join(lines)

    def _draw_strip(self, strip: Strip) -> QImage | None:
        width = round(self._span()[1] * self.devicePixelRatioF())
        height = round(self._strip * self.devicePixelRatioF())
        columns = binned(strip.values, width)
        known = ~np.isnan(columns)
        if not known.any():
            return None
        top = strip.top or max(float(columns[known].max()), 1e-6)
        level = np.clip(np.nan_to_num(columns) / top, 0, 1)
        pixels = np.zeros((height, width, 4), np.uint8)
        rows = np.arange(height)[:, None]
        # A bar grows from below; a faint ground shows that the frame was looked at.
        inside = rows >= height - np.ceil(level * height)[None]
        pixels[..., :3] = strip.colour
        pixels[..., 3] = np.where(inside, 235, 46) * known[None]
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
        return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)

    def _paint_bar(self, painter: QPainter, left: float, width: float) -> None:
        top = 3.0 + len(self._strips) * self._pitch
        groove = QRectF(left, top + SEEK / 2 - 3, width, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tones.tone(self.palette(), "border"))
        painter.drawRoundedRect(groove, 3, 3)
        accent = tones.tone(self.palette(), "link")
        if not self._num:
            return
        if self._range is not None:
            first = left + self._range[0] / self._num * width
            last = left + (self._range[1] + 1) / self._num * width
            shade = QColor(accent)
            shade.setAlpha(110)
            painter.setBrush(shade)
            painter.drawRoundedRect(
                QRectF(first, groove.top() - 4, max(last - first, 3), groove.height() + 8), 3, 3
            )
        x = self.x_of(self._index)
        painter.setPen(QPen(accent, 2))
        painter.drawLine(QPointF(x, 0), QPointF(x, top + SEEK - 4))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        base = top + SEEK / 2
        painter.drawPolygon(
            QPolygonF([QPointF(x - 6, base + 9), QPointF(x + 6, base + 9), QPointF(x, base)])
        )
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(accent, 1))
            painter.drawRoundedRect(groove.adjusted(-3, -3, 3, 3), 5, 5)

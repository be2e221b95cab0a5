"""One line for each keypoint: what it draws, where, how strongly, and switches for it.

A little longer than other files: one widget's interface and Qt's events; geometry and drawing are
files of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from tusk_app.layers.model import LayerStates
from tusk_app.layers.widgets.geometry import CONTROLS, EDGE, GAP, USUAL, LayerGeometry
from tusk_app.layers.widgets.heads import WORDS, LayerHeads
from tusk_app.layers.widgets.painter import paint_effect, paint_slider
from tusk_app.parts import icons, shades, tones
from tusk_app.parts.own_keys import keep_keys
from tusk_app.parts.picture_tile import picture_menu
from tusk_app.parts.themed import Themed
from tusk_app.parts.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

_LEAST_WORDS, _MOST_WORDS = 84, 124
_SWITCHES = (("solo", "solo"), ("mute", "mute"), ("lock", "lock"))
_SWITCH_TIPS = {
    "solo": "Solo (S): only this layer",
    "mute": "Mute (M): without this layer",
    "lock": "Lock (L): solo of others and the mouse leave it alone",
    "opacity": "Opacity: drag, or + and -",
}
_WORD_TIP = "Score · share of the picture\nΔ: change of the error when this [point] is left out"
_EFFECT_TIP = (
    "How much this [point] is worth: change of the error when it is left out.\n"
    "Green: the picture gets worse without it. Red: it gets better."
)
_PART_TIPS = ("Colour", "Alpha: where it draws", "Alpha × colour: what it adds")


@dataclass(frozen=True, slots=True, eq=False)
class LayerLine:
    """One keypoint of the list.

    Attributes:
        keypoint: index in the picture's detection.
        name: of its prototype.
        colour: of its prototype, sRGB.
        numbers: two short lines beneath the name.
        pictures: RGB, alpha, alpha × RGB; none for models without layers.
        effect: change of the error without it, relative to the largest, -1 to 1; drawn as a bar
            where there are no pictures.
    """

    keypoint: int
    name: str
    colour: tuple[int, int, int]
    numbers: tuple[str, str]
    pictures: tuple[QImage, ...]
    effect: float = 0.0


class LayerGrid(Themed, QAbstractScrollArea):
    """Paints only the lines in view. S, M, L, + and - act on the current line.

    Signals:
        toggled: (str ``solo``, ``mute`` or ``lock``, int keypoint).
        opacity_changed: (int keypoint, float).
        keypoint_chosen: int, -1 for none.
        keypoint_hovered: int, -1 for none.
    """

    toggled = Signal(str, int)
    opacity_changed = Signal(int, float)
    keypoint_chosen = Signal(int)
    keypoint_hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[LayerLine, ...] = ()
        self._states = LayerStates.all_on(0)
        self._current = -1
        self._hovered = -1
        self._sliding = -1
        self._geometry = LayerGeometry(320, _LEAST_WORDS, self.fontMetrics().height(), 3)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        keep_keys(self, "SML+-=")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self._heads = LayerHeads(self)
        self.setAccessibleName("Layers")
        self.follow_theme()

    @property
    def rows(self) -> tuple[LayerLine, ...]:
        """Lines in the order shown."""
        return self._rows

    def set_rows(self, rows: Sequence[LayerLine], states: LayerStates) -> None:
        """Show other lines; ``states`` is indexed by keypoint."""
        self._rows, self._states = tuple(rows), states
        self._describe()
        self._layout()

    def set_states(self, states: LayerStates) -> None:
        """Show other switches."""
        self._states = states
        self._describe()
        self.viewport().update()

    def set_current(self, keypoint: int | None) -> None:
        """Make the line of a keypoint stand out and bring it into view."""
        self._current = -1 if keypoint is None else keypoint
        position = self._position_of(self._current)
        if position >= 0:
            self._show(position)
        self._describe()
        self.viewport().update()

    def _describe(self) -> None:
        """Tell a screen reader the current line and its switches."""
        position, states = self._position_of(self._current), self._states
        words = []
        if position >= 0 and self._current < len(states.mute):
            switches = {"solo": states.solo, "muted": states.mute, "locked": states.lock}
            words = [self._rows[position].name]
            words += [name for name, on in switches.items() if on[self._current]]
            words.append(f"opacity {states.opacity[self._current]:.0%}")
        self.setAccessibleDescription(", ".join(words))

    def set_hovered(self, keypoint: int | None) -> None:
        """Tint the line of a keypoint that is pointed at elsewhere."""
        self._hovered = -1 if keypoint is None else keypoint
        self.viewport().update()

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(_LEAST_WORDS + 3 * (USUAL + GAP) + CONTROLS + 3 * GAP + 16, 320)

    def minimumSizeHint(self) -> QSize:
        """Return the smallest useful size."""
        return QSize(200, 90)

    @property
    def geometry_of_lines(self) -> LayerGeometry:
        """How lines are laid out at the present width."""
        return self._geometry

    def _measure(self) -> LayerGeometry:
        metrics = QFontMetrics(_bold(self.font()))
        wanted = max((metrics.horizontalAdvance(row.name) for row in self._rows), default=0)
        return LayerGeometry(
            width=self.viewport().width(),
            words=min(max(wanted + 2 * GAP, _LEAST_WORDS), _MOST_WORDS),
            line=self.fontMetrics().height(),
            num_pictures=max((len(row.pictures) for row in self._rows), default=0),
        )

    def _pitch(self) -> int:
        return self._geometry.pitch

    def _top(self, position: int) -> int:
        return position * self._pitch() - self.verticalScrollBar().value()

    def tile_rect(self, position: int, column: int) -> QRect:
        """Return where a picture of a line lies in the viewport."""
        return self._geometry.tile_rect(self._top(position), column)

    def switch_rect(self, position: int, number: int) -> QRect:
        """Return where a switch of a line lies in the viewport."""
        return self._geometry.switch_rect(self._top(position), number)

    def slider_rect(self, position: int) -> QRect:
        """Return where the opacity of a line lies in the viewport."""
        return self._geometry.slider_rect(self._top(position))

    def _layout(self) -> None:
        self._geometry = self._measure()
        self._place_heads()
        bar = self.verticalScrollBar()
        bar.setSingleStep(self._pitch() // 2)
        bar.setPageStep(self.viewport().height())
        bar.setRange(0, max(0, len(self._rows) * self._pitch() - self.viewport().height()))
        self.viewport().update()

    def _place_heads(self) -> None:
        """Say over the pictures what they are; models without layers have none."""
        has_pictures = any(row.pictures for row in self._rows)
        height = self.fontMetrics().height() + 4 if has_pictures else 0
        if self.viewportMargins().top() != height:
            self.setViewportMargins(0, height, 0, 0)
        self._heads.setVisible(has_pictures)
        frame = self.frameWidth()
        self._heads.setGeometry(frame, frame, self.viewport().width(), height)
        tiles = [self._geometry.tile_rect(0, column) for column in range(len(WORDS))]
        self._heads.set_columns([(tile.left(), tile.width()) for tile in tiles])

    def _position_of(self, keypoint: int) -> int:
        return next((i for i, row in enumerate(self._rows) if row.keypoint == keypoint), -1)

    def _position_at(self, at: QPoint) -> int:
        position = (at.y() + self.verticalScrollBar().value()) // self._pitch()
        return position if 0 <= position < len(self._rows) else -1

    def _show(self, position: int) -> None:
        bar, pitch = self.verticalScrollBar(), self._pitch()
        if position * pitch < bar.value():
            bar.setValue(position * pitch)
        elif (position + 1) * pitch > bar.value() + self.viewport().height():
            bar.setValue((position + 1) * pitch - self.viewport().height())

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Keep the scroll range right."""
        self._layout()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the lines in view."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), self.palette().color(QPalette.ColorRole.Base))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        first = self.verticalScrollBar().value() // self._pitch()
        last = first + self.viewport().height() // self._pitch() + 2
        for position in range(first, min(last, len(self._rows))):
            self._paint_row(painter, position, self._rows[position])
        painter.end()

    def _paint_row(self, painter: QPainter, position: int, row: LayerLine) -> None:
        palette = self.palette()
        top = self._top(position)
        box = QRect(0, top, self.viewport().width(), self._pitch())
        is_current = row.keypoint == self._current
        if is_current or row.keypoint == self._hovered:
            highlight = palette.color(QPalette.ColorRole.Highlight)
            base = palette.color(QPalette.ColorRole.Base)
            painter.fillRect(box, shades.mixed(highlight, base, 0.26 if is_current else 0.1))
        painter.fillRect(QRect(0, top + 3, 5, self._pitch() - 6), QColor(*row.colour))
        is_on = self._states.weights[row.keypoint] > 0
        self._paint_words(
            painter,
            row,
            QRect(GAP + EDGE, top, self._geometry.words - GAP, self._pitch()),
            is_on=is_on,
        )
        painter.setOpacity(1.0 if is_on else 0.25)
        for column, image in enumerate(row.pictures):
            place = self.tile_rect(position, column)
            painter.fillRect(place, QColor(0, 0, 0))
            painter.drawImage(place, image)
        if not row.pictures:
            paint_effect(painter, palette, self._geometry.bar_rect(top), row.effect)
        painter.setOpacity(1.0)
        self._paint_controls(painter, position, row.keypoint)
        painter.setPen(tones.tone(palette, "raised"))
        painter.drawLine(box.bottomLeft(), box.bottomRight())

    def _paint_words(self, painter: QPainter, row: LayerLine, box: QRect, *, is_on: bool) -> None:
        line = self.fontMetrics().height()
        top = box.top() + (box.height() - 3 * line) // 2
        for number, text in enumerate((row.name, *row.numbers)):
            painter.setFont(_bold(self.font()) if number == 0 else self.font())
            strong = number == 0 and is_on
            painter.setPen(tones.tone(self.palette(), "text" if strong else "muted"))
            metrics = painter.fontMetrics()
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box.left(), top + number * line + metrics.ascent(), shown)
        painter.setFont(self.font())

    def _paint_controls(self, painter: QPainter, position: int, keypoint: int) -> None:
        palette = self.palette()
        accent = tones.tone(palette, "link")
        for number, (name, icon) in enumerate(_SWITCHES):
            place = self.switch_rect(position, number)
            is_set = bool(getattr(self._states, name)[keypoint])
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(shades.mixed(accent, palette.color(QPalette.ColorRole.Base), 0.3))
            if is_set:
                painter.drawRoundedRect(place, 4, 4)
            colour = accent if is_set else tones.tone(palette, "muted")
            ratio = self.devicePixelRatioF()
            painter.drawPixmap(place.adjusted(3, 3, -3, -3), icons.pixmap(icon, 16, colour, ratio))
        share = float(self._states.opacity[keypoint])
        paint_slider(painter, palette, self.slider_rect(position), share, accent)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Switch, slide or choose."""
        at = event.position().toPoint()
        position = self._position_at(at)
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if position < 0:
            self._choose(-1)
            return
        keypoint = self._rows[position].keypoint
        for number, (name, _) in enumerate(_SWITCHES):
            if self.switch_rect(position, number).contains(at):
                self.toggled.emit(name, keypoint)
                return
        if self.slider_rect(position).adjusted(-4, -6, 4, 6).contains(at):
            self._sliding = position
            self._slide(at)
            return
        self._choose(keypoint)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Slide, or point."""
        at = event.position().toPoint()
        if self._sliding >= 0:
            self._slide(at)
            return
        position = self._position_at(at)
        keypoint = self._rows[position].keypoint if position >= 0 else -1
        if keypoint != self._hovered:
            self._hovered = keypoint
            self.keypoint_hovered.emit(keypoint)
            self.viewport().update()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """End sliding."""
        self._sliding = -1

    def leaveEvent(self, _event: QEvent) -> None:
        """Point at nothing."""
        if self._hovered >= 0:
            self._hovered = -1
            self.keypoint_hovered.emit(-1)
            self.viewport().update()

    def refit(self) -> None:
        """Measure the lines in another font."""
        self._layout()

    def viewportEvent(self, event: QEvent) -> bool:
        """Explain switches and pictures."""
        if event.type() == QEvent.Type.ToolTip:
            at = event.pos()  # type: ignore[attr-defined]
            tip = self._tip_at(at)
            QToolTip.showText(self.viewport().mapToGlobal(at), tip, self)
            return True
        return super().viewportEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy or save the picture under the pointer."""
        found = self._picture_at(self.viewport().mapFromGlobal(event.globalPos()))
        if found is not None:
            image, name = found
            picture_menu(self, image, name).popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose and switch by keyboard."""
        position = self._position_of(self._current)
        key = event.key()
        names = {Qt.Key.Key_S: "solo", Qt.Key.Key_M: "mute", Qt.Key.Key_L: "lock"}
        if key in {Qt.Key.Key_Up, Qt.Key.Key_Down} and self._rows:
            step = 1 if key == Qt.Key.Key_Down else -1
            new = min(max(position + step, 0), len(self._rows) - 1)
            self._choose(self._rows[new].keypoint)
        elif key == Qt.Key.Key_Escape:
            self._choose(-1)
        elif position < 0:
            super().keyPressEvent(event)
        elif event.matches(QKeySequence.StandardKey.Copy):
            for image in self._rows[position].pictures[-1:]:
                QGuiApplication.clipboard().setImage(image)
        elif Qt.Key(key) in names:
            self.toggled.emit(names[Qt.Key(key)], self._current)
        elif key in {Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus}:
            step_size = -0.1 if key == Qt.Key.Key_Minus else 0.1
            value = float(self._states.opacity[self._current]) + step_size
            self.opacity_changed.emit(self._current, min(max(value, 0.0), 1.0))
        else:
            super().keyPressEvent(event)

    def _choose(self, keypoint: int) -> None:
        self.set_current(None if keypoint < 0 else keypoint)
        self.keypoint_chosen.emit(keypoint)

    def _slide(self, at: QPoint) -> None:
        bar = self.slider_rect(self._sliding)
        share = (at.x() - bar.left()) / bar.width()
        self.opacity_changed.emit(self._rows[self._sliding].keypoint, min(max(share, 0.0), 1.0))

    def _picture_at(self, at: QPoint) -> tuple[QImage, str] | None:
        position = self._position_at(at)
        if position < 0:
            return None
        row = self._rows[position]
        for column, image in enumerate(row.pictures):
            if self.tile_rect(position, column).contains(at):
                part = ("colour", "alpha", "layer")[column]
                return image, f"keypoint_{row.keypoint:02d}_{part}"
        return None

    def _tip_at(self, at: QPoint) -> str:
        position = self._position_at(at)
        if position < 0:
            return ""
        row = self._rows[position]
        places = [
            (self.switch_rect(position, number), _SWITCH_TIPS[name])
            for number, (name, _) in enumerate(_SWITCHES)
        ]
        places.append((self.slider_rect(position), _SWITCH_TIPS["opacity"]))
        places += [
            (self.tile_rect(position, column), _PART_TIPS[column])
            for column in range(len(row.pictures))
        ]
        if not row.pictures:
            bar = self._geometry.bar_rect(self._top(position))
            places.append((bar.adjusted(0, -8, 0, 8), say(_EFFECT_TIP)))
        tips = [tip for place, tip in places if place.contains(at)]
        is_word = at.x() < self._geometry.left
        return (tips[0]) if tips else f"{row.name}\n{say(_WORD_TIP)}" if is_word else ""


def _bold(font: QFont) -> QFont:
    made = QFont(font)
    made.setBold(True)
    return made

"""Where the parts of a layer's line lie: words, pictures, switches and opacity."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect

GAP = 5
EDGE = 6  # the stripe in the prototype's colour
SMALLEST, USUAL, LARGEST = 44, 54, 88
SWITCH, SWITCH_PITCH = 22, 24
CONTROLS = 76
SLIDER = 12
# A model without layers gets a bar as wide as two pictures.
BAR_COLUMNS = 2


@dataclass(frozen=True, slots=True)
class LayerGeometry:
    """Fits lines to a width; where that is small, the controls go beneath the pictures.

    Attributes:
        width: of the room for a line [px].
        words: width of the words [px].
        line: height of a line of text [px].
        num_pictures: of each keypoint; 0 for models without layers, which get a bar.
    """

    width: int
    words: int
    line: int
    num_pictures: int

    @property
    def left(self) -> int:
        """Where the pictures begin."""
        return EDGE + GAP + self.words

    @property
    def columns(self) -> int:
        """Pictures side by side, or what the bar takes."""
        return self.num_pictures or BAR_COLUMNS

    @property
    def is_narrow(self) -> bool:
        """True if the controls stand beneath the pictures."""
        return self.left + self.columns * (USUAL + GAP) + CONTROLS > self.width

    @property
    def tile(self) -> int:
        """Side of a picture."""
        room = self.width - self.left - (0 if self.is_narrow else CONTROLS)
        return min(max(room // self.columns - GAP, SMALLEST), LARGEST)

    @property
    def pitch(self) -> int:
        """Height of a line of the list."""
        height = self.tile if self.num_pictures else USUAL
        if self.is_narrow:
            height = max(height, 2 * self.line) if self.num_pictures else 2 * self.line
            height += SWITCH_PITCH + 2
        return max(height, 3 * self.line) + 2 * GAP

    def tile_rect(self, top: int, column: int) -> QRect:
        """Return the place of a picture in the line that begins at ``top``."""
        left = self.left + column * (self.tile + GAP)
        if self.is_narrow:
            return QRect(left, top + GAP, self.tile, self.tile)
        return QRect(left, top + (self.pitch - self.tile) // 2, self.tile, self.tile)

    def bar_rect(self, top: int) -> QRect:
        """Return the place of the bar of a model without layers."""
        width = BAR_COLUMNS * (self.tile + GAP) - GAP
        height = 2 * self.line + 2 * GAP if self.is_narrow else self.pitch
        return QRect(self.left, top + (height - SLIDER) // 2, width, SLIDER)

    def switch_rect(self, top: int, number: int) -> QRect:
        """Return the place of a switch."""
        at = self._controls(top)
        return QRect(at.left() + number * SWITCH_PITCH, at.top(), SWITCH, SWITCH)

    def slider_rect(self, top: int) -> QRect:
        """Return the place of the opacity."""
        at = self._controls(top)
        if not self.is_narrow:
            return QRect(at.left() + 2, at.top() + 30, CONTROLS - 8, SLIDER)
        left = at.left() + 3 * SWITCH_PITCH + 8
        right = min(self.left + self.columns * (self.tile + GAP) - GAP, self.width - GAP)
        return QRect(left, at.top() + (SWITCH - SLIDER) // 2, max(40, right - left - 6), SLIDER)

    def _controls(self, top: int) -> QRect:
        if self.is_narrow:
            below = top + self.pitch - GAP - SWITCH
            return QRect(self.left - 3, below, self.width - self.left, SWITCH)
        middle = top + (self.pitch - USUAL) // 2
        return QRect(self.left + self.columns * (self.tile + GAP), middle + 4, CONTROLS, USUAL)

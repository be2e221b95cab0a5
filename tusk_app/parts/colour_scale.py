"""Numbers as colours, and the bar that explains them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNKNOWN = (150, 150, 150)


@functools.cache
def table() -> NDArray[np.uint8]:
    """Return the scale, (256, 3) uint8 RGB, dark to light; its palest end is left out."""
    import pyqtgraph as pg  # takes a second to load

    values = pg.colormap.get("viridis").map(np.linspace(0, 0.94, 256), mode="byte")
    return np.ascontiguousarray(values[:, :3], np.uint8)


def coloured(
    values: NDArray[np.floating], low: float | None = None, high: float | None = None
) -> tuple[NDArray[np.uint8], float, float]:
    """Return colours, (n, 3) uint8, of numbers, (n,), and the range they span.

    Not finite numbers become grey. Without a range the 1st and 99th percentile are taken, so
    that one outlier does not hide all differences.
    """
    finite = np.isfinite(values)
    good = values[finite]
    if low is None:
        low = float(np.percentile(good, 1)) if len(good) else 0.0
    if high is None:
        high = float(np.percentile(good, 99)) if len(good) else 1.0
    span = max(high - low, 1e-12)
    position = np.nan_to_num((values - low) / span, nan=0.0, posinf=1.0, neginf=0.0)
    colours = table()[np.clip(np.rint(255 * position), 0, 255).astype(np.intp)]
    colours[~finite] = UNKNOWN
    return colours, low, high


class ColourBar(QWidget):
    """The scale with its two ends named."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._low, self._high = "", "", ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_range(self, title: str, low: str, high: str) -> None:
        """Name the number and its ends."""
        self._title, self._low, self._high = title, low, high
        self.setAccessibleName(f"{title}: {low} to {high}")
        self.update()

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        line = self.fontMetrics().height()
        return QSize(130, 2 * line + 22)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint title, scale and ends."""
        painter = QPainter(self)
        line = self.fontMetrics().height()
        width = self.width() - 12
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(6, line, self._title)
        image = QImage(table().data, 256, 1, 768, QImage.Format.Format_RGB888)
        painter.drawImage(QRectF(6, line + 5, width, 10), image)
        ends = QRectF(6, line + 17, width, line)
        painter.drawText(ends, Qt.AlignmentFlag.AlignLeft, self._low)
        painter.drawText(ends, Qt.AlignmentFlag.AlignRight, self._high)
        painter.end()

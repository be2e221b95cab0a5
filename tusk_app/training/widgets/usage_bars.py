"""How often each prototype is used, as bars and in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from tusk_app.parts import palette, theme
from tusk_app.parts.words import say

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNUSED_SHARE = 0.1  # of the even share: less than a tenth of it counts as unused
EARLY_FRACTION = 0.3


@dataclass(frozen=True, slots=True)
class UsageReport:
    """What the bars mean.

    Attributes:
        num_used: prototypes in use.
        text: one or two sentences.
        level: ``warning`` if something should be done.
    """

    num_used: int
    text: str
    level: Literal["info", "warning"]


def describe_usage(usage: NDArray[np.float32], fraction: float | None) -> UsageReport:
    """Say how many prototypes are in use, and whether that is a reason to worry.

    Args:
        usage: (M,) shares that sum to 1.
        fraction: share of the run that is done; None counts as early.
    """
    total = len(usage)
    num_used = int(np.count_nonzero(usage > UNUSED_SHARE / total)) if total else 0
    is_early = fraction is None or fraction < EARLY_FRACTION
    has_collapsed = num_used <= max(1, total // 16)
    if has_collapsed and is_early:
        text = say(
            f"{num_used} of {total} [kinds] in use. That is normal this early: at first all "
            "[points] look similar to the model, the kinds separate later."
        )
        return UsageReport(num_used, text, "info")
    if has_collapsed:
        text = say(
            f"All [points] still look similar to the model: {num_used} of {total} [kinds] in "
            "use. If this stays so, try a lower equivariance weight or a later k-means start."
        )
        return UsageReport(num_used, text, "warning")
    num_unused = total - num_used
    if 2 * num_unused > total and not is_early:
        text = say(
            f"{num_unused} of {total} [kinds] are unused. Fewer [kinds], or a longer run, "
            "may suit these pictures better."
        )
        return UsageReport(num_used, text, "warning")
    return UsageReport(num_used, say(f"{num_used} of {total} [kinds] in use."), "info")


class UsageBars(QWidget):
    """One bar for each prototype in its colour; a dash below stands for an unused one.

    Signals:
        prototype_clicked: int.
    """

    prototype_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._usage: NDArray[np.float32] = np.zeros(0, np.float32)
        self._colours = palette.colours(1)
        self._chosen: int | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(say("Use of the [kinds]"))

    def set_usage(self, usage: NDArray[np.float32], colours: NDArray[np.uint8]) -> None:
        """Show ``usage`` (M,), bars coloured by ``colours`` (M, 3) uint8."""
        self._usage, self._colours = usage, colours
        self.setAccessibleDescription(describe_usage(usage, 1.0).text)
        self.update()

    def set_chosen(self, prototype: int | None) -> None:
        """Mark the prototype that is selected elsewhere."""
        self._chosen = prototype
        self.update()

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(320, 84)

    def minimumSizeHint(self) -> QSize:
        """Enough to tell bars apart."""
        return QSize(120, 48)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw bars, the even share and the baseline."""
        if not self._usage.size:
            return
        painter = QPainter(self)
        colours = theme.of(self.palette())
        area = self._area()
        top = max(float(self._usage.max()), 2.0 / len(self._usage)) * 1.05
        width = area.width() / len(self._usage)
        gap = min(2.0, 0.2 * width)
        for index, share in enumerate(self._usage):
            left = area.x() + index * width
            self._draw_bar(painter, QRectF(left, 0, width - gap, 0), area, index, share / top)
        painter.setPen(QPen(QColor(colours.muted), 1, Qt.PenStyle.DashLine))
        even = area.bottom() - area.height() / (len(self._usage) * top)
        painter.drawLine(QPointF(area.left(), even), QPointF(area.right(), even))
        painter.setPen(QColor(colours.strong_border))
        painter.drawLine(area.bottomLeft(), area.bottomRight())

    def event(self, event: QEvent) -> bool:
        """Tell share and number of the bar under the mouse."""
        if isinstance(event, QHelpEvent):
            index = self._index_at(event.x())
            if index is not None:
                share = 100 * float(self._usage[index])
                text = say(f"[Kind] {index}: {share:.1f} % of the [points]")
                QToolTip.showText(event.globalPos(), text, self)
                return True
        return super().event(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Select the prototype of the clicked bar."""
        index = self._index_at(round(event.position().x()))
        if event.button() == Qt.MouseButton.LeftButton and index is not None:
            self.prototype_clicked.emit(index)

    def _draw_bar(
        self, painter: QPainter, bar: QRectF, area: QRectF, index: int, height: float
    ) -> None:
        red, green, blue = (int(part) for part in self._colours[index % len(self._colours)])
        bar.setTop(area.bottom() - max(height, 0.0) * area.height())
        bar.setBottom(area.bottom())
        painter.fillRect(bar, QColor(red, green, blue))
        if self._usage[index] <= UNUSED_SHARE / len(self._usage):
            dash = QRectF(bar.x(), area.bottom() + 3, bar.width(), 3)
            painter.fillRect(dash, QColor(theme.of(self.palette()).border))
        if index == self._chosen:
            painter.setPen(QPen(QColor(theme.of(self.palette()).text), 2))
            painter.drawLine(
                QPointF(bar.left(), area.bottom() + 4), QPointF(bar.right(), area.bottom() + 4)
            )

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(1, 2, -1, -8)

    def _index_at(self, x: int) -> int | None:
        area = self._area()
        if not self._usage.size or not area.left() <= x < area.right():
            return None
        return int((x - area.left()) / area.width() * len(self._usage))

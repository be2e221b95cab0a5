"""Legend's place and range of the loss curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_app.training.widgets.loss_legend import LossLegend

SHARE_SKIPPED = 0.02  # the first steps fall so fast that they would flatten the rest


class LegendArea(QScrollArea):
    """Beside the curves as wide as the legend, below them as high; scrolls if it must."""

    def __init__(self, legend: LossLegend, parent: QWidget) -> None:
        super().__init__(parent)
        self._legend = legend
        self._announced = QSize()
        self.setWidget(legend)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.place(is_below=False, num_columns=1)

    def wanted_width(self) -> int:
        """Width of the legend in one column, and a scroll bar beside it."""
        return self._legend.column_width() + self.verticalScrollBar().sizeHint().width()

    def place(self, *, is_below: bool, num_columns: int) -> None:
        """Say where the legend stands and how many columns it has."""
        policy = QSizePolicy.Policy
        if is_below:
            self.setSizePolicy(policy.Ignored, policy.Fixed)
        else:
            self.setSizePolicy(policy.Fixed, policy.Ignored)
        self._legend.set_columns(num_columns)
        wanted = self.sizeHint()
        if wanted != self._announced:
            self._announced = wanted
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """As the legend."""
        return QSize(self.wanted_width(), self._legend.sizeHint().height() + 2)


def robust_limits(
    values: NDArray[np.float64], *, ignore_outliers: bool
) -> tuple[float, float] | None:
    """Return the lowest and highest value that a curve's range should hold; None if it is empty.

    Args:
        values: (N,) finite.
        ignore_outliers: leave out single peaks and the first steps, keep the newest value.
    """
    if not values.size:
        return None
    if not ignore_outliers or values.size < 20:
        return float(values.min()), float(values.max())
    kept = values[int(SHARE_SKIPPED * values.size) :]
    low, high = np.quantile(kept, [0.005, 0.985])
    last = float(values[-1])
    return min(float(low), last), max(float(high), last)

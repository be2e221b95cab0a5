"""Tick boxes, colours and values of the loss curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QSizePolicy, QWidget

from tusk_app.parts import readable, theme
from tusk_app.parts.themed import Themed
from tusk_app.training.widgets import loss_style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HIDDEN_AT_FIRST = frozenset({"total"})


class LossLegend(Themed, QWidget):
    """One row for each curve: shown or not, its colour, its value at the cursor.

    Signals:
        shown_changed: which curves are ticked changed.
        comparison_dismissed: str, name of an earlier run that is no longer to be compared.
    """

    shown_changed = Signal()
    comparison_dismissed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._boxes: dict[str, QCheckBox] = {}
        self._values: dict[str, QLabel] = {}
        self._comparisons: dict[str, QCheckBox] = {}
        self._hidden = set(HIDDEN_AT_FIRST)
        self._num_columns = 1
        self._where = QLabel("", self)
        self._where.setProperty("role", "muted")
        self._where.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(6, 0, 2, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(2)
        self._marks = QLabel("", self)
        self._marks.setProperty("role", "muted")
        self._grid.setRowStretch(100, 1)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.follow_theme()

    def shown(self) -> list[str]:
        """Terms whose curves are to be drawn."""
        return [term for term, box in self._boxes.items() if box.isChecked()]

    def hidden(self) -> list[str]:
        """Terms the user has switched off, to be remembered."""
        return sorted(self._hidden)

    def set_hidden(self, terms: Sequence[str]) -> None:
        """Switch off exactly these terms."""
        self._hidden = set(terms)
        for term, box in self._boxes.items():
            box.setChecked(term not in self._hidden)

    def set_terms(self, terms: tuple[str, ...]) -> None:
        """Show a row for each of ``terms``."""
        if set(terms) == set(self._boxes):
            return
        for widget in (*self._boxes.values(), *self._values.values()):
            widget.deleteLater()
        self._boxes, self._values = {}, {}
        for term in loss_style.ordered(terms):
            self._add_row(term)
        self._place()
        self.restyle()

    def set_values(self, where: str, values: Mapping[str, float]) -> None:
        """Show the values at the cursor (or the newest) and where that is."""
        self._where.setText(where)
        for term, label in self._values.items():
            label.setText(readable.loss(values.get(term, float("nan"))))

    def set_marks(self, *, has_checkpoints: bool, has_resumes: bool) -> None:
        """Explain the vertical lines that are drawn."""
        lines = ["╎ best checkpoint", "┊ checkpoint"] if has_checkpoints else []
        lines += ["│ resumed"] if has_resumes else []
        self._marks.setText(("   " if self._num_columns > 1 else "\n").join(lines))
        self._marks.setVisible(bool(lines))

    def set_comparisons(self, names: Sequence[str]) -> None:
        """Show a grey row for each earlier run."""
        for box in self._comparisons.values():
            box.deleteLater()
        self._comparisons = {}
        for name in names:
            box = QCheckBox(name, self)
            box.setChecked(True)
            box.setToolTip("Earlier run; untick to take it away.")
            box.toggled.connect(lambda _on, which=name: self.comparison_dismissed.emit(which))
            self._comparisons[name] = box
        self._place()
        self.restyle()

    def set_columns(self, num_columns: int) -> None:
        """Lay the rows out side by side in so many columns."""
        if num_columns != self._num_columns:
            self._num_columns = num_columns
            self._place()

    def column_width(self) -> int:
        """Width of one column."""
        names = max((box.sizeHint().width() for box in self._boxes.values()), default=0)
        values = max((label.minimumWidth() for label in self._values.values()), default=0)
        return max(names + values + 2 * self._grid.horizontalSpacing(), 160)

    def _place(self) -> None:
        """Put place, terms, earlier runs and explanation of the marks one below the other."""
        while self._grid.count():
            self._grid.takeAt(0)
        across = 3 * self._num_columns
        self._grid.addWidget(self._where, 0, 0, 1, across)
        for index, term in enumerate(self._boxes):
            row, column = divmod(index, self._num_columns)
            self._grid.addWidget(self._boxes[term], row + 1, 3 * column)
            self._grid.addWidget(self._values[term], row + 1, 3 * column + 1)
        for column in range(3):
            self._grid.setColumnMinimumWidth(3 * column + 2, 12 if self._num_columns > 1 else 0)
        row = len(self._boxes) + 1
        for box in (*self._comparisons.values(), self._marks):
            self._grid.addWidget(box, row, 0, 1, across)
            row += 1

    def _add_row(self, term: str) -> None:
        box = QCheckBox(loss_style.label(term), self)
        box.setChecked(term not in self._hidden)
        box.toggled.connect(lambda on, which=term: self._take_tick(which, on=on))
        value = QLabel("–", self)
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        value.setMinimumWidth(value.fontMetrics().horizontalAdvance("2.93e-05"))
        self._boxes[term], self._values[term] = box, value

    def _take_tick(self, term: str, *, on: bool) -> None:
        if on:
            self._hidden.discard(term)
        else:
            self._hidden.add(term)
        self.shown_changed.emit()

    def restyle(self) -> None:
        """Take the colours of the theme."""
        palette = self.palette()
        dark = theme.of(palette).name == "dark"
        for term, box in self._boxes.items():
            box.setIcon(_swatch(loss_style.colour(term, dark=dark), self.devicePixelRatioF()))
        for index, box in enumerate(self._comparisons.values()):
            grey = QColor(theme.of(palette).muted)
            box.setIcon(_swatch(grey, self.devicePixelRatioF(), comparison_dash(index)))


def comparison_dash(index: int) -> Qt.PenStyle:
    """Line style of the ``index``-th earlier run: all of them are grey."""
    styles = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine)
    return styles[index % len(styles)]


def _swatch(colour: QColor, ratio: float, line: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QIcon:
    size = QSize(18, 12)
    pixmap = QPixmap(size * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setPen(QPen(colour, 3, line))
    painter.drawLine(QPointF(1, 6), QPointF(17, 6))
    painter.end()
    return QIcon(pixmap)

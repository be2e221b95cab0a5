"""The plane of the loss curves: axes, lines and marks by pyqtgraph, which takes a second to load.

``LossPlot`` therefore makes it when it is first shown, and works out what is drawn here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QWidget

from tusk_app.parts import theme
from tusk_app.parts.themed import Themed
from tusk_app.training.loss_history import HELD_OUT
from tusk_app.training.widgets import loss_style
from tusk_app.training.widgets.loss_legend import comparison_dash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Line = tuple[NDArray[Any], NDArray[Any]]


class LossAxis(pg.AxisItem):
    """The vertical axis; on a logarithmic one only 1, 2 and 5 are written, so that none collide."""

    def logTickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return the texts of the ticks at ``values`` (log10)."""
        texts: list[str] = super().logTickStrings(values, scale, spacing)
        leading = [f"{10.0**value:.0e}"[0] for value in values]
        return [text if digit in "125" else "" for text, digit in zip(texts, leading, strict=True)]


class LossCurves(Themed, pg.PlotWidget):
    """Lines by the name of their term, earlier runs in grey, marks at steps, a cursor.

    Signals:
        hovered: float, the x under the pointer; None where it is not over the curves.
        zoomed: the user changed the range.
    """

    hovered = Signal(object)
    zoomed = Signal()

    def __init__(self, parent: QWidget) -> None:
        # No OpenGL and no smooth lines: curves of many steps are redrawn while training computes.
        pg.setConfigOptions(imageAxisOrder="row-major", useOpenGL=False, antialias=False)
        axes = {"left": LossAxis("left")}
        super().__init__(parent, axisItems=axes)  # type: ignore[call-arg]  # it is untyped
        self._item = self.getPlotItem()
        self._curves: dict[str, Any] = {}
        self._raw_curves: dict[str, Any] = {}
        self._grey_curves: list[Any] = []
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._item.setMenuEnabled(False)
        self._item.hideButtons()
        self._item.showGrid(x=False, y=True, alpha=0.25)
        for side in ("bottom", "left"):
            self._item.getAxis(side).enableAutoSIPrefix(False)
            self._item.getAxis(side).setStyle(maxTickLevel=1)
        self._item.getViewBox().setDefaultPadding(0.0)
        self._add_marks()
        self.scene().sigMouseMoved.connect(self._take_mouse)
        self._item.getViewBox().sigRangeChangedManually.connect(lambda *_axes: self.zoomed.emit())
        self.follow_theme()

    def _add_marks(self) -> None:
        self._best_marks = pg.VTickGroup([], yrange=[0.0, 1.0])
        self._marks = pg.VTickGroup([], yrange=[0.0, 1.0])
        self._resume_marks = pg.VTickGroup([], yrange=[0.0, 1.0])
        self._cursor_line = pg.InfiniteLine(angle=90, movable=False)
        self._cursor_line.hide()
        for item in (self._marks, self._best_marks, self._resume_marks, self._cursor_line):
            self._item.addItem(item, ignoreBounds=True)

    @property
    def x_range(self) -> tuple[float, float]:
        """What part of the x axis is shown."""
        left, right = self._item.getViewBox().viewRange()[0]
        return left, right

    def set_axes(self, bottom: str, *, log: bool) -> None:
        """Name the x axis and choose the scale of the other."""
        self._item.setLogMode(x=False, y=log)
        self._item.setLabel("bottom", bottom)

    def draw_term(self, term: str, line: Line | None, raw: Line | None) -> None:
        """Draw the smooth line of a term and the values behind it; None hides one."""
        if term not in self._curves:
            self._raw_curves[term], self._curves[term] = self._item.plot(), self._item.plot()
            self._raw_curves[term].setZValue(1)
            self._curves[term].setZValue(3)
            self.restyle()
        for curve, values in ((self._curves[term], line), (self._raw_curves[term], raw)):
            curve.setVisible(values is not None)
            if values is not None:
                curve.setData(*values)

    def draw_comparisons(self, lines: Sequence[Line | None]) -> None:
        """Draw earlier runs in grey, each with a dash of its own; None keeps the place of one."""
        for curve in self._grey_curves:
            self._item.removeItem(curve)
        self._grey_curves = []
        grey = QColor(theme.of(self.palette()).muted)
        for index, line in enumerate(lines):
            if line is None:
                continue
            pen = QPen(grey, 1, comparison_dash(index))
            pen.setCosmetic(True)
            curve = self._item.plot(*line, pen=pen)
            curve.setZValue(2)
            self._grey_curves.append(curve)

    def set_marks(
        self, best: Sequence[float], others: Sequence[float], resumes: Sequence[float]
    ) -> None:
        """Mark the best checkpoint, the others and the places of resumes, by their x."""
        self._best_marks.setXVals(list(best))
        self._marks.setXVals(list(others))
        self._resume_marks.setXVals(list(resumes))

    def set_range(
        self, x: tuple[float, float] | None = None, y: tuple[float, float] | None = None
    ) -> None:
        """Show a range, as the axes have it (log10 on a logarithmic one); None leaves an axis."""
        if x is not None:
            self._item.setXRange(*x, padding=0)
        if y is not None:
            self._item.setYRange(*y, padding=0)

    def set_cursor(self, x: float | None) -> None:
        """Draw the cursor at ``x``; None takes it away."""
        self._cursor_line.setVisible(x is not None)
        if x is not None:
            self._cursor_line.setPos(x)

    def _take_mouse(self, place: QPointF) -> None:
        view = self._item.getViewBox()
        is_over = view.sceneBoundingRect().contains(place)
        self.hovered.emit(float(view.mapSceneToView(place).x()) if is_over else None)

    def restyle(self) -> None:
        """Take the colours of the theme."""
        palette = self.palette()
        colours = theme.of(palette)
        self.setBackground(palette.base().color())
        text = QColor(colours.muted)
        for side in ("bottom", "left"):
            axis = self._item.getAxis(side)
            axis.setPen(QColor(colours.border))
            axis.setTextPen(text)
            axis.setTickFont(self.font())
        widest = self.fontMetrics().horizontalAdvance("0.0001")
        self._item.getAxis("left").setWidth(widest + 16)
        for term in self._curves:
            self._colour(term, is_dark=colours.name == "dark")
        self._marks.setPen(pg.mkPen(QColor(colours.border), style=Qt.PenStyle.DotLine))
        self._best_marks.setPen(pg.mkPen(QColor(colours.success), style=Qt.PenStyle.DashLine))
        self._resume_marks.setPen(pg.mkPen(QColor(colours.warning)))
        self._cursor_line.setPen(pg.mkPen(text))

    def refit(self) -> None:
        """Take the font of the interface."""
        self.restyle()

    def _colour(self, term: str, *, is_dark: bool) -> None:
        curve, colour = self._curves[term], loss_style.colour(term, dark=is_dark)
        curve.setPen(colour, width=1)
        faint = QColor(colour)
        faint.setAlpha(90 if is_dark else 70)
        self._raw_curves[term].setPen(faint, width=1)
        if term == HELD_OUT:  # few values, far apart: dots tell where they are
            curve.setSymbol("o")
            curve.setSymbolSize(6)
            curve.setSymbolPen(colour)
            curve.setSymbolBrush(colour)

"""Live loss curves: one for each term, thinned for drawing, redrawn at most twice per second.

A little longer than other files: one widget's interface and the events of pyqtgraph; bar, legend,
style and parts are files of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts import readable, theme
from tusk_app.parts.own_keys import keep_keys
from tusk_app.parts.themed import Themed
from tusk_app.training.loss_history import HELD_OUT, LossHistory, smoothed, thinned
from tusk_app.training.widgets import loss_style
from tusk_app.training.widgets.loss_legend import LossLegend, comparison_dash
from tusk_app.training.widgets.loss_plot_bar import LossPlotBar
from tusk_app.training.widgets.loss_plot_parts import LegendArea, LossAxis, robust_limits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

REDRAW_MS = 500  # a redraw takes 20 ms, which training lacks
MOST_POINTS = 2000
MOST_RAW_POINTS = 600
LEAST_STEPS, LEAST_MINUTES = 10, 0.1  # that the axis spans
COMPARED_TERM = "reconstruction"


class LossPlot(Themed, QWidget):
    """Curves, legend and their tool bar; takes a history and looks at it when told to.

    Signals:
        csv_requested: the user wants the numbers as a file.
        picture_requested: the user wants the plot as a picture.
        compare_requested: the user wants to choose earlier runs.
        comparison_dismissed: str, an earlier run no longer to be compared.
        options_changed: scale, axis, smoothing or ticks changed.
    """

    csv_requested = Signal()
    picture_requested = Signal()
    compare_requested = Signal()
    comparison_dismissed = Signal(str)
    options_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = LossHistory()
        self._comparisons: dict[str, LossHistory] = {}
        self._checkpoints: list[tuple[int, bool]] = []
        self._resumed_at: list[int] = []
        self._curves: dict[str, Any] = {}
        self._raw_curves: dict[str, Any] = {}
        self._grey_curves: list[Any] = []
        self._cursor: float | None = None
        self._is_fitted = True
        self.bar = LossPlotBar(self)
        self.legend = LossLegend(self)
        self._plot = pg.PlotWidget(self, axisItems={"left": LossAxis("left")})
        self._item = self._plot.getPlotItem()
        self._hint = QLabel("The curves begin with the first step.", self._plot)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setProperty("role", "muted")
        self._hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._lay_out()
        self._prepare_plot()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REDRAW_MS)
        self._timer.timeout.connect(self.redraw)
        self._connect()
        self.follow_theme()

    @property
    def history(self) -> LossHistory:
        """What is drawn."""
        return self._history

    def set_history(self, history: LossHistory) -> None:
        """Show ``history``; call ``refresh`` when it has grown."""
        self._history = history
        self._is_fitted = True
        self.refresh()

    def refresh(self) -> None:
        """Redraw soon; many calls make one redraw."""
        if not self._timer.isActive() and self.isVisible():
            self._timer.start()

    def set_marks(self, checkpoints: Sequence[tuple[int, bool]], resumed_at: Sequence[int]) -> None:
        """Mark checkpoints (step, is it the best so far) and the steps of resumes."""
        self._checkpoints = list(checkpoints)
        self._resumed_at = list(resumed_at)
        self.refresh()

    def set_comparisons(self, comparisons: Mapping[str, LossHistory]) -> None:
        """Show the reconstruction loss of earlier runs, by name, in grey."""
        self._comparisons = dict(comparisons)
        self.legend.set_comparisons(list(comparisons))
        self.refresh()

    def fit(self) -> None:
        """Show everything again after zooming."""
        self._is_fitted = True
        self.redraw()

    def picture(self, scale: float = 2.0) -> QImage:
        """Return plot and legend as a picture, ``scale`` times as fine as on the screen."""
        self.redraw()
        area = self._body
        image = QImage(area.size() * scale, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(scale)
        image.fill(self.palette().window().color())
        painter = QPainter(image)
        area.render(painter, QPointF(0, 0).toPoint())
        painter.end()
        return image

    def redraw(self) -> None:
        """Draw what is known now."""
        history, by_time, log = self._history, self.bar.by_time, self.bar.log_scale
        self.legend.set_terms(history.terms)
        self._item.setLogMode(x=False, y=log)
        self._item.setLabel("bottom", "Training time [min]" if by_time else "Step")
        shown = self.legend.shown()
        bands = [self._draw_term(term, visible=term in shown) for term in history.terms]
        self._draw_comparisons()
        self._draw_marks()
        if self._is_fitted:
            self._fit_to([band for band in bands if band is not None])
        self._show_values()
        self._place_legend()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cursor with the arrow keys; F fits, Escape takes the cursor away."""
        if event.key() in {Qt.Key.Key_Left, Qt.Key.Key_Right} and len(self._history):
            self._move_cursor(-1 if event.key() == Qt.Key.Key_Left else 1)
        elif event.key() == Qt.Key.Key_F:
            self.fit()
        elif event.key() == Qt.Key.Key_Escape and self._cursor is not None:
            self._set_cursor(None)
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came while hidden."""
        super().showEvent(event)
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Look again where the legend fits best."""
        super().resizeEvent(event)
        self._place_legend()

    def leaveEvent(self, event: QEvent) -> None:
        """Take the cursor away with the mouse."""
        self._set_cursor(None)
        super().leaveEvent(event)

    def _lay_out(self) -> None:
        scroll = LegendArea(self.legend, self)
        self._legend_area = scroll
        self._body = QWidget(self)
        row = self._row = QHBoxLayout(self._body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._plot, 1)
        row.addWidget(scroll)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.bar)
        column.addWidget(self._body, 1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        keep_keys(self, "F")
        self.setAccessibleName("Loss curves")

    def _place_legend(self) -> None:
        """Put the legend below the curves where it would leave them too little width."""
        self._hint.setVisible(not len(self._history))
        self._hint.setGeometry(self._plot.rect())
        # Without curves there is nothing to explain: the plot keeps its width from the start.
        self._legend_area.setVisible(bool(self._history.terms))
        legend = self._legend_area.wanted_width()
        is_below = self.width() < 2.9 * legend and self.height() > 1.2 * legend
        direction = QBoxLayout.Direction
        self._row.setDirection(direction.TopToBottom if is_below else direction.LeftToRight)
        fits_twice = is_below and self.width() > 1.9 * legend
        self._legend_area.place(is_below=is_below, num_columns=2 if fits_twice else 1)

    def _prepare_plot(self) -> None:
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._item.setMenuEnabled(False)
        self._item.hideButtons()
        self._item.showGrid(x=False, y=True, alpha=0.25)
        for side in ("bottom", "left"):
            self._item.getAxis(side).enableAutoSIPrefix(False)
            self._item.getAxis(side).setStyle(maxTickLevel=1)
        self._item.getViewBox().setDefaultPadding(0.0)
        self._best_marks = pg.VTickGroup([], yrange=[0.0, 1.0])
        self._marks = pg.VTickGroup([], yrange=[0.0, 1.0])
        self._resume_marks = pg.VTickGroup([], yrange=[0.0, 1.0])
        self._cursor_line = pg.InfiniteLine(angle=90, movable=False)
        self._cursor_line.hide()
        for item in (self._marks, self._best_marks, self._resume_marks, self._cursor_line):
            self._item.addItem(item, ignoreBounds=True)

    def _connect(self) -> None:
        self.bar.changed.connect(self._take_options)
        self.bar.fit_requested.connect(self.fit)
        self.bar.csv_requested.connect(self.csv_requested)
        self.bar.picture_requested.connect(self.picture_requested)
        self.bar.compare_requested.connect(self.compare_requested)
        self.legend.shown_changed.connect(self._take_options)
        self.legend.comparison_dismissed.connect(self.comparison_dismissed)
        self._plot.scene().sigMouseMoved.connect(self._take_mouse)
        self._item.getViewBox().sigRangeChangedManually.connect(self._take_zoom)

    def _take_options(self) -> None:
        self._is_fitted = True
        self.redraw()
        self.options_changed.emit()

    def _take_zoom(self, *_axes: object) -> None:
        self._is_fitted = False
        self.refresh()

    def _x(self, history: LossHistory) -> NDArray[np.float64]:
        if self.bar.by_time:
            return np.asarray(history.elapsed / 60.0)
        return history.steps.astype(np.float64)

    def _draw_term(self, term: str, *, visible: bool) -> NDArray[np.float64] | None:
        """Draw one curve; return the values that the fitted range must hold."""
        curve, raw_curve = self._curve_of(term)
        curve.setVisible(visible)
        window = 1 if term == HELD_OUT else self.bar.smoothing
        raw_curve.setVisible(visible and window > 1)
        if not visible:
            return None
        x, values = self._x(self._history), self._history.values(term).astype(np.float64)
        if self.bar.log_scale:
            values = np.where(values > 0, values, np.nan)
        smooth = smoothed(values, window)
        part = self._visible_part(x)
        drawn_x, drawn_y = thinned(x[part], smooth[part], MOST_POINTS)
        curve.setData(drawn_x, drawn_y)
        if window > 1:
            raw_curve.setData(*thinned(x[part], values[part], MOST_RAW_POINTS))
        return drawn_y

    def _visible_part(self, x: NDArray[np.float64]) -> slice:
        if self._is_fitted:
            return slice(None)
        left, right = self._item.getViewBox().viewRange()[0]
        first, last = np.searchsorted(x, [left, right])
        return slice(max(0, int(first) - 1), int(last) + 1)

    def _curve_of(self, term: str) -> tuple[Any, Any]:
        if term not in self._curves:
            self._raw_curves[term] = self._item.plot()
            self._curves[term] = self._item.plot()
            self._raw_curves[term].setZValue(1)
            self._curves[term].setZValue(3)
            self.restyle()
        return self._curves[term], self._raw_curves[term]

    def _draw_comparisons(self) -> None:
        for curve in self._grey_curves:
            self._item.removeItem(curve)
        self._grey_curves = []
        grey = QColor(theme.of(self.palette()).muted)
        for index, history in enumerate(self._comparisons.values()):
            if COMPARED_TERM not in history.terms:
                continue
            values = smoothed(history.values(COMPARED_TERM), max(self.bar.smoothing, 10))
            if self.bar.log_scale:
                values = np.where(values > 0, values, np.nan)
            pen = QPen(grey, 1, comparison_dash(index))
            pen.setCosmetic(True)
            x, y = thinned(self._x(history), values, MOST_POINTS)
            curve = self._item.plot(x, y, pen=pen)
            curve.setZValue(2)
            self._grey_curves.append(curve)

    def _draw_marks(self) -> None:
        self.legend.set_marks(
            has_checkpoints=bool(self._checkpoints), has_resumes=bool(self._resumed_at)
        )
        best = [step for step, is_best in self._checkpoints if is_best][-1:]
        others = [step for step, _ in self._checkpoints if step not in best]
        self._best_marks.setXVals(self._places(best))
        self._marks.setXVals(self._places(others))
        self._resume_marks.setXVals(self._places(self._resumed_at))

    def _places(self, steps: Sequence[int]) -> list[float]:
        """Where steps lie on the x axis."""
        if not self.bar.by_time:
            return [float(step) for step in steps]
        x = self._x(self._history)
        rows = np.clip(np.searchsorted(self._history.steps, list(steps)), 0, max(len(x) - 1, 0))
        return [float(x[row]) for row in rows] if len(x) else []

    def _fit_to(self, bands: list[NDArray[np.float64]]) -> None:
        x = self._x(self._history)
        if not len(x):
            self._item.setRange(xRange=(0, 100), yRange=(-3, 0), padding=0)
            return
        # From the first step on an axis that does not name parts of steps.
        least = LEAST_MINUTES if self.bar.by_time else LEAST_STEPS
        left, right = float(x[0]), float(max(x[-1], x[0] + least))
        found = [robust_limits(band, ignore_outliers=self.bar.ignore_outliers) for band in bands]
        limits = [pair for pair in found if pair is not None]
        self._item.setXRange(left, right + 0.01 * (right - left), padding=0)
        if not limits:
            return
        low, high = min(pair[0] for pair in limits), max(pair[1] for pair in limits)
        if self.bar.log_scale:
            low, high = np.log10(max(low, 1e-12)), np.log10(max(high, 1e-12))
        margin = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
        self._item.setYRange(low - margin, high + margin, padding=0)

    def _take_mouse(self, place: QPointF) -> None:
        view = self._item.getViewBox()
        if not view.sceneBoundingRect().contains(place):
            self._set_cursor(None)
            return
        self._set_cursor(float(view.mapSceneToView(place).x()))

    def _move_cursor(self, direction: int) -> None:
        x = self._x(self._history)
        stride = max(1, len(x) // 100)
        here = len(x) - 1 if self._cursor is None else int(np.searchsorted(x, self._cursor))
        self._set_cursor(float(x[np.clip(here + direction * stride, 0, len(x) - 1)]))

    def _set_cursor(self, x: float | None) -> None:
        self._cursor = x
        self._cursor_line.setVisible(x is not None and len(self._history) > 0)
        self._show_values()

    def _show_values(self) -> None:
        history = self._history
        if not len(history):
            self.legend.set_values("", {})
            return
        row = len(history) - 1
        if self._cursor is not None:
            seconds_or_step = self._cursor * 60 if self.bar.by_time else self._cursor
            row = history.index_at(seconds_or_step, by_time=self.bar.by_time) or 0
            self._cursor_line.setPos(float(self._x(history)[row]))
        window = self.bar.smoothing
        values = {
            term: float(
                smoothed(history.values(term)[max(0, row + 1 - window) : row + 1], window)[-1]
            )
            for term in history.terms
            if term != HELD_OUT
        }
        if HELD_OUT in history.terms:
            values[HELD_OUT] = history.last_at(HELD_OUT, row)
        step = readable.count(int(history.steps[row]))
        text = f"step {step}, {readable.duration(float(history.elapsed[row]))}"
        self.legend.set_values(text, values)

    def restyle(self) -> None:
        """Take the colours of the theme."""
        palette = self.palette()
        dark = theme.of(palette).name == "dark"
        self._plot.setBackground(palette.base().color())
        text = QColor(theme.of(palette).muted)
        for side in ("bottom", "left"):
            axis = self._item.getAxis(side)
            axis.setPen(QColor(theme.of(palette).border))
            axis.setTextPen(text)
            axis.setTickFont(self.font())
        widest = self.fontMetrics().horizontalAdvance("0.0001")
        self._item.getAxis("left").setWidth(widest + 16)
        for term, curve in self._curves.items():
            colour = loss_style.colour(term, dark=dark)
            curve.setPen(colour, width=1)
            faint = QColor(colour)
            faint.setAlpha(90 if dark else 70)
            self._raw_curves[term].setPen(faint, width=1)
            if term == HELD_OUT:  # few values, far apart: dots tell where they are
                curve.setSymbol("o")
                curve.setSymbolSize(6)
                curve.setSymbolPen(colour)
                curve.setSymbolBrush(colour)
        self._marks.setPen(pg.mkPen(QColor(theme.of(palette).border), style=Qt.PenStyle.DotLine))
        self._best_marks.setPen(
            pg.mkPen(QColor(theme.of(palette).success), style=Qt.PenStyle.DashLine)
        )
        self._resume_marks.setPen(pg.mkPen(QColor(theme.of(palette).warning)))
        self._cursor_line.setPen(pg.mkPen(text))

"""Live loss curves: one for each term, thinned for drawing, redrawn at most twice per second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts import readable
from tusk_app.parts.own_keys import keep_keys
from tusk_app.training.loss_history import HELD_OUT, LossHistory, smoothed, thinned
from tusk_app.training.widgets.loss_legend import LossLegend
from tusk_app.training.widgets.loss_plot_bar import LossPlotBar
from tusk_app.training.widgets.loss_plot_parts import LegendArea, robust_limits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tusk_app.training.widgets.loss_curves import Line, LossCurves

REDRAW_MS = 500  # a redraw takes 20 ms, which training lacks
MOST_POINTS = 2000
MOST_RAW_POINTS = 600
LEAST_STEPS, LEAST_MINUTES = 10, 0.1  # that the axis spans
COMPARED_TERM = "reconstruction"


class LossPlot(QWidget):
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
        self._made: LossCurves | None = None
        self._cursor: float | None = None
        self._is_fitted = True
        self.bar = LossPlotBar(self)
        self.legend = LossLegend(self)
        self._frame = QWidget(self)
        self._frame_layout = QVBoxLayout(self._frame)
        self._hint = QLabel("The curves begin with the first step.", self._frame)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setProperty("role", "muted")
        self._hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REDRAW_MS)
        self._timer.timeout.connect(self.redraw)
        self._connect()

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
        area.render(painter, QPoint(0, 0))
        painter.end()
        return image

    def redraw(self) -> None:
        """Draw what is known now."""
        history, by_time, log = self._history, self.bar.by_time, self.bar.log_scale
        self.legend.set_terms(history.terms)
        self._curves.set_axes("Training time [min]" if by_time else "Step", log=log)
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
        self._curves.show()
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
        self._frame_layout.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._frame, 1)
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
        self._hint.setGeometry(self._frame.rect())
        # Without curves there is nothing to explain: the plot keeps its width from the start.
        self._legend_area.setVisible(bool(self._history.terms))
        legend = self._legend_area.wanted_width()
        is_below = self.width() < 2.9 * legend and self.height() > 1.2 * legend
        direction = QBoxLayout.Direction
        self._row.setDirection(direction.TopToBottom if is_below else direction.LeftToRight)
        fits_twice = is_below and self.width() > 1.9 * legend
        self._legend_area.place(is_below=is_below, num_columns=2 if fits_twice else 1)

    def _connect(self) -> None:
        self.bar.changed.connect(self._take_options)
        self.bar.fit_requested.connect(self.fit)
        self.bar.csv_requested.connect(self.csv_requested)
        self.bar.picture_requested.connect(self.picture_requested)
        self.bar.compare_requested.connect(self.compare_requested)
        self.legend.shown_changed.connect(self._take_options)
        self.legend.comparison_dismissed.connect(self.comparison_dismissed)

    @property
    def _curves(self) -> LossCurves:
        """Where it is drawn; made when it is first shown or drawn."""
        if self._made is None:
            self._made = self._make_curves()
        return self._made

    def _make_curves(self) -> LossCurves:
        from tusk_app.training.widgets.loss_curves import LossCurves

        made = LossCurves(self._frame)
        made.hovered.connect(self._set_cursor)
        made.zoomed.connect(self._take_zoom)
        self._frame_layout.addWidget(made)
        self._hint.raise_()
        return made

    def _take_options(self) -> None:
        self._is_fitted = True
        self.redraw()
        self.options_changed.emit()

    @Slot()
    def _take_zoom(self) -> None:
        self._is_fitted = False
        self.refresh()

    def _x(self, history: LossHistory) -> NDArray[np.float64]:
        if self.bar.by_time:
            return np.asarray(history.elapsed / 60.0)
        return history.steps.astype(np.float64)

    def _draw_term(self, term: str, *, visible: bool) -> NDArray[np.float64] | None:
        """Draw one curve; return the values that the fitted range must hold."""
        if not visible:
            self._curves.draw_term(term, None, None)
            return None
        window = 1 if term == HELD_OUT else self.bar.smoothing
        x, values = self._x(self._history), self._history.values(term).astype(np.float64)
        if self.bar.log_scale:
            values = np.where(values > 0, values, np.nan)
        smooth = smoothed(values, window)
        part = self._visible_part(x)
        line = thinned(x[part], smooth[part], MOST_POINTS)
        raw = thinned(x[part], values[part], MOST_RAW_POINTS) if window > 1 else None
        self._curves.draw_term(term, line, raw)
        return line[1]

    def _visible_part(self, x: NDArray[np.float64]) -> slice:
        if self._is_fitted:
            return slice(None)
        first, last = np.searchsorted(x, self._curves.x_range)
        return slice(max(0, int(first) - 1), int(last) + 1)

    def _draw_comparisons(self) -> None:
        self._curves.draw_comparisons([self._compared(h) for h in self._comparisons.values()])

    def _compared(self, history: LossHistory) -> Line | None:
        if COMPARED_TERM not in history.terms:
            return None
        values = smoothed(history.values(COMPARED_TERM), max(self.bar.smoothing, 10))
        if self.bar.log_scale:
            values = np.where(values > 0, values, np.nan)
        return thinned(self._x(history), values, MOST_POINTS)

    def _draw_marks(self) -> None:
        self.legend.set_marks(
            has_checkpoints=bool(self._checkpoints), has_resumes=bool(self._resumed_at)
        )
        best = [step for step, is_best in self._checkpoints if is_best][-1:]
        others = [step for step, _ in self._checkpoints if step not in best]
        places = (self._places(steps) for steps in (best, others, self._resumed_at))
        self._curves.set_marks(*places)

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
            self._curves.set_range((0.0, 100.0), (-3.0, 0.0))
            return
        # From the first step on an axis that does not name parts of steps.
        least = LEAST_MINUTES if self.bar.by_time else LEAST_STEPS
        left, right = float(x[0]), float(max(x[-1], x[0] + least))
        found = [robust_limits(band, ignore_outliers=self.bar.ignore_outliers) for band in bands]
        limits = [pair for pair in found if pair is not None]
        self._curves.set_range((left, right + 0.01 * (right - left)))
        if not limits:
            return
        low, high = min(pair[0] for pair in limits), max(pair[1] for pair in limits)
        if self.bar.log_scale:
            low, high = np.log10(max(low, 1e-12)), np.log10(max(high, 1e-12))
        margin = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
        self._curves.set_range(y=(low - margin, high + margin))

    def _move_cursor(self, direction: int) -> None:
        x = self._x(self._history)
        stride = max(1, len(x) // 100)
        here = len(x) - 1 if self._cursor is None else int(np.searchsorted(x, self._cursor))
        self._set_cursor(float(x[np.clip(here + direction * stride, 0, len(x) - 1)]))

    @Slot(object)
    def _set_cursor(self, x: float | None) -> None:
        self._cursor = x
        self._show_values()

    def _row_told(self) -> int | None:
        """Return the row of the history under the cursor, else the newest; None of an empty one."""
        history, by_time = self._history, self.bar.by_time
        if not len(history):
            return None
        if self._cursor is None:
            return len(history) - 1
        place = self._cursor * 60 if by_time else self._cursor
        return history.index_at(place, by_time=by_time) or 0

    def _show_values(self) -> None:
        history = self._history
        row, cursor = self._row_told(), None
        if row is not None and self._cursor is not None:
            cursor = float(self._x(history)[row])
        if self._made is not None:
            self._made.set_cursor(cursor)
        if row is None:
            self.legend.set_values("", {})
            return
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

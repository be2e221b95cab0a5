"""A fast scatter plot: density, sampled points, labelled stars, hover and lasso.

A little longer than other files: one widget's interface and Qt's events; state, layers, drawing and
sampling are files of their own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from tusk_app.parts.focus_frame import FocusFrame
from tusk_app.parts.lasso import Lasso
from tusk_app.parts.own_keys import keep_keys
from tusk_app.parts.sampling import stratified_sample
from tusk_app.parts.scatter import painter as scatter_painter
from tusk_app.parts.scatter import raster as scatter_raster
from tusk_app.parts.scatter import stars as scatter_stars
from tusk_app.parts.scatter.layers import ScatterLayers
from tusk_app.parts.scatter.state import (
    LiveTrail,
    ScatterPoints,
    ScatterStars,
    ScatterState,
    Viewport,
)
from tusk_app.parts.scatter.walk import nearest_to, step_from
from tusk_app.parts.words import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from PySide6.QtGui import QResizeEvent, QWheelEvent

    from tusk_app.parts.lasso import LassoShape

Tool = Literal["pan", "lasso", "box"]

MAX_DRAWN = 20_000
_REACH = 9.0
_TOOL_KEYS: dict[Qt.Key, Tool] = {
    Qt.Key.Key_G: "pan",
    Qt.Key.Key_S: "lasso",
    Qt.Key.Key_B: "box",
}
_WALKS: dict[Qt.Key, tuple[int, int]] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_STAR_STEPS = {Qt.Key.Key_PageDown: 1, Qt.Key.Key_PageUp: -1}


class ScatterView(QWidget):
    """Shows up to hundreds of thousands of points; draws at most 20 000 of them one by one.

    Wheel zooms at the pointer, dragging pans or, with the lasso or the box, encloses; the middle
    button always pans. G, S and B change the tool, F fits, Esc drops the outline or the selection.
    A change of the selection draws only the selected points: what lies beneath is kept.

    Signals:
        enclosed: (NDArray[int64] rows, str mode), a lasso closed; ``replace``, ``add``, ``remove``.
        point_clicked: int row.
        star_clicked: int star.
        point_hovered: (object row or None, QPoint on the screen).
        star_hovered: int star under the pointer, -1 for none.
        cleared: Esc with no outline.
        tool_changed: str.
        drawn_changed: the sample or the hidden groups changed.
    """

    enclosed = Signal(object, str)
    point_clicked = Signal(int)
    star_clicked = Signal(int)
    point_hovered = Signal(object, QPoint)
    star_hovered = Signal(int)
    cleared = Signal()
    tool_changed = Signal(str)
    drawn_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = ScatterState()
        self._view = Viewport()
        self._is_fitted = True
        self._tool: Tool = "lasso"
        self._lasso = Lasso()
        self._hidden: frozenset[int] = frozenset()
        self._selected_rows = np.zeros(0, np.int64)
        self._drag_from: QPointF | None = None
        self._dragged = 0.0
        self._star_under = -1
        self._layers = ScatterLayers(self._state, 1.0, self.palette(), self.font())
        self._patch_of: Callable[[int], QImage | None] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        keep_keys(self, "SBGF+-= ")
        self._focus = FocusFrame(self)
        self.setMinimumSize(160, 140)
        self.setAccessibleName(say("Map of [points]"))
        self.setCursor(Qt.CursorShape.CrossCursor)

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(480, 420)

    @property
    def state(self) -> ScatterState:
        """What is shown."""
        return self._state

    @property
    def view(self) -> Viewport:
        """Which part of the plane is shown."""
        return self._view

    @property
    def tool(self) -> Tool:
        """What dragging does."""
        return self._tool

    def set_tool(self, tool: Tool) -> None:
        """Let dragging pan or enclose; the tool stays until it is changed."""
        if tool == self._tool:
            return
        self._tool = tool
        self._lasso.cancel()
        cross, hand = Qt.CursorShape.CrossCursor, Qt.CursorShape.OpenHandCursor
        self.setCursor(hand if tool == "pan" else cross)
        self.tool_changed.emit(tool)
        self.update()

    def set_points(
        self,
        xy: NDArray[np.float32],
        rows: NDArray[np.int64],
        *,
        strata: NDArray[np.integer],
        keep_view: bool = False,
    ) -> None:
        """Show other points, (n, 2), that stand for ``rows``, (n,).

        Args:
            xy: places; not finite ones are left out.
            rows: what each point stands for.
            strata: (n,) labels among which the drawn sample is shared out.
            keep_view: do not fit the view, as when a map is still being laid out.
        """
        good = np.isfinite(xy).all(axis=1)
        xy, rows, strata = xy[good], rows[good], strata[good]
        grey = np.full((len(xy), 3), 140, np.uint8)
        drawn = stratified_sample(strata, MAX_DRAWN)
        groups = np.full(len(xy), -1, np.int32)
        self._state.points = ScatterPoints(xy.astype(np.float32), rows, grey, groups, drawn)
        self._state.hovered = -1
        self._apply_hidden()
        self._apply_selected()
        if self._is_fitted or not keep_view:
            self.fit()
        self._forget(density=True)
        self.drawn_changed.emit()

    def set_colours(self, colours: NDArray[np.uint8], groups: NDArray[np.int32] | None) -> None:
        """Colour the points, (n, 3) RGB, and tell what legend group each is in, (n,)."""
        if groups is None:
            groups = np.full(len(colours), -1, np.int32)
        self._state.points = replace(self._state.points, colours=colours, groups=groups)
        self._apply_hidden()
        self._forget(density=True)
        self.drawn_changed.emit()

    def set_hidden_groups(self, hidden: frozenset[int]) -> None:
        """Hide the points of these groups."""
        self._hidden = hidden
        self._apply_hidden()
        self._forget(density=True)
        self.drawn_changed.emit()

    def set_stars(self, stars: ScatterStars) -> None:
        """Show prototypes in the same plane."""
        self._state.stars = stars
        if self._is_fitted:
            self.fit()
        self._forget()

    def set_selected_star(self, index: int | None) -> None:
        """Make one star stand out."""
        star = -1 if index is None else index
        if star != self._state.star:
            self._state.star = star
            self.update()

    def set_selected(self, rows: NDArray[np.int64]) -> None:
        """Make the points of ``rows`` (ascending) stand out and fade the others."""
        self._selected_rows = rows
        self._apply_selected()
        self._layers.forget_selected()
        self.update()

    def set_hovered(self, row: int | None) -> None:
        """Ring the point of ``row``."""
        rows = self._state.points.rows
        found = np.flatnonzero(rows == row) if row is not None else np.zeros(0, np.intp)
        position = int(found[0]) if len(found) else -1
        if position != self._state.hovered:
            self._state.hovered = position
            self.update()

    def outline_group(self, group: int | None) -> None:
        """Draw a line around the points of a legend group; None removes it."""
        self._state.hull = np.zeros((0, 2), np.float32)
        if group is not None:
            own = (self._state.points.groups == group) & self._state.shown
            self._state.hull = scatter_raster.outline(self._state.points.xy[own])
        self.update()

    def set_live(self, live: LiveTrail | None) -> None:
        """Show keypoints of the moment with a trail; None removes them."""
        self._state.live = live
        self.update()

    def set_patches(self, patch_of: Callable[[int], QImage | None] | None) -> None:
        """Draw pictures in place of dots when few are in view; ``patch_of`` may have none yet."""
        self._patch_of = patch_of
        self.update()

    def fit(self) -> None:
        """Show everything."""
        xy = self._state.points.xy
        if len(self._state.stars.xy):
            xy = np.concatenate([xy, self._state.stars.xy]) if len(xy) else self._state.stars.xy
        self._view = self._view.fitted(xy)
        self._is_fitted = True
        self._forget()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom around a pixel, or around the middle."""
        at = QPointF(self.rect().center()) if at is None else at
        self._view = self._view.zoomed(factor, at.x(), at.y())
        self._is_fitted = False
        self._forget()

    def place_of(self, row: int) -> QPoint | None:
        """Return the widget pixel of a row's point; None if it is not on the map."""
        found = np.flatnonzero(self._state.points.rows == row)
        if len(found) == 0:
            return None
        pixel = self._view.to_pixels(self._state.points.xy[found[:1]])[0]
        return QPoint(round(pixel[0]), round(pixel[1]))

    def picture(self, ratio: float = 2.0) -> QImage:
        """Return what is shown as a picture, ``ratio`` times the widget's size."""
        size = self.size() * ratio
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(ratio)
        painter = QPainter(image)
        painter.setFont(self.font())
        layers = ScatterLayers(self._state, ratio, self.palette(), self.font())
        layers.paint(painter, self._view, self._patch_of)
        painter.end()
        return image

    def _apply_hidden(self) -> None:
        groups = self._state.points.groups
        hidden = np.fromiter(self._hidden, np.int32, len(self._hidden))
        self._state.shown = ~np.isin(groups, hidden)

    def _apply_selected(self) -> None:
        rows = self._state.points.rows
        if len(self._selected_rows) == 0:
            self._state.selected = np.zeros(len(rows), np.bool_)
            return
        position = np.searchsorted(self._selected_rows, rows)
        position[position == len(self._selected_rows)] = 0
        self._state.selected = self._selected_rows[position] == rows

    def _forget(self, *, density: bool = False) -> None:
        self._layers.forget(density=density)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the plane and everything in it."""
        self._layers.use(self.devicePixelRatioF(), self.palette(), self.font())
        painter = QPainter(self)
        self._layers.paint(painter, self._view, self._patch_of)
        scatter_painter.paint_hovered(painter, self._state, self._view, self.palette())
        self._lasso.paint(painter)
        self._focus.paint(painter)
        painter.end()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Keep a fitted view fitted."""
        self._view = replace(self._view, size=(max(1, self.width()), max(1, self.height())))
        if self._is_fitted:
            self.fit()
        self._forget()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer."""
        self.zoom(1.0015 ** event.angleDelta().y(), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin an outline or a pan."""
        self._dragged = 0.0
        if event.button() == Qt.MouseButton.LeftButton and self._tool != "pan":
            shape: LassoShape = "box" if self._tool == "box" else "outline"
            self._lasso.begin(event.position(), event.modifiers(), shape)
        elif event.button() in {Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton}:
            self._drag_from = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with the outline or the pan, or look what is under the pointer."""
        at = event.position()
        if self._lasso.is_active:
            self._lasso.extend(at)
            self.update()
        elif self._drag_from is not None:
            moved = at - self._drag_from
            self._dragged += moved.manhattanLength()
            self._view = self._view.moved(moved.x(), moved.y())
            self._drag_from, self._is_fitted = at, False
            self._layers.forget_place()
            self.update()
        else:
            self._hover(at, event.globalPosition().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Close the outline, or take a press without movement as a click."""
        was_click = self._dragged < 4
        if self._lasso.is_active and event.button() == Qt.MouseButton.LeftButton:
            mode = self._lasso.mode
            corners = self._lasso.finish()
            was_click = len(corners) < 3 or float(np.ptp(corners, axis=0).max()) < 4
            if not was_click:
                self.enclosed.emit(self._rows_inside(corners), mode)
            self.update()
        self._drag_from = None
        if was_click and event.button() == Qt.MouseButton.LeftButton:
            self._click(event.position())

    def leaveEvent(self, _event: QEvent) -> None:
        """Point at nothing."""
        if self._state.hovered >= 0:
            self._state.hovered = -1
            self.point_hovered.emit(None, QPoint())
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows walk, Return opens, Space selects, Page keys go through the stars; see above."""
        key = Qt.Key(event.key())
        acts = self._acts().get(key)
        if acts is not None:
            acts()
        elif key in _TOOL_KEYS:
            self.set_tool(_TOOL_KEYS[key])
        elif key in _WALKS:
            self._walk(_WALKS[key])
        elif key in _STAR_STEPS:
            self._walk_stars(_STAR_STEPS[key])
        else:
            super().keyPressEvent(event)

    def _acts(self) -> dict[Qt.Key, Callable[[], None]]:
        return {
            Qt.Key.Key_Escape: self._let_go,
            Qt.Key.Key_F: self.fit,
            Qt.Key.Key_Home: self.fit,
            Qt.Key.Key_Plus: lambda: self.zoom(1.25),
            Qt.Key.Key_Equal: lambda: self.zoom(1.25),
            Qt.Key.Key_Minus: lambda: self.zoom(0.8),
            Qt.Key.Key_Return: self._open_reached,
            Qt.Key.Key_Enter: self._open_reached,
            Qt.Key.Key_Space: self._select_reached,
        }

    def _let_go(self) -> None:
        if self._lasso.is_active:
            self._lasso.cancel()
            self.update()
        else:
            self.cleared.emit()

    def _walk(self, direction: tuple[int, int]) -> None:
        """Point at the next point on one side; first at the one in the middle of the view."""
        chosen = self._state.drawn_and_shown()
        pixels = self._view.to_pixels(self._state.points.xy[chosen])
        middle = (self.width() / 2, self.height() / 2)
        now = np.flatnonzero(chosen == self._state.hovered)
        if len(now):
            x, y = pixels[int(now[0])]
            found = step_from(pixels, (float(x), float(y)), direction)
        else:
            found = nearest_to(pixels, middle)
        if found < 0:
            return
        self._star_under = -1
        self.star_hovered.emit(-1)
        self._state.hovered = int(chosen[found])
        x, y = pixels[found]
        if not self.rect().contains(round(x), round(y)):
            self._view = self._view.moved(middle[0] - x, middle[1] - y)
            self._is_fitted = False
            self._forget()
        row = int(self._state.points.rows[self._state.hovered])
        place = self.place_of(row) or self.rect().center()
        self.point_hovered.emit(row, self.mapToGlobal(place))
        self.update()

    def _walk_stars(self, step: int) -> None:
        """Point at the next or the previous star."""
        shown = np.flatnonzero(self._state.stars.shown)
        if len(shown) == 0:
            return
        now = np.flatnonzero(shown == self._star_under)
        place = int(now[0]) + step if len(now) else 0
        self._state.hovered = -1
        self.point_hovered.emit(None, QPoint())
        self._star_under = int(shown[place % len(shown)])
        self.star_hovered.emit(self._star_under)
        self.update()

    def _open_reached(self) -> None:
        if self._star_under >= 0:
            self.star_clicked.emit(self._star_under)
        elif self._state.hovered >= 0:
            self.point_clicked.emit(int(self._state.points.rows[self._state.hovered]))

    def _select_reached(self) -> None:
        """Add the point that is pointed at to the selection, or take it out."""
        if self._state.hovered < 0:
            return
        row = self._state.points.rows[self._state.hovered : self._state.hovered + 1]
        is_in = bool(self._state.selected[self._state.hovered])
        self.enclosed.emit(row, "remove" if is_in else "add")

    def _rows_inside(self, corners: NDArray[np.float64]) -> NDArray[np.int64]:
        chosen = self._state.drawn_and_shown()
        pixels = self._view.to_pixels(self._state.points.xy[chosen])
        inside = scatter_raster.enclosed(pixels, corners)
        return np.sort(self._state.points.rows[chosen[inside]])

    def _click(self, at: QPointF) -> None:
        star = self._star_at(at)
        if star >= 0:
            self.star_clicked.emit(star)
            return
        position = self._point_at(at)
        if position >= 0:
            self.point_clicked.emit(int(self._state.points.rows[position]))

    def _hover(self, at: QPointF, on_screen: QPoint) -> None:
        star = self._star_at(at)
        if star != self._star_under:
            self._star_under = star
            self.star_hovered.emit(star)
        position = self._point_at(at)
        if position == self._state.hovered:
            return
        self._state.hovered = position
        row = int(self._state.points.rows[position]) if position >= 0 else None
        self.point_hovered.emit(row, on_screen)
        self.update()

    def _point_at(self, at: QPointF) -> int:
        chosen = self._state.drawn_and_shown()
        nearest = _nearest(self._view.to_pixels(self._state.points.xy[chosen]), at, _REACH)
        return int(chosen[nearest]) if nearest >= 0 else -1

    def _star_at(self, at: QPointF) -> int:
        faced = self._layers.faces.star_at(at.x(), at.y())
        if 0 <= faced < len(self._state.stars.xy):
            return faced
        shown = np.flatnonzero(self._state.stars.shown)
        pixels = self._view.to_pixels(self._state.stars.xy[shown])
        nearest = _nearest(pixels, at, scatter_stars.STAR_RADIUS + 2)
        return int(shown[nearest]) if nearest >= 0 else -1


def _nearest(pixels: NDArray[np.float64], at: QPointF, reach: float) -> int:
    """Return the position of the pixel nearest to ``at``, -1 if none lies within ``reach``."""
    if len(pixels) == 0:
        return -1
    distance = np.square(pixels - np.array([at.x(), at.y()])).sum(axis=1)
    best = int(np.argmin(distance))
    return best if distance[best] <= reach**2 else -1

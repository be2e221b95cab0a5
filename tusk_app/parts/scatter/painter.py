"""Paints a scatter state: on the widget, and the same into an exported picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPalette, QPen, QPolygonF

from tusk_app.parts import tones
from tusk_app.parts.scatter import raster as scatter_raster

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tusk_app.parts.scatter.state import LiveTrail, ScatterState, Viewport

POINT_RADIUS = 2.3
CROWDED_RADIUS = 1.5
CROWDED = 8000
MAX_THUMBNAILS = 200
THUMBNAIL = 40
LEAST_SPREAD = 0.6  # share of the pictures that have a place of their own
_FADED = 0.3


def points_image(state: ScatterState, view: Viewport, ratio: float, *, is_faded: bool) -> QImage:
    """Return the points one by one, at device resolution, on a clear ground.

    Args:
        state: what to show.
        view: where.
        ratio: device pixels for one widget pixel.
        is_faded: pale, because others are selected.
    """
    chosen = state.drawn_and_shown()
    canvas, pixels, radius = _canvas_and_pixels(state, view, ratio, chosen)
    colours = scatter_raster.packed(state.points.colours[chosen], _FADED if is_faded else 1.0)
    scatter_raster.splat(canvas, pixels, colours, radius)
    return _at_ratio(canvas, ratio)


def selected_image(state: ScatterState, view: Viewport, ratio: float, palette: QPalette) -> QImage:
    """Return the selected points alone, with a rim, at device resolution on a clear ground."""
    drawn = state.drawn_and_shown()
    chosen = drawn[state.selected[drawn]]
    canvas, pixels, radius = _canvas_and_pixels(state, view, ratio, chosen, of=len(drawn))
    text = palette.color(QPalette.ColorRole.Text)
    rim = np.array([[text.red(), text.green(), text.blue()]], np.uint8)
    rims = np.repeat(scatter_raster.packed(rim), len(chosen))
    scatter_raster.splat(canvas, pixels, rims, radius + 1.3 * ratio)
    full = scatter_raster.packed(state.points.colours[chosen])
    scatter_raster.splat(canvas, pixels, full, radius + 0.3 * ratio)
    return _at_ratio(canvas, ratio)


def _canvas_and_pixels(
    state: ScatterState,
    view: Viewport,
    ratio: float,
    chosen: NDArray[np.int64],
    of: int | None = None,
) -> tuple[NDArray[np.uint32], NDArray[np.float64], float]:
    """Return an empty canvas, the pixels of ``chosen`` on it, and the radius of a point."""
    width, height = (max(1, round(side * ratio)) for side in view.size)
    crowd = len(chosen) if of is None else of
    radius = max(1.0, (CROWDED_RADIUS if crowd > CROWDED else POINT_RADIUS) * ratio)
    pixels = view.to_pixels(state.points.xy[chosen]) * ratio
    return np.zeros((height, width), np.uint32), pixels, radius


def _at_ratio(canvas: NDArray[np.uint32], ratio: float) -> QImage:
    image = owned_image(canvas)
    image.setDevicePixelRatio(ratio)
    return image


def owned_image(canvas: NDArray[np.uint32]) -> QImage:
    """Return a premultiplied ARGB canvas, (h, w) uint32, as a picture of its own."""
    height, width = canvas.shape
    shown = QImage(canvas.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    return shown.copy()


def density_picture(state: ScatterState, palette: QPalette) -> tuple[QImage, QRectF] | None:
    """Return how crowded the plane is and the part of the plane it covers; None without points."""
    xy = state.points.xy[state.shown]
    if len(xy) < 50:
        return None
    low, high = xy.min(axis=0).astype(float), xy.max(axis=0).astype(float)
    pad = np.maximum(0.06 * (high - low), 1e-6)
    low, high = low - pad, high + pad
    levels = scatter_raster.density(xy, (low[0], low[1], high[0], high[1]))
    colour = (150, 170, 205) if tones.is_dark(palette) else (70, 90, 130)
    picture = owned_image(scatter_raster.tinted(levels, colour, 0.34))
    return picture, QRectF(low[0], low[1], high[0] - low[0], high[1] - low[1])


def paint_density(painter: QPainter, picture: QImage, area: QRectF, view: Viewport) -> None:
    """Lay the density beneath everything."""
    corners = view.to_pixels(np.array([[area.left(), area.bottom()], [area.right(), area.top()]]))
    target = QRectF(QPointF(*corners[0]), QPointF(*corners[1]))
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(target, picture)


def paint_hull(painter: QPainter, state: ScatterState, view: Viewport, palette: QPalette) -> None:
    """Outline the group that is pointed at."""
    if len(state.hull) < 3:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    text = palette.color(QPalette.ColorRole.Text)
    painter.setPen(QPen(text, 1.4, Qt.PenStyle.DotLine))
    text.setAlpha(18)
    painter.setBrush(text)
    painter.drawPolygon(QPolygonF([QPointF(*place) for place in view.to_pixels(state.hull)]))


def paint_hovered(
    painter: QPainter, state: ScatterState, view: Viewport, palette: QPalette
) -> None:
    """Ring the point under the pointer."""
    if not 0 <= state.hovered < len(state.points.xy):
        return
    at = view.to_pixels(state.points.xy[state.hovered : state.hovered + 1])[0]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in (
        (palette.color(QPalette.ColorRole.Base), 4.5),
        (palette.color(QPalette.ColorRole.Text), 2.0),
    ):
        painter.setPen(QPen(colour, width))
        painter.drawEllipse(QPointF(*at), 7, 7)


def paint_live(painter: QPainter, live: LiveTrail, view: Viewport, palette: QPalette) -> None:
    """Draw the keypoints of the moment as rings, and where they have just been as fading dots."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    for place, age, colour in zip(
        view.to_pixels(live.trail[:, :2]), live.trail[:, 2], live.trail_colours, strict=True
    ):
        shade = QColor(*map(int, colour))
        shade.setAlphaF(float(0.75 * (1 - age)))
        painter.setBrush(shade)
        painter.drawEllipse(QPointF(*place), 4 - 2.2 * age, 4 - 2.2 * age)
    text = palette.color(QPalette.ColorRole.Text)
    for place, colour in zip(view.to_pixels(live.xy), live.colours, strict=True):
        painter.setPen(QPen(text, 2))
        painter.setBrush(QColor(*map(int, colour)))
        painter.drawEllipse(QPointF(*place), 6.5, 6.5)


def thumbnail_places(
    state: ScatterState, view: Viewport
) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
    """Return which points are shown as pictures, and where; None if dots say more."""
    chosen = state.drawn_and_shown()
    if len(chosen) == 0:
        return None
    places = view.to_pixels(state.points.xy[chosen])
    in_view = ((places >= -THUMBNAIL) & (places <= np.array(view.size) + THUMBNAIL)).all(axis=1)
    if not 0 < int(in_view.sum()) <= MAX_THUMBNAILS:
        return None
    # Pictures that would hide each other say less than dots do.
    cells = np.unique(np.floor(places[in_view] / THUMBNAIL), axis=0)
    if len(cells) < LEAST_SPREAD * int(in_view.sum()):
        return None
    return chosen[in_view], places[in_view]


def paint_thumbnails(
    painter: QPainter,
    state: ScatterState,
    shown: tuple[NDArray[np.int64], NDArray[np.float64]],
    patch_of: Callable[[int], QImage | None],
) -> None:
    """Draw pictures in place of dots; ``shown`` is from ``thumbnail_places``."""
    half = THUMBNAIL / 2
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for position, place in zip(*shown, strict=True):
        target = QRectF(place[0] - half, place[1] - half, THUMBNAIL, THUMBNAIL)
        image = patch_of(int(state.points.rows[position]))
        width = 4 if state.selected[position] else 2
        painter.setPen(QPen(QColor(*map(int, state.points.colours[position])), width))
        if image is not None:
            painter.drawImage(target, image)
        painter.drawRect(target)

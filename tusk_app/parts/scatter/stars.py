"""The prototypes of a map: stars, and as many of their names as fit without covering each other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QPalette,
    QPen,
    QPolygonF,
)

from tusk_app.parts.scatter.faces import NO_FACES, face_half, place_faces
from tusk_app.parts.words import is_unnamed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_app.parts.scatter.faces import FaceLayout
    from tusk_app.parts.scatter.state import ScatterState, Viewport

STAR_RADIUS = 9.0
MAX_LABELS = 150
_LABEL_GAP = 3.0
_MARGIN = 20


def star_radius(count: int) -> float:
    """Return the size of the stars: smaller when there are many."""
    return STAR_RADIUS if count <= 30 else 7.0 if count <= 70 else 5.5


def star_polygon(centre: QPointF, radius: float) -> QPolygonF:
    """Return a five-pointed star."""
    corners = []
    for step in range(10):
        reach = radius if step % 2 == 0 else 0.46 * radius
        angle = -math.pi / 2 + step * math.pi / 5
        corners.append(centre + QPointF(reach * math.cos(angle), reach * math.sin(angle)))
    return QPolygonF(corners)


def paint_stars(
    painter: QPainter, state: ScatterState, view: Viewport, palette: QPalette
) -> FaceLayout:
    """Draw the stars in view, unused ones pale, and names where they fit; none is highlighted.

    Returns where faces stand.
    """
    stars = state.stars
    if len(stars.xy) == 0:
        return NO_FACES
    places = view.to_pixels(stars.xy)
    room = np.array(view.size, np.float64)
    in_view = ((places >= -_MARGIN) & (places <= room + _MARGIN)).all(axis=1) & stars.shown
    faint = np.zeros(len(places), np.bool_) if stars.faint is None else stars.faint
    seen = np.flatnonzero(in_view)
    usual = star_radius(int(stars.shown.sum()))
    radii = np.where(faint[seen], 0.75 * usual, usual)
    base, text = palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.Text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    layout = place_faces(stars, places, seen, view.size)
    half = layout.half
    for k in np.argsort(~faint[seen], kind="stable"):
        i = seen[k]
        if int(i) in layout.at_home:
            continue
        painter.setOpacity(0.45 if faint[i] else 1.0)
        colour = QColor(*(int(part) for part in stars.colours[i]))
        _paint_star(painter, QPointF(*places[i]), radii[k], (colour, base, text), rim=1.0)
    painter.setOpacity(1.0)
    _paint_leaders(painter, places, layout.aside, stars.colours)
    for i, at in layout.places.items():
        _paint_face(painter, at, half, stars.faces[i], QColor(*map(int, stars.colours[i])))
    order = seen[np.argsort(faint[seen], kind="stable")][:MAX_LABELS]
    reach = np.array([half if int(i) in layout.at_home else radii[k] for k, i in enumerate(seen)])
    boxes = np.concatenate([places[seen] - reach[:, None], places[seen] + reach[:, None]], axis=1)
    if layout.aside:
        beside = np.stack(list(layout.aside.values()))
        boxes = np.concatenate([boxes, np.concatenate([beside - half, beside + half], axis=1)])
    # A face says more than a number; a name that somebody gave is still written.
    told = [i for i in order if int(i) not in layout.places or not is_unnamed(stars.labels[i])]
    labels = [(layout.places.get(int(i), places[i]), stars.labels[i]) for i in told]
    _paint_labels(painter, labels, boxes, (text, base))
    return layout


def paint_chosen_star(
    painter: QPainter, state: ScatterState, view: Viewport, palette: QPalette
) -> None:
    """Draw the selected star large and with its name, above all others."""
    stars, star = state.stars, state.star
    if not 0 <= star < len(stars.xy) or not stars.shown[star]:
        return
    place = view.to_pixels(stars.xy[star : star + 1])[0]
    base, text = palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.Text)
    radius = 1.5 * star_radius(int(stars.shown.sum()))
    colour = QColor(*(int(part) for part in stars.colours[star]))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    face = stars.faces[star] if star < len(stars.faces) else None
    if face is None:
        _paint_star(painter, QPointF(*place), radius, (colour, base, text), rim=1.6)
    else:
        radius = 1.5 * face_half(view.size, int(stars.shown.sum()))
        _paint_face(painter, place, radius, face, colour)
    box = np.concatenate([place - radius, place + radius])[None]
    _paint_labels(painter, [(place, stars.labels[star])], box, (text, base))


def _paint_leaders(
    painter: QPainter,
    places: NDArray[np.float64],
    aside: dict[int, NDArray[np.float64]],
    colours: NDArray[np.uint8],
) -> None:
    """Draw a thin line from each star to the face that stands aside."""
    for i, at in aside.items():
        colour = QColor(*map(int, colours[i]))
        colour.setAlpha(150)
        painter.setPen(QPen(colour, 1.2))
        painter.drawLine(QPointF(*places[i]), QPointF(*at))


def _paint_face(
    painter: QPainter,
    at: NDArray[np.float64],
    half: float,
    face: QImage | None,
    colour: QColor,
) -> None:
    """Draw a small picture in a frame of its kind's colour."""
    place = QRectF(at[0] - half, at[1] - half, 2 * half, 2 * half)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(place.adjusted(-2, -2, 2, 2), 2, 2)
    if face is not None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, face)


def _paint_star(
    painter: QPainter,
    centre: QPointF,
    radius: float,
    colours: tuple[QColor, QColor, QColor],
    *,
    rim: float,
) -> None:
    """Draw one star; ``colours`` are of its face, its halo and its rim."""
    face, halo, line = colours
    shape = star_polygon(centre, radius)
    painter.setBrush(face)
    painter.setPen(QPen(halo, 4.5))
    painter.drawPolygon(shape)
    painter.setPen(QPen(line, rim))
    painter.drawPolygon(shape)


def _paint_labels(
    painter: QPainter,
    labels: list[tuple[NDArray[np.float64], str]],
    taken: NDArray[np.float64],
    colours: tuple[QColor, QColor],
) -> None:
    """Write names beside their stars unless all four sides are taken.

    Args:
        painter: where.
        labels: (pixel of the star, name), most important first.
        taken: (n, 4) boxes (left, top, right, bottom) that must not be covered.
        colours: of the text and its ground.
    """
    font = QFont(painter.font())
    font.setBold(True)
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    text, ground = colours[0], QColor(colours[1])
    ground.setAlpha(190)
    for at, name in labels:
        box = _free_box(at, metrics.horizontalAdvance(name) + 5, metrics.height(), taken)
        if box is None:
            continue
        taken = np.concatenate([taken, box[None]])
        place = QRectF(QPointF(box[0], box[1]), QPointF(box[2], box[3]))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(place, 3, 3)
        painter.setPen(text)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, name)


def _free_box(
    at: NDArray[np.float64], width: float, height: float, taken: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Return the first free box right, left, above or below a star; None if all are taken."""
    reach = STAR_RADIUS + _LABEL_GAP
    corners = at + np.array(
        [
            (reach, -height / 2),
            (-reach - width, -height / 2),
            (-width / 2, -reach - height),
            (-width / 2, reach),
        ]
    )
    boxes = np.concatenate([corners, corners + np.array([width, height])], axis=1)
    hits = (
        (boxes[:, None, 0] < taken[None, :, 2])
        & (boxes[:, None, 2] > taken[None, :, 0])
        & (boxes[:, None, 1] < taken[None, :, 3])
        & (boxes[:, None, 3] > taken[None, :, 1])
    ).any(axis=1)
    free = np.flatnonzero(~hits)
    return boxes[free[0]] if len(free) else None

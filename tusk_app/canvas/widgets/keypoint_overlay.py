"""Keypoints on a picture: what they look like and which one is under the pointer.

A marker is the outline of its prototype's symbol with a thin dark halo, so that it is seen on any
ground and told apart without colour. QPainter only: it also paints on images that are saved.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QPen,
)

from tusk_app.canvas.widgets.symbols import symbol_path
from tusk_app.parts.layer_images import score_colours

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tusk_app.state.display import OverlayStyle

HALO, LIGHT_HALO = QColor(0, 0, 0, 190), QColor(255, 255, 255, 190)
DARK_BELOW = 0.14  # luminance; colours below it need a light halo to be seen on dark ground
DIMMED = 0.28
FACE = 24.0  # side of the face in a label, its coloured rim with it, logical pixels
HIT_RADIUS = 14.0  # logical pixels around a marker's centre that count as pointing at it


@dataclass(frozen=True, slots=True, eq=False)
class KeypointMarks:
    """Keypoints ready to be drawn.

    Attributes:
        xy: (K, 2) float32, pixels of the picture.
        scores: (K,) float32 in [0, 1].
        colours: (K, 3) uint8 sRGB of each keypoint's prototype.
        symbols: name of each prototype's symbol, as pyqtgraph calls them.
        names: what each prototype is called.
        shown: (K,) bool, False where the prototype is hidden.
        faces: what each prototype looks like, None where that is not known; empty for none at all.
    """

    xy: NDArray[np.float32]
    scores: NDArray[np.float32]
    colours: NDArray[np.uint8]
    symbols: tuple[str, ...]
    names: tuple[str, ...]
    shown: NDArray[np.bool_]
    faces: tuple[QImage | None, ...] = ()

    def __len__(self) -> int:
        return len(self.xy)


@dataclass(frozen=True, slots=True)
class Highlights:
    """Keypoints that stand out.

    Attributes:
        hovered: index of the one under the pointer; None if there is none.
        selected: index of the selected one.
        chosen: indices of all selected ones, where there are several.
        pulse: index of one that calls for attention.
        pulse_phase: how far its ring has grown, 0 to 1.
        kin: indices of all that belong to the selected prototype.
    """

    hovered: int | None = None
    selected: int | None = None
    pulse: int | None = None
    pulse_phase: float = 0.0
    kin: frozenset[int] = frozenset()
    chosen: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class TrailStep:
    """Keypoints of one earlier frame: (K, 2) float32 pixels and (K, 3) uint8 sRGB."""

    xy: NDArray[np.float32]
    colours: NDArray[np.uint8]


NO_MARKS = KeypointMarks(
    np.zeros((0, 2), np.float32), np.zeros(0, np.float32), np.zeros((0, 3), np.uint8), (), (),
    np.zeros(0, np.bool_),
)  # fmt: skip


def visible_indices(marks: KeypointMarks, style: OverlayStyle) -> NDArray[np.intp]:
    """Return which keypoints are drawn, worst score first, so that good ones lie on top."""
    seen = marks.shown.copy()
    if style.below == "hide":
        seen &= marks.scores >= style.min_score
    found = np.flatnonzero(seen)
    return found[np.argsort(marks.scores[found], kind="stable")]


def keypoint_at(
    marks: KeypointMarks, style: OverlayStyle, point: tuple[float, float], radius: float
) -> int | None:
    """Return the keypoint nearest to a point of the picture, within ``radius`` picture pixels."""
    seen = visible_indices(marks, style)
    if not style.visible or not len(seen):
        return None
    offsets = marks.xy[seen] - np.asarray(point, np.float32)
    distances = np.hypot(offsets[:, 0], offsets[:, 1])
    nearest = int(distances.argmin())
    return int(seen[nearest]) if distances[nearest] <= radius else None


def keypoints_in(
    marks: KeypointMarks, style: OverlayStyle, corners: NDArray[np.floating]
) -> frozenset[int]:
    """Return the keypoints that are seen inside a box of the picture, of (n, 2) corners."""
    seen = visible_indices(marks, style)
    if not style.visible or not len(seen) or not len(corners):
        return frozenset()
    places = marks.xy[seen]
    inside = (places >= corners.min(axis=0)) & (places <= corners.max(axis=0))
    return frozenset(seen[inside.all(axis=1)].tolist())


def marker_colours(marks: KeypointMarks, style: OverlayStyle) -> NDArray[np.uint8]:
    """Return the colour of each marker in this style, (K, 3) uint8 sRGB."""
    if style.colour_by == "score":
        return score_colours(marks.scores)
    if style.colour_by == "one":
        return np.tile(np.array(style.one_colour, np.uint8), (len(marks), 1))
    return marks.colours


def marker_sizes(marks: KeypointMarks, style: OverlayStyle) -> NDArray[np.float64]:
    """Return the diameter of each marker, (K,) logical pixels."""
    if style.size_by == "fixed":
        return np.full(len(marks), style.size)
    return style.size * (0.55 + 0.45 * np.clip(marks.scores.astype(np.float64), 0, 1))


def halo_of(colour: QColor) -> QColor:
    """Return the colour about a marker that sets it off from any ground: dark, or light."""
    linear = [
        ((c + 0.055) / 1.055) ** 2.4 for c in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return LIGHT_HALO if luminance < DARK_BELOW else HALO


@dataclass(slots=True)
class OverlayPainter:
    """Draws keypoints with one painter.

    Attributes:
        painter: where to.
        place: turns picture coordinates into the painter's.
        bounds: part of the painter's ground that is seen; labels stay inside.
        font: of labels.
        unit: painter units for one logical pixel, so that saved pictures look like the canvas.
    """

    painter: QPainter
    place: Callable[[float, float], tuple[float, float]]
    bounds: QRectF
    font: QFont
    unit: float = 1.0
    _labelled: list[QRectF] = field(default_factory=list)
    _markers: list[QRectF] = field(default_factory=list)

    def paint(self, marks: KeypointMarks, style: OverlayStyle, highlights: Highlights) -> None:
        """Draw all keypoints, then the labels, then what stands out."""
        if not style.visible:
            return
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
        seen = visible_indices(marks, style)
        colours, sizes = marker_colours(marks, style), marker_sizes(marks, style)
        opacity = np.where(marks.scores >= style.min_score, style.opacity, DIMMED * style.opacity)
        places = [self.place(x, y) for x, y in marks.xy[seen].tolist()]
        near = self.bounds.adjusted(-40, -40, 40, 40)
        for index, (x, y) in zip(seen.tolist(), places, strict=True):
            if not near.contains(x, y):
                continue
            self.painter.setOpacity(float(opacity[index]))
            reach = 0.5 * float(sizes[index]) * self.unit
            self._markers.append(QRectF(x - reach, y - reach, 2 * reach, 2 * reach))
            self._marker(
                QPointF(x, y), marks.symbols[index], QColor(*colours[index].tolist()),
                float(sizes[index]) * self.unit, hollow=style.hollow,
            )  # fmt: skip
        self.painter.setOpacity(1.0)
        self._stand_out(marks, style, highlights)
        self._labels(marks, style, highlights)

    def paint_trail(self, trail: Sequence[TrailStep], style: OverlayStyle) -> None:
        """Draw where keypoints were, the older the fainter; before ``paint``."""
        if not style.visible or not trail:
            return
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
        self.painter.setPen(Qt.PenStyle.NoPen)
        for age, step in enumerate(reversed(trail), 1):
            share = age / (len(trail) + 1)
            radius = (1.2 + 1.8 * share) * self.unit
            self.painter.setOpacity(0.75 * share * style.opacity)
            for (x, y), colour in zip(step.xy.tolist(), step.colours.tolist(), strict=True):
                self.painter.setBrush(QColor(*colour))
                self.painter.drawEllipse(QPointF(*self.place(x, y)), radius, radius)
        self.painter.setOpacity(1.0)

    def _marker(
        self, at: QPointF, symbol: str, colour: QColor, size: float, *, hollow: bool
    ) -> None:
        path, painter = symbol_path(symbol), self.painter
        painter.save()
        painter.translate(at)
        painter.scale(size, size)
        line = 2.2 * self.unit / size
        painter.setBrush(Qt.BrushStyle.NoBrush)
        halo = halo_of(colour)
        painter.setPen(_pen(halo, line + 2.4 * self.unit / size))
        painter.drawPath(path)
        if not hollow:
            painter.setBrush(colour)
        painter.setPen(_pen(colour, line))
        painter.drawPath(path)
        if hollow:
            dot = 1.4 * self.unit / size
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(halo)
            painter.drawEllipse(QPointF(0, 0), dot * 1.7, dot * 1.7)
            painter.setBrush(colour)
            painter.drawEllipse(QPointF(0, 0), dot, dot)
        painter.restore()

    def _stand_out(self, marks: KeypointMarks, style: OverlayStyle, high: Highlights) -> None:
        sizes = marker_sizes(marks, style)
        marked = high.kin | high.chosen
        seen = set(visible_indices(marks, style).tolist()) if marked else set()
        for number in marked & seen - {high.hovered, high.selected}:
            gap, width, alpha = (5, 2.5, 255) if number in high.chosen else (4, 1.0, 170)
            radius = (float(sizes[number]) / 2 + gap) * self.unit
            self._circle(marks, number, radius, width, QColor(255, 255, 255, alpha))
        for index, width in ((high.hovered, 1.5), (high.selected, 2.5)):
            if index is None or index >= len(marks):
                continue
            radius = (float(sizes[index]) / 2 + 5) * self.unit
            self._circle(marks, index, radius, width, QColor(255, 255, 255))
        if high.pulse is not None and high.pulse < len(marks):
            radius = (float(sizes[high.pulse]) / 2 + 4 + 34 * high.pulse_phase) * self.unit
            fading = QColor(255, 255, 255, int(255 * (1 - high.pulse_phase)))
            self._circle(marks, high.pulse, radius, 3.0, fading)

    def _circle(
        self, marks: KeypointMarks, index: int, radius: float, width: float, colour: QColor
    ) -> None:
        centre = QPointF(*self.place(*marks.xy[index].tolist()))
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        halo = QColor(HALO)
        halo.setAlpha(min(halo.alpha(), colour.alpha()))
        self.painter.setPen(QPen(halo, (width + 2) * self.unit))
        self.painter.drawEllipse(centre, radius, radius)
        self.painter.setPen(QPen(colour, width * self.unit))
        self.painter.drawEllipse(centre, radius, radius)

    def _labels(self, marks: KeypointMarks, style: OverlayStyle, high: Highlights) -> None:
        wanted = [i for i in (high.hovered, high.selected) if i is not None and i < len(marks)]
        if style.labels:
            seen = visible_indices(marks, style)[::-1]
            strong = seen[marks.scores[seen] >= style.min_score]
            wanted += [i for i in strong.tolist() if i not in wanted]
        for index in dict.fromkeys(wanted):
            pointed_at = index in (high.hovered, high.selected)
            self._label(marks, style, index, pointed_at=pointed_at)

    def _label(
        self, marks: KeypointMarks, style: OverlayStyle, index: int, *, pointed_at: bool
    ) -> None:
        text = marks.names[index]
        if pointed_at:
            text = f"{text}   {marks.scores[index]:.2f}"
        metrics = QFontMetricsF(self.font)
        unit = self.unit
        face = marks.faces[index] if index < len(marks.faces) else None
        side = FACE * unit if face is not None else 0.0
        width = metrics.horizontalAdvance(text) + (22 * unit if face is None else side + 12 * unit)
        height = max(metrics.height() + 5 * unit, side + 4 * unit if face is not None else 0.0)
        x, y = self.place(*marks.xy[index].tolist())
        if not self.bounds.contains(x, y):
            return
        gap = (float(marker_sizes(marks, style)[index]) / 2 + 8) * unit
        box = self._free_box(x, y, width, height, gap)
        if box is None:
            if not pointed_at:
                return
            box = self._boxes(x, y, width, height, gap)[0]
        self._labelled.append(box)
        self._draw_label(box, text, QColor(*marker_colours(marks, style)[index].tolist()), face)

    def _free_box(
        self, x: float, y: float, width: float, height: float, gap: float
    ) -> QRectF | None:
        """Return a place that covers no other label, and no marker if possible; else None."""
        boxes = [
            box
            for box in self._boxes(x, y, width, height, gap)
            if not any(map(box.intersects, self._labelled))
        ]
        open_ones = (box for box in boxes if not any(map(box.intersects, self._markers)))
        return next(open_ones, boxes[0] if boxes else None)

    def _boxes(self, x: float, y: float, width: float, height: float, gap: float) -> list[QRectF]:
        """Return where a label may stand: right of the marker if there is room, else left of it."""
        right, edge = x + gap, self.bounds.right()
        left = max(x - gap - width, self.bounds.left() + 2 * self.unit)
        columns = (right, left) if right + width <= edge else (left,)
        low, high = self.bounds.top() + 2, self.bounds.bottom() - height - 2
        return [QRectF(c, min(max(y - height / 2, low), high), width, height) for c in columns]

    def _draw_label(self, box: QRectF, text: str, colour: QColor, face: QImage | None) -> None:
        painter, unit = self.painter, self.unit
        painter.setPen(QPen(QColor(255, 255, 255, 60), unit))
        painter.setBrush(QColor(20, 22, 26, 225))
        painter.drawRoundedRect(box, 4 * unit, 4 * unit)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        left = 17 * unit
        if face is None:
            middle = QPointF(box.left() + 9 * unit, box.center().y())
            painter.drawEllipse(middle, 4 * unit, 4 * unit)
        else:
            left = (FACE + 7) * unit
            self._draw_face(box, face)
        painter.setPen(QColor(245, 245, 245))
        painter.setFont(self.font)
        painter.drawText(
            box.adjusted(left, 0, 0, 0),
            int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text,
        )  # fmt: skip

    def _draw_face(self, box: QRectF, face: QImage) -> None:
        """Draw what a kind looks like at the left of its label, framed in the brush's colour."""
        painter, unit = self.painter, self.unit
        side = FACE * unit
        place = QRectF(box.left() + 2 * unit, box.center().y() - side / 2, side, side)
        painter.drawRoundedRect(place, 3 * unit, 3 * unit)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        rim = 2 * unit
        painter.drawImage(place.adjusted(rim, rim, -rim, -rim), face)


def _pen(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen

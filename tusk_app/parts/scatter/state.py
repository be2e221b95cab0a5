"""What a scatter view shows, and where it lies on the widget: values without a widget."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QImage


@dataclass(frozen=True, slots=True, eq=False)
class ScatterPoints:
    """Points of the plane.

    Attributes:
        xy: (n, 2) float32, y upwards.
        rows: (n,) int64, what each point stands for; unique.
        colours: (n,3) uint8 RGB.
        groups: (n,) int32, group that legend entries hide; -1 is never hidden.
        drawn: (d,) int64, which points are drawn one by one, ascending; the others are only part
            of the density.
    """

    xy: NDArray[np.float32]
    rows: NDArray[np.int64]
    colours: NDArray[np.uint8]
    groups: NDArray[np.int32]
    drawn: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ScatterStars:
    """Prototypes in the same plane.

    Attributes:
        xy: (m, 2) float32.
        colours: (m, 3) uint8 RGB.
        labels: m names.
        shown: (m,) bool.
        faint: (m,) bool, drawn small and pale because nothing is like them; None for none.
        faces: m small pictures, drawn in place of a star where they do not cover each other; empty
            for none.
    """

    xy: NDArray[np.float32]
    colours: NDArray[np.uint8]
    labels: tuple[str, ...]
    shown: NDArray[np.bool_]
    faint: NDArray[np.bool_] | None = None
    faces: tuple[QImage | None, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class LiveTrail:
    """Keypoints of the moment and where they have just been.

    Attributes:
        xy: (k, 2) float32, now.
        colours: (k, 3) uint8 RGB.
        trail: (t, 3) float32, older places as (x, y, age), age 0 (new) to 1 (about to go).
        trail_colours: (t, 3) uint8 RGB.
        dims: everything else is pale, because something plays.
    """

    xy: NDArray[np.float32]
    colours: NDArray[np.uint8]
    trail: NDArray[np.float32]
    trail_colours: NDArray[np.uint8]
    dims: bool = False


@dataclass(frozen=True, slots=True)
class Viewport:
    """Which part of the plane the widget shows, with equal scales on both axes.

    Attributes:
        centre: (x, y) of the plane in the middle of the widget.
        scale: pixels for one unit of the plane.
        size: (width, height) of the widget, pixels.
    """

    centre: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    size: tuple[int, int] = (1, 1)

    def to_pixels(self, xy: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return widget pixels, (n, 2), of points of the plane, (n, 2)."""
        half = np.array(self.size, np.float64) / 2
        flip = np.array([self.scale, -self.scale])
        return np.asarray((xy - np.array(self.centre)) * flip + half, np.float64)

    def to_plane(self, x: float, y: float) -> tuple[float, float]:
        """Return the point of the plane under a widget pixel."""
        return (
            self.centre[0] + (x - self.size[0] / 2) / self.scale,
            self.centre[1] - (y - self.size[1] / 2) / self.scale,
        )

    def moved(self, dx: float, dy: float) -> Viewport:
        """Return this view after the plane was dragged by (dx, dy) pixels."""
        centre = (self.centre[0] - dx / self.scale, self.centre[1] + dy / self.scale)
        return replace(self, centre=centre)

    def zoomed(self, factor: float, x: float, y: float) -> Viewport:
        """Return this view zoomed by ``factor``; the point under pixel (x, y) stays there."""
        before = self.to_plane(x, y)
        closer = replace(self, scale=min(max(self.scale * factor, 1e-6), 1e9))
        after = closer.to_plane(x, y)
        centre = (
            closer.centre[0] + before[0] - after[0],
            closer.centre[1] + before[1] - after[1],
        )
        return replace(closer, centre=centre)

    def fitted(self, xy: NDArray[np.floating], margin: float = 34.0) -> Viewport:
        """Return the view that shows all of ``xy``, (n, 2), with a margin in pixels."""
        good = xy[np.isfinite(xy).all(axis=1)] if len(xy) else xy
        if len(good) == 0:
            return self
        low, high = good.min(axis=0).astype(float), good.max(axis=0).astype(float)
        extent = np.maximum(high - low, 1e-9)
        room = np.maximum(np.array(self.size, float) - 2 * margin, 16.0)
        middle = (low + high) / 2
        return replace(
            self, centre=(float(middle[0]), float(middle[1])), scale=float((room / extent).min())
        )


@dataclass(slots=True, eq=False)
class ScatterState:
    """Everything a scatter view paints; replaced part by part.

    Attributes:
        points: see ``ScatterPoints``.
        stars: see ``ScatterStars``.
        live: see ``LiveTrail``; None when nothing plays.
        shown: (n,) bool, points whose group is not hidden.
        selected: (n,) bool.
        hovered: position of the point under the pointer, -1 for none.
        star: index of the highlighted star, -1 for none.
        hull: (h, 2) float32 corners of the outline of a pointed-at group; empty for none.
    """

    points: ScatterPoints = field(
        default_factory=lambda: ScatterPoints(
            np.zeros((0, 2), np.float32),
            np.zeros(0, np.int64),
            np.zeros((0, 3), np.uint8),
            np.zeros(0, np.int32),
            np.zeros(0, np.int64),
        )
    )
    stars: ScatterStars = field(
        default_factory=lambda: ScatterStars(
            np.zeros((0, 2), np.float32), np.zeros((0, 3), np.uint8), (), np.zeros(0, np.bool_)
        )
    )
    live: LiveTrail | None = None
    shown: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    selected: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    hovered: int = -1
    star: int = -1
    hull: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 2), np.float32))

    def drawn_and_shown(self) -> NDArray[np.int64]:
        """Return positions of the points that can be seen one by one, ascending int64."""
        drawn = self.points.drawn
        return drawn[self.shown[drawn]]

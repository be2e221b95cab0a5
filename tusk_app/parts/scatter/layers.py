"""Images of a scatter view that are kept, so that a new selection draws only what it changes."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QFont, QImage, QPainter, QPalette

from tusk_app.parts.scatter import painter as scatter_painter
from tusk_app.parts.scatter import stars as scatter_stars
from tusk_app.parts.scatter.faces import NO_FACES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from PySide6.QtCore import QRectF

    from tusk_app.parts.scatter.state import ScatterState, Viewport

    Thumbnails = tuple[NDArray, NDArray]  # type: ignore[type-arg]

_DIM_STARS = 0.3
_MARGIN = 200  # of a picture of the plane that is dragged about, pixels


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """A picture of the plane and the part that it shows, which may be larger than the widget."""

    image: QImage
    view: Viewport

    def corner_on(self, view: Viewport) -> QPointF | None:
        """Return where it lies on a widget that shows ``view``; None if it leaves a part bare."""
        if self.view.scale != view.scale:
            return None
        ratio = self.image.devicePixelRatio()
        (x, y), (left, top) = self.view.centre, view.centre
        spare = [(a - b) / 2 for a, b in zip(self.view.size, view.size, strict=True)]
        moved = ((x - left) * view.scale, (top - y) * view.scale)
        if any(abs(shift) > room for shift, room in zip(moved, spare, strict=True)):
            return None
        across, down = (
            round((shift - room) * ratio) / ratio for shift, room in zip(moved, spare, strict=True)
        )
        return QPointF(across, down)


class ScatterLayers:
    """Ground with density and points, selected points, stars: each made when it is missing.

    Attributes:
        faces: where the stars' faces stand.
    """

    def __init__(self, state: ScatterState, ratio: float, palette: QPalette, font: QFont) -> None:
        """Begin with nothing.

        Args:
            state: what to show; looked at whenever something is painted.
            ratio: device pixels for one widget pixel.
            palette: colours of ground and text.
            font: of the names.
        """
        self._state, self._ratio, self._palette, self._font = state, ratio, palette, font
        self._grounds: dict[bool, _Drawn] = {}
        self._selected: _Drawn | None = None
        self._stars: QImage | None = None
        self.faces = NO_FACES
        self._density: tuple[QImage, QRectF] | None = None
        self._density_stale = True
        self._thumbnails: Thumbnails | None = None
        self._thumbnails_stale = True

    def forget(self, *, density: bool = False) -> None:
        """Draw everything anew next time: points, view or size are others."""
        self._grounds = {}
        self._selected = self._stars = None
        self._thumbnails_stale = True
        self._density_stale = self._density_stale or density

    def forget_place(self) -> None:
        """Draw anew what does not move as one with the plane when that is dragged."""
        self._stars = None
        self._thumbnails_stale = True

    def forget_selected(self) -> None:
        """Draw the selected points anew next time."""
        self._selected = None

    def use(self, ratio: float, palette: QPalette, font: QFont) -> None:
        """Take another resolution, other colours or another font."""
        if (ratio, palette, font) != (self._ratio, self._palette, self._font):
            self._ratio, self._palette, self._font = ratio, palette, font
            self.forget(density=True)

    def paint(
        self, painter: QPainter, view: Viewport, patch_of: Callable[[int], QImage | None] | None
    ) -> None:
        """Paint all but what follows the pointer.

        Args:
            painter: on the widget or a picture of its size.
            view: which part of the plane.
            patch_of: pictures to draw in place of dots when few are in view; None for dots.
        """
        state = self._state
        is_dim = state.live is not None and state.live.dims
        thumbnails = self._pictures(view) if patch_of is not None and not is_dim else None
        if patch_of is not None and thumbnails is not None:
            self._paint_beneath(painter, view)
            scatter_painter.paint_thumbnails(painter, state, thumbnails, patch_of)
        else:
            has_selected = bool(state.selected.any())
            is_faded = has_selected or is_dim
            draw = functools.partial(self._ground, is_faded=is_faded)
            ground = _kept_or_drawn(self._grounds.get(is_faded), view, draw)
            self._grounds[is_faded] = ground
            _paint_drawn(painter, ground, view)
            if has_selected:
                self._selected = _kept_or_drawn(self._selected, view, self._selected_points)
                _paint_drawn(painter, self._selected, view)
        scatter_painter.paint_hull(painter, state, view, self._palette)
        painter.setOpacity(_DIM_STARS if is_dim else 1.0)
        painter.drawImage(0, 0, self._star_image(view))
        painter.setOpacity(1.0)
        scatter_stars.paint_chosen_star(painter, state, view, self._palette)
        if state.live is not None:
            scatter_painter.paint_live(painter, state.live, view, self._palette)

    def _paint_beneath(self, painter: QPainter, view: Viewport) -> None:
        """Paint the empty plane and how crowded it is."""
        base = self._palette.color(QPalette.ColorRole.Base)
        painter.fillRect(QRect(0, 0, *view.size), base)
        if self._density_stale:
            self._density = scatter_painter.density_picture(self._state, self._palette)
            self._density_stale = False
        if self._density is not None:
            scatter_painter.paint_density(painter, *self._density, view)

    def _pictures(self, view: Viewport) -> Thumbnails | None:
        if self._thumbnails_stale:
            self._thumbnails = scatter_painter.thumbnail_places(self._state, view)
            self._thumbnails_stale = False
        return self._thumbnails

    def _ground(self, view: Viewport, *, is_faded: bool) -> QImage:
        """Return density and points."""
        ground = self._canvas(view, QImage.Format.Format_RGB32)
        painter = QPainter(ground)
        self._paint_beneath(painter, view)
        points = scatter_painter.points_image(self._state, view, self._ratio, is_faded=is_faded)
        painter.drawImage(0, 0, points)
        painter.end()
        return ground

    def _selected_points(self, view: Viewport) -> QImage:
        return scatter_painter.selected_image(self._state, view, self._ratio, self._palette)

    def _star_image(self, view: Viewport) -> QImage:
        """Return the stars on a clear ground; placing names takes a while."""
        if self._stars is None:
            image = self._canvas(view, QImage.Format.Format_ARGB32_Premultiplied)
            image.fill(Qt.GlobalColor.transparent)
            painter = QPainter(image)
            painter.setFont(self._font)
            self.faces = scatter_stars.paint_stars(painter, self._state, view, self._palette)
            painter.end()
            self._stars = image
        return self._stars

    def _canvas(self, view: Viewport, form: QImage.Format) -> QImage:
        image = QImage(QSize(*view.size) * self._ratio, form)
        image.setDevicePixelRatio(self._ratio)
        return image


def _kept_or_drawn(
    kept: _Drawn | None, view: Viewport, draw: Callable[[Viewport], QImage]
) -> _Drawn:
    """Return a picture that covers a view: the one kept, or a new one.

    One that was dragged out of it is replaced by one with a margin, so that the next moves of the
    plane only move the picture.
    """
    if kept is not None and kept.corner_on(view) is not None:
        return kept
    if kept is not None and kept.view.scale == view.scale:
        width, height = view.size
        view = replace(view, size=(width + 2 * _MARGIN, height + 2 * _MARGIN))
    return _Drawn(draw(view), view)


def _paint_drawn(painter: QPainter, drawn: _Drawn, view: Viewport) -> None:
    corner = drawn.corner_on(view)
    assert corner is not None
    painter.drawImage(corner, drawn.image)

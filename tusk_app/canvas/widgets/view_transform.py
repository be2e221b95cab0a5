"""Where a picture lies on a widget: zoom and offset, without Qt.

Picture coordinates: (x, y) in pixels, (0, 0) = centre of the top-left pixel, so the picture covers
[-0.5, width - 0.5] x [-0.5, height - 0.5]. Widget coordinates: logical pixels, origin top left.
"""

from __future__ import annotations

from dataclasses import dataclass

MIN_SCALE, MAX_SCALE = 1 / 64, 128.0


@dataclass(frozen=True, slots=True)
class ViewTransform:
    """Affine map from the picture to the widget.

    Attributes:
        scale: logical pixels of the widget for one pixel of the picture.
        left: widget x of the picture's left edge (x = -0.5).
        top: widget y of the picture's upper edge (y = -0.5).
    """

    scale: float = 1.0
    left: float = 0.0
    top: float = 0.0

    def to_widget(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the picture lies on the widget."""
        return self.left + (x + 0.5) * self.scale, self.top + (y + 0.5) * self.scale

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """Return the point of the picture below a point of the widget."""
        return (x - self.left) / self.scale - 0.5, (y - self.top) / self.scale - 0.5

    def zoomed(self, factor: float, x: float, y: float) -> ViewTransform:
        """Return a view with ``factor`` times the scale that keeps widget point (x, y) in place."""
        scale = min(max(self.scale * factor, MIN_SCALE), MAX_SCALE)
        ratio = scale / self.scale
        return ViewTransform(scale, x - (x - self.left) * ratio, y - (y - self.top) * ratio)

    def moved(self, dx: float, dy: float) -> ViewTransform:
        """Return the view shifted by logical pixels."""
        return ViewTransform(self.scale, self.left + dx, self.top + dy)

    def kept_near(
        self, picture: tuple[int, int], widget: tuple[float, float], margin: float = 48.0
    ) -> ViewTransform:
        """Return the view shifted so that at least ``margin`` pixels of the picture stay in sight.

        Args:
            picture: (width, height) of the picture.
            widget: (width, height) of the widget.
            margin: logical pixels.
        """
        width, height = picture[0] * self.scale, picture[1] * self.scale
        keep_x, keep_y = min(margin, width), min(margin, height)
        left = min(max(self.left, keep_x - width), widget[0] - keep_x)
        top = min(max(self.top, keep_y - height), widget[1] - keep_y)
        return ViewTransform(self.scale, left, top)


def fitted(
    picture: tuple[int, int], widget: tuple[float, float], *, margin: float = 12.0
) -> ViewTransform:
    """Return the view that shows the whole picture in the middle of the widget.

    Args:
        picture: (width, height) of the picture.
        widget: (width, height) of the widget.
        margin: logical pixels left free at the sides.
    """
    width, height = max(picture[0], 1), max(picture[1], 1)
    room_x, room_y = max(widget[0] - 2 * margin, 8.0), max(widget[1] - 2 * margin, 8.0)
    scale = min(max(min(room_x / width, room_y / height), MIN_SCALE), MAX_SCALE)
    return centred(picture, widget, scale)


def centred(picture: tuple[int, int], widget: tuple[float, float], scale: float) -> ViewTransform:
    """Return the view of this scale with the picture in the middle of the widget."""
    left = (widget[0] - picture[0] * scale) / 2
    top = (widget[1] - picture[1] * scale) / 2
    return ViewTransform(scale, left, top)

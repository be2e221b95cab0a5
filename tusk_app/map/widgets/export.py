"""Writes a map as SVG; pyqtgraph's own SVG writer fails on this version."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_app.parts.scatter.state import ScatterState, Viewport

_STAR = (
    "M0,-9 L2.4,-3.3 L8.6,-2.8 L3.9,1.3 L5.3,7.3 L0,4.1 L-5.3,7.3 L-3.9,1.3 L-8.6,-2.8 L-2.4,-3.3Z"
)


def map_svg(
    state: ScatterState,
    view: Viewport,
    *,
    background: tuple[int, int, int] = (255, 255, 255),
    text: tuple[int, int, int] = (30, 30, 30),
) -> str:
    """Return what the view shows as SVG text: points grouped by colour, stars with names."""
    width, height = view.size
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">'
        ),
        f'<rect width="{width}" height="{height}" fill="{_hex(background)}"/>',
    ]
    chosen = state.drawn_and_shown()
    places = view.to_pixels(state.points.xy[chosen])
    inside = ((places >= -4) & (places <= np.array([width + 4, height + 4]))).all(axis=1)
    chosen, places = chosen[inside], places[inside]
    any_selected = bool(state.selected.any())
    faded = any_selected & ~state.selected[chosen]
    parts += _dots(places[faded], state.points.colours[chosen[faded]], opacity=0.2)
    parts += _dots(places[~faded], state.points.colours[chosen[~faded]], opacity=0.85)
    stars = state.stars
    star_places = view.to_pixels(stars.xy) if len(stars.xy) else np.zeros((0, 2))
    for i in np.flatnonzero(stars.shown):
        x, y = star_places[i]
        colour = _hex(tuple(int(part) for part in stars.colours[i]))
        parts.append(
            f'<g transform="translate({x:.1f},{y:.1f})"><path d="{_STAR}" fill="{colour}" '
            f'stroke="{_hex(text)}"/><text x="12" y="4" fill="{_hex(text)}" font-weight="bold">'
            f"{escape(stars.labels[i])}</text></g>"
        )
    parts.append("</svg>\n")
    return "\n".join(parts)


def _dots(places: NDArray[np.float64], colours: NDArray[np.uint8], *, opacity: float) -> list[str]:
    if len(places) == 0:
        return []
    values, inverse = np.unique(colours, axis=0, return_inverse=True)
    parts = []
    for number, colour in enumerate(values):
        own = places[inverse.reshape(-1) == number]
        # A zero-length line with round ends is a dot, and a path of them is small to write.
        path = "".join(f"M{x:.1f},{y:.1f}h0" for x, y in own)
        parts.append(
            f'<path d="{path}" stroke="{_hex(tuple(int(p) for p in colour))}" stroke-width="4" '
            f'stroke-linecap="round" stroke-opacity="{opacity}" fill="none"/>'
        )
    return parts


def _hex(colour: tuple[int, ...]) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour[:3])

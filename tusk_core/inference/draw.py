"""Drawing keypoints on pictures with OpenCV: rings with a halo, and a legend.

Colours are the prototypes' own, the same in the window and in every export. Pictures are
(H, W, 3) uint8 RGB; positions are pixels, (0, 0) = centre of the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from tusk_core import palette

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

Colour = tuple[int, int, int]

_DARK: Colour = (16, 16, 16)
_LIGHT: Colour = (245, 245, 245)
_SHIFT = 4  # OpenCV draws at sixteenths of a pixel
_MIN_SIDE = 320
_FEW_PROTOTYPES = 40
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def _ink_on(colour: Colour) -> Colour:
    """Return dark or light ink, whichever reads better on a colour."""
    red, green, blue = colour
    return _DARK if 0.3 * red + 0.59 * green + 0.11 * blue > 110 else _LIGHT


def enlargement(size: tuple[int, int], least: int = _MIN_SIDE) -> int:
    """Return the whole factor that brings the longer side of (width, height) to ``least``."""
    return max(1, -(-least // max(size)))


def enlarged(picture: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Return a picture with every pixel ``factor`` wide and high."""
    return np.ascontiguousarray(np.repeat(np.repeat(picture, factor, 0), factor, 1))


def draw_keypoints(
    picture: NDArray[np.uint8],
    xy: NDArray[np.float32],
    labels: NDArray[np.int32],
    scores: NDArray[np.float32] | None = None,
    *,
    factor: int = 1,
    radius: float = 0.0,
) -> NDArray[np.uint8]:
    """Return a copy of a picture with a ring for each keypoint.

    Args:
        picture: (H, W, 3).
        xy: (K, 2) pixels of ``picture``.
        labels: (K,) prototypes, which give the colours.
        scores: (K,) in [0, 1]; lower ones are drawn fainter. None draws all alike.
        factor: enlarge the picture by this first; rings stay thin.
        radius: of the rings in pixels of the result; 0 chooses by its size.
    """
    canvas = enlarged(picture, factor) if factor > 1 else picture.copy()
    radius = radius or max(5.0, max(canvas.shape[:2]) / 50)
    width = max(1, round(radius / 4))
    faint = np.ones(len(xy)) if scores is None else 0.35 + 0.65 * np.clip(scores, 0, 1)
    places = (np.asarray(xy, np.float64) + 0.5) * factor - 0.5
    # The surest are drawn last, on top.
    for k in np.argsort(faint, kind="stable"):
        _ring(canvas, places[k], radius, width, palette.colour(int(labels[k])), float(faint[k]))
    return canvas


def draw_trail(
    picture: NDArray[np.uint8],
    before: Sequence[tuple[NDArray[np.float32], NDArray[np.int32]]],
) -> NDArray[np.uint8]:
    """Return a copy of a picture with dots where keypoints were, older ones smaller and fainter.

    Args:
        picture: (H, W, 3).
        before: places (K, 2) [px] and prototypes (K,) of earlier pictures, the oldest first.
    """
    canvas = picture.copy()
    most = max(2.0, max(picture.shape[:2]) / 160)
    for age, (places, labels) in enumerate(before, 1):
        share = age / (len(before) + 1)
        drawn = canvas.copy()
        for (x, y), label in zip(places.tolist(), labels.tolist(), strict=True):
            centre = (round(x * (1 << _SHIFT)), round(y * (1 << _SHIFT)))
            radius = round(most * (0.5 + 0.5 * share) * (1 << _SHIFT))
            cv2.circle(drawn, centre, radius, palette.colour(label), -1, cv2.LINE_AA, _SHIFT)
        canvas = np.asarray(cv2.addWeighted(drawn, share, canvas, 1 - share, 0), np.uint8)
    return canvas


def _ring(
    canvas: NDArray[np.uint8],
    place: NDArray[np.float64],
    radius: float,
    width: int,
    colour: Colour,
    opacity: float,
) -> None:
    reach = int(radius + 2 * width + 3)
    x, y = round(float(place[0])), round(float(place[1]))
    left, top = max(0, x - reach), max(0, y - reach)
    right, below = min(canvas.shape[1], x + reach + 1), min(canvas.shape[0], y + reach + 1)
    if left >= right or top >= below:
        return
    part = np.ascontiguousarray(canvas[top:below, left:right])
    drawn = part.copy()
    scale = 1 << _SHIFT
    centre = (round((float(place[0]) - left) * scale), round((float(place[1]) - top) * scale))
    halo = width + 2
    cv2.circle(drawn, centre, round(radius * scale), _DARK, halo, cv2.LINE_AA, _SHIFT)
    cv2.circle(drawn, centre, round(radius * scale), colour, width, cv2.LINE_AA, _SHIFT)
    cv2.circle(drawn, centre, scale, colour, -1, cv2.LINE_AA, _SHIFT)
    canvas[top:below, left:right] = cv2.addWeighted(drawn, opacity, part, 1 - opacity, 0)


def with_legend(
    picture: NDArray[np.uint8], shown: Sequence[int], names: Mapping[int, str] | None = None
) -> NDArray[np.uint8]:
    """Return a picture with a strip below that names the prototypes in ``shown``.

    Names keep to ASCII here; other letters become ``?``.
    """
    if not len(shown):
        return picture
    width, row = picture.shape[1], 20
    scale, pad = 0.42, 8
    lines: list[list[tuple[int, str]]] = [[]]
    used = pad
    for index in shown:
        text = str((names or {}).get(index, index)).encode("ascii", "replace").decode()
        need = 16 + cv2.getTextSize(text, _FONT, scale, 1)[0][0] + 12
        if used + need > width and lines[-1]:
            lines.append([])
            used = pad
        lines[-1].append((index, text))
        used += need
    strip = np.full((row * len(lines) + pad, width, 3), _DARK, np.uint8)
    for number, line in enumerate(lines):
        x, y = pad, pad // 2 + row * number + row // 2
        for index, text in line:
            cv2.circle(strip, (x + 4, y), 5, palette.colour(index), -1, cv2.LINE_AA)
            cv2.putText(strip, text, (x + 14, y + 5), _FONT, scale, _LIGHT, 1, cv2.LINE_AA)
            x += 16 + cv2.getTextSize(text, _FONT, scale, 1)[0][0] + 12
    return np.concatenate([picture, strip])


def draw_map(
    points: NDArray[np.float32],
    labels: NDArray[np.int32],
    prototypes: NDArray[np.float32],
    *,
    side: int = 1000,
) -> NDArray[np.uint8]:
    """Return a picture (side, side, 3) of a map: small dots, prototypes as numbered rings.

    Args:
        points: (n, 2) any units.
        labels: (n,) prototype of each.
        prototypes: (M, 2) in the same plane; those without points are left out.
        side: of the picture [px].
    """
    canvas = np.full((side, side, 3), 252, np.uint8)
    everything = points if len(points) else prototypes
    low = np.percentile(everything, 0.2, axis=0) if len(everything) else np.zeros(2)
    high = np.percentile(everything, 99.8, axis=0) if len(everything) else np.ones(2)
    span = float(max((high - low).max(), 1e-9)) * 1.12
    middle = (high + low) / 2

    def to_pixels(values: NDArray[np.float32]) -> NDArray[np.float64]:
        unit = (np.asarray(values, np.float64) - middle) / span + 0.5
        # OpenCV takes no place that is far outside.
        seen = np.clip(np.stack([unit[:, 0], 1 - unit[:, 1]], axis=1), -1, 2)
        return seen * (side - 1)

    scale = 1 << _SHIFT
    radius = 5.0 if len(points) < 1000 else 3.5 if len(points) < 10_000 else 2.0
    for place, label in zip(to_pixels(points), labels.tolist(), strict=True):
        centre = (round(place[0] * scale), round(place[1] * scale))
        colour = palette.colour(label)
        cv2.circle(canvas, centre, round(radius * scale), colour, -1, cv2.LINE_AA, _SHIFT)
    used = np.unique(labels)
    places = to_pixels(prototypes[used])
    size = 11 if len(used) <= _FEW_PROTOTYPES else 6
    for index, place in zip(used.tolist(), places, strict=True):
        x, y = round(place[0]), round(place[1])
        cv2.circle(canvas, (x, y), size + 2, _DARK, -1, cv2.LINE_AA)
        cv2.circle(canvas, (x, y), size, palette.colour(index), -1, cv2.LINE_AA)
    for index, place in zip(used.tolist(), places, strict=True):
        text = str(index)
        (width, height), _ = cv2.getTextSize(text, _FONT, 0.4, 1)
        x, y = round(place[0]) - width // 2, round(place[1]) + height // 2
        ink = _ink_on(palette.colour(index))
        if size < width // 2:  # no room inside: beside it
            x, ink = x + width // 2 + size + 4, _DARK
        cv2.putText(canvas, text, (x, y), _FONT, 0.4, ink, 1, cv2.LINE_AA)
    return canvas

"""What moves in a video under a still camera, and where each place of a frame was in another.

Under a still camera most places look as they usually do, so that what differs from the usual frame
is what moves. Under a moving camera everything differs and nothing is told apart.

Shapes: N frames, h x w cells of small frames, H x W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAME = 0.08
"""Colours nearer to each other than this are the same, of 1 for each of red, green and blue."""

_STILL, _MOVED = 0.8, 0.12
_MOVING_SHARE = 99.98
_FEWEST_FRAMES = 8
_MARGIN = 2  # cells around what moves that count as moving
_LEAST_SHARE = 0.002
# Forth and back again a place must be found within so much of where it began.
_ASTRAY_PX, _ASTRAY_SHARE = 1.0, 0.1
# Below this side there is nothing for the flow's pyramid to stand on.
_LEAST_SIDE = 32


@dataclass(frozen=True, slots=True, eq=False)
class StillCamera:
    """What a still camera usually sees.

    Attributes:
        usual: (h, w, c) float32, the median frame in [0, 1].
        share: of places that move, over the frames it was made of, (0, 1].
    """

    usual: NDArray[np.float32]
    share: float

    def moving(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return how surely each place of frames (N, H, W, c) moves, (N, h, w) in [0, 1]."""
        h, w = self.usual.shape[:2]
        return _certainty(np.linalg.norm(shrunk(images, (w, h)) - self.usual, axis=-1))


def shrunk(images: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
    """Return pictures (N, H, W, c) at (w, h), averaged over each cell, in [0, 1]."""
    w, h = size
    small = np.empty((len(images), h, w, images.shape[-1]), np.float32)
    for number, image in enumerate(images):
        one = cv2.resize(np.asarray(image), size, interpolation=cv2.INTER_AREA)
        small[number] = np.asarray(one, np.float32).reshape(h, w, -1) / 255
    return small


def away_from_usual(frames: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Return (N, h, w) distances from the median frame; None where the camera or nothing moves.

    Args:
        frames: (N, h, w, c) in [0, 1], as ``shrunk`` gives them.
    """
    if len(frames) < _FEWEST_FRAMES:
        return None
    return _away_from(frames, np.median(frames, axis=0))


def _away_from(
    frames: NDArray[np.float32], usual: NDArray[np.floating]
) -> NDArray[np.float32] | None:
    away = np.linalg.norm(frames - usual, axis=-1)
    is_still = float(np.median((away < SAME).mean(axis=(1, 2)))) >= _STILL
    moves = float(np.percentile(away, _MOVING_SHARE)) >= _MOVED
    return away if is_still and moves else None


def still_camera(images: NDArray[np.uint8], size: tuple[int, int]) -> StillCamera | None:
    """Return what a still camera usually sees; None where the camera or nothing moves.

    Args:
        images: (N, H, W, c), frames spread over a video.
        size: (w, h) of the cells.
    """
    if len(images) < _FEWEST_FRAMES:
        return None
    small = shrunk(images, size)
    usual = np.asarray(np.median(small, axis=0), np.float32)
    away = _away_from(small, usual)
    if away is None:
        return None
    return StillCamera(usual, max(_LEAST_SHARE, float(_certainty(away).mean())))


def _certainty(away: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (N, h, w) in [0, 1] for distances from the usual: none for noise, with a margin."""
    sure = np.clip((away - SAME) / (_MOVED - SAME), 0, 1).astype(np.float32)
    around = np.ones((2 * _MARGIN + 1,) * 2, np.uint8)
    return np.stack([np.asarray(cv2.dilate(one, around), np.float32) for one in sure])


def flow_back(
    later: NDArray[np.uint8], earlier: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return where each place of one frame lies in another, and whether that is sure.

    By dense inverse search (Kroeger et al., ECCV 2016); a place is sure if the way back from there
    leads to where it began.

    Args:
        later: (H, W, c) frame whose places are asked for.
        earlier: (H, W, c) frame in which they are sought; may as well be the later one.

    Returns:
        (H, W, 2) steps in pixels, (x, y), and (H, W) bool.
    """
    H, W = later.shape[:2]
    if min(H, W) < _LEAST_SIDE:
        return np.zeros((H, W, 2), np.float32), np.zeros((H, W), np.bool_)
    grey = [_grey(later), _grey(earlier)]
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    back = np.asarray(search.calc(grey[0], grey[1], None), np.float32)  # type: ignore[call-overload]
    forth = np.asarray(search.calc(grey[1], grey[0], None), np.float32)  # type: ignore[call-overload]
    y, x = np.mgrid[:H, :W].astype(np.float32)
    returned = cv2.remap(forth, x + back[..., 0], y + back[..., 1], cv2.INTER_LINEAR)
    astray = np.linalg.norm(back + returned, axis=-1)
    return back, astray <= _ASTRAY_PX + _ASTRAY_SHARE * np.linalg.norm(back, axis=-1)


def _grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    plain = np.ascontiguousarray(image)
    if plain.shape[-1] == 1:
        return plain[..., 0]
    return np.asarray(cv2.cvtColor(plain, cv2.COLOR_RGB2GRAY), np.uint8)

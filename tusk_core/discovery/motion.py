"""What moves in the pictures of a discovery, where they are a video under a still camera.

Shapes: P pictures, S blobs, M kinds, h x w map, n scores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from tusk_core.data.crops import window_of
from tusk_core.data.movement import still_camera

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tusk_core.data.base_source import BaseSource
    from tusk_core.data.cache import PictureCache
    from tusk_core.discovery.ground import Places

MOVES = 0.5
"""A place moves from this certainty on."""

_FRAMES = 24
_LONGER_SIDE = 512  # of a whole frame of which crops are looked at
_FEWEST = 8
_LOWEST, _HIGHEST = 0.2, 0.999


def moving_places(
    pictures: PictureCache,
    rows: NDArray[np.int64],
    size: tuple[int, int],
    source: BaseSource,
    crops: int,
) -> NDArray[np.float32] | None:
    """Return how surely each place of some pictures moves, (P, h, w) in [0, 1].

    None where the pictures are not a video, or the camera or nothing moves.

    Args:
        pictures: all of them.
        rows: (P,) those asked for.
        size: (w, h) of the maps.
        source: that they are from.
        crops: longer side of the crops that they are [px]; 0 for whole pictures.
    """
    if pictures.is_video:
        images = pictures.images[rows]
        camera = still_camera(images, size)
        return None if camera is None else camera.moving(images)
    if not (crops and pictures.in_order) or len(source) < _FEWEST:
        return None
    return _in_crops(pictures, rows, size, source, crops)


def _in_crops(
    pictures: PictureCache,
    rows: NDArray[np.int64],
    size: tuple[int, int],
    source: BaseSource,
    crops: int,
) -> NDArray[np.float32] | None:
    """Return the same of crops, cut out of what moves in whole frames."""
    width, height = source.size(int(pictures.indices[0]))
    shrink = _LONGER_SIDE / max(width, height)
    whole = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    spread = np.unique(np.linspace(0, len(source) - 1, _FRAMES).round().astype(np.int64))
    camera = still_camera(_small_frames(source, spread, whole), whole)
    if camera is None:
        return None
    canvas = (pictures.images.shape[2], pictures.images.shape[1])
    frames = np.unique(pictures.indices[rows])
    moving = camera.moving(_small_frames(source, frames, whole))
    out = np.zeros((len(rows), size[1], size[0]), np.float32)
    for number, row in enumerate(rows.tolist()):
        of_frame = moving[int(np.searchsorted(frames, pictures.indices[row]))]
        window = window_of(pictures.names[row], (width, height), crops, canvas)
        if window is not None:
            left, top = int(window.x * shrink), int(window.y * shrink)
            right, low = (window.x + window.width) * shrink, (window.y + window.height) * shrink
            of_frame = of_frame[top : max(top + 1, round(low)), left : max(left + 1, round(right))]
        out[number] = cv2.resize(of_frame, size, interpolation=cv2.INTER_LINEAR)
    return out


def _small_frames(
    source: BaseSource, frames: NDArray[np.int64], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Return whole frames (n, h, w, 3) at a small size."""
    small = [
        cv2.resize(source.read(index), size, interpolation=cv2.INTER_AREA)
        for index in frames.tolist()
    ]
    return np.stack([np.asarray(one, np.uint8) for one in small])


def moving_shares(
    moving: NDArray[np.float32], places: Places, num_kinds: int
) -> NDArray[np.float64]:
    """Return (M,) how surely the places of each kind move, on average, [0, 1].

    Args:
        moving: (P, h, w) as ``moving_places`` gives it.
        places: of the kinds in the same pictures, on the same map.
        num_kinds: M.
    """
    h, w = moving.shape[1:]
    x, y = np.rint(places.xy).astype(np.int64).T
    values = moving[places.picture, y.clip(0, h - 1), x.clip(0, w - 1)].astype(np.float64)
    number = np.bincount(places.kind, minlength=num_kinds)
    return np.bincount(places.kind, values, num_kinds) / np.maximum(number, 1)


def moving_mass(
    readings: Iterable[torch.Tensor], moving: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (M,) how much of each kind moves, and (M,) how much of what moves is it, [0, 1].

    Args:
        readings: memberships (b, M, h, w) of P pictures.
        moving: (P, h, w) as ``moving_places`` gives it.
    """
    sums, seen = [], 0
    for part in readings:
        there = torch.from_numpy(moving[seen : seen + len(part)]).to(part)
        on = torch.einsum("bmhw,bhw->m", part, there)
        sums.append(torch.stack([on, part.sum(dim=(0, 2, 3))]).double().cpu())
        seen += len(part)
    on, total = torch.stack(sums).sum(dim=0)
    return (
        np.asarray((on / total.clamp_min(1e-6)).numpy(), np.float64),
        np.asarray((on / on.sum().clamp_min(1e-6)).numpy(), np.float64),
    )


def telling_score(scores: NDArray[np.floating], moves: NDArray[np.bool_]) -> float | None:
    """Return the score that best tells what moves from what stays, [0.2, 0.999].

    That at which found and right, counted on what moves, have the highest harmonic mean. None where
    too few of either are known.

    Args:
        scores: (n,) in [0, 1].
        moves: (n,) whether the place of each moves.
    """
    if min(int(moves.sum()), int((~moves).sum())) < _FEWEST:
        return None
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(moves[order])
    harmonic = 2 * right / (np.arange(1, len(order) + 1) + right[-1])
    # Of equal scores all or none are above a threshold.
    last = np.append(scores[order][1:] < scores[order][:-1], True)
    best = int(np.where(last, harmonic, 0).argmax())
    below = float(scores[order][best + 1]) if best + 1 < len(order) else 0.0
    between = (float(scores[order][best]) + below) / 2
    return float(np.clip(round(between, 4), _LOWEST, _HIGHEST))

"""Small made-up pictures and detections: coloured pieces on black, as the sample data has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from tusk_core.arrays import sealed
from tusk_core.results import Detection, Keypoints, Reconstruction

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHAPES = (
    ((0, 0), (1, 0), (2, 0), (3, 0)),
    ((0, 0), (1, 0), (0, 1), (1, 1)),
    ((0, 0), (1, 0), (2, 0), (1, 1)),
    ((0, 0), (0, 1), (0, 2), (1, 2)),
    ((1, 0), (2, 0), (0, 1), (1, 1)),
)
COLOURS = ((230, 70, 60), (70, 190, 90), (70, 120, 240), (240, 200, 60), (200, 90, 220))


def pieces(seed: int = 0, *, size: int = 80, count: int = 5, block: int = 6):
    """Return a picture (size, size, 3) uint8, the centres (count, 2) and the kinds (count,)."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((size, size, 3), np.uint8)
    mask = np.zeros((size, size), np.uint8)
    centres, kinds = [], []
    for number in range(count):
        kind = int(rng.integers(len(SHAPES)))
        cells = np.array(SHAPES[kind]) * block
        left, top = rng.integers(0, size - cells.max(axis=0) - block)
        for dx, dy in cells:
            part = (slice(top + dy, top + dy + block), slice(left + dx, left + dx + block))
            picture[part] = COLOURS[kind]
            mask[part] = number + 1
        centres.append(cells.mean(axis=0) + (left, top) + block / 2 - 0.5)
        kinds.append(kind)
    return sealed(picture), np.array(centres, np.float32), np.array(kinds, np.int32), mask


def detection_of(picture: np.ndarray, centres, kinds, *, extra: int = 3, heat: bool = True):
    """Return a Detection of these centres and ``extra`` weak keypoints, best first."""
    height, width = picture.shape[:2]
    rng = np.random.default_rng(7)
    num = len(centres) + extra
    xy = np.concatenate([centres, rng.uniform(5, min(height, width) - 5, (extra, 2))])
    scores = np.concatenate([
        np.linspace(0.97, 0.62, len(centres)), np.linspace(0.34, 0.06, extra)
    ])  # fmt: skip
    labels = np.concatenate([kinds, rng.integers(0, len(SHAPES), extra)]).astype(np.int32)
    descriptors = rng.normal(size=(num, 8)).astype(np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    keypoints = Keypoints(
        sealed(xy.astype(np.float32)), sealed(scores.astype(np.float32)), sealed(labels),
        sealed(descriptors), sealed(np.linspace(0.99, 0.4, num).astype(np.float32)),
    )  # fmt: skip
    heat_map = None
    if heat:
        ys, xs = np.mgrid[:height, :width]
        bumps = [
            s * np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / 18)
            for (x, y), s in zip(xy, scores, strict=True)
        ]
        heat_map = sealed(np.max(bumps, axis=0).astype(np.float32))
    return Detection((width, height), keypoints, heat_map, 4.2)


def reconstruction_of(picture: np.ndarray, mask: np.ndarray, num: int) -> Reconstruction:
    """Return a slightly blurred rebuild of the picture with one layer a keypoint."""
    composite = picture.astype(np.float32)
    for axis in (0, 1):
        composite = (np.roll(composite, 1, axis) + composite + np.roll(composite, -1, axis)) / 3
    composite = composite.astype(np.uint8)
    alpha = np.stack([(mask == k + 1).astype(np.float32) for k in range(num)])
    rgb = np.repeat(composite[None], num, axis=0)
    error = float(np.mean(((composite - picture.astype(np.float32)) / 255) ** 2))
    return Reconstruction(
        sealed(composite), picture, sealed(rgb), sealed(alpha),
        sealed(np.zeros_like(picture)), sealed(mask.copy()), error,
        sealed(np.linspace(0.03, 0.0, num).astype(np.float32)),
    )  # fmt: skip


def fit_within(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return a picture scaled down so that its longer side has at most ``side`` pixels."""
    height, width = picture.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return sealed(np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8))

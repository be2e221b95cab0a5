"""Believable made-up results: detections of a few coloured shapes, layers, maps; no model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tests.support.pictures import fit_within
from tusk_core.results import Analysis, Detection, EmbeddingMap, Keypoints, Reconstruction

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 80
NUM_FEATURES = 16
CLASS_NAMES = ("bar", "square", "tee", "zigzag", "hook")
SHAPES = ("bar", "square", "tee", "zigzag", "hook", "disc")


def shape_mask(kind: int) -> NDArray[np.uint8]:
    mask = np.zeros((24, 24), np.uint8)
    cells = {
        0: [(0, 1), (1, 1), (2, 1), (3, 1)],
        1: [(1, 1), (2, 1), (1, 2), (2, 2)],
        2: [(0, 1), (1, 1), (2, 1), (1, 2)],
        3: [(0, 1), (1, 1), (1, 2), (2, 2)],
        4: [(0, 1), (1, 1), (2, 1), (2, 2)],
    }
    for x, y in cells.get(kind, []):
        mask[6 * y : 6 * y + 6, 6 * x : 6 * x + 6] = 255
    if kind == 5:
        cv2.circle(mask, (12, 12), 8, 255, -1)
    return mask


@dataclass(eq=False)
class ShapesSource:
    """Pictures of three shapes each on black, made on demand; a ``PictureSource``."""

    count: int = 12
    source: str = "made:shapes"
    kind: str = "folder"
    fps: float = 0.0
    reads: int = 0

    def __len__(self) -> int:
        return self.count

    def name(self, index: int) -> str:
        return f"shapes/{index:05d}.png"

    def small(self, index: int, side: int) -> NDArray[np.uint8]:
        return fit_within(self.read(index), side)

    def time(self, index: int) -> float:
        return index / self.fps if self.fps else float("nan")

    def use_settings(self, data) -> bool:  # noqa: ARG002
        return False

    def close(self) -> None:
        pass

    def objects(self, index: int) -> list[tuple[int, int, int, tuple[int, int, int]]]:
        """Kind, centre x, centre y and colour of each object of a picture."""
        rng = np.random.default_rng(index)
        colours = [(230, 80, 70), (80, 200, 90), (90, 140, 250), (240, 200, 60), (210, 90, 220)]
        places = [(20, 20), (58, 24), (24, 58), (58, 58)]
        chosen = rng.permutation(4)[:3]
        drift = 6 * np.sin(index / 9.0 + np.arange(4))
        return [
            (
                int(rng.integers(0, 6)) if self.kind != "video" else int(place),
                int(places[place][0] + drift[place]),
                int(places[place][1] + rng.integers(-3, 4)),
                colours[int(rng.integers(0, 5))],
            )
            for place in (chosen if self.kind != "video" else np.arange(3 + (index // 20) % 2))
        ]

    def read(self, index: int) -> NDArray[np.uint8]:
        self.reads += 1
        picture = np.zeros((SIDE, SIDE, 3), np.uint8)
        for kind, x, y, colour in self.objects(index):
            top, left = np.clip(y - 12, 0, SIDE - 24), np.clip(x - 12, 0, SIDE - 24)
            area = picture[top : top + 24, left : left + 24]
            area[shape_mask(kind) > 0] = colour
        picture.flags.writeable = False
        return picture


def prototypes(num: int = 12) -> NDArray[np.float32]:
    """(num, 16) unit vectors; the last two nearly the same."""
    rng = np.random.default_rng(3)
    table = rng.normal(size=(num, NUM_FEATURES)).astype(np.float32)
    table[-1] = table[-2] + 0.05 * rng.normal(size=NUM_FEATURES)
    return table / np.linalg.norm(table, axis=1, keepdims=True)


def analysis_of(
    source: ShapesSource, *, num_prototypes: int = 12, fingerprint: str = "f1e2d3"
) -> Analysis:
    """Detections that lie on the objects of ``source``."""
    table = prototypes(num_prototypes)
    rng = np.random.default_rng(5)
    pictures, places, kinds = [], [], []
    for index in range(len(source)):
        for kind, x, y, _colour in source.objects(index):
            pictures.append(index)
            places.append((x + rng.normal(0, 0.7), y + rng.normal(0, 0.7)))
            kinds.append(kind)
    return made_analysis(
        np.array(pictures), np.array(places), np.array(kinds), table, source, fingerprint
    )


def made_analysis(picture, xy, labels, table, source, fingerprint="f1e2d3") -> Analysis:
    """Assemble an Analysis whose descriptors scatter around their prototypes."""
    rng = np.random.default_rng(7)
    count = len(labels)
    descriptors = table[labels] + 0.16 * rng.normal(size=(count, table.shape[1]))
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    num_pictures = len(source)
    is_video = source.kind == "video"
    return Analysis(
        model_fingerprint=fingerprint,
        source=source.source,
        picture_names=tuple(source.name(i) for i in range(num_pictures)),
        picture_sizes=np.full((num_pictures, 2), SIDE, np.int32),
        picture_errors=rng.uniform(0.001, 0.02, num_pictures).astype(np.float32),
        times=np.arange(num_pictures) / 25.0 if is_video else np.full(num_pictures, np.nan),
        picture=picture.astype(np.int32),
        xy=xy.astype(np.float32),
        scores=rng.beta(6, 2, count).astype(np.float32),
        labels=labels.astype(np.int32),
        descriptors=descriptors.astype(np.float16),
        classes=np.where(labels < 5, labels, -1).astype(np.int32),
        class_names=CLASS_NAMES,
        prototypes=table.astype(np.float32),
    )


def large_analysis(count: int = 100_000, num_prototypes: int = 24) -> Analysis:
    """Detections without real pictures, for what must stay fluid at size."""
    rng = np.random.default_rng(11)
    per_picture = 10
    source = ShapesSource(count // per_picture)
    weights = 1 / np.arange(1, num_prototypes - 1)
    labels = rng.choice(num_prototypes - 2, count, p=weights / weights.sum())
    picture = np.repeat(np.arange(count // per_picture), per_picture)
    xy = rng.uniform(0, SIDE, (count, 2))
    return made_analysis(picture, xy, labels, prototypes(num_prototypes), source)


def pca_map(analysis: Analysis, *, limit: int = 10**9, method: str = "pca") -> EmbeddingMap:
    """Lay an analysis out by its two main directions."""
    indices = np.arange(min(limit, len(analysis.labels)))
    values = analysis.descriptors[indices].astype(np.float32)
    both = np.concatenate([values, analysis.prototypes])
    centred = both - values.mean(axis=0)
    _, _, axes = np.linalg.svd(centred[:4000], full_matrices=False)
    flat = (centred @ axes[:2].T).astype(np.float32)
    return EmbeddingMap(method, flat[: len(values)], indices, flat[len(values) :], 0.1)


def detection_of(analysis: Analysis, picture: int) -> Detection:
    """The detections of one picture as the model would give them."""
    rows = np.flatnonzero(analysis.picture == picture)
    rows = rows[np.argsort(-analysis.scores[rows], kind="stable")]
    points = Keypoints(
        xy=analysis.xy[rows],
        scores=analysis.scores[rows],
        labels=analysis.labels[rows],
        descriptors=analysis.descriptors[rows].astype(np.float32),
        confidences=np.full(len(rows), 0.9, np.float32),
    )
    return Detection((SIDE, SIDE), points, None, 8.0)


def reconstruct(
    picture: NDArray[np.uint8], points: Keypoints, *, layered: bool = True
) -> Reconstruction:
    """Rebuild a picture as one soft blob of the local colour a keypoint."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[:height, :width]
    distance = np.square(x[None] - points.xy[:, 0, None, None]) + np.square(
        y[None] - points.xy[:, 1, None, None]
    )
    raw = np.clip(1.5 - distance / 90.0, 0, 1).astype(np.float32)
    total = np.maximum(raw.sum(axis=0), 1.0)
    alpha = raw / total
    near = np.clip(np.rint(points.xy).astype(int), 0, [width - 1, height - 1])
    local = picture[near[:, 1], near[:, 0]]
    shade = np.clip(1.1 - distance / 500.0, 0.4, 1)[..., None]
    rgb = np.clip(local[:, None, None, :] * shade, 0, 255).astype(np.uint8)
    blended = (alpha[..., None] * rgb).sum(axis=0)
    composite = np.clip(blended, 0, 255).astype(np.uint8)
    target = np.asarray(picture, np.float32)
    error = float(np.square((blended - target) / 255).mean())
    without = [
        float(np.square((blended - alpha[k, ..., None] * rgb[k] - target) / 255).mean()) - error
        for k in range(len(points.scores))
    ]
    shares = np.concatenate([1 - alpha.sum(axis=0, keepdims=True), alpha])
    empty = np.zeros((0, height, width, 3), np.uint8)
    return Reconstruction(
        composite=composite,
        target=np.asarray(picture),
        rgb=rgb if layered else empty,
        alpha=alpha if layered else np.zeros((0, height, width), np.float32),
        background=np.zeros_like(composite),
        mask=np.argmax(shares, axis=0).astype(np.uint8),
        error=error,
        contributions=np.array(without, np.float32),
    )

"""Keypoints changed by hand: pure functions, and the commands that undo them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QUndoCommand

from tusk_core.arrays import sealed
from tusk_core.results import Keypoints

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def unit(vector: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return ``vector``, (C,), at length 1."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)


def moved(points: Keypoints, index: int, x: float, y: float) -> Keypoints:
    """Return ``points`` with one of them elsewhere, in pixels of the original picture."""
    places = points.xy.copy()
    places[index] = (x, y)
    return replace(points, xy=sealed(places))


def without(points: Keypoints, index: int) -> Keypoints:
    """Return ``points`` without one of them."""
    keep = np.arange(len(points.scores)) != index
    return Keypoints(
        xy=sealed(points.xy[keep]),
        scores=sealed(points.scores[keep]),
        labels=sealed(points.labels[keep]),
        descriptors=sealed(points.descriptors[keep]),
        confidences=sealed(points.confidences[keep]),
    )


def with_added(
    points: Keypoints, x: float, y: float, descriptor: NDArray[np.float32], label: int
) -> Keypoints:
    """Return ``points`` and one more, at the end, with score 1."""
    return Keypoints(
        xy=sealed(np.concatenate([points.xy, np.array([[x, y]], np.float32)])),
        scores=sealed(np.append(points.scores, np.float32(1.0))),
        labels=sealed(np.append(points.labels, np.int32(label))),
        descriptors=sealed(np.concatenate([points.descriptors, descriptor[None]])),
        confidences=sealed(np.append(points.confidences, np.float32(1.0))),
    )


def with_descriptor(
    points: Keypoints, index: int, descriptor: NDArray[np.float32], label: int
) -> Keypoints:
    """Return ``points`` with another descriptor, (C,), and label for one of them."""
    descriptors, labels = points.descriptors.copy(), points.labels.copy()
    descriptors[index], labels[index] = descriptor, label
    return replace(points, descriptors=sealed(descriptors), labels=sealed(labels))


def between(
    first: NDArray[np.floating], second: NDArray[np.floating], share: float
) -> NDArray[np.float32]:
    """Return the unit vector on the arc from ``first`` (share 0) to ``second`` (share 1), (C,)."""
    a, b = unit(first).astype(np.float64), unit(second).astype(np.float64)
    angle = float(np.arccos(np.clip(a @ b, -1.0, 1.0)))
    if angle < 1e-4:
        return unit((1 - share) * a + share * b)
    if angle > np.pi - 1e-4:
        # Opposite vectors have no one arc between them; go straight.
        return unit((1 - share) * a + share * b + 1e-6)
    weights = np.sin(np.array([(1 - share) * angle, share * angle])) / np.sin(angle)
    return unit(weights[0] * a + weights[1] * b)


def nearest_prototype(descriptor: NDArray[np.floating], prototypes: NDArray[np.floating]) -> int:
    """Return the index of the most similar prototype."""
    norms = np.maximum(np.linalg.norm(prototypes, axis=1), 1e-12)
    return int(np.argmax(prototypes @ descriptor / norms))


def same(first: Keypoints, second: Keypoints) -> bool:
    """True if both hold the same places, descriptors and labels."""
    return (
        np.array_equal(first.xy, second.xy)
        and np.array_equal(first.labels, second.labels)
        and np.array_equal(first.descriptors, second.descriptors)
    )


class KeypointsCommand(QUndoCommand):
    """Swaps all keypoints of a picture for others; steps of one gesture become one step."""

    def __init__(
        self,
        text: str,
        before: Keypoints,
        after: Keypoints,
        apply: Callable[[Keypoints], None],
        gesture: int = -1,
    ) -> None:
        """Remember both; commands with the same ``gesture`` (>= 0) are merged."""
        super().__init__(text)
        self._before, self.after, self._apply, self._gesture = before, after, apply, gesture

    def id(self) -> int:
        """Return the gesture, which Qt merges by."""
        return self._gesture

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take over where a later step of the same gesture ended."""
        if not isinstance(other, KeypointsCommand) or other.id() != self._gesture:
            return False
        self.after = other.after
        return True

    def redo(self) -> None:
        """Show what was made."""
        self._apply(self.after)

    def undo(self) -> None:
        """Show what was before."""
        self._apply(self._before)

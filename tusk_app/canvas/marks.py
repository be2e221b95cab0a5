"""Detections in the words of the canvas: colours, symbols and names from the prototype book."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tusk_app.canvas.widgets.keypoint_overlay import NO_MARKS, KeypointMarks
from tusk_app.parts import palette

if TYPE_CHECKING:
    from tusk_app.state.prototypes import PrototypeBook
    from tusk_core.results import Detection


def marks_of(detection: Detection | None, book: PrototypeBook) -> KeypointMarks:
    """Return a detection's keypoints ready to be drawn."""
    if detection is None or len(detection.keypoints.scores) == 0:
        return NO_MARKS
    points = detection.keypoints
    labels = points.labels.tolist()
    colours = np.array([_colour(book, i) for i in labels], np.uint8)
    return KeypointMarks(
        xy=points.xy,
        scores=points.scores,
        colours=colours,
        symbols=tuple(book.symbol(i) for i in labels),
        names=tuple(book.name(i) for i in labels),
        shown=np.array([not book.is_hidden(i) for i in labels], np.bool_),
    )


def _colour(book: PrototypeBook, index: int) -> tuple[int, int, int]:
    return book.colour(index) if index < book.num else palette.colour(index)

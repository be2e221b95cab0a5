"""Detections in the words of the canvas: colours, symbols and names from the prototype book."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tusk_app.canvas.widgets.keypoint_overlay import NO_MARKS, KeypointMarks
from tusk_app.parts import palette

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QImage

    from tusk_app.state.document import Document
    from tusk_app.state.prototypes import PrototypeBook
    from tusk_core.results import Detection


# Pixels within which two keypoints are the same one.
_SAME = 1.0
_NOBODY = (150, 150, 150)


def marks_of(
    detection: Detection | None,
    book: PrototypeBook,
    face: Callable[[int], QImage | None] | None = None,
) -> KeypointMarks:
    """Return a detection's keypoints ready to be drawn.

    Args:
        detection: what was found in a picture.
        book: names and colours.
        face: of a kind, for labels; None leaves faces out.
    """
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
        faces=() if face is None else tuple(face(book.target(i)) for i in labels),
    )


def by_individual(marks: KeypointMarks, document: Document, picture: int) -> KeypointMarks:
    """Return markers in the colours of individuals, grey for nobody's; as they are without tracks.

    Keypoints are known again by their place: those of the picture and those of the analysis are
    the same ones as long as model and thresholds are.
    """
    analysis, tracks = document.analysis, document.tracks
    if analysis is None or tracks is None or not document.shows(analysis.source):
        return marks
    rows = analysis.rows_of(picture, picture + 1)
    if rows.start == rows.stop or not len(marks):
        return marks
    away = np.linalg.norm(marks.xy[:, None] - analysis.xy[None, rows], axis=2)
    nearest = tracks.individuals[rows][away.argmin(axis=1)]
    who = np.where(away.min(axis=1) <= _SAME, nearest, -1)
    colours = [palette.colour(one) if one >= 0 else _NOBODY for one in who.tolist()]
    return replace(marks, colours=np.array(colours, np.uint8))


def _colour(book: PrototypeBook, index: int) -> tuple[int, int, int]:
    return book.colour(index) if index < book.num else palette.colour(index)

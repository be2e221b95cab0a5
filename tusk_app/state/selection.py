"""What is selected and pointed at: one object that every panel reads and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from tusk_core.arrays import sealed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


class SelectionModel(QObject):
    """The selection. Each setter takes the caller's name, so that it can ignore its own echo.

    Rows are rows of the document's ``Analysis``; keypoints are indices into the ``Detection`` of
    the picture on the canvas. Nothing is announced when nothing changed.

    Signals (each with the ``origin`` of the change):
        detections_changed, hover_changed, prototype_changed, keypoint_changed,
        keypoints_changed, keypoint_hover_changed.
        picking_changed: str, what clicks on the picture are now for; empty for selecting.
        picked: (x, y), a place that was clicked for that, pixels of the picture.
    """

    detections_changed = Signal(str)
    hover_changed = Signal(str)
    prototype_changed = Signal(str)
    keypoint_changed = Signal(str)
    keypoints_changed = Signal(str)
    keypoint_hover_changed = Signal(str)
    picking_changed = Signal(str)
    picked = Signal(float, float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._detections = _rows(())
        self._hovered: int | None = None
        self._prototype: int | None = None
        self._keypoint: int | None = None
        self._keypoints: frozenset[int] = frozenset()
        self._hovered_keypoint: int | None = None
        self._place: tuple[float, float] | None = None
        self._picking = ""

    @property
    def place(self) -> tuple[float, float] | None:
        """Place of the picture whose menu was opened last, pixels; None after the next picture."""
        return self._place

    def point_at(self, place: tuple[float, float] | None) -> None:
        """Remember a place of the picture that a command is to act on."""
        self._place = place

    @property
    def picking(self) -> str:
        """What clicks on the picture are for, a sentence; empty while they select."""
        return self._picking

    def pick(self, sentence: str) -> None:
        """Have clicks on the picture tell places; an empty sentence ends it."""
        if sentence != self._picking:
            self._picking = sentence
            self.picking_changed.emit(sentence)

    @property
    def detections(self) -> NDArray[np.int64]:
        """Selected rows, (n,) int64, ascending, unique, read-only."""
        return self._detections

    @property
    def hovered(self) -> int | None:
        """Row under the pointer."""
        return self._hovered

    @property
    def prototype(self) -> int | None:
        """Selected prototype."""
        return self._prototype

    @property
    def keypoint(self) -> int | None:
        """Selected keypoint of the picture on the canvas; None if it is not exactly one."""
        return self._keypoint

    @property
    def keypoints(self) -> frozenset[int]:
        """All selected keypoints of the picture on the canvas."""
        return self._keypoints

    @property
    def hovered_keypoint(self) -> int | None:
        """Keypoint under the pointer."""
        return self._hovered_keypoint

    def select_detections(self, ids: Iterable[int] | NDArray[np.integer], origin: str = "") -> None:
        """Select these rows and no others."""
        rows = _rows(ids)
        if not np.array_equal(rows, self._detections):
            self._detections = rows
            self.detections_changed.emit(origin)

    def hover(self, row: int | None, origin: str = "") -> None:
        """Point at a row; None points at nothing."""
        if row != self._hovered:
            self._hovered = row
            self.hover_changed.emit(origin)

    def select_prototype(self, index: int | None, origin: str = "") -> None:
        """Select a prototype; None selects none."""
        if index != self._prototype:
            self._prototype = index
            self.prototype_changed.emit(origin)

    def select_keypoint(self, index: int | None, origin: str = "") -> None:
        """Select a keypoint of the picture on the canvas; None selects none."""
        self.select_keypoints(() if index is None else (index,), origin)

    def select_keypoints(self, indices: Iterable[int], origin: str = "") -> None:
        """Select these keypoints of the picture on the canvas and no others."""
        chosen = frozenset(indices)
        only = next(iter(chosen)) if len(chosen) == 1 else None
        before = self._keypoint, self._keypoints
        self._keypoint, self._keypoints = only, chosen
        if only != before[0]:
            self.keypoint_changed.emit(origin)
        if chosen != before[1]:
            self.keypoints_changed.emit(origin)

    def hover_keypoint(self, index: int | None, origin: str = "") -> None:
        """Point at a keypoint of the picture on the canvas; None points at nothing."""
        if index != self._hovered_keypoint:
            self._hovered_keypoint = index
            self.keypoint_hover_changed.emit(origin)

    def select(
        self,
        detections: Iterable[int] | NDArray[np.integer],
        prototype: int | None,
        keypoints: Iterable[int],
        origin: str = "",
    ) -> None:
        """Select all three at once: whoever hears of one of them finds the others in place."""
        rows, chosen = _rows(detections), frozenset(keypoints)
        only = next(iter(chosen)) if len(chosen) == 1 else None
        changes = (
            (self.detections_changed, not np.array_equal(rows, self._detections)),
            (self.prototype_changed, prototype != self._prototype),
            (self.keypoint_changed, only != self._keypoint),
            (self.keypoints_changed, chosen != self._keypoints),
        )
        self._detections, self._prototype = rows, prototype
        self._keypoint, self._keypoints = only, chosen
        for signal, has_changed in changes:
            if has_changed:
                signal.emit(origin)

    def clear(self, origin: str = "") -> None:
        """Select and point at nothing."""
        self.select((), None, (), origin)
        self.hover(None, origin)
        self.hover_keypoint(None, origin)


def _rows(ids: Iterable[int] | NDArray[np.integer]) -> NDArray[np.int64]:
    values = ids if isinstance(ids, np.ndarray) else np.fromiter(ids, np.int64)
    # Sorting and dropping neighbours is several times quicker than numpy's ``unique``.
    rows = np.sort(values.astype(np.int64))
    if len(rows) > 1:
        is_new = np.concatenate([[True], rows[1:] != rows[:-1]])
        rows = rows if is_new.all() else rows[is_new]
    return sealed(rows)

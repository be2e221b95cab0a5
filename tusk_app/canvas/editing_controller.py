"""Keypoints of the picture on the canvas, changed by hand and drawn anew by the decoder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoGroup, QUndoStack

from tusk_app.canvas import editing
from tusk_app.parts.words import say
from tusk_core.arrays import sealed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_app.engine.detections import Detections
    from tusk_app.state.document import Document
    from tusk_app.state.selection import SelectionModel
    from tusk_core.results import Keypoints

ORIGIN = "editing"
_MAX_GESTURE = 2**30


class EditingController(QObject):
    """Every change is one step of ``stack`` and asks the decoder for a new picture.

    Signals:
        edited_changed: bool, the keypoints differ from those that were found.
        enabled_changed: bool, editing by mouse was switched on or off.
    """

    edited_changed = Signal(bool)
    enabled_changed = Signal(bool)

    def __init__(
        self,
        document: Document,
        selection: SelectionModel,
        detections: Detections,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._selection, self._detections = document, selection, detections
        self._gesture = 0
        self._is_enabled = False
        self._was_edited = False
        self._locked: frozenset[int] = frozenset()
        self.stack = QUndoStack(self)
        # Undo is about what is edited at present; see the region for the other stack.
        self.undo_group = QUndoGroup(self)
        self.undo_group.addStack(self.stack)
        self.undo_group.setActiveStack(self.stack)
        document.detection_changed.connect(self._detection_changed)
        document.picture_changed.connect(self._detection_changed)

    @property
    def keypoints(self) -> Keypoints | None:
        """The keypoints as they are now."""
        return self._document.keypoints

    @property
    def is_edited(self) -> bool:
        """True if the keypoints differ from those that were found."""
        edited, found = self._document.edited, self._document.detection
        return (
            edited is not None and found is not None and not editing.same(edited, found.keypoints)
        )

    def is_locked(self, index: int) -> bool:
        """True if the mouse must leave a keypoint where it is."""
        return index in self._locked

    def set_locked(self, keypoints: frozenset[int]) -> None:
        """Let the mouse leave these keypoints where they are."""
        self._locked = keypoints

    @Slot(bool)
    def set_enabled(self, enabled: bool) -> None:
        """Let the mouse edit on the canvas."""
        if enabled != self._is_enabled:
            self._is_enabled = enabled
            self.enabled_changed.emit(enabled)

    @Slot(int, float, float)
    def move(self, index: int, x: float, y: float) -> None:
        """Put a keypoint elsewhere, pixels of the original; all steps of a drag are one undo."""
        points = self._points_with(index)
        if points is not None:
            self._push(
                say("Move [point]"), points, editing.moved(points, index, x, y), self._gesture
            )

    @Slot(int)
    def finish_move(self, _index: int = -1) -> None:
        """End a gesture; the next move or interpolation is a step of its own."""
        self._gesture = (self._gesture + 1) % _MAX_GESTURE

    @Slot(float, float)
    def add(self, x: float, y: float) -> None:
        """Add a keypoint of the selected prototype, or of the nearest keypoint's."""
        points, model = self.keypoints, self._document.model
        if points is None or model is None:
            return
        label = self._selection.prototype
        if label is None:
            distance = np.linalg.norm(points.xy - np.array([x, y]), axis=1)
            label = int(points.labels[np.argmin(distance)]) if len(distance) else 0
        descriptor = editing.unit(model.prototypes[label])
        self._push(say("Add [point]"), points, editing.with_added(points, x, y, descriptor, label))
        self._selection.select_keypoint(len(points.scores), ORIGIN)

    @Slot(int)
    def delete(self, index: int) -> None:
        """Take a keypoint away."""
        points = self._points_with(index)
        if points is not None:
            self._selection.select_keypoint(None, ORIGIN)
            self._push(say("Delete [point]"), points, editing.without(points, index))

    @Slot(int, int)
    def drop_prototype(self, index: int, prototype: int) -> None:
        """Let a keypoint draw what another prototype draws."""
        points, model = self._points_with(index), self._document.model
        if points is None or model is None or not 0 <= prototype < len(model.prototypes):
            return
        descriptor = editing.unit(model.prototypes[prototype])
        after = editing.with_descriptor(points, index, descriptor, prototype)
        self._push(say("Change [kind]"), points, after)

    def interpolate(self, index: int, first: int, second: int, share: float) -> None:
        """Let a keypoint draw what lies between two prototypes; ``share`` 0 is the first."""
        points, model = self._points_with(index), self._document.model
        if points is None or model is None:
            return
        table = model.prototypes
        descriptor = editing.between(table[first], table[second], share)
        label = editing.nearest_prototype(descriptor, table)
        after = editing.with_descriptor(points, index, descriptor, label)
        self._push(say("Blend [kinds]"), points, after, self._gesture)

    @Slot()
    def reset(self) -> None:
        """Go back to the keypoints that were found; can be undone."""
        points, found = self.keypoints, self._document.detection
        if points is not None and found is not None and self.is_edited:
            self._push("Reset to detected", points, found.keypoints)

    def show_weighted(self, points: Keypoints, weights: NDArray[np.float32]) -> None:
        """Draw the picture with scores times ``weights``, (K,); the keypoints stay as they are."""
        scores = sealed(np.asarray(points.scores * weights, np.float32))
        self._detections.request_reconstruction(replace(points, scores=scores))

    def _points_with(self, index: int) -> Keypoints | None:
        points = self.keypoints
        return points if points is not None and 0 <= index < len(points.scores) else None

    def _push(self, text: str, before: Keypoints, after: Keypoints, gesture: int = -1) -> None:
        self.stack.push(editing.KeypointsCommand(text, before, after, self._show, gesture))

    def _show(self, points: Keypoints) -> None:
        if self._document.detection is None:
            return
        self._document.set_edited(points)
        self._detections.request_reconstruction(points)
        self._tell()

    @Slot()
    def _detection_changed(self) -> None:
        if self._document.edited is not None:
            return
        # The model, the picture or a slider brought other keypoints: earlier steps do not fit.
        self.stack.clear()
        self._tell()

    def _tell(self) -> None:
        edited = self.is_edited
        if edited != self._was_edited:
            self._was_edited = edited
            self.edited_changed.emit(edited)

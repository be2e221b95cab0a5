"""The user's hand on the canvas: mouse, wheel and keys become view changes and intents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QPointF, Qt

from tusk_app.parts.lasso import Lasso, mode_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import (
        QCursor,
        QDragMoveEvent,
        QDropEvent,
        QKeyEvent,
        QMouseEvent,
        QWheelEvent,
    )

    from tusk_app.canvas.widgets.keypoint_overlay import KeypointMarks
    from tusk_app.canvas.widgets.view_transform import ViewTransform

PROTOTYPE_MIME = "application/x-tusk-prototype"  # payload: the prototype's index in ASCII digits
DIVIDER_REACH = 9.0  # logical pixels either side of the divider that grab it
DRAG_FROM = 4.0  # logical pixels; less is a click
WHEEL_STEP = 1.2
NUDGE, BIG_NUDGE = 1.0, 10.0  # picture pixels

_ARROWS = {
    int(Qt.Key.Key_Left): (-1, 0),
    int(Qt.Key.Key_Right): (1, 0),
    int(Qt.Key.Key_Up): (0, -1),
    int(Qt.Key.Key_Down): (0, 1),
}
_DELETE = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
# Keys that go from one keypoint to the next; Up and Down nudge while editing.
_CHOICES = {
    int(Qt.Key.Key_Up): -1,
    int(Qt.Key.Key_Down): 1,
    int(Qt.Key.Key_PageUp): -1,
    int(Qt.Key.Key_PageDown): 1,
}


class HeldCanvas(Protocol):
    """What the hand needs of the canvas."""

    # The signals; Any, for a class-level Signal and a bound one have different types.
    keypoint_clicked: Any
    keypoints_boxed: Any
    keypoint_hovered: Any
    keypoint_moved: Any
    keypoint_move_finished: Any
    keypoint_added: Any
    keypoint_deleted: Any
    prototype_dropped: Any
    place_picked: Any
    is_picking: bool

    @property
    def view(self) -> ViewTransform: ...  # noqa: D102
    @property
    def marks(self) -> KeypointMarks: ...  # noqa: D102
    @property
    def picture_size(self) -> tuple[int, int]: ...  # noqa: D102
    @property
    def is_editable(self) -> bool: ...  # noqa: D102
    @property
    def selected(self) -> int | None: ...  # noqa: D102
    @property
    def can_flip(self) -> bool: ...  # noqa: D102
    @property
    def is_flipped(self) -> bool: ...  # noqa: D102
    def keypoint_under(self, position: QPointF) -> int | None: ...  # noqa: D102
    def shown_keypoints(self) -> frozenset[int]: ...  # noqa: D102
    def ask_menu(self) -> None: ...  # noqa: D102
    def keypoints_in(self, corners: NDArray[np.float64]) -> frozenset[int]: ...  # noqa: D102
    def divider_x(self) -> float | None: ...  # noqa: D102
    def set_split(self, share: float | None) -> None: ...  # noqa: D102
    def set_flipped(self, flipped: bool) -> None: ...  # noqa: D102
    def set_overlay_hidden(self, hidden: bool) -> None: ...  # noqa: D102
    def zoom_by(self, factor: float, at: QPointF | None = None) -> None: ...  # noqa: D102
    def pan_by(self, dx: float, dy: float) -> None: ...  # noqa: D102
    def fit(self) -> None: ...  # noqa: D102
    def show_moved(self, index: int, x: float, y: float) -> None: ...  # noqa: D102
    def update(self) -> None: ...  # noqa: D102
    def setCursor(self, cursor: QCursor | Qt.CursorShape) -> None: ...  # noqa: D102


class CanvasHand:
    """Follows the pointer and the keys over one canvas."""

    def __init__(self, canvas: HeldCanvas) -> None:
        """Begin with the pointer elsewhere."""
        self._canvas = canvas
        self.pointer: QPointF | None = None
        self._under: int | None = None
        self._pressed_at: QPointF | None = None
        self._last = QPointF()
        self._tool = ""  # "pan", "divider", "keypoint" or "box" while a button is held
        self.box = Lasso()
        self._grabbed: int | None = None
        self._nudged: int | None = None

    @property
    def grabbed(self) -> int | None:
        """Index of the keypoint that is being dragged."""
        return self._grabbed if self._tool == "keypoint" else None

    # Mouse

    def press(self, event: QMouseEvent) -> None:
        """Take hold of the divider, a keypoint or the picture."""
        left = event.button() is Qt.MouseButton.LeftButton
        if not left and event.button() is not Qt.MouseButton.MiddleButton:
            return
        position = event.position()
        self._pressed_at, self._last, self._tool = position, position, ""
        self._grabbed = None
        if left and self._on_divider(position):
            self._tool = "divider"
        elif left and self._canvas.is_editable:
            self._grabbed = self._canvas.keypoint_under(position)

    def move(self, event: QMouseEvent) -> None:
        """Drag what is held, or point."""
        position = event.position()
        self.pointer = position
        if self._pressed_at is None:
            self.point()
            return
        if not self._tool and self._moved_far(position):
            self._tool = self._chosen_tool(event)
            self._last = self._pressed_at
        if self._tool == "pan":
            self._canvas.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._canvas.pan_by(position.x() - self._last.x(), position.y() - self._last.y())
        elif self._tool == "divider":
            self._move_divider(position.x())
        elif self._tool == "keypoint":
            self._drag(position)
        elif self._tool == "box":
            self.box.extend(position)
            self._canvas.update()
        self._last = position

    def release(self, event: QMouseEvent) -> None:
        """Let go: the end of a drag, or a click."""
        if self._pressed_at is None:
            return
        tool, grabbed = self._tool, self._grabbed
        self._pressed_at, self._tool, self._grabbed = None, "", None
        if tool == "keypoint" and grabbed is not None:
            self._canvas.keypoint_move_finished.emit(grabbed)
        elif tool == "box" and self.box.is_active:
            self._close_box()
        elif not tool and event.button() is Qt.MouseButton.LeftButton:
            self._click(event)
        self.point()

    def double_click(self, event: QMouseEvent) -> None:
        """Add a keypoint on free ground while editing; else fit the picture."""
        if event.button() is not Qt.MouseButton.LeftButton or self._on_divider(event.position()):
            return
        if self._canvas.keypoint_under(event.position()) is not None:
            return
        if not self._canvas.is_editable:
            self._canvas.fit()
            return
        x, y = self._canvas.view.to_picture(event.position().x(), event.position().y())
        if self._inside(x, y):
            self._canvas.keypoint_added.emit(x, y)

    def leave(self) -> None:
        """Point at nothing."""
        self.pointer = None
        self.point()

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom about the pointer."""
        steps = event.angleDelta().y() / 120 or event.angleDelta().x() / 120
        if steps:
            self._canvas.zoom_by(WHEEL_STEP**steps, event.position())
        event.accept()

    def point(self) -> None:
        """Find what is under the pointer now, and show it."""
        under = None if self.pointer is None else self._canvas.keypoint_under(self.pointer)
        if under != self._under:
            self._under = under
            self._canvas.keypoint_hovered.emit(-1 if under is None else under)
        if self._pressed_at is None:
            self._canvas.setCursor(self._cursor(under))

    # Keys

    def claims(self, event: QKeyEvent) -> bool:
        """True if a key means something here that a shortcut would else take away."""
        if event.key() == Qt.Key.Key_Escape and self.box.is_active:
            return True
        if event.modifiers() & ~_HARMLESS:
            return False
        if event.key() == Qt.Key.Key_H and not event.modifiers():
            return True
        return self._claims_for_points(event)

    def _claims_for_points(self, event: QKeyEvent) -> bool:
        """True of a key that chooses, moves, adds or takes away a keypoint now."""
        key, has_selected = event.key(), self._canvas.selected is not None
        if self._canvas.is_editable:
            if key == Qt.Key.Key_Insert:
                return True
            if has_selected and key in (*_ARROWS, *_DELETE):
                return True
        if event.modifiers() & _SHIFT:
            return False
        return key in _CHOICES or (key in _ENTER and has_selected)

    def key_press(self, event: QKeyEvent) -> bool:
        """Handle a key; False if it means nothing here."""
        key = event.key()
        if key == Qt.Key.Key_H and not event.modifiers():
            self._canvas.set_overlay_hidden(True)
            return True
        if key == Qt.Key.Key_Escape and self.box.is_active:
            self.box.cancel()
            self._canvas.update()
            return True
        if key == Qt.Key.Key_Escape:
            self._canvas.keypoint_clicked.emit(-1)
            return True
        if not self.claims(event):
            return False
        selected = self._canvas.selected
        if key == Qt.Key.Key_Insert:
            self._add(selected)
        elif selected is not None and key in _ENTER:
            self._canvas.ask_menu()
        elif selected is None or not self._canvas.is_editable or key not in (*_ARROWS, *_DELETE):
            self._choose(_CHOICES[key])
        elif key in _DELETE:
            self._canvas.keypoint_deleted.emit(selected)
        else:
            step = BIG_NUDGE if event.modifiers() & _SHIFT else NUDGE
            self._nudge(selected, _ARROWS[key], step)
        return True

    def _choose(self, step: int) -> None:
        """Select the next keypoint that is seen, or the previous one; after the last the first."""
        seen = sorted(self._canvas.shown_keypoints())
        if not seen:
            return
        selected = self._canvas.selected
        if selected in seen:
            place = (seen.index(selected) + step) % len(seen)
        else:
            place = 0 if step > 0 else -1
        self._canvas.keypoint_clicked.emit(seen[place])

    def _add(self, selected: int | None) -> None:
        """Add a keypoint beside the selected one, or in the middle of the picture."""
        width, height = self._canvas.picture_size
        x, y = (width - 1) / 2, (height - 1) / 2
        if selected is not None and selected < len(self._canvas.marks):
            aside = max(width, height) / 20
            x, y = self._canvas.marks.xy[selected].tolist()
            x += aside if x + aside < width else -aside
        self._canvas.keypoint_added.emit(x, y)

    def key_release(self, event: QKeyEvent) -> bool:
        """Handle a key that was let go; False if it means nothing here."""
        if event.isAutoRepeat():
            return False
        if event.key() == Qt.Key.Key_H:
            self._canvas.set_overlay_hidden(False)
            return True
        if event.key() in _ARROWS and self._nudged is not None:
            nudged, self._nudged = self._nudged, None
            self._canvas.keypoint_move_finished.emit(nudged)
            return True
        return False

    def tab(self) -> bool:
        """Flip between input and reconstruction; False if there is nothing to flip to."""
        if not self._canvas.can_flip:
            return False
        self._canvas.set_flipped(not self._canvas.is_flipped)
        return True

    def lose_focus(self) -> None:
        """Show what a held key hid: its release goes elsewhere."""
        self._canvas.set_overlay_hidden(False)

    # Prototypes dragged here

    def drag(self, event: QDragMoveEvent) -> None:
        """Accept a prototype over a keypoint."""
        offered = event.mimeData().hasFormat(PROTOTYPE_MIME) and self._canvas.is_editable
        if not offered:
            event.ignore()
            return
        self.pointer = event.position()
        self.point()
        event.setAccepted(self._under is not None)

    def drop(self, event: QDropEvent) -> None:
        """Tell which prototype was dropped on which keypoint."""
        under = self._canvas.keypoint_under(event.position())
        text = bytes(event.mimeData().data(PROTOTYPE_MIME).data()).decode("ascii", "ignore")
        if under is None or not text.isdigit():
            event.ignore()
            return
        self._canvas.prototype_dropped.emit(under, int(text))
        event.acceptProposedAction()

    # Inside

    def _on_divider(self, position: QPointF) -> bool:
        x = self._canvas.divider_x()
        return x is not None and abs(position.x() - x) <= DIVIDER_REACH

    def _moved_far(self, position: QPointF) -> bool:
        assert self._pressed_at is not None
        return (position - self._pressed_at).manhattanLength() >= DRAG_FROM

    def _chosen_tool(self, event: QMouseEvent) -> str:
        """What a drag that begins now does; Shift or Alt on free ground draws a box."""
        if self._grabbed is not None:
            return "keypoint"
        is_left = bool(event.buttons() & Qt.MouseButton.LeftButton)
        if not is_left or mode_of(event.modifiers()) == "replace":
            return "pan"
        assert self._pressed_at is not None
        self.box.begin(self._pressed_at, event.modifiers(), "box")
        self._canvas.setCursor(Qt.CursorShape.CrossCursor)
        return "box"

    def _close_box(self) -> None:
        mode, corners = self.box.mode, self.box.finish()
        self._canvas.update()
        self._canvas.keypoints_boxed.emit(self._canvas.keypoints_in(corners), mode)

    def _click(self, event: QMouseEvent) -> None:
        """Select what is under the pointer; Shift adds it to the selection, Alt takes it out.

        While places are asked for, tell the place instead.
        """
        if self._canvas.is_picking:
            x, y = self._canvas.view.to_picture(event.position().x(), event.position().y())
            if self._inside(x, y):
                self._canvas.place_picked.emit(x, y)
            return
        under, mode = self._canvas.keypoint_under(event.position()), mode_of(event.modifiers())
        if mode == "replace":
            self._canvas.keypoint_clicked.emit(-1 if under is None else under)
        elif under is not None:
            self._canvas.keypoints_boxed.emit(frozenset({under}), mode)

    def _move_divider(self, x: float) -> None:
        at, _ = self._canvas.view.to_picture(x, 0.0)
        self._canvas.set_split((at + 0.5) / max(self._canvas.picture_size[0], 1))

    def _inside(self, x: float, y: float) -> bool:
        width, height = self._canvas.picture_size
        return -0.5 <= x <= width - 0.5 and -0.5 <= y <= height - 0.5

    def _drag(self, position: QPointF) -> None:
        if self._grabbed is None or self._grabbed >= len(self._canvas.marks):
            return
        x, y = self._canvas.view.to_picture(position.x(), position.y())
        self._place(self._grabbed, x, y)

    def _nudge(self, index: int, direction: tuple[int, int], step: float) -> None:
        if index >= len(self._canvas.marks):
            return
        x, y = self._canvas.marks.xy[index].tolist()
        self._nudged = index
        self._place(index, x + direction[0] * step, y + direction[1] * step)

    def _place(self, index: int, x: float, y: float) -> None:
        width, height = self._canvas.picture_size
        x, y = min(max(x, 0.0), width - 1.0), min(max(y, 0.0), height - 1.0)
        self._canvas.show_moved(index, x, y)
        self._canvas.keypoint_moved.emit(index, x, y)

    def _cursor(self, under: int | None) -> Qt.CursorShape:
        if self.pointer is not None and self._on_divider(self.pointer):
            return Qt.CursorShape.SplitHCursor
        if under is None:
            return Qt.CursorShape.ArrowCursor
        editing = self._canvas.is_editable
        return Qt.CursorShape.SizeAllCursor if editing else Qt.CursorShape.PointingHandCursor


_SHIFT = Qt.KeyboardModifier.ShiftModifier
_HARMLESS = _SHIFT | Qt.KeyboardModifier.KeypadModifier

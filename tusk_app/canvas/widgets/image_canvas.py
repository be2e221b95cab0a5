"""The canvas: one picture with its layers and keypoints; zoom, pan, compare, point, edit.

Longer than other files on purpose: it is one widget with one state. What could leave has left
(mouse and keys to ``hand``, drawing to ``layers``, ``keypoint_overlay`` and ``decor``, geometry to
``view_transform``); what remains is its interface and Qt's events, a few lines each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QFont,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from tusk_app.canvas.widgets import decor as canvas_decor
from tusk_app.canvas.widgets import view_transform
from tusk_app.canvas.widgets.hand import PROTOTYPE_MIME, CanvasHand
from tusk_app.canvas.widgets.keypoint_overlay import (
    HIT_RADIUS,
    NO_MARKS,
    Highlights,
    KeypointMarks,
    OverlayPainter,
    TrailStep,
    keypoint_at,
    keypoints_in,
    visible_indices,
)  # fmt: skip
from tusk_app.canvas.widgets.layers import LayerScene, LayerStack
from tusk_app.canvas.widgets.region_hand import RegionHand
from tusk_app.canvas.widgets.truth_marks import paint_truth
from tusk_app.canvas.widgets.view_transform import ViewTransform
from tusk_app.parts import theme
from tusk_app.parts.focus_frame import FocusFrame
from tusk_app.parts.layer_images import error_image, heat_image, mask_image, picture_image
from tusk_app.state.display import Layer, LayerStyle, OverlayStyle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tusk_core.results import GroundTruth

PULSE_MS = 900
ZOOM_STEP = 1.25
HEAT_PIXELS_AT_MOST = 1_000_000
# Pixels. Four bytes a pixel are drawn faster, but larger pictures are mostly seen as halved copies
# or in part, and converting all of them would be felt.
CONVERTED_UP_TO = 4_000_000


@dataclass(frozen=True, slots=True)
class PixelReading:
    """The pixel under the pointer: column, row, and its colour (r, g, b) 0 to 255."""

    x: int
    y: int
    rgb: tuple[int, int, int]


class ImageCanvas(QWidget):
    """Shows one picture, its layers and keypoints. Plain values in, signals out.

    Signals:
        keypoint_clicked: int, index of the keypoint that was clicked; -1 for the ground.
        keypoints_boxed: (frozenset of indices, "add" or "remove"), a box was drawn about them, or
            one was clicked with a key held.
        keypoint_hovered: int, index under the pointer; -1 for none.
        pixel_hovered: PixelReading or None.
        view_changed: float, zoom in device pixels for one picture pixel.
        flipped: bool, the reconstruction took the picture's place.
        menu_requested: (QPoint global position, int index of the keypoint there or -1).
        painted: the widget was drawn; used to measure the time from camera to screen.
        keypoint_moved: (int, float x, float y), while one is dragged or nudged.
        keypoint_move_finished: int, it was let go.
        keypoint_added: (float x, float y).
        keypoint_deleted: int.
        prototype_dropped: (int keypoint, int prototype), dragged here from another panel.
        place_picked: (float x, float y), a click while ``is_picking``.
        region_changed: tuple of polygons, those of the region after a change by hand.
        region_left: the user has finished with the region.
    """

    keypoint_clicked = Signal(int)
    keypoints_boxed = Signal(object, str)
    keypoint_hovered = Signal(int)
    pixel_hovered = Signal(object)
    view_changed = Signal(float)
    flipped = Signal(bool)
    menu_requested = Signal(QPoint, int)
    painted = Signal()
    keypoint_moved = Signal(int, float, float)
    keypoint_move_finished = Signal(int)
    keypoint_added = Signal(float, float)
    keypoint_deleted = Signal(int)
    prototype_dropped = Signal(int, int)
    place_picked = Signal(float, float)
    region_changed = Signal(object)
    region_left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers = LayerStack()
        self._styles = {layer: LayerStyle() for layer in Layer}
        self._styles[Layer.PICTURE] = LayerStyle(visible=True, opacity=1.0)
        self._view = ViewTransform()
        self._is_fitted = True
        self._picture: NDArray[np.uint8] | None = None
        self._marks = NO_MARKS
        self._style = OverlayStyle()
        self._highlights = Highlights()
        self._trail: tuple[TrailStep, ...] = ()
        self._split: float | None = None
        self._is_flipped = False
        self._is_hidden = False  # while H is held
        self._is_editable = self.is_picking = False
        self._placeholder = ("", "")
        self._pulse = QVariantAnimation(self)
        self._pulse.setStartValue(0.0)
        self._pulse.setEndValue(1.0)
        self._pulse.setDuration(PULSE_MS)
        self._pulse.valueChanged.connect(self._show_pulse)
        self._pulse.finished.connect(self._end_pulse)
        self._truth: GroundTruth | None = None
        self._mask: NDArray[np.uint8] | None = None
        self._mask_rect: QRectF | None = None
        self._reading: PixelReading | None = None
        self._hand = CanvasHand(self)
        self.region = RegionHand(self)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._focus = FocusFrame(self)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Canvas")
        self.setMinimumSize(120, 90)

    # What is shown

    @property
    def picture(self) -> NDArray[np.uint8] | None:
        """The picture, (H, W, 3) uint8 RGB."""
        return self._picture

    @property
    def picture_size(self) -> tuple[int, int]:
        """(width, height) of the picture; (0, 0) without one."""
        return self._layers.size

    @property
    def marks(self) -> KeypointMarks:
        """The keypoints as they are drawn now."""
        return self._marks

    @property
    def view(self) -> ViewTransform:
        """Where the picture lies."""
        return self._view

    @property
    def zoom(self) -> float:
        """Device pixels for one picture pixel."""
        return self._view.scale * self.devicePixelRatioF()

    def set_placeholder(self, title: str, hint: str = "") -> None:
        """Say this while there is no picture."""
        self._placeholder = (title, hint)
        self._describe()
        self.update()

    def _describe(self) -> None:
        """Tell a screen reader what stands in place of a picture."""
        words = " ".join(self._placeholder) if self._picture is None else ""
        self.setAccessibleDescription(words)

    def set_picture(self, picture: NDArray[np.uint8] | None) -> None:
        """Show a picture, (H, W, 3) uint8 RGB; its layers and keypoints are emptied.

        The view is kept if the size is the same.
        """
        size = self._layers.size
        self._picture, self._truth = picture, None
        self._describe()
        if picture is None:
            self._layers.clear()
        else:
            for layer in Layer:
                self._layers.set(layer, None)
            image = picture_image(picture)
            if picture.shape[0] * picture.shape[1] <= CONVERTED_UP_TO:
                image = image.convertToFormat(QImage.Format.Format_RGB32)
            self._layers.set(Layer.PICTURE, image, pixels=picture)
            if size != self._layers.size:
                self.fit()
        self.set_marks(NO_MARKS)
        self._tell_pixel()

    def set_reconstruction(
        self,
        composite: NDArray[np.uint8] | None,
        target: NDArray[np.uint8] | None = None,
        mask: NDArray[np.uint8] | None = None,
        rect: QRectF | None = None,
    ) -> None:
        """Show a rebuilt picture with its error and its segmentation.

        Args:
            composite: (h, w, 3) uint8; None removes all three layers.
            target: what it was to be, (h, w, 3) uint8.
            mask: (h, w) uint8, 1 + index of the keypoint that wins a pixel; 0 = background.
            rect: part of the picture it covers; None = all of it.
        """
        self._mask = mask
        self._mask_rect = rect
        image = None if composite is None else picture_image(composite)
        self._layers.set(Layer.RECONSTRUCTION, image, rect)
        error = None if composite is None or target is None else error_image(composite, target)
        self._layers.set(Layer.ERROR, error, rect)
        self._colour_mask()
        self.update()

    def set_heat_map(self, values: NDArray[np.float32] | None) -> None:
        """Show a score map of the whole picture, (h, w) in [0, 1]; None removes it."""
        if values is None:
            self._layers.set(Layer.HEAT_MAP, None)
        else:
            # A map is smooth: of a large picture every n-th value shows all there is to see.
            step = math.ceil(math.sqrt(values.size / HEAT_PIXELS_AT_MOST))
            thin = values[::step, ::step]
            rect = QRectF(-step / 2, -step / 2, thin.shape[1] * step, thin.shape[0] * step)
            self._layers.set(Layer.HEAT_MAP, heat_image(thin), rect)
        self.update()

    def set_truth(self, truth: GroundTruth | None) -> None:
        """Show what is known to be in the picture; None removes it."""
        self._truth = truth
        self.update()

    def set_marks(self, marks: KeypointMarks) -> None:
        """Show keypoints."""
        self._marks = marks
        self._colour_mask()
        self._hand.point()
        self.update()

    def has_layer(self, layer: Layer) -> bool:
        """True if there is something to show in that layer."""
        if layer is Layer.TRUTH:
            return self._truth is not None
        return self._layers.has(layer)

    # How it is shown

    def set_layer_styles(self, styles: Mapping[Layer, LayerStyle]) -> None:
        """Set eye and opacity of the layers."""
        self._styles.update(styles)
        self.update()

    def set_overlay_style(self, style: OverlayStyle) -> None:
        """Set how keypoints are drawn."""
        self._style = style
        self._hand.point()
        self.update()

    def show_moved(self, index: int, x: float, y: float) -> None:
        """Draw a keypoint elsewhere until the next ``set_marks``."""
        places = self._marks.xy.copy()
        places[index] = (x, y)
        self._marks = replace(self._marks, xy=places)
        self.update()

    @property
    def selected(self) -> int | None:
        """Index of the keypoint that stands out as selected."""
        return self._highlights.selected

    def set_highlights(
        self,
        *,
        hovered: int | None,
        selected: int | None,
        kin: frozenset[int] = frozenset(),
        chosen: frozenset[int] = frozenset(),
    ) -> None:
        """Let keypoints stand out.

        Args:
            hovered: the one under the pointer.
            selected: the selected one.
            kin: those of the selected prototype.
            chosen: all selected ones, where there are several.
        """
        self._highlights = replace(
            self._highlights, hovered=hovered, selected=selected, kin=kin, chosen=chosen
        )
        self.update()

    def set_trail(self, trail: Sequence[TrailStep]) -> None:
        """Show where keypoints were in earlier frames, newest first; empty for nothing."""
        self._trail = tuple(trail)
        self.update()

    def pulse_keypoint(self, index: int) -> None:
        """Draw the eye to a keypoint with a ring that grows and fades."""
        self._highlights = replace(self._highlights, pulse=index, pulse_phase=0.0)
        self._pulse.stop()
        self._pulse.start()

    @property
    def split(self) -> float | None:
        """Share of the width that shows the input in split view; None outside it."""
        return self._split

    def set_split(self, share: float | None) -> None:
        """Show the input left of the divider and the reconstruction right of it; None: no split."""
        self._split = None if share is None else min(max(share, 0.0), 1.0)
        self.update()

    @property
    def can_flip(self) -> bool:
        """True if there is a reconstruction to flip to."""
        return self._layers.has(Layer.RECONSTRUCTION)

    @property
    def is_flipped(self) -> bool:
        """True while the reconstruction takes the picture's place."""
        return self._is_flipped

    def set_flipped(self, flipped: bool) -> None:
        """Show the reconstruction in the picture's place, or the picture again."""
        if flipped != self._is_flipped:
            self._is_flipped = flipped
            self.flipped.emit(flipped)
            self.update()

    def set_overlay_hidden(self, hidden: bool) -> None:
        """Hide all keypoints and layers over the picture for a moment."""
        if hidden != self._is_hidden:
            self._is_hidden = hidden
            self.update()

    @property
    def is_editable(self) -> bool:
        """True if keypoints can be moved, added and deleted."""
        return self._is_editable

    def set_editable(self, editable: bool) -> None:
        """Allow moving, adding and deleting keypoints by mouse and keys."""
        self._is_editable = editable
        self._hand.point()

    # View

    def fit(self) -> None:
        """Show the whole picture."""
        self._is_fitted = True
        self._set_view(view_transform.fitted(self.picture_size, self._room()))

    def show_actual_size(self) -> None:
        """Give each picture pixel one pixel of the screen, about the middle of the view."""
        room = self._room()
        self.zoom_by(1 / self.zoom, QPointF(room[0] / 2, room[1] / 2))

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom about a point of the widget, or its middle."""
        room = self._room()
        centre = QPointF(room[0] / 2, room[1] / 2) if at is None else at
        self._is_fitted = False
        self._set_view(self._view.zoomed(factor, centre.x(), centre.y()))

    def pan_by(self, dx: float, dy: float) -> None:
        """Shift the view by logical pixels."""
        self._is_fitted = False
        self._set_view(self._view.moved(dx, dy))

    def position_of(self, index: int) -> QPointF:
        """Return where a keypoint lies on the widget."""
        x, y = self._marks.xy[index].tolist()
        return QPointF(*self._view.to_widget(x, y))

    def keypoint_under(self, position: QPointF) -> int | None:
        """Return the keypoint under a point of the widget."""
        point = self._view.to_picture(position.x(), position.y())
        return keypoint_at(self._marks, self._style, point, HIT_RADIUS / self._view.scale)

    def place_under(self, at: QPoint) -> tuple[float, float] | None:
        """Return the place of the picture, pixels, under a point of the screen; None beside it."""
        position, (width, height) = self.mapFromGlobal(at), self._layers.size
        x, y = self._view.to_picture(position.x(), position.y())
        is_inside = -0.5 <= x < width - 0.5 and -0.5 <= y < height - 0.5
        return (x, y) if is_inside else None

    def shown_keypoints(self) -> frozenset[int]:
        """Return all keypoints that are drawn."""
        if not self._style.visible:
            return frozenset()
        return frozenset(visible_indices(self._marks, self._style).tolist())

    def ask_menu(self) -> None:
        """Ask for the menu of the selected keypoint, else of the picture, as the Menu key does."""
        index, place = self.selected, QPointF(self.rect().center())
        if index is not None and index < len(self._marks):
            place = QPointF(*self._view.to_widget(*self._marks.xy[index].tolist()))
        at = self.mapToGlobal(place.toPoint())
        self.menu_requested.emit(at, -1 if index is None else index)

    def keypoints_in(self, corners: NDArray[np.float64]) -> frozenset[int]:
        """Return the keypoints seen inside a box of the widget, of (n, 2) corners."""
        places = [self._view.to_picture(x, y) for x, y in corners.tolist()]
        return keypoints_in(self._marks, self._style, np.array(places).reshape(-1, 2))

    def divider_x(self) -> float | None:
        """Return the widget x of the split divider; None outside split view."""
        if self._split is None or not self._layers.has(Layer.RECONSTRUCTION):
            return None
        frame = self._layers.frame(self._view)
        return frame.left() + frame.width() * self._split

    # Saving

    def rendered(self, scale: int = 1, *, with_keypoints: bool = True) -> QImage:
        """Return picture, layers and keypoints as shown, at ``scale`` times the picture's size."""
        width, height = self.picture_size
        image = QImage(QSize(width * scale, height * scale), QImage.Format.Format_RGB32)
        image.fill(QColor(0, 0, 0))
        if image.isNull():
            return image
        painter = QPainter(image)
        view = ViewTransform(float(scale), 0.0, 0.0)
        # Markers take the same share of the picture as on the screen, but stay readable.
        unit = max(scale / self._view.scale, 0.5)
        scene = replace(self._scene(), device_ratio=1.0)
        self._paint_all(painter, view, QRectF(image.rect()), scene, unit, marks=with_keypoints)
        painter.end()
        return image

    # Qt

    def sizeHint(self) -> QSize:
        """Room for a picture of usual size."""
        return QSize(640, 480)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ground, layers, keypoints and the divider."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), self._ground())
        if self._picture is None:
            area = QRectF(self.rect()).adjusted(24, 24, -24, -24)
            canvas_decor.paint_placeholder(painter, area, self.palette(), *self._placeholder)
        else:
            self._paint_frame(painter)
            self._paint_all(painter, self._view, QRectF(self.rect()), self._scene(), 1.0)
            self._paint_split(painter)
            if not self._is_hidden:
                self.region.paint(painter, self._view, self._layers.frame(self._view))
            self._hand.box.paint(painter)
        self._focus.paint(painter)
        painter.end()
        self.painted.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the picture fitted, or what is in the middle in the middle."""
        if self._is_fitted:
            self.fit()
            return
        old = event.oldSize()
        if old.isValid():
            dx, dy = (self.width() - old.width()) / 2, (self.height() - old.height()) / 2
            self._set_view(self._view.moved(dx, dy))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the keypoint or picture there."""
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self.ask_menu()
            return
        index = self.keypoint_under(QPointF(event.pos()))
        self.menu_requested.emit(event.globalPos(), -1 if index is None else index)

    def event(self, event: QEvent) -> bool:
        """Zoom by pinching; keep H, Tab and editing keys from being taken as shortcuts."""
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.zoom_by(1.0 + event.value(), event.position())
                return True
            return False
        if isinstance(event, QKeyEvent):
            claimed = self.region.claims(event) or self._hand.claims(event)
            if event.type() == QEvent.Type.ShortcutOverride and claimed:
                event.accept()
                return True
            plain_tab = event.key() == Qt.Key.Key_Tab and not event.modifiers()
            if event.type() == QEvent.Type.KeyPress and plain_tab and self._hand.tab():
                return True
        return bool(super().event(event))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """See ``CanvasHand``, and ``RegionHand`` for all of the mouse and keys."""
        if not self.region.press(event):
            self._hand.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """See ``CanvasHand``."""
        if self.region.move(event):
            self._hand.pointer = event.position()
        else:
            self._hand.move(event)
        self._tell_pixel()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """See ``CanvasHand``."""
        if not self.region.release(event):
            self._hand.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """See ``CanvasHand``."""
        if not self.region.double_click(event):
            self._hand.double_click(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """See ``CanvasHand``."""
        self._hand.wheel(event)

    def leaveEvent(self, _event: QEvent) -> None:
        """See ``CanvasHand``."""
        self._hand.leave()
        self._tell_pixel()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See ``CanvasHand``."""
        if not (self.region.key_press(event) or self._hand.key_press(event)):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """See ``CanvasHand``."""
        if not self._hand.key_release(event):
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """See ``CanvasHand``."""
        self._hand.lose_focus()
        super().focusOutEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take prototypes; leave files to the window."""
        event.setAccepted(event.mimeData().hasFormat(PROTOTYPE_MIME) and self._is_editable)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """See ``CanvasHand``."""
        self._hand.drag(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """See ``CanvasHand``."""
        self._hand.drop(event)

    # Inside

    def _room(self) -> tuple[float, float]:
        return float(self.width()), float(self.height())

    def _set_view(self, view: ViewTransform) -> None:
        self._view = view.kept_near(self.picture_size, self._room())
        self.view_changed.emit(self.zoom)
        self._tell_pixel()
        self.update()

    def _scene(self) -> LayerScene:
        styles = self._styles
        if self._is_hidden:
            clear = {layer: replace(styles[layer], visible=False) for layer in Layer}
            styles = {**clear, Layer.PICTURE: styles[Layer.PICTURE]}
        return LayerScene(styles, self._is_flipped, self._split, self.devicePixelRatioF())

    def _paint_all(
        self, painter: QPainter, view: ViewTransform, bounds: QRectF, scene: LayerScene,
        unit: float, *, marks: bool = True,
    ) -> None:  # fmt: skip
        self._layers.paint(painter, view, bounds, scene)
        if marks and not self._is_hidden:
            font = QFont(self.font())
            font.setPointSizeF(max(font.pointSizeF(), 6.0) * unit)
            shown = scene.styles[Layer.TRUTH]
            if shown.visible and self._truth is not None:
                paint_truth(painter, view, self._truth, font, opacity=shown.opacity, unit=unit)
            overlay = OverlayPainter(painter, view.to_widget, bounds, font, unit)
            overlay.paint_trail(self._trail, self._style)
            overlay.paint(self._marks, self._style, self._highlights)

    def _colour_mask(self) -> None:
        if self._mask is None or len(self._marks) == 0:
            self._layers.set(Layer.SEGMENTATION, None)
            return
        image = mask_image(self._mask, self._marks.colours)
        self._layers.set(Layer.SEGMENTATION, image, self._mask_rect)

    def _ground(self) -> QColor:
        return QColor(theme.of(self.palette()).canvas)

    def _paint_frame(self, painter: QPainter) -> None:
        frame = self._layers.frame(self._view)
        pen = QPen(QColor(0, 0, 0, 70), 1)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(frame.adjusted(-1, -1, 0, 0))

    def _paint_split(self, painter: QPainter) -> None:
        x = self.divider_x()
        if x is not None:
            frame = self._layers.frame(self._view).intersected(QRectF(self.rect()))
            words = ("Input", "Reconstruction")
            canvas_decor.paint_divider(painter, x, frame, words)

    def _show_pulse(self, phase: float) -> None:
        self._highlights = replace(self._highlights, pulse_phase=float(phase))
        self.update()

    def _end_pulse(self) -> None:
        self._highlights = replace(self._highlights, pulse=None)
        self.update()

    def _tell_pixel(self) -> None:
        reading = None
        if self._hand.pointer is not None and self._picture is not None:
            x, y = self._view.to_picture(self._hand.pointer.x(), self._hand.pointer.y())
            column, row = round(x), round(y)
            height, width = self._picture.shape[:2]
            if 0 <= column < width and 0 <= row < height:
                red, green, blue = self._picture[row, column].tolist()
                reading = PixelReading(column, row, (red, green, blue))
        if reading != self._reading:
            self._reading = reading
            self.pixel_hovered.emit(reading)

"""Regions on the canvas: drawn, moved, bent and deleted by mouse and keys; and their look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from tusk_app.canvas.widgets import region_shapes as shapes

if TYPE_CHECKING:
    from PySide6.QtGui import QCursor, QKeyEvent, QMouseEvent

    from tusk_app.canvas.widgets.region_shapes import Point
    from tusk_app.canvas.widgets.view_transform import ViewTransform
    from tusk_core.tracks import Polygon

RegionTool = Literal["rectangle", "polygon"]
REACH = 9.0  # logical pixels
SMALLEST = 4.0  # square pixels of the picture
_LINE = QColor(255, 190, 60)
_OUTSIDE = QColor(0, 0, 0, 105)
_DELETE = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class RegionCanvas(Protocol):
    """What this hand needs of the canvas."""

    # Signals; Any, for a class-level Signal and a bound one have different types.
    region_changed: Any
    region_left: Any

    @property
    def view(self) -> ViewTransform: ...  # noqa: D102
    @property
    def picture_size(self) -> tuple[int, int]: ...  # noqa: D102
    def update(self) -> None: ...  # noqa: D102
    def setCursor(self, cursor: QCursor | Qt.CursorShape) -> None: ...  # noqa: D102


class RegionHand:
    """Edits the polygons of one canvas while a tool is chosen; else it only draws them.

    Attributes:
        polygons: as shown.
        chosen: the polygon that Delete takes away; None for none.
    """

    def __init__(self, canvas: RegionCanvas) -> None:
        self._canvas = canvas
        self._tool: RegionTool | None = None
        self.polygons: tuple[Polygon, ...] = ()
        self.chosen: int | None = None
        self._begun: tuple[Point, ...] = ()  # corners of a polygon that is not closed yet
        self._pointer: Point | None = None
        self._from: Point | None = None  # where the button went down
        self._corner: tuple[int, int] | None = None
        self._before: tuple[Polygon, ...] = ()

    @property
    def is_active(self) -> bool:
        """True while mouse and keys are about the region."""
        return self._tool is not None

    def set_tool(self, tool: RegionTool | None) -> None:
        """Choose what a drag on free ground draws; None leaves mouse and keys to others."""
        self._tool = tool
        self._begun, self._from, self._corner = (), None, None
        if tool is None:
            self.chosen = None
        self._canvas.update()

    def set_polygons(self, polygons: tuple[Polygon, ...]) -> None:
        """Show other polygons."""
        if polygons != self.polygons:
            self.polygons = polygons
            self._from = self._corner = None
            if self.chosen is not None and self.chosen >= len(polygons):
                self.chosen = None
        self._canvas.update()

    # Mouse; each returns whether it was about the region

    def press(self, event: QMouseEvent) -> bool:
        """Take hold of a corner or a polygon, or begin one."""
        if not self.is_active or event.button() is not Qt.MouseButton.LeftButton:
            return False
        at = self._place(event)
        if self._begun:
            self._extend(at)
            return True
        self._from, self._before = at, self.polygons
        self._corner = shapes.corner_at(self.polygons, at, self._reach)
        self.chosen = self._corner[0] if self._corner else shapes.polygon_at(self.polygons, at)
        if self.chosen is None and self._tool == "polygon":
            self._from, self._begun = None, (shapes.kept_inside(at, self._canvas.picture_size),)
        self._canvas.update()
        return True

    def move(self, event: QMouseEvent) -> bool:
        """Drag what is held, or show where the next corner would lie."""
        if not self.is_active:
            return False
        self._pointer = at = self._place(event)
        if self._from is None:
            self._show_cursor(at)
            if self._begun:
                self._canvas.update()
            return not event.buttons()
        size = self._canvas.picture_size
        if self._corner is not None:
            number, corner = self._corner
            bent = shapes.with_moved_corner(
                self._before[number], corner, shapes.kept_inside(at, size)
            )
            self._show(number, bent)
        elif self.chosen is not None and self.chosen < len(self._before):
            step = (at[0] - self._from[0], at[1] - self._from[1])
            self._show(self.chosen, shapes.shifted(self._before[self.chosen], step, size))
        else:
            self._canvas.update()
        return True

    def release(self, event: QMouseEvent) -> bool:
        """Let go: what was dragged stays, a rectangle is closed."""
        if not self.is_active or event.button() is not Qt.MouseButton.LeftButton:
            return False
        begun = self._drawn()
        self._from = self._corner = None
        if begun is not None and shapes.area(begun) >= SMALLEST:
            self._commit((*self.polygons, begun))
            self.chosen = len(self.polygons) - 1
        elif self.polygons != self._before and not self._begun:
            self._commit(self.polygons)
        self._canvas.update()
        return True

    def double_click(self, event: QMouseEvent) -> bool:
        """Close a polygon; on an edge of one, add a corner there."""
        if not self.is_active:
            return False
        at = self._place(event)
        if self._begun:
            self._close()
            return True
        edge = shapes.edge_at(self.polygons, at, self._reach)
        if edge is not None and shapes.corner_at(self.polygons, at, self._reach) is None:
            number, index = edge
            bent = shapes.with_added_corner(self.polygons[number], index, at)
            self._commit((*self.polygons[:number], bent, *self.polygons[number + 1 :]))
        return True

    # Keys

    def claims(self, event: QKeyEvent) -> bool:
        """True if a key means something here that a shortcut would else take away."""
        return self.is_active and event.key() in (*_DELETE, *_ENTER, Qt.Key.Key_Escape)

    def key_press(self, event: QKeyEvent) -> bool:
        """Enter closes, Delete takes away, Escape gives up or leaves; False for other keys."""
        if not self.claims(event):
            return False
        if event.key() == Qt.Key.Key_Escape:
            if self._begun:
                self._begun = ()
            else:
                self._canvas.region_left.emit()
        elif event.key() in _ENTER:
            self._close()
        elif self._begun:
            self._begun = self._begun[:-1]
        else:
            self.delete_chosen()
        self._canvas.update()
        return True

    def delete_chosen(self) -> None:
        """Take the chosen polygon away, or the only one there is."""
        number = 0 if self.chosen is None and len(self.polygons) == 1 else self.chosen
        if number is not None and number < len(self.polygons):
            self.chosen = None
            self._commit((*self.polygons[:number], *self.polygons[number + 1 :]))

    # Look

    def paint(self, painter: QPainter, view: ViewTransform, frame: QRectF) -> None:
        """Darken what lies outside, and draw the outlines; with corners while editing."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.polygons:
            outside, inside = QPainterPath(), QPainterPath()
            outside.addRect(frame)
            for polygon in self.polygons:
                one = QPainterPath()
                one.addPolygon(_on_widget(polygon, view))
                one.closeSubpath()
                inside = inside.united(one)
            painter.fillPath(outside.subtracted(inside), _OUTSIDE)
        for number, polygon in enumerate(self.polygons):
            self._outline(painter, polygon, view, is_chosen=number == self.chosen)
        drawn = self._drawn()
        if drawn is not None:
            self._outline(painter, drawn, view, is_chosen=True)
        elif self._begun:
            self._paint_begun(painter, view)
        painter.restore()

    def _outline(
        self, painter: QPainter, polygon: Polygon, view: ViewTransform, *, is_chosen: bool
    ) -> None:
        points = _on_widget(polygon, view)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((QColor(0, 0, 0, 160), 3.0), (_LINE, 2.5 if is_chosen else 1.5)):
            painter.setPen(QPen(colour, width))
            painter.drawPolygon(points)
        if self.is_active:
            _paint_corners(painter, [points.at(i) for i in range(points.size())])

    def _paint_begun(self, painter: QPainter, view: ViewTransform) -> None:
        points = [QPointF(*view.to_widget(*corner)) for corner in self._begun]
        line = [*points]
        if self._pointer is not None:
            line.append(QPointF(*view.to_widget(*self._pointer)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(_LINE, 1.5, Qt.PenStyle.DashLine))
        painter.drawPolyline(QPolygonF(line))
        _paint_corners(painter, points)

    # Inside

    @property
    def _reach(self) -> float:
        return REACH / self._canvas.view.scale

    def _place(self, event: QMouseEvent) -> Point:
        return self._canvas.view.to_picture(event.position().x(), event.position().y())

    def _drawn(self) -> Polygon | None:
        """Return the rectangle that is being dragged open."""
        if self._from is None or self.chosen is not None or self._pointer is None:
            return None
        if self._tool != "rectangle":
            return None
        size = self._canvas.picture_size
        return shapes.rectangle(
            shapes.kept_inside(self._from, size), shapes.kept_inside(self._pointer, size)
        )

    def _extend(self, at: Point) -> None:
        """Add a corner, or close the polygon where it is the first one again."""
        if len(self._begun) >= 3 and shapes.corner_at([self._begun[:1]], at, self._reach):
            self._close()
            return
        corner = shapes.kept_inside(at, self._canvas.picture_size)
        if corner != self._begun[-1]:
            self._begun = (*self._begun, corner)
        self._canvas.update()

    def _close(self) -> None:
        begun, self._begun = self._begun, ()
        if len(begun) >= 3 and shapes.area(begun) >= SMALLEST:
            self._commit((*self.polygons, begun))
            self.chosen = len(self.polygons) - 1
        self._canvas.update()

    def _show(self, number: int, polygon: Polygon) -> None:
        self.polygons = (*self._before[:number], polygon, *self._before[number + 1 :])
        self._canvas.update()

    def _commit(self, polygons: tuple[Polygon, ...]) -> None:
        self.polygons = self._before = polygons
        self._canvas.region_changed.emit(polygons)

    def _show_cursor(self, at: Point) -> None:
        if shapes.corner_at(self.polygons, at, self._reach) is not None and not self._begun:
            self._canvas.setCursor(Qt.CursorShape.PointingHandCursor)
        elif shapes.polygon_at(self.polygons, at) is not None and not self._begun:
            self._canvas.setCursor(Qt.CursorShape.SizeAllCursor)
        else:
            self._canvas.setCursor(Qt.CursorShape.CrossCursor)


def _on_widget(polygon: Polygon, view: ViewTransform) -> QPolygonF:
    return QPolygonF([QPointF(*view.to_widget(x, y)) for x, y in polygon])


def _paint_corners(painter: QPainter, points: list[QPointF]) -> None:
    painter.setPen(QPen(QColor(0, 0, 0, 200), 1))
    painter.setBrush(_LINE)
    for point in points:
        painter.drawRect(QRectF(point.x() - 3.5, point.y() - 3.5, 7, 7))

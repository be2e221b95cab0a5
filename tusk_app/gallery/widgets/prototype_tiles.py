"""The prototypes as tiles: decoded look, mean patch, count, share, health."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QByteArray,
    QItemSelectionModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QPainter,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from tusk_app.canvas.widgets.hand import PROTOTYPE_MIME
from tusk_app.parts import readable, shades, tones
from tusk_app.parts.layer_images import picture_image
from tusk_app.parts.name_room import name_room
from tusk_app.parts.words import say, unnamed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QResizeEvent

    from tusk_app.gallery.model import PrototypeTile

Index = QModelIndex | QPersistentModelIndex

TILE_ROLE = Qt.ItemDataRole.UserRole
LOOK_ROLE = Qt.ItemDataRole.UserRole + 1
MEAN_ROLE = Qt.ItemDataRole.UserRole + 2

_PICTURE = 56
_PAD = 7


class PrototypeModel(QAbstractListModel):
    """Tiles for a list view; a dragged tile carries the prototype's index."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tiles: tuple[PrototypeTile, ...] = ()
        self._looks: list[QImage] = []
        self._means: list[QImage] = []

    def set_tiles(
        self,
        tiles: tuple[PrototypeTile, ...],
        decoded: NDArray[np.uint8] | None,
        means: NDArray[np.uint8] | None,
    ) -> None:
        """Show tiles with the pictures, (M, h, w, 3) uint8 each, that are known by now."""
        same = [tile.index for tile in tiles] == [tile.index for tile in self._tiles]
        if not same:
            self.beginResetModel()
        self._tiles = tiles
        self._looks = _images(decoded)
        self._means = _images(means)
        if same:
            if tiles:
                self.dataChanged.emit(self.index(0), self.index(len(tiles) - 1))
        else:
            self.endResetModel()

    def row_of(self, prototype: int) -> int:
        """Return the row of a prototype, -1 if it has none."""
        return next((i for i, tile in enumerate(self._tiles) if tile.index == prototype), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return the number of tiles."""
        return 0 if parent.isValid() else len(self._tiles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what a tile shows."""
        if not index.isValid():
            return None
        tile = self._tiles[index.row()]
        values: dict[int, Callable[[], object]] = {
            TILE_ROLE: lambda: tile,
            LOOK_ROLE: lambda: _at(self._looks, tile.index),
            MEAN_ROLE: lambda: _at(self._means, tile.index),
            Qt.ItemDataRole.DisplayRole: lambda: tile.name,
            Qt.ItemDataRole.EditRole: lambda: tile.name,
            Qt.ItemDataRole.ToolTipRole: lambda: _tool_tip(tile),
            Qt.ItemDataRole.AccessibleTextRole: lambda: (
                f"{tile.name}, {max(tile.count, 0)} detections, {tile.health_text}"
            ),
        }
        value = values.get(role)
        return None if value is None else value()

    def flags(self, _index: Index) -> Qt.ItemFlag:
        """Tiles can be selected, renamed and dragged."""
        return (
            Qt.ItemFlag.ItemIsEnabled
            | Qt.ItemFlag.ItemIsSelectable
            | Qt.ItemFlag.ItemIsDragEnabled
            | Qt.ItemFlag.ItemIsEditable
        )

    def mimeTypes(self) -> list[str]:
        """Return what a dragged tile carries."""
        return [PROTOTYPE_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Return the prototype's index in ASCII digits."""
        data = QMimeData()
        if indexes:
            number = self._tiles[indexes[0].row()].index
            data.setData(PROTOTYPE_MIME, QByteArray(str(number).encode("ascii")))
        return data


def _images(pictures: NDArray[np.uint8] | None) -> list[QImage]:
    return [] if pictures is None else [picture_image(np.ascontiguousarray(p)) for p in pictures]


def _at(images: list[QImage], index: int) -> QImage | None:
    return images[index] if index < len(images) else None


def _tool_tip(tile: PrototypeTile) -> str:
    lines = [tile.name]
    if tile.count >= 0:
        lines.append(f"{tile.count} detections, in {100 * tile.share:.0f} % of the pictures")
    if tile.health is not None and tile.health.twin >= 0:
        lines.append(f"Most like {tile.twin_name} (cosine {tile.health.cosine:.2f})")
    if tile.members:
        lines.append("Holds " + ", ".join(map(unnamed, tile.members)))
    lines.append(say("Drag it onto a [point] of the picture to swap what is drawn there."))
    return "\n".join(lines)


def _tile_size(metrics: QFontMetrics) -> QSize:
    # Names are bold, which is about a tenth wider.
    names = round(1.1 * name_room(metrics)) + 2 * _PAD
    return QSize(max(2 * _PICTURE + 3 * _PAD, names), _PICTURE + 3 * metrics.height() + 3 * _PAD)


class TileDelegate(QStyledItemDelegate):
    """Paints one tile."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        """All tiles have one size."""
        return _tile_size(option.fontMetrics)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint ground, pictures and words."""
        tile: PrototypeTile = index.data(TILE_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect).adjusted(2, 2, -2, -2)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        self._paint_ground(painter, option.palette, box, tile, is_selected=is_selected)
        left, top = int(box.left()) + _PAD, int(box.top()) + _PAD
        painter.setOpacity(0.35 if tile.hidden else 1.0)
        for place, role in (
            (QRect(left, top, _PICTURE, _PICTURE), LOOK_ROLE),
            (QRect(left + _PICTURE + _PAD - 2, top, _PICTURE, _PICTURE), MEAN_ROLE),
        ):
            self._paint_picture(painter, option.palette, place, index.data(role))
        words = QRectF(left, top + _PICTURE + 3, box.width() - 2 * _PAD, 0)
        self._paint_words(painter, option, words, tile)
        painter.restore()

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, _index: Index
    ) -> None:
        """Put the editor over the name."""
        line = option.fontMetrics.height()
        top = option.rect.top() + 2 * _PAD + _PICTURE - 4
        editor.setGeometry(option.rect.left() + 4, top, option.rect.width() - 8, line + 6)

    def _paint_ground(
        self,
        painter: QPainter,
        palette: QPalette,
        box: QRectF,
        tile: PrototypeTile,
        *,
        is_selected: bool,
    ) -> None:
        colour = QColor(*tile.colour)
        highlight = palette.color(QPalette.ColorRole.Highlight)
        ground = tones.tone(palette, "raised")
        if is_selected:
            ground = shades.mixed(highlight, palette.color(QPalette.ColorRole.Base), 0.28)
        painter.setBrush(ground)
        painter.setPen(QPen(highlight, 2) if is_selected else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(box.left(), box.top() + 6, 4, box.height() - 12), 2, 2)

    def _paint_picture(
        self, painter: QPainter, palette: QPalette, place: QRect, image: QImage | None
    ) -> None:
        if image is None or image.isNull():
            painter.setBrush(palette.color(QPalette.ColorRole.Base))
            painter.setPen(QPen(tones.tone(palette, "border"), 1, Qt.PenStyle.DashLine))
            painter.drawRect(place)
            return
        size = image.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(QPoint(0, 0), size)
        target.moveCenter(place.center())
        painter.drawImage(target, image)

    def _paint_words(
        self, painter: QPainter, option: QStyleOptionViewItem, box: QRectF, tile: PrototypeTile
    ) -> None:
        line = option.fontMetrics.height()
        bold = QFont(option.font)
        bold.setBold(True)
        muted = tones.tone(option.palette, "muted")
        count = "" if tile.count < 0 else f"{readable.count(tile.count)} · {100 * tile.share:.0f} %"
        state = tile.health.state if tile.health is not None else ""
        health = {"dead": "danger", "duplicate": "warning", "used": "success"}.get(state, "muted")
        rows = (
            (tile.name, bold, option.palette.color(QPalette.ColorRole.Text)),
            (count, option.font, muted),
            (
                "hidden" if tile.hidden else tile.health_text,
                option.font,
                muted if tile.hidden else tones.tone(option.palette, health),  # type: ignore[arg-type]
            ),
        )
        for number, (text, font, colour) in enumerate(rows):
            painter.setFont(font)
            painter.setPen(colour)
            place = QRectF(box.left(), box.top() + number * line, box.width(), line)
            shown = painter.fontMetrics().elidedText(
                text, Qt.TextElideMode.ElideRight, int(box.width())
            )
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, shown)


class PrototypeTiles(QListView):
    """The list of tiles.

    Signals:
        chosen: list[int], the prototypes selected by mouse or keys; empty when Esc clears them.
        chosen_changed: other tiles are selected, by whomever.
        renamed: (int prototype, str name).
        menu_requested: (list[int] selected prototypes, QPoint on the screen).
        drag_started: a tile is being dragged away.
    """

    chosen = Signal(object)
    chosen_changed = Signal()
    renamed = Signal(int, str)
    menu_requested = Signal(object, QPoint)
    drag_started = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.prototypes = PrototypeModel(self)
        self.setModel(self.prototypes)
        self.setItemDelegate(_RenamingDelegate(self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragEnabled(True)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.DoubleClicked
        )
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName(say("[Kinds]"))
        self.customContextMenuRequested.connect(self._ask_menu)
        self.clicked.connect(self._tell_chosen)
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen_changed.emit())

    def minimumSizeHint(self) -> QSize:
        """One row of whole tiles."""
        frame = 2 * self.frameWidth()
        return _tile_size(self.fontMetrics()) + QSize(frame + 16, frame + 2)

    def selected_prototypes(self) -> list[int]:
        """Return the selected prototypes, in the order shown."""
        rows = sorted(index.row() for index in self.selectedIndexes())
        return [self._tile(row).index for row in rows]

    def select(self, prototypes: Sequence[int]) -> None:
        """Select these prototypes and no others; scrolls to the first."""
        rows = [row for row in map(self.prototypes.row_of, prototypes) if row >= 0]
        if not rows:
            self.clearSelection()
            return
        indexes = [self.prototypes.index(row) for row in sorted(rows)]
        if [index.row() for index in sorted(self.selectedIndexes())] != sorted(rows):
            self.setCurrentIndex(indexes[0])
            for index in indexes[1:]:
                self.selectionModel().select(index, QItemSelectionModel.SelectionFlag.Select)
        self._bring_into_view(indexes[0])

    def _bring_into_view(self, index: Index) -> None:
        if not self.viewport().rect().contains(self.visualRect(index)):
            # Whole rows from the top, so that none is cut where only one has room.
            self.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtTop)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the chosen tile in view."""
        super().resizeEvent(event)
        if len(chosen := self.selectedIndexes()) == 1:
            self._bring_into_view(chosen[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End choose; Esc clears, F2 renames."""
        before = self.selected_prototypes()
        if event.key() == Qt.Key.Key_Escape:
            self.clearSelection()
        elif event.key() not in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            super().keyPressEvent(event)
            if self.selected_prototypes() == before:
                return
        self._tell_chosen()

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Tell that a tile is on its way."""
        self.drag_started.emit()
        super().startDrag(actions)

    def _tile(self, row: int) -> PrototypeTile:
        tile: PrototypeTile = self.prototypes.index(row).data(TILE_ROLE)
        return tile

    @Slot()
    def _tell_chosen(self) -> None:
        self.chosen.emit(self.selected_prototypes())

    def _ask_menu(self, at: QPoint) -> None:
        chosen = self.selected_prototypes()
        if chosen:
            self.menu_requested.emit(chosen, self.viewport().mapToGlobal(at))


class _RenamingDelegate(TileDelegate):
    """Sends a new name to whoever keeps names; the model is filled again from there."""

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Fill the editor once: pictures that come meanwhile must not undo what was typed."""
        if isinstance(editor, QLineEdit) and editor.isModified():
            return
        super().setEditorData(editor, index)

    def setModelData(self, editor: QWidget, _model: object, index: Index) -> None:
        """Hand over the name that was typed."""
        name = str(editor.property("text"))
        tile: PrototypeTile = index.data(TILE_ROLE)
        parent = self.parent()
        assert isinstance(parent, PrototypeTiles)
        parent.renamed.emit(tile.index, name)

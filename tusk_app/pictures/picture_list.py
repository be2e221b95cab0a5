"""The open pictures as rows of a list: filtered by name, thumbnails fetched when seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPixmap

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from PySide6.QtCore import QObject

Index = QModelIndex | QPersistentModelIndex
PICTURE_ROLE = Qt.ItemDataRole.UserRole
SIDE = 52


class PictureListModel(QAbstractListModel):
    """Rows of a picture list; nothing is read before a row is seen."""

    def __init__(
        self,
        name_of: Callable[[int], str],
        thumbnail_of: Callable[[int], QImage | None],
        parent: QObject | None = None,
    ) -> None:
        """Create an empty list.

        Args:
            name_of: name of picture i.
            thumbnail_of: small picture i, None while it is being made, null if unreadable.
            parent: owner.
        """
        super().__init__(parent)
        self._name_of = name_of
        self._thumbnail_of = thumbnail_of
        self._pictures: NDArray[np.int64] = np.zeros(0, np.int64)
        self._waiting = self._plain_icon("#80808030")
        self._broken = self._plain_icon("#c0392b50")

    def set_pictures(self, pictures: NDArray[np.int64]) -> None:
        """Show these pictures, ascending indices (n,) int64."""
        self.beginResetModel()
        self._pictures = pictures
        self.endResetModel()

    def row_of(self, picture: int) -> int:
        """Return the row that shows a picture; -1 if it is filtered out."""
        row = int(np.searchsorted(self._pictures, picture))
        is_there = row < len(self._pictures) and int(self._pictures[row]) == picture
        return row if is_there else -1

    def picture_at(self, row: int) -> int:
        """Return the picture that a row shows; -1 for no row."""
        return int(self._pictures[row]) if 0 <= row < len(self._pictures) else -1

    def thumbnail_ready(self, picture: int) -> None:
        """Draw the row of a picture again."""
        row = self.row_of(picture)
        if row >= 0:
            index = self.index(row)
            self.dataChanged.emit(index, index, [Qt.ItemDataRole.DecorationRole])

    def rowCount(self, parent: Index | None = None) -> int:
        """Number of rows."""
        return 0 if parent is not None and parent.isValid() else len(self._pictures)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name, tool tip, thumbnail or picture index of a row."""
        picture = self.picture_at(index.row())
        if picture < 0:
            return None
        value: Any = None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                value = self._name_of(picture)
            case Qt.ItemDataRole.ToolTipRole:
                value = f"{picture + 1}: {self._name_of(picture)}"
            case Qt.ItemDataRole.DecorationRole:
                value = self._icon(picture)
            case Qt.ItemDataRole.SizeHintRole:
                value = QSize(SIDE + 80, SIDE + 8)
            case Qt.ItemDataRole.UserRole:
                value = picture
            case _:
                pass
        return value

    def _icon(self, picture: int) -> QIcon:
        image = self._thumbnail_of(picture)
        if image is None:
            return self._waiting
        if image.isNull():
            return self._broken
        if max(image.width(), image.height()) < SIDE:  # icons are never enlarged by Qt
            image = image.scaled(SIDE, SIDE, Qt.AspectRatioMode.KeepAspectRatio)
        return QIcon(QPixmap.fromImage(image))

    def _plain_icon(self, colour: str) -> QIcon:
        picture = QPixmap(SIDE, SIDE)
        red, green, blue, alpha = (int(colour[i : i + 2], 16) for i in (1, 3, 5, 7))
        picture.fill(QColor(red, green, blue, alpha))
        return QIcon(picture)

"""Layouts for panels of any width: rows that wrap, and parts that go below one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLayout, QLayoutItem, QSplitter, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent


class FlowLayout(QLayout):
    """Places widgets from left to right and begins another row where there is no room left."""

    def __init__(self, parent: QWidget | None = None, gap: int = 5) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap = gap

    def addItem(self, item: QLayoutItem) -> None:
        """Append an item."""
        self._items.append(item)

    def count(self) -> int:
        """Return the number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]
        """Return an item, None beyond the ends."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]
        """Remove an item and return it."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Ask for no more room than needed."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """Narrow rows need more of them."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of all rows at a width."""
        return self._place(QRect(0, 0, width, 0), apply=False)

    def setGeometry(self, rect: QRect) -> None:
        """Place all items."""
        super().setGeometry(rect)
        self._place(rect, apply=True)

    def sizeHint(self) -> QSize:
        """Return the size of one row."""
        margins = self.contentsMargins()
        sizes = [item.sizeHint() for item in self._shown()]
        width = sum(size.width() + self._gap for size in sizes)
        height = max((size.height() for size in sizes), default=0)
        return QSize(
            width + margins.left() + margins.right(), height + margins.top() + margins.bottom()
        )

    def minimumSize(self) -> QSize:
        """Return the size of the widest item."""
        margins = self.contentsMargins()
        sizes = [item.minimumSize() for item in self._shown()]
        width = max((size.width() for size in sizes), default=0)
        height = max((size.height() for size in sizes), default=0)
        return QSize(
            width + margins.left() + margins.right(), height + margins.top() + margins.bottom()
        )

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _place(self, rect: QRect, *, apply: bool) -> int:
        margins = self.contentsMargins()
        room = rect.adjusted(margins.left(), margins.top(), -margins.right(), -margins.bottom())
        x, y, row_height = room.left(), room.top(), 0
        row: list[tuple[QLayoutItem, QRect]] = []
        for item in self._shown():
            size = item.sizeHint()
            size.setWidth(min(size.width(), max(room.width(), item.minimumSize().width())))
            if row and x + size.width() > room.right() + 1:
                _apply_row(row, row_height, apply=apply)
                x, y, row_height, row = room.left(), y + row_height + self._gap, 0, []
            row.append((item, QRect(x, y, size.width(), size.height())))
            x += size.width() + self._gap
            row_height = max(row_height, size.height())
        _apply_row(row, row_height, apply=apply)
        return y + row_height - rect.top() + margins.bottom()


def _apply_row(row: list[tuple[QLayoutItem, QRect]], height: int, *, apply: bool) -> None:
    """Give the items of a row their places, in the middle of its height."""
    if not apply:
        return
    for item, place in row:
        item.setGeometry(place.translated(0, (height - place.height()) // 2))


def labelled(text: str, *widgets: QWidget) -> QWidget:
    """Return a label and what belongs to it as one piece that does not come apart."""
    piece = QWidget()
    layout = QHBoxLayout(piece)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(5)
    label = QLabel(text)
    label.setBuddy(widgets[0])
    layout.addWidget(label)
    for widget in widgets:
        layout.addWidget(widget)
    return piece


class AdaptiveSplitter(QSplitter):
    """Parts beside each other, or below each other where the panel is narrow."""

    def __init__(
        self,
        narrow: int,
        wide_sizes: Sequence[int],
        tall_sizes: Sequence[int],
        parent: QWidget | None = None,
    ) -> None:
        """Begin wide; below ``narrow`` pixels the parts are stacked with ``tall_sizes``."""
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._narrow = narrow
        self._sizes = {
            Qt.Orientation.Horizontal: list(wide_sizes),
            Qt.Orientation.Vertical: list(tall_sizes),
        }
        self.setChildrenCollapsible(False)

    def use_sizes(self) -> None:
        """Share out the room as given, once the parts are in."""
        self.setSizes(self._sizes[self.orientation()])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Turn when the width says so; each direction keeps its own sizes."""
        is_narrow = event.size().width() < self._narrow
        wanted = Qt.Orientation.Vertical if is_narrow else Qt.Orientation.Horizontal
        if self.orientation() != wanted:
            if sum(self.sizes()) > 0:
                self._sizes[self.orientation()] = self.sizes()
            self.setOrientation(wanted)
            self.use_sizes()
        super().resizeEvent(event)

    def minimumSizeHint(self) -> QSize:
        """Ask for the width of the widest part only, because the parts can be stacked."""
        hints = [self.widget(i).minimumSizeHint() for i in range(self.count())]
        width = max((hint.width() for hint in hints), default=0)
        return QSize(width, max((hint.height() for hint in hints), default=0))

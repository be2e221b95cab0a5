"""A layout that fills a row and goes on in the next, as words do in a text."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Rows of items at their preferred size, centred on their row.

    Args:
        parent: widget that is laid out.
        spacing: between items and between rows, in pixels.
        align_right: True ends the rows at the right edge.
    """

    def __init__(
        self, parent: QWidget | None = None, *, spacing: int = 6, align_right: bool = False
    ) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._align_right = align_right
        self.setSpacing(spacing)
        self.setContentsMargins(QMargins(0, 0, 0, 0))

    def addItem(self, item: QLayoutItem) -> None:
        """Add ``item`` at the end."""
        self._items.append(item)

    def insert_widget(self, position: int, widget: QWidget) -> None:
        """Put ``widget``, which may be in the layout already, at ``position``."""
        self.removeWidget(widget)
        self.addWidget(widget)
        self._items.insert(position, self._items.pop())
        self.invalidate()

    def count(self) -> int:
        """Number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return item ``index``, or None."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Remove and return item ``index``, or None."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Wants no more room than it needs."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """The narrower, the more rows."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height of all rows at ``width``."""
        return self._arrange(QRect(0, 0, width, 0), apply=False)

    def setGeometry(self, rect: QRect) -> None:
        """Place the items."""
        super().setGeometry(rect)
        self._arrange(rect, apply=True)

    def sizeHint(self) -> QSize:
        """Everything in one row."""
        sizes = [item.sizeHint() for item in self._shown()]
        width = sum(size.width() for size in sizes) + self.spacing() * max(0, len(sizes) - 1)
        return QSize(width, max((size.height() for size in sizes), default=0))

    def minimumSize(self) -> QSize:
        """The largest single item."""
        size = QSize(0, 0)
        for item in self._shown():
            size = size.expandedTo(item.minimumSize())
        return size

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _rows(self, width: int) -> list[list[QLayoutItem]]:
        rows: list[list[QLayoutItem]] = []
        used = 0
        for item in self._shown():
            needed = item.sizeHint().width()
            if not rows or used + self.spacing() + needed > width:
                rows.append([item])
                used = needed
            else:
                rows[-1].append(item)
                used += self.spacing() + needed
        return rows

    def _arrange(self, rect: QRect, *, apply: bool) -> int:
        """Return the height of all rows; with ``apply`` also place the items."""
        top = rect.y()
        for row in self._rows(rect.width()):
            height = max(_size(item, rect.width()).height() for item in row)
            length = sum(item.sizeHint().width() for item in row)
            length += self.spacing() * (len(row) - 1)
            left = rect.x() + (max(0, rect.width() - length) if self._align_right else 0)
            for item in row:
                size = _size(item, rect.width())
                if apply:
                    drop = 0 if item.hasHeightForWidth() else (height - size.height()) // 2
                    item.setGeometry(QRect(QPoint(left, top + drop), size))
                left += size.width() + self.spacing()
            top += height + self.spacing()
        return max(0, top - rect.y() - self.spacing())


def _size(item: QLayoutItem, room: int) -> QSize:
    """Preferred size, no wider than ``room``; texts that wrap take the height they need."""
    size = item.sizeHint()
    size.setWidth(min(size.width(), room))
    if item.hasHeightForWidth():
        size.setHeight(max(size.height(), item.heightForWidth(size.width())))
    return size

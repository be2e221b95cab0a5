"""Panels of any width: bars that wrap, and parts that go below one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts.flow_layout import FlowLayout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent


def flow_bar(*widgets: QWidget, margins: tuple[int, int, int, int] = (8, 4, 8, 0)) -> QWidget:
    """Return a bar of widgets that begins another row where there is no room left."""
    bar = QWidget()
    bar.setContentsMargins(*margins)
    layout = FlowLayout(bar, spacing=6)
    for widget in widgets:
        layout.addWidget(widget)
    return bar


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


def scrolled(content: QWidget, parent: QWidget | None = None) -> QScrollArea:
    """Return a column that scrolls up and down where the panel is low, without a frame."""
    area = QScrollArea(parent)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(content)
    return area


def below_bar(bar: QWidget, body: QWidget) -> QWidget:
    """Return a bar with what it is about below it, which takes all the room there is."""
    content = QWidget()
    layout = QVBoxLayout(content)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    layout.addWidget(bar)
    layout.addWidget(body, 1)
    return content


class AdaptiveSplitter(QSplitter):
    """Parts beside each other, or below each other where the panel is narrow."""

    def __init__(
        self,
        narrow: int,
        wide_sizes: Sequence[int],
        tall_sizes: Sequence[int],
        parent: QWidget | None = None,
        *,
        tall: int = 0,
    ) -> None:
        """Begin wide; below ``narrow`` pixels the parts are stacked with ``tall_sizes``.

        Only where there are ``tall`` pixels for that: in a low panel they stay side by side.
        """
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._narrow, self._tall = narrow, tall
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
        is_narrow = event.size().width() < self._narrow and event.size().height() >= self._tall
        wanted = Qt.Orientation.Vertical if is_narrow else Qt.Orientation.Horizontal
        if self.orientation() != wanted:
            if sum(self.sizes()) > 0:
                self._sizes[self.orientation()] = self.sizes()
            self.setOrientation(wanted)
            self.use_sizes()
        super().resizeEvent(event)

    def minimumSizeHint(self) -> QSize:
        """Ask for the width of the widest part only, because the parts can be stacked."""
        parts = [self.widget(i) for i in range(self.count())]
        hints = [part.minimumSizeHint() for part in parts if part is not None]
        width = max((hint.width() for hint in hints), default=0)
        return QSize(width, max((hint.height() for hint in hints), default=0))

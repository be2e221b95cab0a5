"""Panes side by side where there is room, and as tabs where there is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QSplitter, QStackedLayout, QTabWidget, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent


class SideOrTabs(QWidget):
    """A few panes with a title each.

    Args:
        panes: (title, widget, share of the width).
        least: narrower than this, in pixels, they become tabs.
        parent: owner.
    """

    def __init__(
        self,
        panes: Sequence[tuple[str, QWidget, int]],
        least: int = 640,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._panes, self._least = tuple(panes), least
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._layout = QStackedLayout(self)
        self._layout.addWidget(self._splitter)
        self._layout.addWidget(self._tabs)
        self._place(narrow=False)

    @property
    def is_narrow(self) -> bool:
        """True while the panes are tabs."""
        return self._layout.currentIndex() == 1

    def minimumSizeHint(self) -> QSize:
        """Let the panel be made small."""
        return QSize(160, 90)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Change between the two where the room does."""
        super().resizeEvent(event)
        narrow = event.size().width() < self._least
        if narrow != self.is_narrow:
            self._place(narrow=narrow)

    def _place(self, *, narrow: bool) -> None:
        for title, pane, _ in self._panes:
            if narrow:
                self._tabs.addTab(pane, title)
            else:
                self._splitter.addWidget(pane)
                # A tab that was in the background is hidden.
                pane.show()
        if not narrow:
            self._splitter.setSizes([share for _, _, share in self._panes])
        self._layout.setCurrentIndex(1 if narrow else 0)

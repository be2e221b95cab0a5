"""The legend of a map: names with counts; a click hides, a double click shows one alone."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QImage, QKeyEvent, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from tusk_app.parts import readable
from tusk_app.parts.themed import Themed

if TYPE_CHECKING:
    from collections.abc import Sequence

_GROUP = Qt.ItemDataRole.UserRole
_SWATCH = 14
_FACE = 18
_COUNT_MARGIN = 14
_NAME_MARGIN = 22


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One line.

    Attributes:
        group: number that the points carry.
        name: for people.
        colour: sRGB.
        total: points of the group.
        selected: how many of them are selected.
        face: what the group looks like; None for a patch of its colour alone.
    """

    group: int
    name: str
    colour: tuple[int, int, int]
    total: int
    selected: int = 0
    face: QImage | None = None


class LegendList(Themed, QTreeWidget):
    """Space hides or shows the current line, Enter shows it alone.

    Signals:
        hidden_changed: frozenset[int], groups that are hidden.
        entry_hovered: int group, -1 for none.
    """

    hidden_changed = Signal(object)
    entry_hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hidden: frozenset[int] = frozenset()
        self._colours: dict[int, tuple[int, int, int]] = {}
        self._faces: dict[int, QImage] = {}
        self._look: object = None
        self._needed = 0
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setIndentation(0)
        self.setIconSize(QSize(_SWATCH + 4 + _FACE, _FACE))
        self.setMouseTracking(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setExpandsOnDoubleClick(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        # The width is set once for all lines: measuring every line anew takes long.
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        self.setAccessibleName("Legend")
        self.setToolTip("Click: hide or show. Double click: this one alone.")
        self.itemClicked.connect(lambda item: self._toggle(_group_of(item)))
        self.itemDoubleClicked.connect(lambda item: self._solo(_group_of(item)))
        self.itemEntered.connect(lambda item: self.entry_hovered.emit(_group_of(item)))
        self.follow_theme()

    @property
    def hidden(self) -> frozenset[int]:
        """Groups that are hidden."""
        return self._hidden

    @property
    def needed_width(self) -> int:
        """Width at which no name and no count is cut, in logical pixels."""
        return self._needed

    def groups(self) -> list[int]:
        """Return the groups in the order shown."""
        return [_group_of(self._item(i)) for i in range(self.topLevelItemCount())]

    def set_entries(self, entries: Sequence[LegendEntry], *, keep_hidden: bool) -> None:
        """Show other lines; lines that stay keep whether they are hidden if asked to."""
        groups = [entry.group for entry in entries]
        same = groups == self.groups()
        hidden = self._hidden & set(groups) if keep_hidden else frozenset()
        if not same:
            self.clear()
            for entry in entries:
                item = QTreeWidgetItem()
                item.setData(0, _GROUP, entry.group)
                item.setTextAlignment(
                    1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                )
                self.addTopLevelItem(item)
        self._colours = {entry.group: entry.colour for entry in entries}
        faces = {entry.group: entry.face for entry in entries if entry.face is not None}
        is_new = not same or faces.keys() != self._faces.keys()
        self._faces = faces
        self._write(entries)
        self._set_hidden(hidden, is_new=is_new)

    def _write(self, entries: Sequence[LegendEntry]) -> None:
        """Set the words of all lines at once; only what changed is touched."""
        any_selected = any(entry.selected for entry in entries)
        counts = []
        for entry in entries:
            total = readable.count(entry.total)
            counts.append(f"{readable.count(entry.selected)} / {total}" if any_selected else total)
        # Room for any selection, so that names keep theirs when something is selected.
        most = readable.count(max((entry.total for entry in entries), default=0))
        width = self.fontMetrics().horizontalAdvance(f"{most} / {most}") + _COUNT_MARGIN
        if width != self.columnWidth(1):
            self.setColumnWidth(1, width)
        names = (self.fontMetrics().horizontalAdvance(entry.name) for entry in entries)
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        self._needed = width + max(names, default=0) + _SWATCH + 4 + _FACE + _NAME_MARGIN + bar
        # One notice for the view instead of one for each line.
        self.model().blockSignals(True)
        for i, (entry, count) in enumerate(zip(entries, counts, strict=True)):
            item = self._item(i)
            if item.text(0) != entry.name:
                item.setText(0, entry.name)
            if item.text(1) != count:
                item.setText(1, count)
        self.model().blockSignals(False)
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Hide, show or show alone by keyboard."""
        item = self.currentItem()
        if item is not None and event.key() == Qt.Key.Key_Space:
            self._toggle(_group_of(item))
        elif item is not None and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._solo(_group_of(item))
        else:
            super().keyPressEvent(event)

    def restyle(self) -> None:
        """Take the colours of the theme."""
        self._set_hidden(self._hidden)

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing."""
        super().leaveEvent(event)
        self.entry_hovered.emit(-1)

    def show_all(self) -> None:
        """Hide none."""
        self._set_hidden(frozenset())

    def _item(self, index: int) -> QTreeWidgetItem:
        item = self.topLevelItem(index)
        assert item is not None
        return item

    def _toggle(self, group: int) -> None:
        self._set_hidden(self._hidden ^ {group})

    def _solo(self, group: int) -> None:
        others = frozenset(self.groups()) - {group}
        # The first click of a double click has already changed the line itself.
        self._set_hidden(frozenset() if others <= self._hidden else others)

    def _set_hidden(self, hidden: frozenset[int], *, is_new: bool = False) -> None:
        changed = hidden != self._hidden
        self._hidden = hidden
        look = (hidden, tuple(self._colours.items()), self.palette().cacheKey())
        if look == self._look and not is_new:
            return
        self._look = look
        text = self.palette().color(QPalette.ColorRole.Text)
        faint = self.palette().color(QPalette.ColorRole.PlaceholderText)
        for i in range(self.topLevelItemCount()):
            item = self._item(i)
            group = _group_of(item)
            is_hidden = group in hidden
            mark = swatch(self._colours.get(group, (128, 128, 128)), filled=not is_hidden)
            face = self._faces.get(group)
            item.setIcon(0, mark if face is None else faced(mark, face))
            for column in (0, 1):
                item.setForeground(column, faint if is_hidden else text)
        if changed:
            self.hidden_changed.emit(hidden)


def _group_of(item: QTreeWidgetItem) -> int:
    return int(item.data(0, _GROUP))


@functools.lru_cache(maxsize=1024)
def swatch(colour: tuple[int, int, int], *, filled: bool, side: int = _SWATCH) -> QIcon:
    """Return a round patch of a colour; a ring when it is hidden."""
    picture = QPixmap(2 * side, 2 * side)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(*colour), 3))
    painter.setBrush(QColor(*colour) if filled else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QRectF(QPointF(4, 4), QPointF(2 * side - 4, 2 * side - 4)))
    painter.end()
    return QIcon(picture)


def faced(mark: QIcon, face: QImage) -> QIcon:
    """Return a patch of colour with a face right of it."""
    picture = QPixmap(2 * (_SWATCH + 4 + _FACE), 2 * _FACE)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawPixmap(0, _FACE - _SWATCH, mark.pixmap(2 * _SWATCH, 2 * _SWATCH))
    painter.drawImage(QRectF(2 * (_SWATCH + 4), 0, 2 * _FACE, 2 * _FACE), face)
    painter.end()
    return QIcon(picture)

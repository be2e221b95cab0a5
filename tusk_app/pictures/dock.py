"""The open pictures: a list of thumbnails with a filter, in step with the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QModelIndex, QSize, Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tusk_app.panel import Panel
from tusk_app.parts import icons, theme
from tusk_app.parts.empty_hint import EmptyHint
from tusk_app.pictures.controller import SourceController
from tusk_app.pictures.picture_list import SIDE, PictureListModel
from tusk_app.threads.latest_task import LatestTask

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QImage

    from tusk_app.workbench import Workbench
    from tusk_core.api import PictureSource

FILTER_DELAY_MS = 150


class SourceDock(Panel):
    """Lists the pictures of the open source."""

    name = "source"
    title = "Pictures"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._document = workbench.document
        self._sources = workbench.part(SourceController)
        self._actions = workbench.actions
        self._model = PictureListModel(self._name_of, self._thumbnail_of, self)
        self._filterer = LatestTask("filter pictures", self)
        self._filterer.done.connect(self._show_filtered)
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(FILTER_DELAY_MS)
        self._delay.timeout.connect(self._apply_filter)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self._make_empty())
        self._pages.addWidget(self._make_list())
        self.setWidget(self._pages)
        self._document.source_changed.connect(self._take_source)
        self._document.index_requested.connect(self._show_current)
        self._document.picture_changed.connect(self._show_current)
        self._sources.thumbnails.ready.connect(self._model.thumbnail_ready)
        self._sources.reading_changed.connect(self._show_reading)
        self._sources.busy_changed.connect(self._show_reading)
        self._take_source()
        self.follow_theme()

    def shutdown(self) -> bool:
        """End the filter thread."""
        self._delay.stop()
        return self._filterer.shutdown()

    @property
    def num_shown(self) -> int:
        """Pictures that pass the filter."""
        return self._model.rowCount()

    def set_filter(self, text: str) -> None:
        """Show only pictures whose name contains ``text``."""
        self._filter.setText(text)

    def choose(self, picture: int) -> None:
        """Do what a click on a picture of the list does; nothing if it is filtered out."""
        row = self._model.row_of(picture)
        if row >= 0:
            self._list.setCurrentIndex(self._model.index(row))

    def _make_empty(self) -> QWidget:
        hint = EmptyHint(
            "open-images",
            "No pictures are open",
            "Open a folder, or drop one on the window.",
            "Open images…",
            self,
        )
        hint.clicked.connect(lambda: self._actions.trigger("file.open-images"))
        return hint

    def _make_list(self) -> QWidget:
        page = QWidget(self)
        self._filter = QLineEdit(page)
        self._filter.setPlaceholderText("Filter by name…")
        self._filter.setClearButtonEnabled(True)
        self._filter.setAccessibleName("Filter pictures by name")
        self._filter.textChanged.connect(self._start_delay)
        self._list = self._make_table(page)
        self._list.selectionModel().currentChanged.connect(self._on_current)
        self._none = QLabel("No name contains this text.", page)
        self._none.setProperty("role", "muted")
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._none.hide()
        self._count = QLabel(page)
        self._count.setProperty("role", "muted")
        self._before, self._after = QToolButton(page), QToolButton(page)
        for button, command, name in (
            (self._before, "go.previous", "Previous picture"),
            (self._after, "go.next", "Next picture"),
        ):
            button.setAccessibleName(name)
            button.setToolTip(name)
            button.clicked.connect(lambda _checked=False, c=command: self._actions.trigger(c))
        foot = QHBoxLayout()
        foot.addWidget(self._count, 1)
        foot.addWidget(self._before)
        foot.addWidget(self._after)
        column = QVBoxLayout(page)
        column.setContentsMargins(6, 6, 6, 4)
        column.setSpacing(6)
        column.addWidget(self._filter)
        column.addWidget(self._make_reading(page))
        column.addWidget(self._none)
        # A low panel is better than a window that grows beyond the screen.
        self._list.setMinimumHeight(2 * self.fontMetrics().height())
        column.addWidget(self._list, 1)
        column.addLayout(foot)
        return page

    def _make_reading(self, parent: QWidget) -> QWidget:
        """Return the row that tells how far a large folder is read; hidden for all others."""
        self._reading = QWidget(parent)
        self._so_far = QLabel(self._reading)
        self._so_far.setWordWrap(True)
        self._end = QPushButton(self._reading)
        self._end.clicked.connect(self._end_or_read_on)
        row = QHBoxLayout(self._reading)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._so_far, 1)
        row.addWidget(self._end)
        self._reading.hide()
        return self._reading

    @Slot()
    def _show_reading(self, _value: object = None) -> None:
        is_whole, is_reading = self._document.is_whole, self._sources.is_reading
        self._reading.setVisible(not is_whole)
        if is_whole:
            return
        if is_reading:
            self._so_far.setText(f"Reading the folder: {self._sources.num_found:,} so far…")
        else:
            known = f"{self._document.num_pictures:,}"
            self._so_far.setText(f"Only the first {known} found: reading ended.")
        self._end.setText("Cancel" if is_reading else "Read on")

    @Slot()
    def _end_or_read_on(self) -> None:
        if self._sources.is_reading:
            self._sources.cancel_opening()
        else:
            self._sources.read_on()

    def _make_table(self, parent: QWidget) -> QTableView:
        # Not a QListView: that measures every row whenever the panel changes its width, 0.1 s for
        # 100,000 pictures.
        table = QTableView(parent)
        table.setAccessibleName("Pictures")
        table.setModel(self._model)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setCornerButtonEnabled(False)
        table.setIconSize(QSize(SIDE, SIDE))
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows, columns = table.verticalHeader(), table.horizontalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(SIDE + 8)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        rows.hide()
        columns.hide()
        return table

    def restyle(self) -> None:
        """Take the colours of the theme."""
        colours = theme.of(self.palette())
        self._before.setIcon(icons.icon("previous", colours.text, colours.disabled))
        self._after.setIcon(icons.icon("next", colours.text, colours.disabled))

    def _name_of(self, index: int) -> str:
        source = self._document.source
        return "" if source is None else source.name(index)

    def _thumbnail_of(self, index: int) -> QImage | None:
        return self._sources.thumbnails.get(index)

    @Slot()
    def _start_delay(self) -> None:
        self._delay.start()

    @Slot()
    def _take_source(self) -> None:
        source = self._document.source
        self._show_reading()
        if self._document.places is not None:
            self._take_rest(self._document.places)
            return
        self._filter.blockSignals(True)
        self._filter.clear()
        self._filter.blockSignals(False)
        self._filterer.cancel()
        if source is None or source.kind == "camera":
            self._model.set_pictures(np.zeros(0, np.int64))
            self._pages.setCurrentIndex(0)
            return
        self._pages.setCurrentIndex(1)
        self._show_filtered(np.arange(len(source), dtype=np.int64))

    def _take_rest(self, places: NDArray[np.int64]) -> None:
        """Show all pictures of a folder whose first ones are listed; what is looked at stays.

        Args:
            places: where the listed pictures are among all, (n,); -1 for one that is gone.
        """
        if self._filter.text().strip():
            self._apply_filter()
            return
        page = self._list.viewport().rect()
        row = self._list.currentIndex().row()
        if row < 0 or not page.intersects(self._list.visualRect(self._model.index(row))):
            row = self._list.rowAt(0)
        before = self._model.picture_at(row)
        top = self._list.rowViewportPosition(row)
        self._show_filtered(np.arange(self._document.num_pictures, dtype=np.int64))
        after = int(places[before]) if before >= 0 else -1
        if after >= 0:
            height = self._list.verticalHeader().defaultSectionSize()
            self._list.verticalScrollBar().setValue(after * height - top)

    @Slot()
    def _apply_filter(self) -> None:
        source, text = self._document.source, self._filter.text().strip().lower()
        if source is None:
            return
        if not text:
            self._filterer.cancel()
            self._show_filtered(np.arange(len(source), dtype=np.int64))
            return
        self._filterer.request(lambda: _matching(source, text))

    @Slot(object)
    def _show_filtered(self, pictures: NDArray[np.int64]) -> None:
        self._model.set_pictures(pictures)
        so_far = "" if self._document.is_whole else " so far"
        self._none.setText(f"No name contains this text{so_far}.")
        self._none.setVisible(len(pictures) == 0)
        self._show_current()

    @Slot()
    def _show_current(self) -> None:
        index, total = self._document.index, self._document.num_pictures
        row = self._model.row_of(index)
        if row >= 0 and row != self._list.currentIndex().row():
            at = self._model.index(row)
            self._list.setCurrentIndex(at)
            self._list.scrollTo(at)
        shown = self._model.rowCount()
        if not self._document.is_whole:
            place = f"The first {total:,} found"
        else:
            place = f"{index + 1:,} of {total:,}" if index >= 0 else f"{total:,}"
        self._count.setText(place if shown == total else f"{place} · {shown:,} match")
        self._before.setEnabled(index > 0)
        self._after.setEnabled(0 <= index < total - 1)

    @Slot(QModelIndex, QModelIndex)
    def _on_current(self, current: QModelIndex, _before: QModelIndex) -> None:
        picture = self._model.picture_at(current.row())
        if picture >= 0 and picture != self._document.index:
            self._document.go_to(picture)


def _matching(source: PictureSource, text: str) -> NDArray[np.int64]:
    """Return the pictures whose name contains ``text`` (lower case)."""
    return np.array([i for i in range(len(source)) if text in source.name(i).lower()], np.int64)

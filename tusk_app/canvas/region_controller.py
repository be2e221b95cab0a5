"""The region of the open pictures: read, changed with undo, and kept beside them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QUndoCommand, QUndoStack

from tusk_app.threads.latest_task import LatestTask
from tusk_core import api
from tusk_core.tracks import Region

if TYPE_CHECKING:
    from collections.abc import Callable

    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_core.tracks import Polygon


class RegionController(QObject):
    """Keeps ``document.region`` in step with the open source and the file beside it.

    Attributes:
        stack: every change is one step of it.
    """

    def __init__(self, document: Document, notices: Notices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._notices = document, notices
        self.stack = QUndoStack(self)
        self._reader = LatestTask("region-reader", self)
        self._reader.done.connect(self._take)
        self._reader.failed.connect(self._refused)
        self._writer = LatestTask("region-writer", self, keep_all=True)
        self._writer.failed.connect(self._not_saved)
        document.source_changed.connect(self._look)

    @property
    def polygons(self) -> tuple[Polygon, ...]:
        """Those of the region; empty without one."""
        region = self._document.region
        return () if region is None else region.polygons

    @Slot(object)
    def change(self, polygons: tuple[Polygon, ...], text: str = "Change the region") -> None:
        """Take other polygons, as a step that can be undone."""
        if polygons != self.polygons and self._document.source is not None:
            self.stack.push(_RegionCommand(text, self.polygons, polygons, self._show))

    @Slot()
    def clear(self) -> None:
        """Take all polygons away; everything counts again."""
        self.change((), "Clear the region")

    def shutdown(self) -> bool:
        """End the threads; False if one did not end."""
        reader, writer = self._reader.shutdown(), self._writer.shutdown()
        return reader and writer

    @Slot()
    def _look(self) -> None:
        """Read the region of other pictures."""
        if self._document.places is not None:
            return
        self.stack.clear()
        self._reader.cancel()
        self._document.set_region(None)
        source = self._document.source
        if source is not None and source.kind != "camera":
            self._reader.request(functools.partial(api.own_region, source.source))

    @Slot(object)
    def _take(self, region: Region | None) -> None:
        if not self.stack.count():
            self._document.set_region(region)

    def _show(self, polygons: tuple[Polygon, ...]) -> None:
        region = Region(polygons) if polygons else None
        self._document.set_region(region)
        source = self._document.source
        if source is not None:
            self._writer.request(functools.partial(api.save_region, source.source, region))

    @Slot(object)
    def _refused(self, error: Exception) -> None:
        self._notices.error(
            "The region of these pictures cannot be read.",
            str(error),
            "Everything counts. Draw the region anew: that replaces the file.",
        )

    @Slot(object)
    def _not_saved(self, error: Exception) -> None:
        self._notices.error(
            "The region could not be saved.", str(error), "It counts until the pictures are closed."
        )


class _RegionCommand(QUndoCommand):
    """Other polygons instead of those before."""

    def __init__(
        self,
        text: str,
        before: tuple[Polygon, ...],
        after: tuple[Polygon, ...],
        show: Callable[[tuple[Polygon, ...]], None],
    ) -> None:
        super().__init__(text)
        self._before, self._after, self._show = before, after, show

    def undo(self) -> None:
        """Show the polygons before."""
        self._show(self._before)

    def redo(self) -> None:
        """Show the polygons after."""
        self._show(self._after)

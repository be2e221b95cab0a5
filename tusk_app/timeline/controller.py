"""Tables over time: presence of prototypes and tracks, made outside the GUI thread."""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.threads.latest_task import LatestTask
from tusk_app.timeline.tracking import PresenceTable, presence_table, track_rows
from tusk_core.atomic import replacing
from tusk_core.control import Cancelled, RunControl

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_app.engine.analysis import AnalysisController
    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_app.state.prototypes import PrototypeBook
    from tusk_core.results import Analysis

COLUMNS = ("frame", "time_s", "picture", "track", "prototype", "name", "x", "y", "score")


@dataclass(frozen=True, slots=True, eq=False)
class TimeTables:
    """What one analysis says over time.

    Attributes:
        table: presence and places.
        tracks: (N,) int64 track of each row, -1 for none.
    """

    table: PresenceTable
    tracks: NDArray[np.int64]


class TrackingController(QObject):
    """Follows the analysis while something wants its tables.

    Signals:
        tables_changed: ``tables`` is another one, or None.
        busy_changed: bool.
    """

    tables_changed = Signal()
    busy_changed = Signal(bool)

    def __init__(
        self,
        document: Document,
        prototypes: PrototypeBook,
        analysis: AnalysisController,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._book = document, prototypes
        self._analysis, self._notices = analysis, notices
        self._tables: TimeTables | None = None
        self._is_wanted = False
        self._control, self._writing = RunControl(), RunControl()
        self._task = LatestTask("tracking", self)
        self._task.done.connect(self._take)
        self._task.failed.connect(
            lambda error: notices.error("There is no raster.", str(error), "The log has details.")
        )
        self._task.busy_changed.connect(self.busy_changed)
        self._writer = LatestTask("tracks-writer", self)
        self._writer.done.connect(lambda path: notices.toast(f"Saved {path.name}.", "success"))
        self._writer.failed.connect(
            lambda error: notices.error(
                "The file could not be written.", str(error), "Choose another folder."
            )
        )
        analysis.index_changed.connect(self._remake)

    @property
    def tables(self) -> TimeTables | None:
        """Presence and tracks; None until they are made."""
        return self._tables

    @property
    def is_busy(self) -> bool:
        """True while they are made."""
        return self._task.is_busy

    def want(self) -> None:
        """Make the tables from now on."""
        if not self._is_wanted:
            self._is_wanted = True
            self._remake()

    def save(self, path: Path) -> None:
        """Write all tracks as CSV, in the background."""
        analysis, index, tables = self._document.analysis, self._analysis.index, self._tables
        if analysis is not None and index is not None and tables is not None:
            names = {i: self._book.name(i) for i in range(index.num_prototypes)}
            self._writer.request(
                functools.partial(
                    write_tracks, path, analysis, index.labels, tables.tracks, names, self._writing
                )
            )

    def shutdown(self) -> bool:
        """End the threads; False if one did not end."""
        for control in (self._control, self._writing):
            control.request_stop()
        task_ended, writer_ended = self._task.shutdown(), self._writer.shutdown()
        return task_ended and writer_ended

    @Slot()
    def _remake(self) -> None:
        self._control.request_stop()
        self._task.cancel()
        self._tables = None
        self.tables_changed.emit()
        analysis, index = self._document.analysis, self._analysis.index
        if self._is_wanted and analysis is not None and index is not None:
            control = self._control = RunControl()
            self._task.request(functools.partial(_make_tables, analysis, index.labels, control))

    @Slot(object)
    def _take(self, tables: TimeTables) -> None:
        self._tables = tables
        self.tables_changed.emit()


def _make_tables(analysis: Analysis, labels: NDArray[np.int32], control: RunControl) -> TimeTables:
    tracks = track_rows(analysis, labels, control=control)
    return TimeTables(presence_table(analysis, labels), tracks)


def write_tracks(
    path: Path,
    analysis: Analysis,
    labels: NDArray[np.integer],
    tracks: NDArray[np.int64],
    names: dict[int, str],
    control: RunControl | None = None,
) -> Path:
    """Write one line a detection: pixels of the original picture, centre of the first at (0, 0).

    Raises:
        OSError: if it cannot be written.
        Cancelled: if ``control`` asked for it; then there is no file.
    """
    with replacing(path) as temporary:
        _write_rows(temporary, analysis, labels, tracks, names, control)
    return path


def _write_rows(
    path: Path,
    analysis: Analysis,
    labels: NDArray[np.integer],
    tracks: NDArray[np.int64],
    names: dict[int, str],
    control: RunControl | None,
) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in range(len(labels)):
            if control is not None and control.stop_requested:
                raise Cancelled
            frame = int(analysis.picture[row])
            time = float(analysis.times[frame])
            label = int(labels[row])
            writer.writerow(
                (
                    frame,
                    "" if np.isnan(time) else f"{time:.4f}",
                    analysis.picture_names[frame],
                    int(tracks[row]),
                    label,
                    names.get(label, f"prototype {label}"),
                    f"{analysis.xy[row, 0]:.2f}",
                    f"{analysis.xy[row, 1]:.2f}",
                    f"{analysis.scores[row]:.4f}",
                )
            )

"""The middle of the window: what is open, the canvas, and the jobs that go on."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tusk_app.canvas.actions import CanvasActions
from tusk_app.canvas.binding import CanvasBinding
from tusk_app.canvas.hand_edits import CanvasEditing
from tusk_app.canvas.next_step import NextStep
from tusk_app.canvas.region_binding import CanvasRegion
from tusk_app.canvas.stranger import StrangerNotice
from tusk_app.canvas.widgets.banner import Banner
from tusk_app.canvas.widgets.image_canvas import ImageCanvas
from tusk_app.canvas.widgets.jobs_panel import JobsPanel
from tusk_app.canvas.widgets.next_step_bar import NextStepBar
from tusk_app.canvas.widgets.region_bar import RegionBar
from tusk_app.engine.engine import EngineState
from tusk_app.parts import readable
from tusk_app.parts.words import say
from tusk_app.threads.jobs import Job, JobState

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from tusk_app.threads.job_worker import JobFailure
    from tusk_app.workbench import Workbench
    from tusk_core.events import JobProgress

WIDEST_STATE = "88 keypoints in 888 ms"
JOBS_WIDTH, JOBS_MARGIN = 520, 10  # logical pixels
PLACE_COMMANDS = ("kinds.from-here", "kinds.more-here", "kinds.not-this")
PICKING = "In as many pictures as you like: three to ten places make it sharp. Esc ends."
ZOOMS = (25, 50, 100, 200, 400, 800, 1600)


class CanvasArea(QWidget):
    """Canvas with its head line, a banner for trouble, and the jobs below it."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bench = workbench
        self.canvas = ImageCanvas(self)
        self.banner, self.stranger = Banner(self), Banner(self)
        self.region_bar = RegionBar(self)
        self.next_step, self.picking = NextStepBar(self), NextStepBar(self)
        self.jobs = JobsPanel(self)
        self._name = QLabel(self)
        self._name.setTextInteractionFlags(self._name.textInteractionFlags())
        self._name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._state = QLabel(self)
        self._state.setProperty("role", "muted")
        # Of a fixed width: with a camera its text changes many times a second.
        self._state.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._state.setMinimumWidth(self._state.fontMetrics().horizontalAdvance(WIDEST_STATE))
        self._zoom = self._make_zoom()
        self._lay_out()
        self.binding = CanvasBinding(workbench, self.canvas)
        self.commands = CanvasActions(workbench, self.canvas)
        self.editing = CanvasEditing(workbench, self.canvas)
        self.region = CanvasRegion(workbench, self.canvas, self.region_bar)
        StrangerNotice(workbench, self.stranger)
        NextStep(workbench, self.next_step)
        workbench.actions.set_canvas(self.canvas)
        self.setFocusProxy(self.canvas)
        self._connect()
        self._show_name()
        self._show_state()

    def _make_zoom(self) -> QToolButton:
        button = QToolButton(self)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setAccessibleName("Zoom")
        button.setToolTip("Zoom; the wheel zooms at the pointer")
        menu = QMenu(button)
        menu.addAction("Fit", self.canvas.fit)
        menu.addSeparator()
        for percent in ZOOMS:
            menu.addAction(f"{percent} %", functools.partial(self._zoom_to, percent / 100))
        button.setMenu(menu)
        return button

    def _zoom_to(self, zoom: float) -> None:
        self.canvas.zoom_by(zoom / self.canvas.zoom)

    def _lay_out(self) -> None:
        head = QWidget(self)
        row = QHBoxLayout(head)
        row.setContentsMargins(12, 3, 6, 3)
        row.setSpacing(12)
        row.addWidget(self._name, 1)
        row.addWidget(self._state)
        row.addWidget(self._zoom)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(self.banner)
        column.addWidget(self.region_bar)
        column.addWidget(self.stranger)
        column.addWidget(self.next_step)
        column.addWidget(self.picking)
        column.addWidget(self.canvas, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the jobs at the lower edge of the picture."""
        super().resizeEvent(event)
        self._place_jobs()

    @Slot()
    def _place_jobs(self) -> None:
        """Lay the jobs over the picture: a row that came and went would change its zoom."""
        width = min(self.width() - 2 * JOBS_MARGIN, JOBS_WIDTH)
        height = self.jobs.sizeHint().height()
        top = max(0, self.height() - height - JOBS_MARGIN)
        self.jobs.setGeometry(JOBS_MARGIN, top, max(width, 0), height)

    def _connect(self) -> None:
        bench, document = self._bench, self._bench.document
        self.canvas.view_changed.connect(lambda z: self._zoom.setText(f"{100 * z:,.0f} %"))
        self.canvas.menu_requested.connect(self._show_menu)
        for signal in (document.picture_changed, document.source_changed, document.model_changed):
            signal.connect(self._show_name)
        document.index_requested.connect(self._show_name)
        bench.live.changed.connect(self._show_name)
        for signal in (bench.engine.state_changed, bench.engine.busy_changed):
            signal.connect(self._show_state)
        bench.engine.model_opening.connect(self._show_state)
        document.detection_changed.connect(self._show_state)
        document.picture_changed.connect(self._show_state)
        bench.live.read_out.connect(self._show_state)
        bench.live.changed.connect(self._show_state)
        bench.jobs.job_started.connect(self._add_job)
        bench.jobs.job_progress.connect(self._show_progress)
        bench.jobs.job_finished.connect(self._remove_job)
        bench.jobs.job_cancelled.connect(self._remove_job)
        bench.jobs.job_failed.connect(self._tell_failure)
        bench.selection.picking_changed.connect(self._show_picking)
        for ended in (self.picking.clicked, self.picking.closed):
            ended.connect(lambda: bench.selection.pick(""))
        self.jobs.cancel_requested.connect(bench.jobs.cancel)
        self.jobs.rows_changed.connect(self._place_jobs)

    @Slot()
    def _show_name(self, _value: object = None) -> None:
        document, live = self._bench.document, self._bench.live
        if live.is_on:
            self._name.setText(f"<b>{live.name}</b>")
            return
        source = document.source
        if source is None or document.index < 0:
            self._name.setText("")
            return
        parts = [f"<b>{_escaped(source.name(document.index))}</b>"]
        if not document.is_whole:
            parts.append("of the first pictures of this folder")
        elif len(source) > 1:
            parts.append(f"{document.index + 1:,} of {len(source):,}")
        if document.picture is not None:
            height, width = document.picture.shape[:2]
            parts.append(f"{width} × {height}")
        self._name.setText("  ·  ".join(parts))

    @Slot()
    def _show_state(self, value: object = None) -> None:
        engine, document = self._bench.engine, self._bench.document
        detection = document.shown
        live = self._bench.live.newest if self._bench.live.is_on else None
        if live is not None:
            detection = live.detection
        if isinstance(value, str):
            text = f"Opening {value}…"
        elif engine.state is EngineState.PREPARING:
            text = "Preparing the engine…"
        elif document.model is None and detection is None:
            text = "No model is open" if live is None else "No model is open: press Discover"
        elif detection is None:
            text = "Detecting…" if engine.is_busy else ""
        else:
            num = int((detection.keypoints.scores >= document.min_score).sum())
            text = say(f"{num} [point]{'' if num == 1 else 's'}")
            if detection.milliseconds > 0:
                text += f" in {readable.rough_step(detection.milliseconds / 1000)}"
        self._state.setText(text)

    @Slot(str)
    def _show_picking(self, sentence: str) -> None:
        """Say what clicks on the picture do now."""
        if sentence:
            self.picking.offer("plus", sentence, PICKING, "Done")
        else:
            self.picking.hide()

    @Slot(QPoint, int)
    def _show_menu(self, place: QPoint, index: int) -> None:
        menu = QMenu(self)
        actions = self._bench.actions
        if index >= 0:
            selection = self._bench.selection
            menu.addAction("Select", lambda: selection.select_keypoint(index, "menu"))
            self._add_prototype_actions(menu, index)
            menu.addSeparator()
        self._bench.selection.point_at(self.canvas.place_under(place))
        for command in self._place_commands():
            menu.addAction(actions.get(command))
        menu.addSeparator()
        for command in ("view.fit", "view.actual-size", "|", "view.overlay", "view.labels",
                        "view.heat-map", "view.reconstruction", "view.segmentation",
                        "view.error-map", "view.ground-truth", "view.split", "|",
                        "edit.region", "edit.copy-picture", "file.save-picture"):  # fmt: skip
            if command == "|":
                menu.addSeparator()
            elif command in actions:
                menu.addAction(actions.get(command))
        menu.popup(place)

    def _place_commands(self) -> list[str]:
        """Return the commands that act on the place under the menu, where they can."""
        actions = self._bench.actions
        if self._bench.selection.place is None:
            return []
        return [c for c in PLACE_COMMANDS if c in actions and actions.get(c).isEnabled()]

    def _add_prototype_actions(self, menu: QMenu, index: int) -> None:
        detection, book = self._bench.document.shown, self._bench.prototypes
        if detection is None or index >= len(detection.keypoints.labels):
            return
        label = book.target(int(detection.keypoints.labels[index]))
        name = book.name(label)
        selection = self._bench.selection
        if "analyze.alike" in self._bench.actions:
            selection.select_keypoint(index, "menu")
            menu.addAction(self._bench.actions.get("analyze.alike"))
        menu.addAction(f"Show all of {name}", lambda: selection.select_prototype(label, "menu"))
        menu.addAction(f"Hide {name} everywhere", lambda: book.set_hidden(label, True))

    # Jobs

    @Slot(object)
    def _add_job(self, job: Job) -> None:
        self.jobs.add_job(job.number, job.title)
        job.state_changed.connect(
            lambda state, number=job.number: (
                self.jobs.show_cancelling(number) if state is JobState.CANCELLING else None
            )
        )

    @Slot(object, object)
    def _show_progress(self, job: Job, progress: JobProgress) -> None:
        if job.state is JobState.RUNNING:
            self.jobs.show_progress(
                job.number, progress.done, progress.total, progress.message, progress.remaining
            )

    @Slot(object)
    def _remove_job(self, job: Job) -> None:
        self.jobs.remove_job(job.number)

    @Slot(object, object)
    def _tell_failure(self, job: Job, failure: JobFailure) -> None:
        self.jobs.remove_job(job.number)
        todo = "The log has the details." if failure.details else ""
        self._bench.notices.error(f"{job.title} failed.", failure.sentence, todo, failure.details)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")

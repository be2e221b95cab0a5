"""The picture and its keypoints in numbers; the keypoint that is selected or pointed at."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from tusk_app.canvas.marks import marks_of
from tusk_app.canvas.widgets.keypoint_table import KeypointTable
from tusk_app.canvas.widgets.patch_view import PatchView
from tusk_app.canvas.widgets.similarity_bars import Likeness, SimilarityBars
from tusk_app.panel import Panel
from tusk_app.parts.empty_hint import EmptyHint, HintStack
from tusk_app.parts.words import say
from tusk_app.pictures.faces import KindFaces

if TYPE_CHECKING:
    from tusk_app.workbench import Workbench
    from tusk_core.results import Keypoints

ORIGIN = "inspector"
NUM_ALIKE = 3
_NO_MODEL = (
    "[Points] of the picture are listed here once something finds them: the next step is over the "
    "picture."
)
_WAYS = (("Train…", "model.train"), ("Open model…", "file.open-model"))
NOTHING = "Move the mouse over a [point], or choose rows, to see more."


class InspectorDock(Panel):
    """Lists keypoints; hover and selection are shared with all panels."""

    name = "inspector"
    title = "Inspector"
    question = "What is at each [point]?"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._faces = workbench.part(KindFaces)
        self.table = KeypointTable(self)
        self.patch = PatchView(self)
        self.alike = SimilarityBars(self)
        self._picture = QLabel(self)
        self._picture.setWordWrap(True)
        self._picture.setProperty("role", "muted")
        self._title = QLabel(self)
        self._title.setTextFormat(Qt.TextFormat.RichText)
        self._values = {name: QLabel(self) for name in ("Place", "Score", "Confidence")}
        hint = EmptyHint("keypoint", "Nothing to inspect", "")
        hint.clicked.connect(self._help)
        hint.other_clicked.connect(self._trigger)
        self._stack = HintStack(hint, self._lay_out(), self)
        self.setWidget(self._stack)
        # A video changes thirty times a second; numbers that nobody can read need not.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(60)
        self._later.timeout.connect(self.refresh)
        self._connect()
        self.refresh()

    @property
    def hint(self) -> EmptyHint:
        """What is said while there is nothing to inspect."""
        return self._stack.hint

    def _lay_out(self) -> QWidget:
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        column.addWidget(self._picture)
        column.addWidget(self.table, 1)
        self._details = QWidget(page)
        row = QHBoxLayout(self._details)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.patch, 0, Qt.AlignmentFlag.AlignTop)
        grid = QGridLayout()
        grid.setVerticalSpacing(2)
        grid.addWidget(self._title, 0, 0, 1, 2)
        for line, (name, label) in enumerate(self._values.items(), 1):
            caption = QLabel(name, self)
            caption.setProperty("role", "muted")
            grid.addWidget(caption, line, 0)
            grid.addWidget(label, line, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(len(self._values) + 1, 1)
        row.addLayout(grid, 1)
        column.addWidget(self._details)
        column.addWidget(self.alike)
        self._nothing = QLabel(say(NOTHING), self)
        self._nothing.setProperty("role", "muted")
        self._nothing.setWordWrap(True)
        self._nothing.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        column.addWidget(self._nothing)
        return page

    def _connect(self) -> None:
        document, selection = self._bench.document, self._bench.selection
        for signal in (
            document.picture_changed,
            document.detection_changed,
            document.reconstruction_changed,
            document.thresholds_changed,
            document.model_changed,
            self._bench.prototypes.changed,
            self._bench.live.changed,
            self._bench.engine.busy_changed,
            self._faces.changed,
        ):
            signal.connect(self._plan)
        selection.keypoint_changed.connect(self._show_keypoint)
        selection.keypoints_changed.connect(self._show_keypoint)
        selection.keypoint_hover_changed.connect(self._show_keypoint)
        self.visibilityChanged.connect(self._plan)
        self.table.row_hovered.connect(
            lambda row: selection.hover_keypoint(row if row >= 0 else None, ORIGIN)
        )
        self.table.rows_chosen.connect(self._choose)
        self.alike.clicked.connect(lambda index: selection.select_prototype(index, ORIGIN))

    @Slot()
    def _plan(self, _value: object = None) -> None:
        if not self._later.isActive():
            self._later.start()

    @Slot()
    def refresh(self) -> None:
        """Show the picture that is open now."""
        document = self._bench.document
        detection = document.shown
        has_content = document.picture is not None and detection is not None
        has_content = has_content and not self._bench.live.is_on
        self._stack.show_content(has_content=has_content)
        if not has_content or detection is None:
            self._say_what_to_do()
            return
        marks = marks_of(detection, self._bench.prototypes)
        kinds = map(int, detection.keypoints.labels)
        faces = tuple(self._faces.image(self._bench.prototypes.target(kind)) for kind in kinds)
        self.table.set_marks(marks, document.min_score, faces)
        self._picture.setText(self._describe())
        self._show_keypoint()

    def _say_what_to_do(self) -> None:
        document = self._bench.document
        if self._bench.live.is_on:
            text = ("The camera is on", say("Freeze a frame to see its [points] in numbers."))
        elif document.picture is None and document.source is not None:
            text = ("No picture is shown", say("Its [points] appear here when there is one."))
        elif document.picture is None:
            text = (
                "No picture is open",
                say("Open pictures or a video, then move the mouse over a [point]."),
            )
        elif document.model is None and self._bench.engine.is_busy:
            text = (
                "One moment",
                say("The engine is being loaded; [points] appear once a model is open."),
            )
        elif document.model is None:
            text = ("No model is open", say(_NO_MODEL))
        else:
            text = (say("Detecting [points]"), say("They appear here in a moment."))
        buttons = {"No picture is open": "Open images…", "The camera is on": "Freeze"}
        self._stack.hint.set_text(*text, buttons.get(text[0], ""))
        self._stack.hint.set_others(_WAYS if text[0] == "No model is open" else ())

    @Slot()
    def _help(self) -> None:
        if self._bench.live.is_on:
            self._bench.live.freeze()
            return
        self._trigger("file.open-images")

    @Slot(str)
    def _trigger(self, command: str) -> None:
        if command in self._bench.actions:
            self._bench.actions.trigger(command)

    def _describe(self) -> str:
        document = self._bench.document
        assert document.shown is not None
        scores = document.shown.keypoints.scores
        width, height = document.shown.size
        above = int((scores >= document.min_score).sum())
        parts = [f"{width} × {height} px", say(f"{len(scores)} [points]")]
        if above != len(scores):
            parts.append(f"{above} with a score of at least {document.min_score:.2f}")
        if document.reconstruction is not None:
            parts.append(f"error {document.reconstruction.error:.4f}")
        return "  ·  ".join(parts)

    @Slot(str)
    def _show_keypoint(self, _origin: str = "") -> None:
        selection, detection = self._bench.selection, self._bench.document.shown
        self.table.select_rows(selection.keypoints)
        index = selection.hovered_keypoint
        index = selection.keypoint if index is None else index
        num = 0 if detection is None else len(detection.keypoints.scores)
        is_known = index is not None and 0 <= index < num
        self._details.setVisible(is_known)
        self.alike.setVisible(is_known)
        self._nothing.setVisible(not is_known)
        self._nothing.setText(self._summed_up())
        if is_known and detection is not None and index is not None:
            self._fill(detection.keypoints, index)

    def _fill(self, points: Keypoints, index: int) -> None:
        book = self._bench.prototypes
        label = int(points.labels[index])
        x, y = points.xy[index].tolist()
        self._title.setText(f"<b>{book.name(label)}</b>")
        self._values["Place"].setText(f"{x:.1f}, {y:.1f} px")
        self._values["Score"].setText(f"{points.scores[index]:.3f}")
        self._values["Confidence"].setText(f"{points.confidences[index]:.3f}")
        self.patch.show_place(self._bench.document.picture, (x, y), QColor(*book.colour(label)))
        self.alike.set_rows(self._alike_to(points, index))

    def _alike_to(self, points: Keypoints, index: int) -> tuple[Likeness, ...]:
        model, book = self._bench.document.model, self._bench.prototypes
        if model is None or points.descriptors.shape[1] != model.prototypes.shape[1]:
            return ()
        cosines = model.prototypes @ points.descriptors[index]
        best = np.argsort(-cosines, kind="stable")[:NUM_ALIKE].tolist()
        return tuple(
            Likeness(i, book.name(i), book.symbol(i), book.colour(i), float(cosines[i]))
            for i in best
        )

    def _summed_up(self) -> str:
        """Return what is said of several selected keypoints, or how to select any."""
        chosen, detection = self._bench.selection.keypoints, self._bench.document.shown
        if len(chosen) < 2 or detection is None:
            return say(NOTHING)
        points, book = detection.keypoints, self._bench.prototypes
        rows = [i for i in sorted(chosen) if i < len(points.scores)]
        counts = Counter(book.name(book.target(int(points.labels[i]))) for i in rows)
        kinds = ", ".join(f"{count} × {name}" for name, count in counts.most_common())
        return say(f"{len(rows)} [points], mean score {points.scores[rows].mean():.3f}: {kinds}.")

    @Slot(object)
    def _choose(self, rows: frozenset[int]) -> None:
        selection, detection = self._bench.selection, self._bench.document.shown
        selection.select_keypoints(rows, ORIGIN)
        row = selection.keypoint
        if detection is not None and row is not None and row < len(detection.keypoints.labels):
            label = int(detection.keypoints.labels[row])
            selection.select_prototype(self._bench.prototypes.target(label), ORIGIN)

"""Correspondence: which keypoints of two pictures show the same thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from tusk_app.compare.widgets.correspondence_view import CorrespondenceView, Links
from tusk_app.engine.matching import Correspondence, match_keypoints
from tusk_app.panel import Panel
from tusk_app.parts.empty_hint import EmptyHint, HintStack
from tusk_app.parts.icon_button import IconButton
from tusk_app.parts.marked_picture import Marks, no_marks
from tusk_app.parts.panel_layout import flow_bar, labelled
from tusk_app.parts.words import say
from tusk_app.pictures.side_reader import SideReader
from tusk_app.state.document import NOT_WHOLE

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QHideEvent, QShowEvent

    from tusk_app.engine.requests import AsideDetected
    from tusk_app.workbench import Workbench
    from tusk_core.results import Detection

ORIGIN = "correspondence"
_LEFT, _RIGHT = 0, 1


class CorrespondenceDock(Panel):
    """The picture on the canvas is on the left, any other one on the right."""

    name = "correspondence"
    title = "Correspondence"
    question = "Which [points] of two pictures agree?"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._other_index = 1
        self._alike_index = -1
        # Until somebody chooses, the other picture is one that shows the same, or the next.
        self._is_chosen = False
        self._other: NDArray[np.uint8] | None = None
        self._other_detection: Detection | None = None
        self._pairs: Correspondence | None = None
        self._shown = np.zeros(0, np.int64)
        self._request = 0
        self._reader = workbench.part(SideReader)
        self._make_widgets()
        self._connect()
        self._enable()
        self._show_source()

    def _make_widgets(self) -> None:
        self.view = CorrespondenceView()
        self.number = QSpinBox()
        self.number.setMinimum(1)
        self.number.setAccessibleName("Picture on the right")
        self.number.setKeyboardTracking(False)
        self._before = IconButton("previous", "Previous picture on the right")
        self._after = IconButton("next", "Next picture on the right")
        self.alike = QPushButton("Most similar")
        self.alike.setToolTip(
            "Compare with the picture that shows most of the same; again: the next one"
        )
        self.threshold = QSlider(Qt.Orientation.Horizontal)
        self.threshold.setRange(1, 100)
        self.threshold.setValue(50)
        self.threshold.setMinimumWidth(90)
        self.threshold.setMaximumWidth(140)
        self.threshold.setAccessibleName("Largest difference")
        self._threshold_text = QLabel()
        self._summary = QLabel()
        self._summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        bar = flow_bar(
            labelled("Compare with", self.number, self._before, self._after),
            self.alike,
            labelled("Difference up to", self.threshold, self._threshold_text),
        )
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.addWidget(bar)
        layout.addWidget(self.view, 1)
        summary = QHBoxLayout()
        summary.setContentsMargins(8, 0, 8, 0)
        summary.addWidget(self._summary)
        layout.addLayout(summary)
        self.stack = HintStack(EmptyHint("link", "", ""), content)
        self.setWidget(self.stack)

    def _connect(self) -> None:
        document, selection = self._bench.document, self._bench.selection
        document.source_changed.connect(self._show_source)
        document.model_changed.connect(self._ask)
        document.picture_changed.connect(self._show_picture)
        document.detection_changed.connect(self._match)
        document.thresholds_changed.connect(self._look)
        self._bench.prototypes.changed.connect(self._match)
        self._reader.picture_read.connect(self._take_picture)
        self._bench.engine.aside_detected.connect(self._take_detection)
        self.number.valueChanged.connect(self._choose_other)
        self._before.clicked.connect(lambda: self._step(-1))
        self._after.clicked.connect(lambda: self._step(1))
        self.alike.clicked.connect(self._go_to_alike)
        self._bench.analysis.index_changed.connect(self._take_index)
        self.threshold.valueChanged.connect(self._show_links)
        self.view.link_clicked.connect(self._click)
        self.view.link_hovered.connect(self._hover)
        selection.keypoint_changed.connect(self._show_selected)

    def showEvent(self, event: QShowEvent) -> None:
        """Read the other picture as soon as somebody looks."""
        super().showEvent(event)
        self._suggest()
        self._ask()

    def hideEvent(self, event: QHideEvent) -> None:
        """Forget the other picture's memory."""
        super().hideEvent(event)
        self._other = self._other_detection = None

    @Slot()
    def _show_source(self) -> None:
        count = self._bench.document.num_pictures
        self.number.blockSignals(True)
        self.number.setMaximum(max(1, count))
        self.number.setSuffix(f" of {count}")
        self.number.blockSignals(False)
        self._is_chosen = False
        self._other = self._other_detection = None
        self._suggest()
        self._ask()

    @Slot()
    def _show_picture(self) -> None:
        before = self._other_index
        self._suggest()
        if self._other_index != before:
            self._ask()
        else:
            self._match()

    @Slot()
    def _take_index(self) -> None:
        self._enable()
        self._show_picture()

    def _suggest(self) -> None:
        """Compare with another picture than the one on the canvas, until the user chooses one."""
        here, count = self._bench.document.index, self._bench.document.num_pictures
        if count < 2 or (self._is_chosen and self._other_index != here):
            return
        order = self._alike_order() if self.isVisible() else np.zeros(0, np.int64)
        self._other_index = int(order[0]) if len(order) else (max(here, 0) + 1) % count
        self.number.blockSignals(True)
        self.number.setValue(self._other_index + 1)
        self.number.blockSignals(False)

    @Slot(int)
    def _choose_other(self, number: int) -> None:
        self._is_chosen = True
        self._other_index = number - 1
        self._ask()

    def _step(self, by: int) -> None:
        count = max(1, self._bench.document.num_pictures)
        self.number.setValue((self._other_index + by) % count + 1)

    @Slot()
    def _enable(self) -> None:
        explore = self._bench.analysis
        self.alike.setEnabled(explore.index is not None and explore.is_of_open_source())

    @Slot()
    def _go_to_alike(self) -> None:
        """Compare with the picture that shares most prototypes with the one on the canvas."""
        order = self._alike_order()
        if len(order) == 0:
            self._bench.notices.status(say("No other picture shows any of these [kinds]."))
            return
        following = 0
        if self._alike_index == self._other_index and self._other_index in order:
            following = int(np.flatnonzero(order == self._other_index)[0]) + 1
        self._alike_index = int(order[following % len(order)])
        self._is_chosen = True
        if self._alike_index == self._other_index:
            self._bench.notices.status("This is the most similar; press again for the next.")
        self.number.setValue(self._alike_index + 1)

    def _alike_order(self) -> NDArray[np.int64]:
        """Return the other pictures that share prototypes with this one, most alike first."""
        explore, here = self._bench.analysis, self._bench.document.index
        index, analysis = explore.index, self._bench.document.analysis
        none = np.zeros(0, np.int64)
        if index is None or analysis is None or here < 0 or not explore.is_of_open_source():
            return none
        own = np.unique(index.labels[index.rows_of_picture(here)])
        shared = np.flatnonzero(np.isin(index.labels, own))
        pairs = np.unique(analysis.picture[shared].astype(np.int64) * index.num_prototypes
                          + index.labels[shared])  # fmt: skip
        counts = np.bincount(pairs // index.num_prototypes, minlength=len(analysis.picture_names))
        counts[here] = 0
        order: NDArray[np.int64] = np.argsort(-counts, kind="stable")[: int((counts > 0).sum())]
        return order

    @Slot()
    def _ask(self) -> None:
        """Read the other picture."""
        source = self._bench.document.source
        self._other_detection = None
        self._match()
        if self.isVisible() and source is not None and len(source) > 1:
            self._reader.read(ORIGIN, source, self._other_index)

    @Slot(str, int, object)
    def _take_picture(self, who: str, index: int, picture: NDArray[np.uint8]) -> None:
        if who == ORIGIN and index == self._other_index:
            self._other = picture
            self._look()

    @Slot()
    def _look(self) -> None:
        if self._other is not None and self.isVisible():
            self._request += 1
            self._bench.engine.look_aside(ORIGIN, self._request, (self._other,))
            self._match()

    @Slot(object)
    def _take_detection(self, answer: AsideDetected) -> None:
        if answer.who == ORIGIN and answer.number == self._request:
            self._other_detection = answer.detections[0]
            self._match()

    @Slot()
    def _match(self) -> None:
        document = self._bench.document
        source = document.source
        self._show_hint()
        if source is None or not self.isVisible():
            return
        detection, other = document.shown, self._other_detection
        left = "" if document.index < 0 else source.name(document.index)
        right = "" if self._other_index >= len(source) else source.name(self._other_index)
        self.view.set_picture(_LEFT, document.picture, self._marks(detection), left)
        self.view.set_picture(_RIGHT, self._other, self._marks(other), right)
        self._pairs = None
        if detection is not None and other is not None:
            book = self._bench.prototypes
            targets = np.array([book.target(i) for i in range(book.num)], np.int64)
            self._pairs = match_keypoints(detection.keypoints, other.keypoints, targets)
        self._show_links()

    def _marks(self, detection: Detection | None) -> Marks:
        table = self._bench.prototypes.colours()
        if detection is None or len(table) == 0:
            return no_marks()
        labels = np.clip(detection.keypoints.labels, 0, len(table) - 1)
        return Marks(detection.keypoints.xy, table[labels])

    @Slot()
    def _show_links(self) -> None:
        limit = self.threshold.value() / 50
        self._threshold_text.setText(f"{limit:.2f}")
        pairs, book = self._pairs, self._bench.prototypes
        empty = np.zeros(0, np.int64)
        if pairs is None or book.num == 0:
            self._shown = empty
            self.view.set_links(Links(empty, empty, np.zeros((0, 3), np.uint8), ()))
            self._summary.clear()
            return
        self._shown = np.flatnonzero(pairs.distance <= limit)
        labels = pairs.labels[self._shown]
        texts = tuple(
            f"{book.name(int(label))} · difference {distance:.2f}"
            for label, distance in zip(labels, pairs.distance[self._shown], strict=True)
        )
        self.view.set_links(
            Links(
                pairs.first[self._shown],
                pairs.second[self._shown],
                book.colours()[np.clip(labels, 0, book.num - 1)],
                texts,
            )
        )
        shown, total = len(self._shown), len(pairs.first)
        text = say(f"{shown} pair{'' if shown == 1 else 's'} of the same [kind]")
        if shown < total:
            text += f", {total - shown} more differ too much"
        self._summary.setText(text + ".")
        self._show_selected()

    def _show_hint(self) -> None:
        document = self._bench.document
        ready = document.model is not None and document.num_pictures > 1 and document.is_whole
        self.stack.show_content(has_content=ready)
        title = "Nothing to compare yet"
        if document.model is None:
            text = say("Open or train a model to see which [points] of two pictures agree.")
        elif document.is_whole:
            text = "Open a folder or a video: two pictures are needed."
        else:
            text = NOT_WHOLE
        self.stack.hint.set_text(title, text)

    @Slot(int)
    def _click(self, link: int) -> None:
        if self._pairs is not None:
            keypoint = int(self._pairs.first[self._shown[link]])
            self._bench.selection.select_keypoint(keypoint, ORIGIN)

    @Slot(int)
    def _hover(self, link: int) -> None:
        keypoint = None
        if link >= 0 and self._pairs is not None:
            keypoint = int(self._pairs.first[self._shown[link]])
        self._bench.selection.hover_keypoint(keypoint, ORIGIN)

    @Slot()
    def _show_selected(self) -> None:
        keypoint, current = self._bench.selection.keypoint, -1
        if keypoint is not None and self._pairs is not None:
            found = np.flatnonzero(self._pairs.first[self._shown] == keypoint)
            current = int(found[0]) if len(found) else -1
        self.view.set_current(current)

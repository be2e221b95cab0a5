"""Shows which prototypes would be joined into how many kinds, before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSpinBox,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts import readable
from tusk_app.parts.words import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_PICTURE = 40
_GAP = 3
_MOST_PICTURES = 8
_MEMBERS = Qt.ItemDataRole.UserRole
_DOUBTFUL = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True, slots=True, eq=False)
class MergeOffer:
    """What can be joined; M prototypes.

    Attributes:
        groups: gives the group of each prototype, (M,), for a number of groups.
        likely: number of groups at which joining begins to cost most more.
        counts: (M,) detections of each prototype.
        names: M names.
        cosines: (M, M) similarity of prototypes.
        pictures: (M, h, w, 3) uint8 look of each; None while it is not known.
        doubtful_below: groups with a less similar pair are not ticked at first.
        has_merges: prototypes are merged already.
    """

    groups: Callable[[int], NDArray[np.int64]]
    likely: int
    counts: NDArray[np.int64]
    names: tuple[str, ...]
    cosines: NDArray[np.floating]
    pictures: NDArray[np.uint8] | None = None
    doubtful_below: float = -1.0
    has_merges: bool = False

    @property
    def num_used(self) -> int:
        """Prototypes with detections."""
        return int((self.counts > 0).sum())


class MergeDialog(QDialog):
    """A number of kinds, and the groups it makes: those that are ticked are joined.

    Signals:
        accepted_groups: (M,) int64 group of each prototype.
    """

    accepted_groups = Signal(object)

    def __init__(self, offer: MergeOffer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("suggest-merges")
        self.setWindowTitle("Suggest merges")
        self._offer = offer
        # What the user ticked himself, by the kinds that a row would join.
        self._ticks: dict[frozenset[int], bool] = {}
        self._images = [] if offer.pictures is None else [_image(p) for p in offer.pictures]
        self.number = QSpinBox(self)
        self.number.setRange(1, max(1, offer.num_used))
        self.number.setValue(offer.likely)
        self.number.setAccessibleName("Number of kinds")
        self.likely_button = QPushButton(f"Back to {offer.likely}", self)
        self.likely_button.clicked.connect(lambda: self.number.setValue(offer.likely))
        self.list = QTreeWidget(self)
        self._set_up_list()
        self._note = QLabel(self)
        self._note.setWordWrap(True)
        self._note.setProperty("role", "muted")
        self._lay_out()
        self.number.valueChanged.connect(self._show)
        self.list.itemChanged.connect(self._take_tick)
        self._show()
        self.resize(600, 480)

    def groups(self) -> NDArray[np.int64]:
        """Return the group of each prototype, (M,): joined where its row is ticked."""
        targets = self._offer.groups(self.number.value()).copy()
        for row in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(row)
            if item is not None and item.checkState(1) is not Qt.CheckState.Checked:
                members = item.data(0, _MEMBERS)
                targets[list(members)] = list(members)
        return targets

    def _set_up_list(self) -> None:
        self.list.setAccessibleName("What would be joined")
        self.list.setColumnCount(3)
        self.list.setHeaderLabels(["Looks", "Join", "Least similar"])
        self.list.headerItem().setToolTip(
            2,
            say(
                "Cosine between the two [kinds] of the group that are least similar; 1 is the same"
            ),
        )
        self.list.setRootIsDecorated(False)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)

    def _lay_out(self) -> None:
        offer = self._offer
        text = say(
            f"{offer.num_used} [kinds] are in use. Often several of them mean one kind of "
            "thing in different styles. Those that are most similar are joined first; from "
            f"{offer.likely} kinds on, joining costs much more, so that is a likely number."
        )
        intro = QLabel(text, self)
        intro.setWordWrap(True)
        row = QHBoxLayout()
        label = QLabel("&Kinds:", self)
        label.setBuddy(self.number)
        row.addWidget(label)
        row.addWidget(self.number)
        row.addWidget(self.likely_button)
        row.addStretch(1)
        buttons = QDialogButtonBox(self)
        self.join_button = buttons.addButton("Join", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(intro)
        column.addLayout(row)
        column.addWidget(self.list, 1)
        column.addWidget(self._note)
        column.addWidget(buttons)

    def _show(self) -> None:
        offer, targets = self._offer, self._offer.groups(self.number.value())
        used = np.flatnonzero(offer.counts > 0)
        own, sizes = np.unique(targets[used], return_counts=True)
        order = own[np.argsort(-sizes, kind="stable")]
        self.list.blockSignals(True)
        self.list.clear()
        for target in order.tolist():
            members = used[targets[used] == target]
            if len(members) > 1:
                self._add(target, members)
        self.list.blockSignals(False)
        self.likely_button.setVisible(self.number.value() != offer.likely)
        self._sum_up()

    def _sum_up(self) -> None:
        """Say what Join would do."""
        offer, targets = self._offer, self.groups()
        used = np.flatnonzero(offer.counts > 0)
        _, sizes = np.unique(targets[used], return_counts=True)
        joined, alone = int((sizes > 1).sum()), int((sizes == 1).sum())
        self.join_button.setEnabled(joined > 0)
        parts = [
            say(f"{alone} [kinds] stay as they are.") if joined else "Nothing would be joined."
        ]
        if any(self._is_doubtful(row) for row in range(self.list.topLevelItemCount())):
            parts.append("Rows with a pair that is hardly alike are not ticked.")
        parts.append("Nothing in the model changes; merges can be taken apart again.")
        if offer.has_merges:
            parts.append("Earlier merges are replaced.")
        self._note.setText(" ".join(parts))

    def _add(self, target: int, members: NDArray[np.int64]) -> None:
        offer = self._offer
        rest = [int(i) for i in members if i != target]
        cosines = offer.cosines[np.ix_(members, members)]
        others = ", ".join(offer.names[i] for i in rest)
        count = readable.count(int(offer.counts[members].sum()))
        text = f"{offer.names[target]}  ←  {others}\n{count} detections"
        item = QTreeWidgetItem(["", text, f"{cosines.min():.2f}"])
        kinds = frozenset(members.tolist())
        is_doubtful = bool(cosines.min() < offer.doubtful_below)
        is_ticked = self._ticks.get(kinds, not is_doubtful)
        item.setData(0, _MEMBERS, kinds)
        item.setData(2, _DOUBTFUL, is_doubtful)
        item.setCheckState(1, Qt.CheckState.Checked if is_ticked else Qt.CheckState.Unchecked)
        item.setTextAlignment(2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if self._images:
            shown = [target, *rest][:_MOST_PICTURES]
            label = QLabel(self.list)
            label.setPixmap(_row([self._images[i] for i in shown]))
            label.setContentsMargins(4, 3, 8, 3)
            self.list.addTopLevelItem(item)
            self.list.setItemWidget(item, 0, label)
            item.setSizeHint(0, label.sizeHint())
        else:
            self.list.addTopLevelItem(item)

    def _is_doubtful(self, row: int) -> bool:
        item = self.list.topLevelItem(row)
        return item is not None and bool(item.data(2, _DOUBTFUL))

    @Slot(QTreeWidgetItem, int)
    def _take_tick(self, item: QTreeWidgetItem, column: int) -> None:
        if column == 1:
            self._ticks[item.data(0, _MEMBERS)] = item.checkState(1) is Qt.CheckState.Checked
            self._sum_up()

    def _accept(self) -> None:
        self.accepted_groups.emit(self.groups())
        self.accept()


def _image(picture: NDArray[np.uint8]) -> QImage:
    height, width = picture.shape[:2]
    data = np.ascontiguousarray(picture)
    return QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _row(images: list[QImage]) -> QPixmap:
    """Return pictures side by side."""
    row = QPixmap(QSize(len(images) * (_PICTURE + _GAP) - _GAP, _PICTURE))
    row.fill(Qt.GlobalColor.transparent)
    painter = QPainter(row)
    for number, image in enumerate(images):
        scaled = QPixmap.fromImage(image).scaled(
            _PICTURE, _PICTURE, Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.FastTransformation,
        )  # fmt: skip
        painter.drawPixmap(number * (_PICTURE + _GAP), (_PICTURE - scaled.height()) // 2, scaled)
    painter.end()
    return row

"""What can be done with prototypes in the gallery: rename, colour, hide, merge, save."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog, QFileDialog, QInputDialog, QMenu

from tusk_app.engine.detection_table import save_detections
from tusk_app.engine.prototype_pictures import common_middle
from tusk_app.gallery.arranging import ORDERS
from tusk_app.gallery.controller import GalleryController
from tusk_app.gallery.merge_dialog import MergeDialog, MergeOffer
from tusk_app.gallery.model import rows_like
from tusk_app.parts.one_dialog import OneDialog
from tusk_app.parts.words import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tusk_app.gallery.widgets.prototype_tiles import PrototypeTiles
    from tusk_app.workbench import Workbench
    from tusk_core.results import MergeSteps


# Directions at random have a cosine of about one over the root of their length; twice that is
# hardly alike.
_BY_CHANCE = 2.0
MERGES = "model/merges"


class GalleryCommands(QObject):
    """Changes the prototype book; the model's own files stay as they are.

    Signals:
        merged: int, the prototype that others were merged into.
        alike_found: (C,) descriptor, and the rows that look like it; they are selected next.
    """

    merged = Signal(int)
    alike_found = Signal(object, object)

    def __init__(self, workbench: Workbench, tiles: PrototypeTiles) -> None:
        super().__init__(tiles)
        self._bench, self._tiles = workbench, tiles
        self._book = workbench.prototypes
        self._offer: OneDialog[MergeDialog] = OneDialog(self)
        self._gallery = workbench.part(GalleryController)
        self._gallery.merges_found.connect(self._offer_merges)
        workbench.document.analysis_changed.connect(self._offer.withdraw)
        if "analyze.merges" not in workbench.actions:
            self._add_actions()
            for signal in (self._tiles.chosen_changed, workbench.selection.prototype_changed):
                signal.connect(self._enable)
            self._enable()

    def _add_actions(self) -> None:
        add = self._bench.actions.add
        add(
            "analyze.merges", "Suggest &merges…", self.suggest_merges, menu="Analyse",
            group="analysis", icon="prototypes",
            tip="See which [kinds] mean the same kind of thing, and join them",
        )  # fmt: skip
        add(
            "analyze.alike", "&Find more like this", self.find_alike, menu="Analyse",
            group="analysis", icon="search", shortcut="Ctrl+Shift+F",
            tip="Select what looks most like the selected [point], in all pictures",
        )  # fmt: skip
        for order, text in ORDERS:
            add(
                f"gallery.by-{order}", f"Arrange [kinds] {text}",
                functools.partial(self._gallery.arrange, order), menu="Arrange",
                tip="Order of the tiles in the gallery",
            )  # fmt: skip
        add(
            "prototypes.merge", "Merge the selected &[kinds]",
            lambda: self.merge(self._tiles.selected_prototypes()), menu="Analyse",
            group="names", icon="link", tip="Treat the [kinds] whose tiles are selected as one",
        )  # fmt: skip
        add(
            "prototypes.rename", "&Rename the selected [kind]…", self.rename_selected,
            menu="Analyse", group="names", icon="pencil",
            tip="Name the selected [kind] in every panel and export",
        )  # fmt: skip

    @Slot()
    def _enable(self, _value: object = None) -> None:
        actions, chosen = self._bench.actions, self._tiles.selected_prototypes()
        actions.get("prototypes.merge").setEnabled(len(chosen) > 1)
        actions.get("prototypes.rename").setEnabled(self._bench.selection.prototype is not None)

    def find_alike(self) -> None:
        """Select the detections whose descriptors are most like the selected one's."""
        analysis, look = self._bench.document.analysis, self._look()
        if analysis is None or look is None or look.shape != analysis.descriptors.shape[1:]:
            self._bench.notices.status(
                say("Select a [point] first, and analyse all pictures.")
                if analysis is None or look is None
                else "These detections are of another model. Analyse all pictures again."
            )
            return
        rows = rows_like(analysis, look)
        self.alike_found.emit(look, rows)
        self._bench.selection.select_detections(rows, "alike")
        self._bench.notices.status(
            f"{len(rows)} places look like this one, the most alike first in the gallery."
        )

    def _look(self) -> NDArray[np.floating] | None:
        """Return the descriptor of what is selected: a keypoint of the picture, or a detection."""
        selection, points = self._bench.selection, self._bench.document.keypoints
        keypoint = selection.keypoint
        if keypoint is not None and points is not None and keypoint < len(points.scores):
            return np.asarray(points.descriptors[keypoint], np.float32)
        analysis, rows = self._bench.document.analysis, selection.detections
        if analysis is not None and len(rows) == 1:
            return np.asarray(analysis.descriptors[int(rows[0])], np.float32)
        return None

    def rename_selected(self) -> None:
        """Ask for a name of the selected prototype."""
        prototype = self._bench.selection.prototype
        if prototype is None:
            return
        before = self._book.name(prototype)
        dialog = QInputDialog(self._tiles.window())
        dialog.setObjectName("rename-dialog")
        dialog.setWindowTitle("Rename")
        dialog.setLabelText(f"Name of {before}:")
        dialog.setTextValue(before)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.textValueSelected.connect(lambda name: self._book.rename(prototype, name))
        dialog.open()

    def make_menu(self, chosen: list[int]) -> QMenu:
        """Return the commands for some prototypes."""
        book = self._book
        menu = QMenu(self._tiles)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if len(chosen) == 1:
            menu.addAction("Rename…", lambda: self._rename(chosen[0]))
        menu.addAction("Colour…", lambda: self._recolour(chosen))
        menu.addAction("Own colour back", lambda: _each(chosen, lambda i: book.recolour(i, None)))
        menu.addSeparator()
        if any(book.is_hidden(i) for i in chosen):
            menu.addAction(
                "Show everywhere",
                lambda: _each(chosen, lambda i: book.set_hidden(i, False)),
            )
        if not all(book.is_hidden(i) for i in chosen):
            menu.addAction("Hide everywhere", lambda: _each(chosen, book.set_hidden))
        menu.addSeparator()
        self._add_merging(menu, chosen)
        self._add_orders(menu)
        if self._bench.document.analysis is not None:
            menu.addSeparator()
            menu.addAction("Save these detections as CSV…", lambda: self._ask_save(chosen))
        return menu

    def _add_orders(self, menu: QMenu) -> None:
        orders = menu.addMenu(say("Arrange all [kinds]"))
        for order, text in ORDERS:
            action = orders.addAction(text)
            action.triggered.connect(lambda _=False, order=order: self._gallery.arrange(order))
            action.setCheckable(True)
            action.setChecked(order == self._gallery.arrangement)

    def merge(self, chosen: list[int]) -> None:
        """Treat some prototypes as one; a notice offers to undo it."""
        if len(chosen) < 2:
            return
        book, into = self._book, self._main_one(chosen)
        others = [i for i in chosen if i != into]
        _each(others, lambda i: book.merge(i, into))
        text = say(f"{len(others) + 1} [kinds] are shown and exported as {book.name(into)}.")
        self._offer_undo(text, lambda: _each(others, book.unmerge))
        self.merged.emit(into)

    def suggest_merges(self) -> None:
        """Look which prototypes are alike and show what joining them would do."""
        if self._bench.document.analysis is None:
            self._bench.notices.status("Analyse all pictures first; merges are found from them.")
            return
        self._gallery.find_merges()

    @Slot(object)
    def _offer_merges(self, steps: MergeSteps) -> None:
        analysis, gallery, book = (
            self._bench.document.analysis,
            self._gallery,
            self._book,
        )
        if analysis is None or self._offer.is_open:
            return
        unit = analysis.prototypes / np.maximum(
            np.linalg.norm(analysis.prototypes, axis=1, keepdims=True), 1e-12
        )
        decoded = gallery.means if gallery.decoded is None else common_middle(gallery.decoded)
        offer = MergeOffer(
            groups=steps.groups,
            likely=steps.likely_number(),
            counts=steps.counts,
            names=tuple(book.own_name(i) for i in range(len(steps.counts))),
            cosines=unit @ unit.T,
            pictures=decoded,
            doubtful_below=_BY_CHANCE / np.sqrt(unit.shape[1]),
            has_merges=bool(book.merges()),
        )
        dialog = self._offer.hold(MergeDialog(offer, self._tiles))
        dialog.accepted_groups.connect(self.apply_groups)
        dialog.open()

    @Slot(object)
    def apply_groups(self, targets: NDArray[np.int64]) -> None:
        """Merge every prototype into its group, (M,); a notice offers to undo it."""
        book, before = self._book, self._book.merges()
        book.set_merges({i: int(t) for i, t in enumerate(targets.tolist()) if i != t})
        kinds = len({book.target(i) for i in range(book.num)})
        text = say(f"{len(book.merges())} [kinds] were joined to others; {kinds} are shown.")
        undo = lambda: book.set_merges(before)  # noqa: E731
        self._offer_undo(text, undo)

    def _offer_undo(self, text: str, undo: Callable[[], object]) -> None:
        """Offer to take back the last merge, and none before it, while this model is open."""
        self._bench.notices.withdraw(MERGES)
        self._bench.notices.toast(text, "info", "Undo", undo, about=MERGES)

    def save_detections(self, path: Path, chosen: list[int]) -> None:
        """Write all detections of some prototypes as CSV."""
        document = self._bench.document
        analysis, index = document.analysis, self._bench.analysis.index
        if analysis is None or index is None:
            return
        rows = np.sort(np.concatenate([index.rows_of_prototype(i) for i in chosen]))
        try:
            save_detections(path, rows, analysis, index, self._book, document.embedding)
        except OSError as error:
            self._bench.notices.error(
                "The file could not be written.", str(error), "Choose another folder."
            )
            return
        self._bench.notices.toast(f"Saved {len(rows)} detections.", "success")

    def _main_one(self, chosen: list[int]) -> int:
        """Return the one with a name, else the most frequent: it gives its name to all."""
        counts = {tile.index: tile.count for tile in self._gallery.tiles}
        return max(chosen, key=lambda i: (self._book.has_own_name(i), counts.get(i, 0)))

    def _add_merging(self, menu: QMenu, chosen: list[int]) -> None:
        book, first = self._book, chosen[0]
        if len(chosen) > 1:
            name = book.name(self._main_one(chosen))
            menu.addAction(f"Merge into {name}", lambda: self.merge(chosen))
            return
        tiles = self._gallery.tiles
        tile = next((t for t in tiles if t.index == first), None)
        if tile is not None and tile.health is not None and tile.health.twin >= 0:
            twin = book.target(tile.health.twin)
            if twin != first:
                text = f"Merge with {book.name(twin)}, the most similar"
                menu.addAction(text, lambda: self.merge([first, twin]))
        members = [i for i, target in book.merges().items() if target == first]
        if book.merges():
            menu.addAction("Take all merges apart", lambda: book.set_merges({}))
        if members:
            menu.addAction("Unmerge", lambda: _each(members, book.unmerge))

    def _rename(self, index: int) -> None:
        row = self._tiles.prototypes.row_of(index)
        if row >= 0:
            self._tiles.edit(self._tiles.prototypes.index(row))

    def _recolour(self, chosen: list[int]) -> None:
        book = self._book
        colour = QColorDialog.getColor(QColor(*book.colour(chosen[0])), self._tiles, "Colour")
        if colour.isValid():
            rgb = (colour.red(), colour.green(), colour.blue())
            _each(chosen, lambda i: book.recolour(i, rgb))

    def _ask_save(self, chosen: list[int]) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self._tiles, "Save detections", "detections.csv", "*.csv"
        )
        if name:
            self.save_detections(Path(name), chosen)


def _each(items: list[int], change: Callable[[int], object]) -> None:
    """Apply ``change`` to each item."""
    for item in items:
        change(item)

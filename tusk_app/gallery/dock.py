"""The gallery: what each prototype looks like, and every detection of it.

A little longer than other files: one panel's parts and their connections, a few lines each.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tusk_app.canvas.editing_controller import EditingController
from tusk_app.engine.prototype_pictures import common_middle
from tusk_app.gallery.arranging import arranged
from tusk_app.gallery.commands import GalleryCommands
from tusk_app.gallery.controller import GalleryController
from tusk_app.gallery.model import likeness, similarities, summary, usage_note
from tusk_app.gallery.widgets.patch_grid import PatchGrid
from tusk_app.gallery.widgets.prototype_tiles import PrototypeTiles
from tusk_app.panel import Panel
from tusk_app.parts import readable
from tusk_app.parts.elided_label import ElidedLabel
from tusk_app.parts.empty_hint import EmptyHint, HintStack
from tusk_app.parts.panel_layout import AdaptiveSplitter, flow_bar
from tusk_app.parts.when_seen import WhenSeen
from tusk_app.parts.words import say
from tusk_app.pictures.detection_card import DetectionCard
from tusk_app.pictures.patches import PatchController

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QHideEvent, QShowEvent

    from tusk_app.gallery.model import SortKey
    from tusk_app.workbench import Workbench

ORIGIN = "gallery"
# Below this width the patches stand beneath the tiles, where the panel is at least so tall: in a
# low one a row of each would be cut.
_NARROW, _TALL = 560, 480
_CONTEXTS = (0.6, 0.8, 1.0, 1.4, 2.0, 3.0)
_SORTS: tuple[tuple[str, str], ...] = (
    ("similarity", "most similar"),
    ("score", "highest score"),
    ("error", "worst picture"),
    ("time", "in order"),
)


class GalleryDock(Panel):
    """Binds gallery controller, prototype book and selection to tiles and patches."""

    name = "gallery"
    title = "Gallery"
    question = "What does each [kind] look like?"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._gallery = workbench.part(GalleryController)
        self._patches = workbench.part(PatchController).patches
        # What the patches are of: one prototype, or rows that were selected in any panel, or all.
        self._shown: int | None = None
        self._only: NDArray[np.int64] | None = None
        # What the rows that are selected were found by; None where they were not.
        self._look: NDArray[np.floating] | None = None
        self._alike: NDArray[np.int64] = np.zeros(0, np.int64)
        self._when_seen = WhenSeen(self)
        # A click on a patch selects its prototype; the patches stay where they are.
        self._keeps_rows = False
        self._make_widgets()
        self.commands = GalleryCommands(workbench, self.tiles)
        self._connect()
        self._show_tiles()
        self._show_rows()

    def _make_widgets(self) -> None:
        self.tiles = PrototypeTiles()
        self.grid = PatchGrid()
        self._card = DetectionCard(self._bench, self, ORIGIN)
        self._summary = ElidedLabel()
        self._summary.setContentsMargins(8, 4, 8, 0)
        self.merge_button = QToolButton()
        self.merge_button.setText("Merge")
        self.merge_button.setToolTip(
            "Select two or more tiles (Ctrl or Shift) to treat them as one. Can be undone."
        )
        self.merge_button.setEnabled(False)
        self.suggest_button = QToolButton()
        self.suggest_button.setText("Suggest merges…")
        self.suggest_button.setToolTip(
            say("See which [kinds] mean the same kind of thing, and join them")
        )
        self.suggest_button.setEnabled(False)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 6, 0)
        head.addWidget(self._summary, 1)
        head.addWidget(self.suggest_button)
        head.addWidget(self.merge_button)
        splitter = AdaptiveSplitter(_NARROW, (300, 470), (185, 155), tall=_TALL)
        splitter.addWidget(self.tiles)
        splitter.addWidget(self._make_detections())
        splitter.use_sizes()
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(head)
        layout.addWidget(splitter, 1)
        hint = EmptyHint(
            "gallery",
            say("No [kinds] yet"),
            say(
                "Open or train a model. Each [kind] it knows becomes a tile here: what it draws, "
                "what it was found on, and how often."
            ),
        )
        self.stack = HintStack(hint, content)
        self.setWidget(self.stack)

    def _make_detections(self) -> QWidget:
        self._title = QLabel()
        self._title.setTextFormat(Qt.TextFormat.RichText)
        self._title.setMinimumWidth(110)
        self.sort = QComboBox()
        self.sort.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.sort.setMinimumContentsLength(11)
        self.sort.setAccessibleName("Sort by")
        self.sort.setToolTip("What comes first")
        for value, text in _SORTS:
            self.sort.addItem(text, value)
        self.context = QComboBox()
        self.context.setAccessibleName("Patch size")
        self.context.setToolTip("How much of the picture each patch shows")
        for share in _CONTEXTS:
            self.context.addItem(f"{share:g}×", share)
        self.context.setCurrentIndex(_CONTEXTS.index(1.0))
        self.side = QSlider(Qt.Orientation.Horizontal)
        self.side.setRange(32, 160)
        self.side.setValue(self.grid.side)
        self.side.setFixedWidth(70)
        self.side.setAccessibleName("Size on the screen")
        self.side.setToolTip("Size of the patches (Ctrl+wheel)")
        self.all_button = QToolButton()
        self.all_button.setText("Show all")
        self.all_button.setToolTip("Select nothing, and show every detection (Esc)")
        self.all_button.hide()
        self._bar = flow_bar(self._title, self.all_button, self.side, self.sort, self.context)
        hint = EmptyHint("grid", "", "")
        hint.clicked.connect(self._bench.analysis.start)
        self.grid_stack = HintStack(hint, self.grid)
        holder = QWidget()
        layout = QVBoxLayout(holder)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self._bar)
        layout.addWidget(self.grid_stack, 1)
        return holder

    def _connect(self) -> None:
        gallery, selection, book = (
            self._gallery,
            self._bench.selection,
            self._bench.prototypes,
        )
        self.tiles.chosen.connect(self._bench.links.select_prototypes)
        self.all_button.clicked.connect(lambda: selection.clear(ORIGIN))
        self.tiles.renamed.connect(book.rename)
        self.commands.merged.connect(self._show_merged)
        self.commands.alike_found.connect(self._take_look)
        self.tiles.menu_requested.connect(self._show_menu)
        # A tile can only be dropped on a keypoint that may be changed.
        self.tiles.drag_started.connect(
            lambda: self._bench.part(EditingController).set_enabled(True)
        )
        self.tiles.selectionModel().selectionChanged.connect(self._show_merge)
        self.merge_button.clicked.connect(
            lambda: self.commands.merge(self.tiles.selected_prototypes())
        )
        self.suggest_button.clicked.connect(self.commands.suggest_merges)
        gallery.tiles_changed.connect(self._show_tiles)
        self._patches.arrived.connect(self._patches_came)
        self._bench.analysis.index_changed.connect(self._show_rows)
        self._bench.analysis.busy_changed.connect(self._show_grid_hint)
        self._bench.document.source_changed.connect(self._show_grid_hint)
        self._bench.document.model_changed.connect(self._show_tiles)
        book.changed.connect(self._show_rows)
        self.grid.set_patches(self._patches.get)
        self.grid.selection_made.connect(self._select_rows)
        self.grid.activated.connect(self._open_row)
        self.grid.hovered.connect(self._card.point)
        self.grid.cleared.connect(lambda: selection.clear(ORIGIN))
        self.grid.side_changed.connect(self.side.setValue)
        self.side.valueChanged.connect(self.grid.set_side)
        self.sort.currentIndexChanged.connect(self._show_rows)
        self.context.currentIndexChanged.connect(
            lambda: self._bench.part(PatchController).set_context(float(self.context.currentData()))
        )
        selection.prototype_changed.connect(self._follow)
        selection.detections_changed.connect(self._follow)
        selection.hover_changed.connect(self._hover_changed)

    def showEvent(self, event: QShowEvent) -> None:
        """Make the pictures of the tiles as soon as somebody looks."""
        super().showEvent(event)
        self._gallery.want()

    def hideEvent(self, event: QHideEvent) -> None:
        """Take the card along."""
        super().hideEvent(event)
        self._card.hide()

    @Slot()
    def _show_tiles(self) -> None:
        gallery = self._gallery
        self.stack.show_content(has_content=bool(gallery.tiles))
        decoded = None if gallery.decoded is None else common_middle(gallery.decoded)
        looks = decoded if decoded is not None and decoded.any() else gallery.means
        tiles = arranged(gallery.tiles, looks, gallery.arrangement)
        chosen = self.tiles.selected_prototypes()
        self.tiles.prototypes.set_tiles(tiles, decoded, gallery.means)
        if self.tiles.selected_prototypes() != chosen:
            self.tiles.select(chosen)
        self._summary.setText(summary(gallery.tiles))
        twins = say("[Kinds] that look like others (cosine above 0.95) can be merged.")
        self._summary.setToolTip(f"<p>{usage_note(gallery.tiles)}</p><p>{twins}</p>")
        self._show_grid_hint()

    @Slot()
    def _show_grid_hint(self) -> None:
        analysis = self._bench.analysis
        self.suggest_button.setEnabled(self._bench.document.analysis is not None)
        has_detections = self._bench.document.analysis is not None
        self.grid_stack.show_content(has_content=has_detections)
        self._bar.setVisible(has_detections)  # there is nothing to sort or to enlarge yet
        title = "No detections yet"
        if analysis.is_busy:
            self.grid_stack.hint.set_text(title, "The pictures are being analysed.")
        elif analysis.problem:
            self.grid_stack.hint.set_text(title, analysis.problem)
        else:
            text = "Let the model look through all open pictures to see every place it finds."
            self.grid_stack.hint.set_text(title, text, "Analyse all pictures")

    @Slot()
    def _show_rows(self) -> None:
        analysis, index = self._bench.document.analysis, self._bench.analysis.index
        self._show_grid_hint()
        book = self._bench.prototypes
        if analysis is None or index is None:
            self._title.clear()
            return
        if self._shown is not None:
            self._shown = book.target(self._shown)
        key: SortKey = self.sort.currentData()
        rows = self._gallery.rows(self._shown, key, self._only)
        if self._look is not None and key == "similarity":
            rows = rows[np.argsort(-likeness(analysis, rows, self._look), kind="stable")]
        if self._shown is None and len(book.hidden()) >= index.num_prototypes:
            rows = rows[~book.hidden()[index.labels[rows]]]
        table = book.colours() if book.num >= index.num_prototypes else None
        frames = (
            np.full((len(rows), 3), 140, np.uint8) if table is None else table[index.labels[rows]]
        )
        self.grid.set_captions(self._caption if key in {"similarity", "score", "error"} else None)
        self.grid.set_rows(rows, frames)
        self.grid.set_selected(self._bench.selection.detections)
        self.grid.set_empty_text(self._why_empty())
        self._show_title(len(rows))

    def _show_title(self, count: int) -> None:
        name = "All detections"
        if self._shown is not None:
            name = self._bench.prototypes.name(self._shown)
        if self._only is not None:
            name = "Selected" if self._shown is None else f"Selected of {name}"
        if self._look is not None:
            name = "Like this one"
        self._title.setText(f"<b>{escape(name)}</b> · {readable.count(count)}")
        self.all_button.setVisible(self._shown is not None or self._only is not None)

    def _why_empty(self) -> str:
        if self._shown is None:
            return "Every detection is hidden." if self._bench.prototypes.hidden().all() else ""
        return f"These pictures show nothing of {self._bench.prototypes.name(self._shown)}."

    def _caption(self, row: int) -> str:
        analysis = self._bench.document.analysis
        if analysis is None or row >= len(analysis.labels):
            return ""
        key = self.sort.currentData()
        if key == "score":
            return f"{analysis.scores[row]:.2f}"
        if key == "error":
            return f"{analysis.picture_errors[analysis.picture[row]]:.4f}"
        if self._look is not None:
            return f"{likeness(analysis, np.array([row]), self._look)[0]:.2f}"
        return f"{similarities(analysis, np.array([row]), self._shown)[0]:.2f}"

    @Slot(object)
    def _select_rows(self, rows: NDArray[np.int64]) -> None:
        self._keeps_rows = True
        self._bench.selection.select_detections(rows, ORIGIN)
        self._keeps_rows = False

    @Slot(int)
    def _open_row(self, row: int) -> None:
        self._keeps_rows = True
        self._bench.links.open_detection(row, ORIGIN)
        self._keeps_rows = False

    @Slot(object, object)
    def _take_look(self, look: NDArray[np.floating], rows: NDArray[np.int64]) -> None:
        self._look, self._alike = look, rows
        self._only = None  # the same rows may be shown in another order
        if np.array_equal(rows, self._bench.selection.detections):
            self._follow("")

    @Slot(str)
    def _follow(self, _origin: str) -> None:
        """Show what is selected in whatever panel: some rows, all of a prototype, or everything."""
        if not self._keeps_rows and not np.array_equal(
            self._bench.selection.detections, self._alike
        ):
            self._look = None
        if not self._keeps_rows:
            self._set_shown()
            if self._look is not None:
                self._when_seen(self._show_rows)
        self._when_seen(self._select_tiles)
        self._when_seen(self._show_detections)

    def _set_shown(self) -> None:
        selection, is_part = self._bench.selection, self._bench.links.is_part
        prototype = selection.prototype
        shown = None if prototype is None else self._bench.prototypes.target(prototype)
        only = selection.detections if is_part else None
        if shown != self._shown or only is not self._only:
            self._shown, self._only = shown, only
            self._when_seen(self._show_rows)

    def _select_tiles(self) -> None:
        selection, index = self._bench.selection, self._bench.analysis.index
        chosen = [] if selection.prototype is None else [selection.prototype]
        if selection.prototype is None and index is not None and self._bench.links.is_part:
            chosen = np.unique(index.labels[selection.detections]).tolist()
        self.tiles.select([self._bench.prototypes.target(each) for each in chosen])

    def _show_detections(self) -> None:
        rows = self._bench.selection.detections
        self.grid.set_selected(rows)
        if len(rows) == 1:
            self.grid.scroll_to(int(rows[0]))

    @Slot(str)
    def _hover_changed(self, origin: str) -> None:
        if origin != ORIGIN:
            self.grid.set_hovered(self._bench.selection.hovered)

    @Slot()
    def _patches_came(self) -> None:
        self.grid.viewport().update()

    @Slot()
    def _show_merge(self) -> None:
        self.merge_button.setEnabled(len(self.tiles.selectedIndexes()) > 1)

    @Slot(int)
    def _show_merged(self, prototype: int) -> None:
        self._bench.links.select_prototypes([prototype])

    @Slot(object, QPoint)
    def _show_menu(self, chosen: list[int], at: QPoint) -> None:
        self.make_menu(chosen).popup(at)

    def make_menu(self, chosen: list[int]) -> QMenu:
        """Return the commands for some prototypes."""
        return self.commands.make_menu(chosen)

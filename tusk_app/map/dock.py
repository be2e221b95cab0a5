"""The map: every descriptor as a point, every prototype as a star."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QFileDialog,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from tusk_app.engine.detection_table import save_detections
from tusk_app.map import files as map_files
from tusk_app.map.colours import MapColours, legend_entries, map_colours
from tusk_app.map.controller import EmbeddingController
from tusk_app.map.live_map import LiveMap
from tusk_app.map.model import MapSettings
from tusk_app.map.widgets.bar import MapBar
from tusk_app.map.widgets.footer import MapFooter
from tusk_app.map.widgets.split import MapSplit
from tusk_app.panel import Panel
from tusk_app.parts import readable
from tusk_app.parts.empty_hint import EmptyHint, HintStack
from tusk_app.parts.legend_list import LegendList
from tusk_app.parts.scatter.state import ScatterStars
from tusk_app.parts.scatter.view import ScatterView
from tusk_app.parts.when_seen import WhenSeen
from tusk_app.parts.words import say
from tusk_app.pictures.detection_card import DetectionCard
from tusk_app.pictures.faces import KindFaces
from tusk_app.pictures.patches import PatchController

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QHideEvent

    from tusk_app.workbench import Workbench

log = logging.getLogger(__name__)

ORIGIN = "map"


class EmbeddingDock(Panel):
    """Binds the map controller, the selection and the scatter view."""

    name = "embedding"
    title = "Map"
    question = "Where are they alike?"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._embedding = workbench.part(EmbeddingController)
        self._patches = workbench.part(PatchController).patches
        self._faces = workbench.part(KindFaces)
        self._colours: MapColours | None = None
        self._when_seen = WhenSeen(self)
        self._make_widgets()
        self._connect_widgets()
        self._connect_state()
        self._restore()
        self._show_analysis()

    def hideEvent(self, event: QHideEvent) -> None:
        """Take the card along."""
        super().hideEvent(event)
        self._card.hide()

    def _make_widgets(self) -> None:
        self.bar = MapBar()
        self.scatter = ScatterView()
        self.legend = LegendList()
        self._card = DetectionCard(self._bench, self, ORIGIN)
        self.split = MapSplit(self.scatter, self.legend)
        self.footer = MapFooter()
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.bar)
        layout.addWidget(self.split, 1)
        layout.addWidget(self.footer)
        hint = EmptyHint("map", "", "", "")
        hint.clicked.connect(self._bench.analysis.start)
        self.stack = HintStack(hint, content)
        self.setWidget(self.stack)

    def _connect_widgets(self) -> None:
        bar, scatter = self.bar, self.scatter
        bar.compute_requested.connect(self._compute)
        bar.cancel_requested.connect(self._embedding.cancel)
        bar.colour_changed.connect(self._recolour)
        bar.tool_chosen.connect(scatter.set_tool)
        bar.fit_requested.connect(scatter.fit)
        scatter.tool_changed.connect(bar.set_tool)
        scatter.enclosed.connect(self._take_lasso)
        scatter.point_clicked.connect(lambda row: self._bench.links.open_detection(row, ORIGIN))
        scatter.star_clicked.connect(self._star_clicked)
        scatter.point_hovered.connect(self._card.point)
        scatter.cleared.connect(lambda: self._bench.selection.clear(ORIGIN))
        scatter.drawn_changed.connect(self._show_footer)
        self.legend.hidden_changed.connect(scatter.set_hidden_groups)
        self.legend.entry_hovered.connect(
            lambda group: scatter.outline_group(group if group >= 0 else None)
        )
        scatter.star_hovered.connect(self._outline_star)
        menu = QMenu(self)
        menu.addAction("Picture as PNG…", lambda: self._ask_export("png"))
        menu.addAction("Picture as SVG…", lambda: self._ask_export("svg"))
        menu.addAction("Selected detections as CSV…", lambda: self._ask_export("csv"))
        bar.set_export_menu(menu)
        scatter.set_patches(self._patches.get)
        self._patches.arrived.connect(self._patches_came)

    def _connect_state(self) -> None:
        document, selection = self._bench.document, self._bench.selection
        embedding = self._embedding
        embedding.map_changed.connect(self._show_map)
        embedding.busy_changed.connect(self._show_busy)
        embedding.phase_changed.connect(self.footer.set_phase)
        embedding.progress.connect(self.footer.set_progress)
        self._bench.analysis.index_changed.connect(self._show_analysis)
        self._bench.analysis.busy_changed.connect(self._show_hint)
        self._bench.prototypes.changed.connect(self._show_map)
        self._faces.changed.connect(self._follow_faces)
        document.model_changed.connect(self._show_hint)
        document.source_changed.connect(self._show_hint)
        self.live = LiveMap(self._bench, self.scatter, self.bar)
        selection.detections_changed.connect(self._selection_changed)
        selection.hover_changed.connect(self._show_hovered)
        selection.prototype_changed.connect(self._show_prototype)

    def _restore(self) -> None:
        settings = self._bench.settings
        default = MapSettings()
        self.bar.set_options(
            MapSettings(
                max_points=settings.value("map/points", default.max_points),
                neighbours=settings.value("map/neighbours", default.neighbours),
                seed=settings.value("map/seed", default.seed),
            )
        )

    @Slot(bool)
    def _show_busy(self, busy: bool) -> None:
        self.footer.set_busy(busy=busy)
        self.bar.set_busy(busy=busy)

    @Slot(object)
    def _compute(self, choice: MapSettings) -> None:
        settings = self._bench.settings
        settings.set_value("map/method", choice.method)
        settings.set_value("map/points", choice.max_points)
        settings.set_value("map/neighbours", choice.neighbours)
        settings.set_value("map/seed", choice.seed)
        self._embedding.compute(choice)

    @Slot()
    def _show_analysis(self) -> None:
        analysis = self._bench.document.analysis
        self._show_hint()
        if analysis is not None:
            self.bar.set_colour_choices(
                has_classes=bool((analysis.classes >= 0).any()),
                has_times=bool(np.isfinite(analysis.times).any()),
            )
            if self.isVisible():
                # The method chosen last time is likely to be chosen again.
                self._embedding.warm_up(self._bench.settings.value("map/method", "pca"))
        self._show_map()

    @Slot()
    def _show_hint(self) -> None:
        problem = self._bench.analysis.problem
        analysis, embedding = self._bench.document.analysis, self._embedding
        is_hopeless = bool(embedding.problem) and embedding.map is None
        self.stack.show_content(has_content=analysis is not None and not is_hopeless)
        if is_hopeless:
            self.stack.hint.set_text("There is no map", embedding.problem)
        elif self._bench.analysis.is_busy:
            text = "The pictures are being analysed. The map appears when that is done."
            self.stack.hint.set_text("Nothing on the map yet", text)
        elif problem:
            text = f"The map shows what a model found in all pictures of a source. {problem}"
            self.stack.hint.set_text("Nothing on the map yet", text)
        else:
            text = say(
                "Let the model go through all open pictures. Every [point] becomes a dot on "
                "the map; similar ones lie together."
            )
            self.stack.hint.set_text("Nothing on the map yet", text, "Analyse all pictures")

    @Slot()
    def _show_map(self) -> None:
        embedding, analysis = self._embedding.map, self._bench.document.analysis
        index = self._bench.analysis.index
        self._show_hint()
        if embedding is None or analysis is None or index is None:
            self._clear()
            return
        self.bar.show_drawn(embedding.method)
        book = self._bench.prototypes
        hidden = book.hidden()
        labels = index.labels[embedding.indices]
        keep = np.ones(len(labels), np.bool_)
        if len(hidden) >= index.num_prototypes:
            keep = ~hidden[labels]
        self.scatter.set_points(
            embedding.points[keep],
            embedding.indices[keep],
            strata=labels[keep],
            keep_view=not self._embedding.is_final,
        )
        self._show_stars(embedding.prototypes)
        self._recolour()
        self._show_selected()
        self.live.show_current()

    def _clear(self) -> None:
        """Forget the map, and what was hidden of it: the next may be of another model."""
        self._colours = None
        none = np.zeros(0, np.int64)
        self.scatter.set_points(np.zeros((0, 2), np.float32), none, strata=none)
        self._show_stars(np.zeros((0, 2), np.float32))

    def _show_stars(self, places: NDArray[np.float32]) -> None:
        book, index = self._bench.prototypes, self._bench.analysis.index
        num = len(places)
        named = book.num == num
        shown = np.array(
            [not named or (book.target(i) == i and not book.is_hidden(i)) for i in range(num)]
        ).reshape(num)
        colours = book.colours() if named else np.full((num, 3), 150, np.uint8)
        labels = tuple(book.name(i) for i in range(num))
        faint = None if index is None or index.num_prototypes != num else index.counts == 0
        faces = tuple(self._faces.image(i) if named else None for i in range(num))
        stars = ScatterStars(places, colours, labels, shown.astype(np.bool_), faint, faces)
        self.scatter.set_stars(stars)

    @Slot()
    def _follow_faces(self) -> None:
        # A slot of ours, which is cut off with the panel: pictures may arrive after it.
        self._when_seen(self._show_faces)

    @Slot()
    def _show_faces(self) -> None:
        if self._embedding.map is not None:
            self._show_stars(self._embedding.map.prototypes)
            self._show_legend(keep_hidden=True)

    @Slot()
    def _recolour(self) -> None:
        analysis, index = self._bench.document.analysis, self._bench.analysis.index
        if analysis is None or index is None:
            return
        rows = self.scatter.state.points.rows
        made = map_colours(self.bar.colour_by, analysis, index, self._bench.prototypes, rows)
        same = self._colours is not None and self._colours.names.keys() == made.names.keys()
        self._colours = made
        self.scatter.set_colours(made.colours, made.groups)
        self.split.show_scale(made.scale)
        self._show_legend(keep_hidden=same)

    def _show_legend(self, *, keep_hidden: bool) -> None:
        if self._colours is not None and len(self._colours.colours) == len(
            self.scatter.state.selected
        ):
            entries = legend_entries(self._colours, self.scatter.state.selected)
            if self.bar.colour_by == "prototype":
                entries = [replace(e, face=self._faces.image(e.group)) for e in entries]
            self.legend.set_entries(entries, keep_hidden=keep_hidden)
            self.split.fit()

    @Slot()
    def _selection_changed(self) -> None:
        self._when_seen(self._show_selected)

    def _show_selected(self) -> None:
        self.scatter.set_selected(self._bench.selection.detections)
        self._show_legend(keep_hidden=True)
        self._show_footer()

    @Slot(str)
    def _show_hovered(self, origin: str) -> None:
        if origin != ORIGIN:
            self.scatter.set_hovered(self._bench.selection.hovered)

    @Slot()
    def _show_prototype(self) -> None:
        prototype = self._bench.selection.prototype
        book = self._bench.prototypes
        self.scatter.set_selected_star(None if prototype is None else book.target(prototype))

    @Slot()
    def _show_footer(self) -> None:
        analysis = self._bench.document.analysis
        if analysis is None:
            self.footer.set_facts("")
            return
        state = self.scatter.state
        drawn = len(state.drawn_and_shown())
        text = f"{readable.count(drawn)} of {readable.count(len(analysis.labels))} shown"
        if len(state.points.drawn) < len(analysis.labels):
            text += say(" (sampled by [kind])")
        selected = len(self._bench.selection.detections)
        if selected:
            text += f" · {readable.count(selected)} selected"
        embedding = self._embedding.map
        if embedding is not None:
            method = {"pca": "PCA", "umap": "UMAP", "tsne": "t-SNE"}.get(embedding.method, "")
            text += f" · {method}"
        self.footer.set_facts(text)

    @Slot(object, str)
    def _take_lasso(self, rows: NDArray[np.int64], mode: str) -> None:
        before = self._bench.selection.detections
        if mode == "add":
            rows = np.union1d(before, rows)
        elif mode == "remove":
            rows = np.setdiff1d(before, rows)
        self._bench.selection.select_detections(rows, ORIGIN)

    @Slot(int)
    def _star_clicked(self, star: int) -> None:
        self._bench.selection.select_prototype(star, ORIGIN)

    @Slot(int)
    def _outline_star(self, star: int) -> None:
        by_prototype = self._colours is not None and self.bar.colour_by == "prototype"
        self.scatter.outline_group(star if star >= 0 and by_prototype else None)

    @Slot()
    def _patches_came(self) -> None:
        self.scatter.update()

    def _ask_export(self, kind: str) -> None:
        title = {"png": "Save map as PNG", "svg": "Save map as SVG", "csv": "Save selection"}[kind]
        name, _ = QFileDialog.getSaveFileName(self, title, f"map.{kind}", f"*.{kind}")
        if name:
            self.export(Path(name), kind)

    def export(self, path: Path, kind: str) -> None:
        """Write the map (``png``, ``svg``) or the selected detections (``csv``) to a file."""
        try:
            if kind == "csv":
                self._save_selection(path)
            else:
                map_files.save_picture(self.scatter, path)
        except OSError as error:
            self._bench.notices.error(
                "The file could not be written.", str(error), "Choose another folder."
            )
            return
        self._bench.notices.toast(f"Saved {path.name}.", "success")

    def _save_selection(self, path: Path) -> None:
        analysis, index = self._bench.document.analysis, self._bench.analysis.index
        if analysis is None or index is None:
            return
        rows = self._bench.selection.detections
        if len(rows) == 0:
            rows = np.arange(len(analysis.labels))
        save_detections(path, rows, analysis, index, self._bench.prototypes, self._embedding.map)

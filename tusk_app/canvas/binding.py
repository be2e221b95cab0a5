"""Ties the canvas to document, selection, prototypes and display settings, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

from tusk_app.canvas.marks import by_individual, marks_of
from tusk_app.canvas.widgets.keypoint_overlay import TrailStep
from tusk_app.parts.layer_images import covered_rect
from tusk_app.parts.words import say
from tusk_app.pictures.faces import KindFaces
from tusk_app.pictures.feed import PictureFeed
from tusk_app.state.display import Layer
from tusk_app.state.wants import Want

if TYPE_CHECKING:
    from tusk_app.canvas.widgets.image_canvas import ImageCanvas, PixelReading
    from tusk_app.canvas.widgets.keypoint_overlay import KeypointMarks
    from tusk_app.workbench import Workbench
    from tusk_core.results import Detection

ORIGIN = "canvas"
WANTS = "canvas"
FACES_MS = 80
GO_ON = (
    "Choose another one; if the folder was moved or its disk taken away, bring it back or open "
    "it again."
)


class CanvasBinding(QObject):
    """Shows what is open, unless the camera has the canvas."""

    def __init__(self, workbench: Workbench, canvas: ImageCanvas) -> None:
        super().__init__(canvas)
        self._bench = workbench
        self._canvas = canvas
        self._is_live = False
        self._is_by_individual = False
        self._problem = ""
        self._faces = workbench.part(KindFaces)
        # Faces come in bursts.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(FACES_MS)
        self._later.timeout.connect(self._show_detection)
        self._faces.changed.connect(self._plan_faces)
        document, selection = workbench.document, workbench.selection
        document.picture_changed.connect(self._show_picture)
        document.detection_changed.connect(self._show_detection)
        document.reconstruction_changed.connect(self._show_reconstruction)
        document.truth_changed.connect(self._show_truth)
        document.tracks_changed.connect(self._show_detection)
        document.thresholds_changed.connect(self._show_style)
        document.source_changed.connect(self._show_hint)
        document.model_changed.connect(self._show_hint)
        workbench.prototypes.changed.connect(self._show_detection)
        workbench.display.changed.connect(self._show_style)
        workbench.part(PictureFeed).problem.connect(self._take_problem)
        document.index_requested.connect(self._leave_picture)
        selection.prototype_changed.connect(self._show_selection)
        selection.keypoint_changed.connect(self._show_selection)
        selection.keypoints_changed.connect(self._show_selection)
        selection.keypoint_changed.connect(self._pulse)
        selection.keypoint_hover_changed.connect(self._show_selection)
        canvas.keypoint_clicked.connect(self._click)
        canvas.keypoints_boxed.connect(self._take_box)
        canvas.keypoint_hovered.connect(self._hover)
        canvas.pixel_hovered.connect(self._tell_pixel)
        canvas.place_picked.connect(selection.picked)
        selection.picking_changed.connect(self._show_picking)
        self._show_hint()
        self._show_style()
        self._show_picture()
        self._show_detection()

    @property
    def is_live(self) -> bool:
        """True while the camera has the canvas."""
        return self._is_live

    def set_live(self, live: bool) -> None:
        """Give the canvas to the camera, or take it back."""
        if live == self._is_live:
            return
        self._is_live = live
        if live:
            self._canvas.set_highlights(hovered=None, selected=None)
            self._canvas.set_trail(())
        else:
            self._show_picture()
            self._show_detection()
            self._show_reconstruction()
            self._show_truth()

    # Document to canvas

    @Slot()
    def _show_picture(self) -> None:
        if not self._is_live:
            self._canvas.set_picture(self._bench.document.picture)
            if self._bench.document.shown is not None:
                self._show_detection()

    @Slot()
    def _show_truth(self) -> None:
        if not self._is_live:
            self._canvas.set_truth(self._bench.document.truth)

    @Slot()
    def _show_detection(self) -> None:
        detection = self._bench.document.shown
        if self._is_live or self._bench.document.picture is None:
            return
        heat = None if detection is None else detection.heat_map
        self._canvas.set_heat_map(heat)
        self._canvas.set_marks(self._marks(detection, self._bench.document.index))
        self._show_trail()
        self._show_selection()

    def _marks(self, detection: Detection | None, picture: int) -> KeypointMarks:
        marks = marks_of(detection, self._bench.prototypes, self._faces.image)
        if self._bench.display.overlay.colour_by != "individual":
            return marks
        return by_individual(marks, self._bench.document, picture)

    @Slot()
    def _plan_faces(self) -> None:
        if len(self._canvas.marks) and not self._later.isActive():
            self._later.start()

    @Slot()
    def _show_reconstruction(self) -> None:
        document = self._bench.document
        built, picture, model = document.reconstruction, document.picture, document.model
        if self._is_live or picture is None:
            return
        if built is None or model is None:
            self._canvas.set_reconstruction(None)
            return
        height, width = picture.shape[:2]
        network = (built.composite.shape[1], built.composite.shape[0])
        rect = covered_rect((width, height), network, model.config.data.fit)
        self._canvas.set_reconstruction(built.composite, built.target, built.mask, rect)

    @Slot()
    def _show_style(self) -> None:
        display, document = self._bench.display, self._bench.document
        if display.overlay.min_score != document.min_score:
            display.change_overlay(min_score=document.min_score)
            return  # comes back through ``changed``
        self._canvas.set_layer_styles({layer: display.layer(layer) for layer in Layer})
        self._canvas.set_overlay_style(display.overlay)
        is_individual = display.overlay.colour_by == "individual"
        if is_individual != self._is_by_individual:
            self._is_by_individual = is_individual
            self._show_detection()
        self._show_trail()
        if display.is_split != (self._canvas.split is not None):
            self._canvas.set_split(0.5 if display.is_split else None)
        wants = self._bench.wants
        wants.set(WANTS, Want.TRUTH, display.layer(Layer.TRUTH).visible)
        wants.set(WANTS, Want.HEAT_MAP, display.layer(Layer.HEAT_MAP).visible)
        wants.set(WANTS, Want.RECONSTRUCTION, display.needs_reconstruction)

    @Slot()
    def _show_hint(self) -> None:
        document = self._bench.document
        if document.source is None:
            self._canvas.set_placeholder(
                "No picture is open",
                "Open a folder, a picture or a video, or start a camera. You can also drop files "
                "on this window.",
            )
        else:
            self._canvas.set_placeholder("Reading…", "")

    @Slot(str)
    def _take_problem(self, problem: str) -> None:
        self._problem = problem
        if problem:
            self._canvas.set_placeholder("This picture cannot be shown", f"{problem} {GO_ON}")

    # Selection, both ways

    @Slot()
    def _show_selection(self, _origin: str = "") -> None:
        if self._is_live:
            return
        selection = self._bench.selection
        num = len(self._canvas.marks)
        hovered, selected = selection.hovered_keypoint, selection.keypoint
        self._canvas.set_highlights(
            hovered=hovered if hovered is not None and hovered < num else None,
            selected=selected if selected is not None and selected < num else None,
            kin=self._kin(),
            chosen=frozenset(i for i in selection.keypoints if i < num),
        )

    @Slot(str)
    def _pulse(self, origin: str) -> None:
        """Draw the eye to a keypoint that was chosen in another panel."""
        selected = self._canvas.selected
        if origin != ORIGIN and selected is not None and not self._is_live:
            self._canvas.pulse_keypoint(selected)

    def _kin(self) -> frozenset[int]:
        """Return the keypoints of the selected prototype, and of those merged with it."""
        chosen, book = self._bench.selection.prototype, self._bench.prototypes
        detection = self._bench.document.shown
        if chosen is None or detection is None:
            return frozenset()
        target = book.target(chosen)
        labels = detection.keypoints.labels.tolist()
        return frozenset(i for i, label in enumerate(labels) if book.target(label) == target)

    @Slot(int)
    def _leave_picture(self, _index: int) -> None:
        """A keypoint's number means another keypoint in the next picture."""
        self._bench.selection.select_keypoint(None, ORIGIN)
        self._bench.selection.hover_keypoint(None, ORIGIN)

    def _show_trail(self) -> None:
        length, document = self._bench.display.overlay.trail, self._bench.document
        steps = []
        if length and document.source is not None and document.source.fps > 0:
            for index in range(document.index - 1, max(document.index - 1 - length, -1), -1):
                detection = self._bench.detections.cached(index)
                if detection is not None:
                    steps.append(self._trail_step(detection, index))
        self._canvas.set_trail(steps)

    def _trail_step(self, detection: Detection, picture: int) -> TrailStep:
        marks = self._marks(detection, picture)
        seen = marks.shown & (marks.scores >= self._bench.document.min_score)
        return TrailStep(marks.xy[seen], marks.colours[seen])

    @Slot(int)
    def _click(self, index: int) -> None:
        selection, detection = self._bench.selection, self._bench.document.shown
        if self._is_live:
            return
        if index < 0:
            selection.pick("")  # Esc; a click tells a place while places are asked for
            selection.select_keypoint(None, ORIGIN)
            return
        selection.select_keypoint(index, ORIGIN)
        if detection is not None and index < len(detection.keypoints.labels):
            label = int(detection.keypoints.labels[index])
            selection.select_prototype(self._bench.prototypes.target(label), ORIGIN)

    @Slot(str)
    def _show_picking(self, sentence: str) -> None:
        self._canvas.is_picking = bool(sentence)
        if sentence:
            self._canvas.setFocus()

    @Slot(object, str)
    def _take_box(self, indices: frozenset[int], mode: str) -> None:
        """Add keypoints to the selection, or take them out."""
        selection = self._bench.selection
        if self._is_live:
            return
        chosen = selection.keypoints
        chosen = chosen - indices if mode == "remove" else chosen | indices
        selection.select_keypoints(chosen, ORIGIN)
        words = say("1 [point] is") if len(chosen) == 1 else say(f"{len(chosen)} [points] are")
        self._bench.notices.status(f"{words} selected; Shift adds, Alt takes out, Esc clears.")

    @Slot(int)
    def _hover(self, index: int) -> None:
        if self._is_live:
            self._canvas.set_highlights(hovered=index if index >= 0 else None, selected=None)
        else:
            self._bench.selection.hover_keypoint(index if index >= 0 else None, ORIGIN)

    @Slot(object)
    def _tell_pixel(self, reading: PixelReading | None) -> None:
        text = ""
        if reading is not None:
            red, green, blue = reading.rgb
            text = f"x {reading.x}  y {reading.y}    rgb {red} {green} {blue}"
        self._bench.display.hint_changed.emit(text)

"""What is known of the pictures of the open source: asks for the one shown, keeps the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.engine.detection_cache import (
    DetectionCache,
    FrameTable,
    detection_of_picture,
    first_keypoints,
    keypoints_within,
)
from tusk_app.engine.requests import (
    Detected,
    DetectRequest,
    PictureKey,
    Reconstructed,
    ReconstructRequest,
)
from tusk_app.state.wants import Want

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tusk_app.engine.engine import Engine
    from tusk_app.state.document import Document
    from tusk_app.state.wants import Wants
    from tusk_core.results import Detection, Keypoints


class Detections(QObject):
    """Answers about single pictures; those of the picture shown go into the document.

    A new picture is asked for by itself; detections are kept by model, source and index, so that
    the sliders for number and score act at once.

    Signals:
        detected: PictureKey, a picture was answered; ``cached`` has it.
        frames_changed: what is known of the frames of the source changed (see ``frames``).
    """

    detected = Signal(object)
    frames_changed = Signal()

    def __init__(
        self, document: Document, wants: Wants, engine: Engine, parent: QObject | None = None
    ) -> None:
        """Follow ``document`` and ``wants``; ask ``engine``."""
        super().__init__(parent)
        self._document, self._wants, self._engine = document, wants, engine
        self._cache = DetectionCache()
        self._frames = FrameTable(0)
        self._shown_num = 0
        document.source_changed.connect(self._take_source)
        document.picture_changed.connect(self._take_picture)
        document.thresholds_changed.connect(self._take_thresholds)
        document.analysis_changed.connect(self._take_analysis)
        document.region_changed.connect(self._take_region)
        wants.changed.connect(self._take_want)
        engine.model_opened.connect(self._take_model)
        engine.detected.connect(self._take_detected)
        engine.reconstructed.connect(self._take_reconstructed)

    # State

    @property
    def frames(self) -> FrameTable:
        """What is known of each frame of the source."""
        return self._frames

    @property
    def can_redraw(self) -> bool:
        """True of a model that was taught to redraw pictures."""
        model = self._document.model
        return model is not None and model.config.decoder.kind != "none"

    @property
    def num_keypoints(self) -> int:
        """Keypoints shown of each picture: the user's number, or the training value."""
        asked, model = self._document.num_keypoints, self._document.model
        if asked is not None:
            return asked
        return 8 if model is None else int(model.config.keypoints.num_keypoints)

    def cached(self, index: int) -> Detection | None:
        """Return what is already known of a picture of the open source, or None."""
        key = self._cache_key(index)
        if key is None:
            return None
        with_heat_map = self._wants.has(Want.HEAT_MAP)
        found = self._cache.get(key, self.num_keypoints, with_heat_map=with_heat_map)
        return None if found is None else keypoints_within(found, self._document.region)

    # Requests

    def request_detection(self) -> None:
        """Detect in the picture shown, unless it is already known."""
        index, picture = self._document.index, self._document.picture
        if picture is None:
            return
        if not self._engine.can_detect:
            self._show_analysed(index)
            return
        known = self.cached(index)
        if known is not None:
            self._show_detection(known)
        else:
            self.look_at(index, picture)

    def look_at(self, index: int, picture: NDArray[np.uint8]) -> None:
        """Detect in a picture of the open source; ``detected`` tells when it is known."""
        if not self._engine.can_detect:
            return
        key = PictureKey(self._source_name(), index)
        with_heat_map = self._wants.has(Want.HEAT_MAP)
        self._engine.ask(DetectRequest(key, picture, self.num_keypoints, with_heat_map))

    def request_reconstruction(self, keypoints: Keypoints | None = None) -> None:
        """Rebuild the picture shown from ``keypoints``, or from those that were found.

        Models that cannot redraw are not asked; who wants it says so (``can_redraw``).
        """
        picture = self._document.picture
        if picture is None or not self._engine.can_detect or not self.can_redraw:
            return
        if keypoints is None:
            keypoints = self._document.keypoints
        key = PictureKey(self._source_name(), self._document.index)
        self._engine.ask(ReconstructRequest(key, picture, keypoints))

    # Inside

    def _source_name(self) -> str:
        """Return what the open pictures are kept under; their first page has other numbers."""
        source = self._document.source
        name = "" if source is None else source.source
        return name if self._document.is_whole else f"first page of {name}"

    def _cache_key(self, index: int) -> tuple[str, str, int] | None:
        model = self._document.model
        return None if model is None else (model.fingerprint, self._source_name(), index)

    def _is_current(self, key: PictureKey, fingerprint: str) -> bool:
        model = self._document.model
        shown = PictureKey(self._source_name(), self._document.index)
        same_model = model is not None and model.fingerprint == fingerprint
        return same_model and key == shown and self._document.picture is not None

    @Slot()
    def _take_model(self) -> None:
        self._frames.forget()
        self.frames_changed.emit()
        self._take_analysis()
        self.request_detection()

    @Slot(object)
    def _take_detected(self, answer: Detected) -> None:
        model = self._document.model
        if model is None or model.fingerprint != answer.fingerprint:
            return
        key = (answer.fingerprint, answer.key.source, answer.key.index)
        asked = answer.num_asked or int(model.config.keypoints.num_keypoints)
        self._cache.put(key, asked, answer.detection)
        if answer.key.source == self._source_name():
            shown = self._cache.get(key, self.num_keypoints) or answer.detection
            self._frames.put(answer.key.index, keypoints_within(shown, self._document.region))
            self.frames_changed.emit()
        if self._is_current(answer.key, answer.fingerprint):
            known = self.cached(self._document.index)
            if known is not None:
                self._show_detection(known)
        self.detected.emit(answer.key)

    @Slot(object)
    def _take_reconstructed(self, answer: Reconstructed) -> None:
        if self._is_current(answer.key, answer.fingerprint):
            self._document.set_reconstruction(answer.reconstruction)

    def _show_analysed(self, index: int) -> None:
        """Without a model, show what an open results file holds of the picture."""
        analysis = self._document.analysis
        if analysis is None or analysis.source != self._source_name():
            return
        found = detection_of_picture(analysis, index)
        if found is not None:
            num = self._document.num_keypoints or len(found.keypoints.scores)
            self._shown_num = self.num_keypoints
            inner = keypoints_within(found, self._document.region)
            self._document.set_detection(first_keypoints(inner, num))

    def _show_detection(self, detection: Detection) -> None:
        self._shown_num = self.num_keypoints
        self._document.set_detection(detection)
        if self._wants.has(Want.RECONSTRUCTION):
            self.request_reconstruction()

    @Slot(object)
    def _take_want(self, want: Want) -> None:
        if not self._wants.has(want):
            return
        if want is Want.HEAT_MAP:
            self.request_detection()
        elif want is Want.RECONSTRUCTION and self._document.reconstruction is None:
            self.request_reconstruction()

    @Slot()
    def _take_source(self) -> None:
        self._engine.drop_pictures()
        self._frames = FrameTable(self._document.num_pictures)
        self._take_analysis()
        self.frames_changed.emit()
        if self._document.places is not None and self._document.detection is None:
            self.request_detection()  # it was asked for by the number it had before

    @Slot()
    def _take_picture(self) -> None:
        self.request_detection()

    @Slot()
    def _take_thresholds(self) -> None:
        # A threshold is a filter of what is shown; only another number needs other keypoints.
        if self._shown_num != self.num_keypoints:
            self.request_detection()
        self.frames_changed.emit()

    @Slot()
    def _take_region(self) -> None:
        """Show what lies inside another region; what is known needs no network for that."""
        self._frames.forget()
        self._take_analysis()
        self.frames_changed.emit()
        self.request_detection()

    @Slot()
    def _take_analysis(self) -> None:
        analysis, model = self._document.analysis, self._document.model
        if analysis is None or analysis.source != self._source_name():
            return
        if model is None or model.fingerprint == analysis.model_fingerprint:
            self._frames.take_analysis(analysis)
            self.frames_changed.emit()
            if model is None:
                self.request_detection()

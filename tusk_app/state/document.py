"""What is open now: pictures, the current one, what the model says about it, run and results."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from tusk_core.config import DataConfig

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.api import PictureSource
    from tusk_core.results import (
        Analysis,
        Detection,
        EmbeddingMap,
        EvaluationReport,
        GroundTruth,
        Keypoints,
        ModelInfo,
        Reconstruction,
    )
    from tusk_core.tracks import Region, Tracks

ABOUT_READING = "pictures/reading"
NOT_WHOLE = (
    "Only the first pictures of this folder are known so far. Pictures says how far it is read."
)


class Document(QObject):
    """The state that all panels show. Pure state: no thread, no file, no widget.

    ``go_to`` asks for a picture; whoever reads pictures answers with ``set_picture``. A new
    picture empties detection and reconstruction, a new source empties the picture.

    Signals:
        source_changed, picture_changed, detection_changed, reconstruction_changed,
        model_changed, run_changed, analysis_changed, tracks_changed: the property of that name
            changed; with the detection also ``edited``, ``shown`` and ``keypoints``.
        index_requested: int, picture that should be shown next.
        region_changed: other places of these pictures count.
        model_replaced: ModelInfo or None, the model before: another was opened, or it was closed.
            Comes before ``model_changed``, so that what belonged to it is gone when panels hear.
        truth_changed: the ground truth of the picture shown came or went.
        thresholds_changed: ``num_keypoints`` or ``min_score`` changed.
        look_changed: the open pictures look otherwise now than those read before.
    """

    source_changed = Signal()
    index_requested = Signal(int)
    picture_changed = Signal()
    detection_changed = Signal()
    reconstruction_changed = Signal()
    model_replaced = Signal(object)
    model_changed = Signal()
    run_changed = Signal()
    analysis_changed = Signal()
    tracks_changed = Signal()
    truth_changed = Signal()
    region_changed = Signal()
    thresholds_changed = Signal()
    look_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source: PictureSource | None = None
        self._is_whole = True
        self._places: NDArray[np.int64] | None = None
        self._chosen: DataConfig | None = None
        self._index = -1
        self._picture: NDArray[np.uint8] | None = None
        self._detection: Detection | None = None
        self._edited: Keypoints | None = None
        self._shown: Detection | None = None
        self._reconstruction: Reconstruction | None = None
        self._model: ModelInfo | None = None
        self._run_dir: Path | None = None
        self._analysis: Analysis | None = None
        self._tracks: Tracks | None = None
        self._num_keypoints: int | None = None
        self._min_score = 0.0
        self._truth: GroundTruth | None = None
        self._region: Region | None = None
        self._embedding: EmbeddingMap | None = None
        self._evaluation: EvaluationReport | None = None

    @property
    def source(self) -> PictureSource | None:
        """The open folder, picture, video or camera."""
        return self._source

    @property
    def num_pictures(self) -> int:
        """Pictures or frames of the source; 0 if nothing is open."""
        return 0 if self._source is None else len(self._source)

    @property
    def is_whole(self) -> bool:
        """False while only the first pictures of a folder are known, or for good if reading ended.

        Nothing that counts, numbers or goes through pictures may begin then.
        """
        return self._is_whole

    @property
    def whole_source(self) -> PictureSource | None:
        """The open pictures if all of them are known, so that their numbers stay."""
        return self._source if self._is_whole else None

    @property
    def places(self) -> NDArray[np.int64] | None:
        """Where pictures known before are now, (n,) int64, -1 for gone; else None.

        Given only while ``source_changed`` tells that the rest of the same folder is known.
        """
        return self._places

    def shows(self, source: str) -> bool:
        """True if the pictures of ``source`` are open, all of them, so that numbers agree."""
        return self._source is not None and self._is_whole and self._source.source == source

    @property
    def index(self) -> int:
        """Index of the picture shown or asked for last; -1 if there is none."""
        return self._index

    @property
    def picture(self) -> NDArray[np.uint8] | None:
        """The picture shown, (H, W, 3) uint8 RGB, read-only."""
        return self._picture

    @property
    def detection(self) -> Detection | None:
        """What the model found in the picture shown."""
        return self._detection

    @property
    def edited(self) -> Keypoints | None:
        """Its keypoints as the user changed them; None while they are as found."""
        return self._edited

    @property
    def shown(self) -> Detection | None:
        """The detection to draw: as found, with the user's keypoints if there are any."""
        return self._shown

    @property
    def keypoints(self) -> Keypoints | None:
        """The keypoints to draw: the user's, else those that were found."""
        return None if self._shown is None else self._shown.keypoints

    @property
    def reconstruction(self) -> Reconstruction | None:
        """The picture shown, rebuilt from its keypoints."""
        return self._reconstruction

    @property
    def model(self) -> ModelInfo | None:
        """The open model."""
        return self._model

    @property
    def run_dir(self) -> Path | None:
        """Folder of the run that is being looked at."""
        return self._run_dir

    @property
    def analysis(self) -> Analysis | None:
        """All detections of the model over a source."""
        return self._analysis

    @property
    def tracks(self) -> Tracks | None:
        """Who is who in the analysis, with the corrections made by hand."""
        return self._tracks

    @property
    def embedding(self) -> EmbeddingMap | None:
        """Where the detections of the analysis lie on the map; told by the map's own panel."""
        return self._embedding

    @property
    def evaluation(self) -> EvaluationReport | None:
        """The last figures of the open model; told by the panel that makes them."""
        return self._evaluation

    @property
    def num_keypoints(self) -> int | None:
        """Keypoints asked of each picture; None takes the training value."""
        return self._num_keypoints

    @property
    def min_score(self) -> float:
        """Keypoints with a lower score are not shown, [0, 1]."""
        return self._min_score

    @property
    def truth(self) -> GroundTruth | None:
        """What is known to be in the picture shown; None if nothing is, or nobody asked."""
        return self._truth

    @property
    def region(self) -> Region | None:
        """Where keypoints of the open pictures count; None for everywhere."""
        return self._region

    @property
    def chosen_look(self) -> DataConfig | None:
        """Channels, and what is black and white, as they were chosen when the pictures opened."""
        return self._chosen

    @property
    def shown_as(self) -> DataConfig | None:
        """Channels, and what is black and white: the model's, else those chosen on opening."""
        return self._chosen if self._model is None else self._model.config.data

    def set_source(
        self,
        source: PictureSource | None,
        shown_as: DataConfig | None = None,
        *,
        is_whole: bool = True,
    ) -> None:
        """Open other pictures; the caller closes the source that was open before.

        Args:
            source: the pictures.
            shown_as: channels, and what is black and white, while no model says otherwise.
            is_whole: False if these are only the first ones of a folder (``complete_source``).
        """
        self._source, self._chosen, self._is_whole = source, shown_as, is_whole
        self._index = -1
        self._picture = self._reconstruction = self._truth = None
        self._take(None)
        self._match_look()
        self.source_changed.emit()
        self.picture_changed.emit()
        if source is not None and len(source) > 0:
            self.go_to(0)

    def complete_source(
        self, source: PictureSource, places: NDArray[np.int64], *, looks_otherwise: bool = False
    ) -> None:
        """Take all pictures of a folder whose first ones are open; the picture shown stays.

        Args:
            source: all of them.
            places: where those known so far are now, (n,) int64; -1 for one that is gone.
            looks_otherwise: black and white were measured on the first pictures only.
        """
        self._source, self._is_whole, self._places = source, True, places
        place = int(places[self._index]) if 0 <= self._index < len(places) else -1
        self._index = place
        self._match_look()
        self.source_changed.emit()
        self._places = None
        if place < 0:
            self.set_picture(-1, None)
            self.go_to(0)
        elif looks_otherwise:
            self.look_changed.emit()
            self.index_requested.emit(place)

    def go_to(self, index: int) -> None:
        """Ask for a picture; an index beyond the ends takes the first or the last."""
        if self.num_pictures == 0:
            return
        index = min(max(index, 0), self.num_pictures - 1)
        if index != self._index:
            self._index = index
            self.index_requested.emit(index)

    def set_picture(self, index: int, picture: NDArray[np.uint8] | None) -> None:
        """Show a picture, (H, W, 3) uint8 RGB, owned and read-only."""
        self._index, self._picture = index, picture
        self._reconstruction = self._truth = None
        self._take(None)
        self.picture_changed.emit()

    def set_truth(self, truth: GroundTruth | None) -> None:
        """Take what is known to be in the picture shown."""
        self._truth = truth
        self.truth_changed.emit()

    def set_detection(self, detection: Detection | None) -> None:
        """Take what the model found in the picture shown; what the user changed is dropped."""
        self._take(detection)
        self.detection_changed.emit()

    def set_edited(self, keypoints: Keypoints) -> None:
        """Take keypoints that the user changed; nothing happens without a detection."""
        if self._detection is not None:
            self._edited = keypoints
            self._shown = replace(self._detection, keypoints=keypoints)
            self.detection_changed.emit()

    def set_reconstruction(self, reconstruction: Reconstruction | None) -> None:
        """Take the rebuilt picture."""
        self._reconstruction = reconstruction
        self.reconstruction_changed.emit()

    def set_model(self, model: ModelInfo | None) -> None:
        """Take an opened model; what an older one said is dropped."""
        before, self._model = self._model, model
        is_another = model is not None and (before is None or before.path != model.path)
        is_replaced = _identity(before) != _identity(model)
        self._reconstruction = None
        if is_another:
            self._evaluation = None
        self._take(None)
        if is_another and model is not None:
            self.set_min_score(model.config.keypoints.min_score)
        looks_otherwise = self._match_look()
        if looks_otherwise:
            self._picture = None  # nobody must detect in it any more
        if is_replaced:
            self.model_replaced.emit(before)
        self.model_changed.emit()
        self.detection_changed.emit()
        self.reconstruction_changed.emit()
        if looks_otherwise:
            self.look_changed.emit()
            if self._index >= 0:
                self.index_requested.emit(self._index)

    def _match_look(self) -> bool:
        """Show deep pictures as the model saw such; True if those read before look otherwise."""
        return self._source is not None and self._source.use_settings(self.shown_as or DataConfig())

    def set_run(self, run_dir: Path | None) -> None:
        """Look at another run."""
        if run_dir != self._run_dir:
            self._run_dir = run_dir
            self.run_changed.emit()

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Take the detections over a whole source."""
        self._analysis = analysis
        self.analysis_changed.emit()

    def set_tracks(self, tracks: Tracks | None) -> None:
        """Take who is who in the analysis."""
        self._tracks = tracks
        self.tracks_changed.emit()

    def set_region(self, region: Region | None) -> None:
        """Let only keypoints inside a region count; None lets all."""
        if region != self._region:
            self._region = region
            self.region_changed.emit()

    def set_embedding(self, embedding: EmbeddingMap | None) -> None:
        """Take the map of the analysis as it is shown now."""
        self._embedding = embedding

    def set_evaluation(self, report: EvaluationReport | None) -> None:
        """Take figures of the open model."""
        self._evaluation = report

    def set_num_keypoints(self, num: int | None) -> None:
        """Ask for so many keypoints of each picture; None takes the training value."""
        if num != self._num_keypoints:
            self._num_keypoints = num
            self.thresholds_changed.emit()

    def set_min_score(self, score: float) -> None:
        """Show only keypoints with at least this score, [0, 1]."""
        if score != self._min_score:
            self._min_score = score
            self.thresholds_changed.emit()

    def _take(self, detection: Detection | None) -> None:
        self._detection = self._shown = detection
        self._edited = None


def _identity(model: ModelInfo | None) -> tuple[Path, str] | None:
    return None if model is None else (model.path, model.fingerprint)

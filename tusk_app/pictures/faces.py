"""The face of each kind: drawn by the decoder, else its clearest example, else its surest place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from tusk_app.engine.prototype_pictures import common_middle

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tusk_app.engine.analysis import AnalysisController
    from tusk_app.engine.engine import Engine
    from tusk_app.pictures.patches import PatchController
    from tusk_app.state.document import Document


class KindFaces(QObject):
    """One small picture for each kind, the same in every panel; made once somebody wants it.

    Signals:
        changed: some faces came, or went with their model.
    """

    changed = Signal()

    def __init__(
        self,
        document: Document,
        engine: Engine,
        analysis: AnalysisController,
        patches: PatchController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._engine = document, engine
        self._analysis, self._patches = analysis, patches.patches
        self._decoded: NDArray[np.uint8] | None = None
        self._images: dict[int, QImage] = {}
        self._best: dict[int, int] = {}
        self._example: Callable[[int], QImage | None] = _no_example
        self._is_wanted = False
        document.model_changed.connect(self._model_changed)
        # Another source drops what the engine was asked for the old one.
        document.source_changed.connect(self._ask_decoded)
        analysis.index_changed.connect(self._index_changed)
        self._patches.arrived.connect(self._patches_arrived)
        engine.prototype_pictures.connect(self._take_decoded)

    @property
    def decoded(self) -> NDArray[np.uint8] | None:
        """Each kind drawn alone, (M, h, w, 3) uint8; None while it is not known."""
        return self._decoded

    def want(self) -> None:
        """Begin to make faces; called when something that shows them opens."""
        if not self._is_wanted:
            self._is_wanted = True
            self._ask_decoded()

    def set_examples(self, example: Callable[[int], QImage | None]) -> None:
        """Ask this for the clearest example of a kind; it returns None where it knows none."""
        self._example = example

    @Slot()
    def examples_changed(self) -> None:
        """Take the examples that are known now."""
        if not self._is_drawn:
            self._images = {}
        self.changed.emit()

    def image(self, kind: int) -> QImage | None:
        """Return a kind's face; None while it has none yet."""
        self.want()
        image = self._images.get(kind)
        if image is None and not self._is_drawn:
            image = self._example(kind)
            if image is None and kind in self._best:
                image = self._patches.get(self._best[kind])
            if image is not None:
                self._images[kind] = image
        return image

    @property
    def _is_drawn(self) -> bool:
        """True if the decoder drew the kinds."""
        return self._decoded is not None and bool(self._decoded.any())

    @Slot()
    def _model_changed(self) -> None:
        self._decoded = None
        self._images = {}
        self._ask_decoded()
        self.changed.emit()

    @Slot()
    def _ask_decoded(self) -> None:
        model = self._document.model
        if model is None or model.config.decoder.kind == "none":
            return  # it has nothing to draw with, which is not news here
        if self._is_wanted and self._decoded is None:
            self._engine.decode_prototypes()

    @Slot(object)
    def _take_decoded(self, pictures: NDArray[np.uint8]) -> None:
        self._decoded = pictures
        if pictures.any():
            self._images = dict(enumerate(map(_image, common_middle(pictures))))
        self.changed.emit()

    @Slot()
    def _index_changed(self) -> None:
        """Take the surest detection of each kind where nothing is drawn."""
        analysis, index = self._document.analysis, self._analysis.index
        self._best = {}
        if analysis is None or index is None:
            return
        if not self._is_drawn:
            self._images = {}
        for kind in np.flatnonzero(index.counts).tolist():
            rows = index.rows_of_prototype(kind)
            self._best[kind] = int(rows[np.argmax(analysis.scores[rows])])
        self.changed.emit()

    @Slot()
    def _patches_arrived(self) -> None:
        if any(kind not in self._images for kind in self._best):
            self.changed.emit()


def _no_example(_kind: int) -> QImage | None:
    return None


def _image(picture: NDArray[np.uint8]) -> QImage:
    height, width = picture.shape[:2]
    data = np.ascontiguousarray(picture)
    return QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()

"""What belonged to the model before goes when another one is opened, before panels hear of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from tusk_app.settings import names_folder

if TYPE_CHECKING:
    from tusk_app.state.document import Document
    from tusk_app.state.prototypes import PrototypeBook
    from tusk_app.state.selection import SelectionModel
    from tusk_core.results import ModelInfo

ORIGIN = "model"


class ModelChange(QObject):
    """Drops selection and results of the model before, and takes the names of the new one.

    A panel that shows something of prototypes or of rows hears of that through the selection, the
    book and the analysis as ever; none has to remember which model its numbers were of.
    """

    def __init__(
        self, document: Document, selection: SelectionModel, prototypes: PrototypeBook
    ) -> None:
        super().__init__(document)
        self._document, self._selection, self._book = document, selection, prototypes
        document.model_replaced.connect(self._replace)

    @Slot(object)
    def _replace(self, before: ModelInfo | None) -> None:
        model, analysis = self._document.model, self._document.analysis
        # The same folder again: its kinds were kept, ignored or made by hand.
        is_same = model is not None and before is not None and model.path == before.path
        prototype = self._selection.prototype
        self._selection.clear(ORIGIN)
        made_by = None if analysis is None else analysis.model_fingerprint
        if model is not None and made_by not in {None, model.fingerprint}:
            self._document.set_analysis(None)
        if not is_same:
            self._document.set_num_keypoints(None)
            self._selection.pick("")
        if model is None:
            # Results can be looked at without their model.
            self._book.reset(0 if analysis is None else len(analysis.prototypes))
        else:
            folder = names_folder(model.path, model.fingerprint)
            self._book.reset(len(model.prototypes), folder)
            if is_same and prototype is not None and prototype < len(model.prototypes):
                self._selection.select_prototype(prototype, ORIGIN)

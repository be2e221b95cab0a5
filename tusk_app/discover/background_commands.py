"""The command that hides background kinds, and its dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from tusk_app.discover.background import BackgroundController
from tusk_app.discover.widgets.background_dialog import BackgroundDialog, BackgroundRow
from tusk_app.parts.one_dialog import OneDialog
from tusk_app.parts.words import say
from tusk_app.pictures.faces import KindFaces

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from tusk_app.workbench import Workbench


class BackgroundCommands(QObject):
    """Registers the command, shows what was found."""

    def __init__(self, workbench: Workbench, parent: QWidget) -> None:
        super().__init__(parent)
        self._bench, self._parent = workbench, parent
        self._background = workbench.part(BackgroundController)
        self._faces = workbench.part(KindFaces)
        self._offer: OneDialog[BackgroundDialog] = OneDialog(self)
        self._action = workbench.actions.add(
            "analyze.background", say("Hide &background [kinds]…"), self.show, menu="Analyse",
            group="names", icon="filter",
            tip=say("See which [kinds] look like background, and hide them"),
        )  # fmt: skip
        self._background.offer_wanted.connect(self.show)
        self._background.judged.connect(self._enable)
        workbench.document.analysis_changed.connect(self._offer.withdraw)
        self._enable()

    @Slot()
    def _enable(self) -> None:
        self._action.setEnabled(self._background.found is not None)

    @Slot()
    def show(self) -> None:
        """List what looks like background; say so where nothing does."""
        found = self._background.found
        if not found:
            self._bench.notices.status(say("No [kind] looks like background."))
            return
        book = self._bench.prototypes
        rows = tuple(
            BackgroundRow(k.number, book.name(k.number), self._faces.image(k.number), k.count,
                          k.reason)
            for k in found
        )  # fmt: skip
        dialog = self._offer.hold(BackgroundDialog(rows, self._parent.window()))
        dialog.hide_wanted.connect(self._background.hide)
        dialog.open()

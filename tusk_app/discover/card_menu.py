"""What can be done with one kind beside keeping and naming it: sharpen it, merge it, split it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QMenu, QWidget

from tusk_app.discover.controller import DiscoverController
from tusk_app.parts.words import unnamed
from tusk_app.pictures.faces import KindFaces

if TYPE_CHECKING:
    from tusk_app.discover.commands import DiscoverCommands
    from tusk_app.workbench import Workbench

# A longer menu would not fit on a screen; others are merged in the gallery.
MOST_OFFERED = 12


class CardMenu(QMenu):
    """The menu of a card.

    Attributes:
        into: what the kind can be merged into.
    """

    def __init__(
        self,
        workbench: Workbench,
        commands: DiscoverCommands,
        number: int,
        joined: tuple[int, ...],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._bench, self._discover = workbench, workbench.part(DiscoverController)
        self._faces = workbench.part(KindFaces)
        sharpen = self.addAction("More places of this kind…", lambda: commands.sharpen(number))
        sharpen.setEnabled(self._discover.can_steer)
        sharpen.setToolTip("Click places in the picture that are of this kind, too")
        self.addSeparator()
        self.into = self.addMenu("Merge into")
        for other in self._others(number):
            action = self.into.addAction(
                self._icon(other),
                self._called(other),
                functools.partial(commands.merge, number, other),
            )
            action.setIconVisibleInMenu(True)
        self.into.setEnabled(not self.into.isEmpty())
        for other in joined:
            name = workbench.prototypes.own_name(other)
            self.addAction(
                f"Split {name} off again", functools.partial(workbench.prototypes.unmerge, other)
            )
        self.addSeparator()
        if "analyze.alike" in workbench.actions:
            self.addAction(
                "Show all of it", lambda: workbench.selection.select_prototype(number, "card")
            )

    def _others(self, number: int) -> list[int]:
        """Return the kinds to merge into: those that are kept first, none that is merged itself."""
        book, discover = self._bench.prototypes, self._discover
        free = [
            kind
            for kind in discover.kinds
            if kind.number != number
            and kind.number < book.num
            and book.target(kind.number) == kind.number
        ]
        free.sort(key=lambda kind: not discover.is_kept(kind))
        return [kind.number for kind in free[:MOST_OFFERED]]

    def _called(self, number: int) -> str:
        return self._discover.name(number) or unnamed(number)

    def _icon(self, number: int) -> QIcon:
        face = self._faces.image(number)
        return QIcon() if face is None else QIcon(QPixmap.fromImage(face))

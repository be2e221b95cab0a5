"""Commands that go from picture to picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QInputDialog

from tusk_app.state.document import ABOUT_READING, NOT_WHOLE

if TYPE_CHECKING:
    from tusk_app.shell.host import Host
    from tusk_app.shell.workshop import Workshop

_NEEDS_PICTURES = (
    "go.next",
    "go.previous",
    "go.next-10",
    "go.previous-10",
    "go.first",
    "go.last",
    "go.to",
)
# Id, text, keys, icon and how far; the keys act over the picture.
_STEPS = (
    ("go.next", "&Next picture", "Right; D", "next", 1),
    ("go.previous", "&Previous picture", "Left; A", "previous", -1),
    ("go.next-10", "10 &forward", "Ctrl+Right", "", 10),
    ("go.previous-10", "10 &back", "Ctrl+Left", "", -10),
    ("go.first", "&First picture", "Home", "first", -(2**31)),
    ("go.last", "&Last picture", "End", "last", 2**31),
)
_NEAR = 10  # pictures; farther steps lead to an end, which is not known while a folder is read
_PROTOTYPE_TIP = "Needs a selected [kind] and an analysis of the pictures"


class GoCommands(QObject):
    """Registers and carries out what the Go menu offers."""

    def __init__(self, window: Host, workbench: Workshop) -> None:
        super().__init__(window)
        self._window = window
        self._bench = workbench
        self._document = workbench.document
        self._actions = workbench.actions
        self._register()
        for signal in (
            self._document.source_changed,
            self._document.index_requested,
            self._document.picture_changed,
            self._document.analysis_changed,
            workbench.selection.prototype_changed,
        ):
            signal.connect(self.refresh)
        self.refresh()

    def _register(self) -> None:
        for name, text, keys, icon, count in _STEPS:
            self._actions.add(
                name,
                text,
                lambda steps=count: self._step(steps),
                menu="Go",
                shortcut=keys,
                canvas_only=True,
                icon=icon,
            )
        self._actions.add(
            "go.to",
            "&Go to picture…",
            self.go_to,
            menu="Go",
            shortcut="Ctrl+J",
            tip="Go to a picture by its number or name",
            icon="go-to",
        )
        self._actions.add(
            "go.next-prototype",
            "Next picture with the selected p&rototype",
            lambda: self._find_prototype(1),
            menu="Go",
            shortcut="N",
            canvas_only=True,
            tip=_PROTOTYPE_TIP,
        )
        self._actions.add(
            "go.previous-prototype",
            "Previous picture with the selected pr&ototype",
            lambda: self._find_prototype(-1),
            menu="Go",
            shortcut="Shift+N",
            canvas_only=True,
            tip=_PROTOTYPE_TIP,
        )

    def _step(self, by: int) -> None:
        if abs(by) > _NEAR and not self._document.is_whole:
            self._bench.notices.toast(NOT_WHOLE, "info", about=ABOUT_READING)
            return
        self._document.go_to(self._document.index + by)

    def go_to(self) -> None:
        """Ask for the number or a part of the name of a picture."""
        if not self._document.is_whole:
            self._bench.notices.toast(NOT_WHOLE, "info", about=ABOUT_READING)
            return
        total = self._document.num_pictures
        text, is_sure = QInputDialog.getText(
            self._window, "Go to picture", f"Number from 1 to {total:,}, or part of the name:"
        )
        text = text.strip()
        if not is_sure or not text:
            return
        number = text.replace(",", "")
        if number.isdigit():
            self._document.go_to(int(number) - 1)
        else:
            self._window.filter_pictures(text)

    @Slot()
    def refresh(self, _value: object = None) -> None:
        """Enable what can be used now."""
        has_pictures = self._document.num_pictures > 1
        for name in _NEEDS_PICTURES:
            self._actions.get(name).setEnabled(has_pictures)
        can_find = (
            has_pictures
            and self._document.analysis is not None
            and self._bench.selection.prototype is not None
        )
        self._actions.get("go.next-prototype").setEnabled(can_find)
        self._actions.get("go.previous-prototype").setEnabled(can_find)

    def _find_prototype(self, direction: int) -> None:
        analysis, wanted = self._document.analysis, self._bench.selection.prototype
        if analysis is None or wanted is None:
            return
        book, here = self._bench.prototypes, self._document.index
        kinds = [i for i in range(book.num) if book.target(i) == book.target(wanted)] or [wanted]
        pictures = np.unique(analysis.picture[np.isin(analysis.labels, kinds)])
        ahead = pictures[pictures > here] if direction > 0 else pictures[pictures < here]
        if len(ahead) == 0:
            where = "after" if direction > 0 else "before"
            self._bench.notices.status(f"No picture {where} this one shows {book.name(wanted)}.")
            return
        self._document.go_to(int(ahead[0] if direction > 0 else ahead[-1]))

"""Kinds of the open model that look like background: told after each analysis, hidden at once."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.parts.words import say
from tusk_app.threads.latest_task import LatestTask
from tusk_core import api
from tusk_core.control import Cancelled, RunControl
from tusk_core.resources import bundled_models

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tusk_app.discover.controller import DiscoverController
    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_app.state.prototypes import PrototypeBook
    from tusk_core.events import KindJudged

OFFER, HIDDEN = "model/background", "model/hidden"


class BackgroundController(QObject):
    """Judges the kinds of each analysis of the open model, in the background.

    Hiding ignores a kind in detection where the model takes that; else it is hidden everywhere in
    the window and left out of exports.

    Signals:
        judged: ``found`` is known, or gone.
        offer_wanted: somebody wants to see what was found.
    """

    judged = Signal()
    offer_wanted = Signal()

    def __init__(
        self,
        document: Document,
        prototypes: PrototypeBook,
        notices: Notices,
        discover: DiscoverController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._book = document, prototypes
        self._notices, self._discover = notices, discover
        self._found: tuple[KindJudged, ...] | None = None
        self._told: tuple[Path | None, frozenset[int]] = (None, frozenset())
        self._control = RunControl()
        self._task = LatestTask("kinds that look like background", self)
        self._task.done.connect(self._take)
        self._task.failed.connect(self._take_failure)
        document.analysis_changed.connect(self._judge)

    @property
    def found(self) -> tuple[KindJudged, ...] | None:
        """Kinds that look like background and are shown; None while that is not known."""
        if self._found is None:
            return None
        return tuple(kind for kind in self._found if self._is_shown(kind.number))

    def hide(self, numbers: Sequence[int]) -> None:
        """Hide some kinds; a notice offers to undo it."""
        if not numbers:
            return
        self._set_hidden(numbers, hidden=True)
        count = len(numbers)
        text = say(f"{count} [kind]{' is' if count == 1 else 's are'} hidden as background.")
        undo = functools.partial(self._set_hidden, tuple(numbers), hidden=False)
        # The offer is answered. What is detected from now on is another analysis; hiding stays.
        self._notices.withdraw(OFFER)
        self._notices.withdraw(HIDDEN)
        self._notices.toast(text, "success", "Undo", undo, about=HIDDEN)

    def shutdown(self) -> bool:
        """End the thread; False if it did not end in time."""
        self._control.request_stop()
        return self._task.shutdown()

    def _set_hidden(self, numbers: Sequence[int], *, hidden: bool) -> None:
        for number in numbers:
            if self._discover.can_steer:
                self._discover.set_kept(number, not hidden)
            else:
                self._book.set_hidden(number, hidden)

    def _is_shown(self, number: int) -> bool:
        book = self._book
        if number >= book.num or book.is_hidden(number) or book.target(number) != number:
            return False
        kinds = self._discover.kinds if self._discover.can_steer else ()
        return all(self._discover.is_kept(kind) for kind in kinds if kind.number == number)

    @Slot()
    def _judge(self) -> None:
        self._control.request_stop()
        self._task.cancel()
        self._notices.withdraw(OFFER)
        self._found = None
        self.judged.emit()
        analysis, model = self._document.analysis, self._document.model
        if analysis is None or model is None or analysis.model_fingerprint != model.fingerprint:
            return
        control = self._control = RunControl()
        self._task.request(lambda: api.background_kinds(analysis, control))

    @Slot(object)
    def _take(self, found: tuple[KindJudged, ...]) -> None:
        self._found = found
        self.judged.emit()
        shown = self.found
        if shown and self._is_news(shown):
            count = len(shown)
            text = say(f"{count} [kind]{' looks' if count == 1 else 's look'} like background.")
            self._notices.toast(text, "info", "Show…", self.offer_wanted.emit, about=OFFER)

    def _is_news(self, shown: tuple[KindJudged, ...]) -> bool:
        """True if some of these kinds were not offered before, of a model that may need it."""
        model = self._document.model
        if model is None or model.path in bundled_models().values():
            return False  # what came with the program is shown as it is; the command is there
        before = self._told[1] if self._told[0] == model.path else frozenset()
        self._told = (model.path, before | {kind.number for kind in shown})
        return self._told[1] != before

    @Slot(object)
    def _take_failure(self, error: Exception) -> None:
        if not isinstance(error, Cancelled):
            self._notices.status(f"Background could not be told from things: {error}")

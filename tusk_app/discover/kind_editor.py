"""What the user says of the kinds of the open model: written beside it, which then opens anew."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from tusk_app.discover.steering import Clicked, Said, Steering
from tusk_app.parts.words import unnamed
from tusk_app.threads.latest_task import LatestTask
from tusk_core.results import TuskError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Literal

    from tusk_app.engine.engine import Engine
    from tusk_app.settings import Settings
    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_core.events import KindFound

log = logging.getLogger(__name__)

# Ticks that follow each other are written, and the model opened again, together.
SETTLE_MS = 300
ABOUT = "model/kinds"
_UNDER_WAY = {
    "new": "Making a kind from this place…",
    "not": "Refusing such places…",
    "more": "Adding this place…",
}


class KindEditor(QObject):
    """Keeps, ignores and makes kinds of one model at a time.

    Signals:
        changed: what is said of the kinds, or soon will be.
        written: a change came to the file; kinds may have come or gone.
        made: a kind was made from a place.
    """

    changed = Signal()
    written = Signal()
    made = Signal()

    def __init__(
        self,
        document: Document,
        settings: Settings,
        notices: Notices,
        engine: Engine,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._settings = document, settings
        self._notices, self._engine = notices, engine
        self._said: Said | None = None
        self._wanted: dict[int, bool] = {}
        self._steering = Steering()
        self._writer = LatestTask("what was said of kinds", self, keep_all=True)
        self._writer.done.connect(self._take_said)
        self._writer.failed.connect(self._take_refusal)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._send_kept)

    @property
    def said(self) -> Said | None:
        """What was said of the kinds that are shown; None while none are, or nobody may."""
        return self._said

    @property
    def is_ready(self) -> bool:
        """True if these kinds are the open model's."""
        model, said = self._document.model, self._said
        return model is not None and said is not None and said.model_dir == model.path

    @property
    def can_undo(self) -> bool:
        """True if something was said that can be taken back."""
        return self.is_ready and self._said is not None and self._said.num_edits > 0

    def begin(self, said: Said | None) -> None:
        """Go over to the kinds of another model; ticks of a moment ago stay with the one before."""
        if self._settle.isActive():
            self.finish()
        self._said, self._wanted = said, {}

    def is_kept(self, kind: KindFound) -> bool:
        """True if the places of a kind are keypoints, or soon will be."""
        said = {} if self._said is None else self._said.kept
        return self._wanted.get(kind.number, said.get(kind.number, kind.is_kept))

    def set_kept(self, number: int, kept: bool) -> None:
        """Keep a kind, or ignore it everywhere."""
        self._wanted[number] = kept
        self._settle.start()
        self.changed.emit()

    def click(
        self, does: Literal["new", "not", "more"], xy: tuple[float, float], kind: int = -1
    ) -> None:
        """Make a kind from a place of the picture shown, refuse or add what looks like it.

        Args:
            does: "new", "not" or "more".
            xy: pixels of the picture.
            kind: that the place belongs to, for "more".
        """
        source, picture = self._document.source, self._document.picture
        if source is None or picture is None:
            return
        clicked = Clicked(does, source.name(self._document.index), picture, xy, kind)
        self._write(functools.partial(self._steering.click, clicked=clicked))
        self._notices.status(_UNDER_WAY[does])

    def undo(self) -> None:
        """Take back what was said last."""
        if self._settle.isActive():
            self._settle.stop()
            self._wanted.clear()
            self.changed.emit()
        elif self.can_undo:
            self._write(self._steering.undo)

    def finish(self) -> None:
        """Write what still waits."""
        self._settle.stop()
        if self._said is not None and self._wanted:
            self._write(functools.partial(self._steering.keep, wanted=dict(self._wanted)))

    def shutdown(self) -> bool:
        """End the thread; False if it did not end in time."""
        said, is_waiting = self._said, self._settle.isActive()
        self._settle.stop()
        has_ended = self._writer.shutdown()
        if is_waiting and said is not None and self._wanted:
            try:
                self._steering.keep(said.model_dir, None, wanted=self._wanted)
            except TuskError as problem:
                log.warning("what was kept last is not saved: %s", problem)
        return has_ended

    def _write(self, work: Callable[..., Said]) -> None:
        assert self._said is not None
        self._notices.withdraw(ABOUT)  # what could be undone there is no longer the last
        self._writer.request(
            functools.partial(work, self._said.model_dir, self._document.whole_source)
        )

    @Slot()
    def _send_kept(self) -> None:
        if self.is_ready:
            self.finish()

    @Slot(object)
    def _take_said(self, said: Said) -> None:
        before = self._said
        if before is None or said.model_dir != before.model_dir:
            return
        self._said = said
        # Ticks that came meanwhile still wait to be written.
        self._wanted = {n: k for n, k in self._wanted.items() if said.kept.get(n) != k}
        if not self._settle.isActive():
            self._wanted = {}
        self.written.emit()
        if said.num_edits > before.num_edits and said.last is not None:
            self._tell(said.last.does, said.last.kind)
        self._reopen(said.model_dir)

    def _tell(self, does: str, number: int) -> None:
        if does == "new":
            self.made.emit()
            text = f"{unnamed(number)} is made from this place."
        elif does == "more":
            text = f"{unnamed(number)} knows this place, too."
        else:
            return
        self._notices.toast(text, "success", "Undo", self.undo, about=ABOUT)

    def _reopen(self, folder: Path) -> None:
        self._engine.open_model(folder, self._settings.device)

    @Slot(object)
    def _take_refusal(self, error: Exception) -> None:
        self._wanted = {}
        self.changed.emit()
        self._notices.error(
            "The kinds could not be changed.", str(error), "What was said before still holds."
        )

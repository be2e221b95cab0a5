"""What the program tells the user: status text, toasts and errors, all of them logged."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

log = logging.getLogger("tusk.notices")

Level = Literal["info", "success", "warning", "error"]

_SEVERITY = {
    "info": logging.INFO, "success": logging.INFO, "warning": logging.WARNING,
    "error": logging.ERROR,
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class NoticeButton:
    """A button that offers a way out: its text and what it does."""

    text: str
    action: Callable[[], object]


@dataclass(frozen=True, slots=True, eq=False)
class Toast:
    """A short message in the corner of the window, with at most one action.

    ``about`` is what it is about: it goes when that does. ``model`` goes with any change of the
    open model, ``model/kinds`` when another is opened or something newer is said of its kinds.
    """

    text: str
    level: Level = "info"
    action_text: str = ""
    action: Callable[[], object] | None = None
    about: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """An error for the user: what happened, why if known, what can be done.

    Attributes:
        title: what happened, one sentence.
        why: the cause if known, else empty.
        what_to_do: the next step.
        details: traceback or log lines, shown on demand.
        buttons: ways out, such as "Retry on CPU".
    """

    title: str
    why: str = ""
    what_to_do: str = ""
    details: str = ""
    buttons: tuple[NoticeButton, ...] = ()


class Notices(QObject):
    """The one way from anywhere in the window to the user; GUI thread only.

    Signals:
        status_posted: str, for the status bar, about four seconds.
        toast_posted: Toast.
        problem_posted: Problem, shown in the error dialog.
        withdrawn: str, messages about this are no longer true.
    """

    status_posted = Signal(str)
    toast_posted = Signal(object)
    problem_posted = Signal(object)
    withdrawn = Signal(str)

    def status(self, text: str) -> None:
        """Say something in the status bar."""
        log.info(text)
        self.status_posted.emit(text)

    def toast(
        self,
        text: str,
        level: Level = "info",
        action_text: str = "",
        action: Callable[[], object] | None = None,
        *,
        about: str = "",
    ) -> None:
        """Say something in the corner of the window, with at most one action.

        ``about`` is what it is about, such as ``model``, and goes with; see ``Toast``.
        """
        log.log(_SEVERITY[level], text)
        self.toast_posted.emit(Toast(text, level, action_text, action, about))

    def withdraw(self, about: str) -> None:
        """Take back messages about something that is gone, or that was changed since."""
        self.withdrawn.emit(about)

    def error(
        self,
        title: str,
        why: str = "",
        what_to_do: str = "",
        details: str = "",
        buttons: Sequence[NoticeButton | tuple[str, Callable[[], object]]] = (),
    ) -> None:
        """Report an error: what happened, why, what to do, details, ways out as buttons."""
        lines = " ".join(part for part in (title, why, what_to_do) if part)
        log.error("%s\n%s", lines, details) if details else log.error(lines)
        made = tuple(b if isinstance(b, NoticeButton) else NoticeButton(*b) for b in buttons)
        self.problem_posted.emit(Problem(title, why, what_to_do, details, made))

"""Short messages in the lower right corner of the window, with at most one action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsDropShadowEffect,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from tusk_app.parts import icons, theme
from tusk_app.parts.themed import Themed

if TYPE_CHECKING:
    from collections.abc import Callable

LIFETIME_MS = 6000
ACTION_LIFETIME_MS = 12_000
MAX_SHOWN = 4
WIDTH = 380
MARGIN = 14
_ICONS = {"info": "info", "success": "check", "warning": "warning", "error": "error"}


class ToastCard(Themed, QFrame):
    """One message.

    Attributes:
        about: what it is about, such as ``model``; it goes when that does.

    Signals:
        closed: it wants to go.
    """

    closed = Signal()

    def __init__(
        self,
        text: str,
        level: str,
        action_text: str,
        action: Callable[[], object] | None,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self.setProperty("role", "card")
        self.setFixedWidth(WIDTH)
        self._level, self.about = level, ""
        self._icon = QLabel(self)
        self._label = QLabel(text, self)
        self._label.setWordWrap(True)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        close = QToolButton(self)
        close.setAccessibleName("Close this message")
        close.setToolTip("Close")
        close.clicked.connect(self.closed)
        self._close = close
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 10, 8, 10)
        row.setSpacing(10)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._label, 1)
        if action_text and action is not None:
            button = QPushButton(action_text, self)
            button.clicked.connect(self.closed)
            button.clicked.connect(lambda: action())  # noqa: PLW0108 - without the clicked flag
            row.addWidget(button)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ACTION_LIFETIME_MS if action_text else LIFETIME_MS)
        self._timer.timeout.connect(self.closed)
        self._timer.start()
        shadow = QGraphicsDropShadowEffect(self)
        shadow.setBlurRadius(18)
        shadow.setOffset(0, 3)
        shadow.setColor(QColor(0, 0, 0, 90))
        self.setGraphicsEffect(shadow)
        self.follow_theme()

    @property
    def text(self) -> str:
        """What it says."""
        return self._label.text()

    def enterEvent(self, event: object) -> None:
        """Stay while somebody reads."""
        self._timer.stop()
        super().enterEvent(event)  # type: ignore[arg-type]

    def leaveEvent(self, event: QEvent) -> None:
        """Go some time after the reader left."""
        self._timer.start()
        super().leaveEvent(event)

    def stop(self) -> None:
        """Never close by itself any more."""
        self._timer.stop()

    def restyle(self) -> None:
        """Take the colours of the theme."""
        colours = theme.of(self.palette())
        colour = {
            "info": colours.link,
            "success": colours.success,
            "warning": colours.warning,
            "error": colours.danger,
        }.get(self._level, colours.link)
        ratio = self.devicePixelRatioF()
        name = _ICONS.get(self._level, "info")
        self._icon.setPixmap(icons.pixmap(name, 20, colour, ratio))
        self._close.setIcon(icons.icon("close", colours.muted))


class ToastStack(QObject):
    """Places the messages above the status bar of a window, the newest lowest."""

    def __init__(self, window: QWidget, bottom: QWidget | None = None) -> None:
        super().__init__(window)
        self._window = window
        self._bottom = bottom
        self._cards: list[ToastCard] = []
        window.installEventFilter(self)

    def show(
        self,
        text: str,
        level: str = "info",
        action_text: str = "",
        action: Callable[[], object] | None = None,
    ) -> ToastCard:
        """Show a message; one with the same text is not shown twice."""
        for card in list(self._cards):
            if card.text == text:
                self._drop(card)
        card = ToastCard(text, level, action_text, action, self._window)
        card.closed.connect(lambda: self._drop(card))
        self._cards.append(card)
        while len(self._cards) > MAX_SHOWN:
            self._drop(self._cards[0])
        card.show()
        self._place()
        return card

    @property
    def cards(self) -> tuple[ToastCard, ...]:
        """Messages that are shown, oldest first."""
        return tuple(self._cards)

    def dismiss(self, about: str) -> None:
        """Close the messages about something that is gone."""
        for card in [card for card in self._cards if card.about == about]:
            self._drop(card)

    def dismiss_all(self, about: str) -> None:
        """Close the messages about something that is gone, and about parts of it."""
        for card in [card for card in self._cards if card.about.partition("/")[0] == about]:
            self._drop(card)

    def clear(self) -> None:
        """Close all messages."""
        for card in list(self._cards):
            self._drop(card)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the messages in the corner and above panels that appear later."""
        if event.type() in {QEvent.Type.Resize, QEvent.Type.LayoutRequest} and self._cards:
            self._place()
        return super().eventFilter(watched, event)

    def _drop(self, card: ToastCard) -> None:
        if card in self._cards:
            self._cards.remove(card)
            card.stop()
            card.hide()
            card.deleteLater()
            self._place()

    def _place(self) -> None:
        bottom = self._window.height() - MARGIN
        if self._bottom is not None and self._bottom.isVisible():
            bottom -= self._bottom.height()
        for card in reversed(self._cards):
            card.setFixedHeight(max(card.sizeHint().height(), card.heightForWidth(WIDTH)))
            card.move(self._window.width() - WIDTH - MARGIN, bottom - card.height())
            bottom = card.y() - 10
            card.raise_()

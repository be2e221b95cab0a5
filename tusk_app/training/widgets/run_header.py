"""State line, progress and buttons of a run."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts import icons, theme, tones
from tusk_app.parts.elided_label import ElidedLabel
from tusk_app.parts.flow_layout import FlowLayout
from tusk_app.parts.themed import Themed
from tusk_app.parts.thin_bar import thin_bar

SAID_MS = 4000


@dataclass(frozen=True, slots=True)
class HeaderButton:
    """A button of the header.

    Attributes:
        name: id that ``pressed`` carries.
        text: what it says.
        icon: name of a drawing.
        tip: one sentence.
        kind: ``primary``, ``danger`` or empty.
        enabled: whether it can be pressed now.
    """

    name: str
    text: str
    icon: str = ""
    tip: str = ""
    kind: str = ""
    enabled: bool = True


class RunHeader(Themed, QWidget):
    """Says what a run does, how far it is, and offers what can be done with it.

    Signals:
        pressed: str, id of a button.
    """

    pressed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = ElidedLabel("", self)
        self._state.setObjectName("run-state")
        self._detail = ElidedLabel("", self)
        self._detail.setProperty("role", "muted")
        self._progress = thin_bar("Progress of the run", self)
        self._button_area = QWidget(self)
        self._row = FlowLayout(self._button_area, align_right=True)
        self._buttons: dict[str, QPushButton] = {}
        self._specs: tuple[HeaderButton, ...] = ()
        self._lasting_detail = ""
        self._tone = "text"
        self._said = QTimer(self)
        self._said.setSingleShot(True)
        self._said.setInterval(SAID_MS)
        self._said.timeout.connect(self._show_lasting_detail)
        self._lay_out()
        self.follow_theme()

    def button(self, name: str) -> QPushButton:
        """Return the button with id ``name``."""
        return self._buttons[name]

    def set_state(self, text: str, detail: str, *, tone: str = "text") -> None:
        """Say what the run does; ``tone`` is a colour name of the theme."""
        self._state.setText(text)
        self._lasting_detail = detail
        if not self._said.isActive():
            self._detail.setText(detail)
        if tone != self._tone:
            # While a run goes on this is called several times a second; dressing is dear.
            self._tone = tone
            self.restyle()

    def say(self, text: str) -> None:
        """Show a short answer to a press in place of the second line, at once."""
        self._detail.setText(text)
        self._said.start()

    def end_saying(self) -> None:
        """Show the lasting second line again."""
        self._said.stop()
        self._show_lasting_detail()

    def set_fraction(self, fraction: float | None, *, active: bool) -> None:
        """Show how much is done; None with ``active`` shows that something goes on."""
        self._progress.setVisible(active or fraction is not None)
        if fraction is None:
            self._progress.setRange(0, 0)
            return
        self._progress.setRange(0, 1000)
        self._progress.setValue(round(1000 * fraction))

    def set_buttons(self, buttons: tuple[HeaderButton, ...]) -> None:
        """Offer these buttons; the focus stays on a button that stays."""
        if buttons == self._specs:
            return
        self._specs = buttons
        wanted = {spec.name for spec in buttons}
        for name in [name for name in self._buttons if name not in wanted]:
            self._buttons.pop(name).deleteLater()
        for position, spec in enumerate(buttons):
            button = self._buttons.get(spec.name) or self._new_button(spec.name)
            self._row.insert_widget(position, button)
            self._dress(button, spec)
        self._buttons = {spec.name: self._buttons[spec.name] for spec in buttons}
        self._order_focus(buttons)

    def _lay_out(self) -> None:
        font = self._state.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.15)
        self._state.setFont(font)
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addWidget(self._state)
        texts.addWidget(self._detail)
        top = QHBoxLayout()
        top.setSpacing(12)
        self._state.setMinimumWidth(20 * self._state.fontMetrics().averageCharWidth())
        top.addLayout(texts, 1)
        top.addWidget(self._button_area)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(self._progress)

    def _new_button(self, name: str) -> QPushButton:
        button = QPushButton(self._button_area)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _on=False: self.pressed.emit(name))
        self._buttons[name] = button
        return button

    def _dress(self, button: QPushButton, spec: HeaderButton) -> None:
        button.setText(spec.text)
        button.setToolTip(spec.tip)
        button.setEnabled(spec.enabled)
        button.setProperty("primary", spec.kind == "primary")
        button.setProperty("danger", spec.kind == "danger")
        button.style().unpolish(button)
        button.style().polish(button)
        colours = theme.of(self.palette())
        line = {"primary": colours.accent_text, "danger": colours.danger}
        if spec.icon:
            button.setIcon(icons.icon(spec.icon, line.get(spec.kind, colours.text)))
            button.setIconSize(QSize(16, 16))

    def _order_focus(self, buttons: tuple[HeaderButton, ...]) -> None:
        ordered = [self._buttons[spec.name] for spec in buttons]
        for first, second in itertools.pairwise(ordered):
            QWidget.setTabOrder(first, second)

    def _show_lasting_detail(self) -> None:
        self._detail.setText(self._lasting_detail)

    def restyle(self) -> None:
        """Take the colours of the theme."""
        colours = theme.of(self.palette())
        colour = QColor(getattr(colours, self._tone))
        tones.set_style(self._state, f"color: {colour.name()};")
        for spec in self._specs:
            self._dress(self._buttons[spec.name], spec)

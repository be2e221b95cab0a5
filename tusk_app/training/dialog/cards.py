"""The list of presets as cards, under headings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from tusk_app.training.widgets.preset_card import PresetCard

if TYPE_CHECKING:
    from tusk_app.training.dialog.presets import Preset


class PresetCards(QScrollArea):
    """Scrolls; one card is chosen at most.

    Signals:
        chosen: Preset, by the user.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._cards: dict[str, PresetCard] = {}
        self._column = QVBoxLayout()

    @property
    def cards(self) -> dict[str, PresetCard]:
        """The cards by the name of their preset."""
        return dict(self._cards)

    def set_presets(self, presets: list[Preset], chosen: str) -> None:
        """Show a card for each of ``presets``."""
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.setContentsMargins(2, 2, 6, 2)
        column.setSpacing(6)
        self._cards, family = {}, ""
        for preset in presets:
            if preset.family != family:
                family = preset.family
                heading = QLabel(family, page)
                heading.setProperty("role", "muted")
                heading.setWordWrap(True)
                column.addWidget(heading)
            card = PresetCard(preset.title, preset.config.description, preset.figures, page)
            card.setChecked(preset.name == chosen)
            card.clicked.connect(lambda _on=False, which=preset: self.chosen.emit(which))
            # Arrow keys move the mark without a click.
            card.toggled.connect(lambda on, c=card, which=preset: self._take_arrow(c, which, on=on))
            column.addWidget(card)
            self._cards[preset.name] = card
        column.addStretch(1)
        self.setWidget(page)

    def _take_arrow(self, card: PresetCard, preset: Preset, *, on: bool) -> None:
        if on and card.hasFocus() and not card.isDown():
            self.chosen.emit(preset)

    def choose(self, name: str) -> None:
        """Mark the card of preset ``name``."""
        card = self._cards.get(name)
        if card is not None:
            card.setChecked(True)
            self.show_chosen()

    def show_chosen(self) -> None:
        """Scroll to the marked card."""
        for card in self._cards.values():
            if card.isChecked():
                self.ensureWidgetVisible(card)

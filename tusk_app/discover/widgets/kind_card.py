"""One kind as a card: its colour, name, example patches, figures, and whether it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts import theme, tones
from tusk_app.parts.elided_label import ElidedLabel
from tusk_app.parts.icon_button import IconButton
from tusk_app.parts.themed import Themed
from tusk_app.parts.words import unnamed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QImage

PATCH = 50
GAP = 4
_IGNORED = 0.35


@dataclass(frozen=True, slots=True)
class CardState:
    """What a card says.

    Attributes:
        number: of the kind.
        name: by the user; empty if it has none.
        colour: sRGB, of its keypoints.
        facts: how often it recurs, how large it is.
        tip: more about it.
        is_kept: whether its places are keypoints.
        can_keep: whether that can be changed now.
        can_name: whether it can be given a name now.
    """

    number: int
    name: str
    colour: tuple[int, int, int]
    facts: str
    tip: str
    is_kept: bool
    can_keep: bool
    can_name: bool


class PatchStrip(QWidget):
    """As many patches beside each other as there is room for.

    Signals:
        chosen: int, a patch was clicked; its number.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._patches: Sequence[Callable[[], QImage | None]] = ()
        self._opacity = 1.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Click a place to see it in its picture")
        self.setAccessibleName("Examples")

    def set_patches(self, patches: Sequence[Callable[[], QImage | None]]) -> None:
        """Show these, each asked for when it is painted."""
        self._patches = patches
        self.update()

    def set_dimmed(self, *, dimmed: bool) -> None:
        """Show them as of a kind that is ignored."""
        self._opacity = _IGNORED if dimmed else 1.0
        self.update()

    def sizeHint(self) -> QSize:
        """Five patches."""
        return QSize(5 * (PATCH + GAP) - GAP, PATCH)

    def minimumSizeHint(self) -> QSize:
        """Three patches."""
        return QSize(3 * (PATCH + GAP) - GAP, PATCH)

    def place(self, number: int) -> QRect:
        """Return where patch ``number`` is drawn."""
        return QRect(number * (PATCH + GAP), 0, PATCH, PATCH)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint what is known of the patches that fit."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(self._opacity)
        fit = max(1, (self.width() + GAP) // (PATCH + GAP))
        for number, patch in enumerate(self._patches[:fit]):
            image, place = patch(), self.place(number)
            if image is None:
                painter.fillRect(place, tones.tone(self.palette(), "border"))
            else:
                painter.drawImage(place, image)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the patch under the pointer."""
        number = int(event.position().x()) // (PATCH + GAP)
        if event.button() == Qt.MouseButton.LeftButton and 0 <= number < len(self._patches):
            self.chosen.emit(number)
        super().mousePressEvent(event)


class Swatch(QWidget):
    """A dot in the colour of a kind."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = QColor(128, 128, 128)
        self.setFixedSize(14, 14)

    def set_colour(self, colour: tuple[int, int, int]) -> None:
        """Show another colour."""
        self._colour = QColor(*colour)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the dot."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(self._colour)
        painter.setPen(QPen(tones.tone(self.palette(), "border"), 1))
        painter.drawEllipse(self.rect().adjusted(1, 1, -1, -1))


class KindCard(Themed, QFrame):
    """Shows one kind.

    Signals:
        keep_changed: (int number, bool).
        renamed: (int number, str).
        pressed: int number, the card was clicked.
        example_chosen: (int number, int which).
        menu_wanted: (int number, QPoint on the screen), what else can be done with it.
    """

    menu_wanted = Signal(int, QPoint)
    keep_changed = Signal(int, bool)
    renamed = Signal(int, str)
    pressed = Signal(int)
    example_chosen = Signal(int, int)

    def __init__(self, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number = number
        self.setObjectName("kind-card")
        self._is_selected = False
        self._swatch = Swatch(self)
        self.name = QLineEdit(self)
        self.name.setObjectName("kind-name")
        self.name.setPlaceholderText(unnamed(number))
        self.name.setAccessibleName(f"Name of kind {number}")
        self.name.setFrame(False)
        self.name.editingFinished.connect(self._tell_name)
        self.keep = QCheckBox("Keep", self)
        self.keep.toggled.connect(lambda on: self.keep_changed.emit(self.number, on))
        self.more = IconButton("more", "More of this kind, merge", self)
        self.more.clicked.connect(self._ask_menu)
        self.strip = PatchStrip(self)
        self.strip.chosen.connect(lambda which: self.example_chosen.emit(self.number, which))
        self.facts: QLabel = ElidedLabel("", self)
        self.facts.setProperty("role", "muted")
        self._lay_out()
        self.follow_theme()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._swatch)
        head.addWidget(self.name, 1)
        head.addWidget(self.keep)
        head.addWidget(self.more)
        column = QVBoxLayout(self)
        column.setContentsMargins(9, 6, 9, 7)
        column.setSpacing(5)
        column.addLayout(head)
        column.addWidget(self.strip)
        column.addWidget(self.facts)

    def show_state(self, state: CardState) -> None:
        """Say what is known and chosen now."""
        self._swatch.set_colour(state.colour)
        if not self.name.isModified() or not self.name.hasFocus():
            self.name.setText(state.name)
        self.name.setEnabled(state.can_name)
        self.keep.blockSignals(True)
        self.keep.setChecked(state.is_kept)
        self.keep.blockSignals(False)
        self.keep.setEnabled(state.can_keep)
        self.more.setEnabled(state.can_name)
        self.more.setAccessibleName(f"More of {state.name or unnamed(state.number)}, merge")
        self.keep.setAccessibleName(f"Keep {state.name or unnamed(state.number)}")
        self.keep.setToolTip(state.tip)
        self.strip.set_dimmed(dimmed=not state.is_kept)
        self.facts.setText(state.facts)
        self.setAccessibleName(state.name or unnamed(state.number))
        self.setAccessibleDescription(state.facts)

    def set_selected(self, *, selected: bool) -> None:
        """Mark it as the one that is selected everywhere."""
        if selected != self._is_selected:
            self._is_selected = selected
            self.restyle()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select this kind everywhere."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit(self.number)
        super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu where the pointer is."""
        if self.more.isEnabled():
            self.menu_wanted.emit(self.number, event.globalPos())

    def _ask_menu(self) -> None:
        self.menu_wanted.emit(self.number, self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _tell_name(self) -> None:
        if self.name.isModified():
            self.name.setModified(False)
            self.renamed.emit(self.number, self.name.text())

    def restyle(self) -> None:
        """Take the colours of the theme; the selected card has a coloured edge."""
        colours = theme.of(self.palette())
        edge = colours.accent if self._is_selected else colours.border
        tones.set_style(
            self,
            f"#kind-card {{ background: {colours.raised}; border: 1px solid {edge};"
            f" border-radius: 7px; }}"
            f"#kind-name {{ background: transparent; border: 1px solid transparent;"
            f" padding: 1px 3px; font-weight: 600; color: {colours.text};"
            f" placeholder-text-color: {colours.text}; }}"
            f"#kind-name:hover:enabled {{ border-color: {colours.border}; }}"
            f"#kind-name:focus {{ background: {colours.base}; border-color: {colours.link}; }}",
        )

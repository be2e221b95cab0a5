"""A button that shows a preset: name, what it is for, a few figures."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QSizePolicy, QVBoxLayout, QWidget

from tusk_app.parts import theme, tones


class PresetCard(QAbstractButton):
    """Checkable; arrow keys go from card to card within one parent."""

    def __init__(
        self, title: str, description: str, figures: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setText(title)
        self.setAccessibleName(title)
        self.setAccessibleDescription(f"{description} {figures}")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 10, 8)
        column.setSpacing(2)
        for text, role in ((title, "heading"), (description, ""), (figures, "muted")):
            label = QLabel(text, self)
            label.setWordWrap(True)
            label.setProperty("role", role)
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            label.setVisible(bool(text))
            column.addWidget(label)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.toggled.connect(lambda _on: self.update())

    def sizeHint(self) -> QSize:
        """As its texts need."""
        return self._column.sizeHint()

    def hasHeightForWidth(self) -> bool:
        """Texts wrap."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height of the wrapped texts."""
        return self._column.heightForWidth(width)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw ground, edge and, if chosen, a bar at the left."""
        colours = theme.of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self.rect().adjusted(1, 1, -1, -1)
        ground = colours.hover if self.underMouse() else colours.raised
        painter.setBrush(tones.colour(ground))
        is_marked = self.isChecked() or self.hasFocus()
        edge = colours.link if is_marked else colours.border
        painter.setPen(tones.pen(edge, 2 if is_marked else 1))
        painter.drawRoundedRect(area, 6, 6)
        if self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tones.colour(colours.link))
            painter.drawRoundedRect(area.x(), area.y() + 6, 4, area.height() - 12, 2, 2)

    def event(self, event: QEvent) -> bool:
        """Follow pointer and focus."""
        if event.type() in {QEvent.Type.Enter, QEvent.Type.Leave, QEvent.Type.FocusIn}:
            self.update()
        return super().event(event)

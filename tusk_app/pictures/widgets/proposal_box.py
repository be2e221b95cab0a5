"""What a first look at the pictures proposes, with a word on how it was made."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QFormLayout, QLabel, QVBoxLayout, QWidget


class ProposalBox(QWidget):
    """Hidden until a look begins."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, str] = {}
        title = QLabel("What these pictures ask for", self)
        title.setProperty("role", "heading")
        self._origin = QLabel(self)
        self._origin.setProperty("role", "muted")
        self._origin.setWordWrap(True)
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(16)
        self._form.setVerticalSpacing(8)
        self._take = QCheckBox("Use both numbers when training", self)
        self._take.setToolTip("The training dialog begins with them and shows them as changed")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(title)
        column.addLayout(self._form)
        column.addWidget(self._origin)
        column.addWidget(self._take)
        self.hide()

    @property
    def is_taken(self) -> bool:
        """True if training shall begin with the proposal."""
        return self._take.isVisibleTo(self) and self._take.isChecked()

    def take(self, *, on: bool) -> None:
        """Choose whether training begins with the proposal."""
        self._take.setChecked(on)

    @property
    def rows(self) -> dict[str, str]:
        """What is proposed, by its labels."""
        return dict(self._rows)

    def begin(self) -> None:
        """Say that a look has begun."""
        self.show_rows({}, "Taking a first look at some of them…")
        self._take.hide()

    def show_problem(self, sentence: str) -> None:
        """Say why nothing is proposed."""
        self.show_rows({}, f"Nothing can be proposed: {sentence}")
        self._take.hide()

    def show_rows(self, rows: dict[str, str], origin: str) -> None:
        """Show what is proposed, by labels, and how it was made."""
        while self._form.rowCount():
            self._form.removeRow(0)
        for name, text in rows.items():
            value = QLabel(text, self)
            value.setWordWrap(True)
            self._form.addRow(QLabel(name, self), value)
        self._rows = dict(rows)
        self._origin.setText(origin)
        self._take.setVisible(bool(rows))
        self.show()

"""Asks how large a saved picture shall be and what shall be on it."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts.words import say

FACTORS = (1, 2, 4, 8, 16)
PIXELS_AT_MOST = 100_000_000
GOOD_SIDE = 600  # a suggestion reaches this, so that markers and labels can be read


class SavePictureDialog(QDialog):
    """Size and content of the saved picture."""

    def __init__(self, size: tuple[int, int], parent: QWidget | None = None) -> None:
        """Offer multiples of (width, height) ``size``."""
        super().__init__(parent)
        self.setWindowTitle("Save picture")
        self._factors = [f for f in FACTORS if f * f * size[0] * size[1] <= PIXELS_AT_MOST] or [1]
        self._size = QComboBox(self)
        self._size.setAccessibleName("Size")
        for factor in self._factors:
            times = "its own size" if factor == 1 else f"{factor} times"
            self._size.addItem(f"{size[0] * factor:,} × {size[1] * factor:,} ({times})")
        enough = [i for i, f in enumerate(self._factors) if f * max(size) >= GOOD_SIDE]
        self._size.setCurrentIndex(enough[0] if enough else len(self._factors) - 1)
        self._keypoints = QCheckBox(say("With [points]"), self)
        self._keypoints.setChecked(True)
        words = QLabel("Layers are saved as they are shown now, at the picture's full size.", self)
        words.setProperty("role", "muted")
        words.setWordWrap(True)
        form = QFormLayout()
        form.addRow("Size", self._size)
        form.addRow("", self._keypoints)
        buttons = QDialogButtonBox(self)
        save = buttons.addButton("Choose file…", QDialogButtonBox.ButtonRole.AcceptRole)
        save.setDefault(True)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(words)
        column.addLayout(form)
        column.addStretch(1)
        column.addWidget(buttons)
        self.resize(360, 170)

    @property
    def factor(self) -> int:
        """Saved pixels for one pixel of the picture, in each direction."""
        return self._factors[self._size.currentIndex()]

    @property
    def with_keypoints(self) -> bool:
        """True if keypoints are drawn on it."""
        return self._keypoints.isChecked()

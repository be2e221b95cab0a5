"""One probe picture, large: input with keypoints beside what the model rebuilds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from tusk_app.parts import palette, readable
from tusk_app.parts.words import say
from tusk_app.training.widgets.probe_strip import draw_keypoints, to_image

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.events import PreviewReady

GAP = 12


class ProbeCanvas(QWidget):
    """Paints input and rebuilt picture side by side, as large as fits, without smoothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preview: PreviewReady | None = None
        self._index = 0
        self._colours = palette.colours(1)

    def show_pair(self, preview: PreviewReady, index: int, colours: NDArray[np.uint8]) -> None:
        """Show picture ``index`` of ``preview``."""
        self._preview, self._index, self._colours = preview, index, colours
        self.update()

    def sizeHint(self) -> QSize:
        """Room for two pictures."""
        return QSize(760, 374)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw both pictures."""
        if self._preview is None:
            return
        painter = QPainter(self)
        height, width = self._preview.images.shape[1:3]
        scale = min((self.width() - GAP) / (2 * width), self.height() / height)
        size = QSizeF(width * scale, height * scale)
        left = (self.width() - GAP - 2 * size.width()) / 2
        top = (self.height() - size.height()) / 2
        first = QRectF(left, top, size.width(), size.height())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=False)
        painter.drawImage(first, to_image(self._preview.images[self._index]))
        second = first.translated(size.width() + GAP, 0)
        painter.drawImage(second, to_image(self._preview.reconstructions[self._index]))
        draw_keypoints(painter, self._preview, self._index, first, self._colours)


class ProbeView(QDialog):
    """A window that stays beside the run and follows it; arrow keys go through the pictures."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Probe picture")
        self._preview: PreviewReady | None = None
        self._index = 0
        self._colours = palette.colours(1)
        self._canvas = ProbeCanvas(self)
        self._caption = QLabel(self)
        self._caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        previous = self._button("Previous picture", Qt.ArrowType.LeftArrow, -1)
        following = self._button("Next picture", Qt.ArrowType.RightArrow, 1)
        row = QHBoxLayout()
        row.addWidget(previous)
        row.addWidget(self._caption, 1)
        row.addWidget(following)
        column = QVBoxLayout(self)
        column.addWidget(self._canvas, 1)
        column.addLayout(row)

    @property
    def index(self) -> int:
        """Picture that is shown."""
        return self._index

    def show_picture(self, preview: PreviewReady, index: int, colours: NDArray[np.uint8]) -> None:
        """Show picture ``index`` of ``preview``."""
        self._preview, self._colours = preview, colours
        self._index = index % len(preview.images)
        self._canvas.show_pair(preview, self._index, colours)
        num_keypoints = preview.xy.shape[1]
        self._caption.setText(
            say(
                f"Picture {self._index + 1} of {len(preview.images)} at step "
                f"{readable.count(preview.step)}. Left: the input with its {num_keypoints} "
                "[points], one colour for each [kind]. Right: rebuilt from the [points] alone."
            )
        )
        self._caption.setWordWrap(True)

    def follow(self, preview: PreviewReady, colours: NDArray[np.uint8]) -> None:
        """Show the same picture in a newer preview."""
        self.show_picture(preview, self._index, colours)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys go through the pictures."""
        if event.key() in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            self._step(-1 if event.key() == Qt.Key.Key_Left else 1)
        else:
            super().keyPressEvent(event)

    def _button(self, name: str, arrow: Qt.ArrowType, direction: int) -> QToolButton:
        button = QToolButton(self)
        button.setArrowType(arrow)
        button.setAutoRaise(True)
        button.setAccessibleName(name)
        button.setToolTip(name)
        button.clicked.connect(lambda: self._step(direction))
        return button

    def _step(self, direction: int) -> None:
        if self._preview is not None:
            self.show_picture(self._preview, self._index + direction, self._colours)


class LargeProbe:
    """Opens the view of one probe picture when it is first asked for, and lets it follow.

    Args:
        parent: of the view.
        colours: gives the colours of so many prototypes.

    Attributes:
        view: None until a picture was opened.
    """

    def __init__(self, parent: QWidget, colours: Callable[[int], NDArray[np.uint8]]) -> None:
        self.view: ProbeView | None = None
        self._parent, self._colours = parent, colours

    def open(self, preview: PreviewReady | None, index: int) -> None:
        """Show picture ``index`` in front; without a preview there is nothing to show."""
        if preview is None:
            return
        if self.view is None:
            self.view = ProbeView(self._parent)
        self.view.show_picture(preview, index, self._colours(len(preview.usage)))
        self.view.show()
        self.view.raise_()

    def follow(self, preview: PreviewReady | None) -> None:
        """Show the same picture in another preview, where the view is open."""
        if preview is not None and self.view is not None and self.view.isVisible():
            self.view.follow(preview, self._colours(len(preview.usage)))

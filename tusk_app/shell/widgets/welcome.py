"""The page shown while nothing is open: three ways to begin, recent items, a drop zone, a tip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts import icons, theme
from tusk_app.parts.themed import Themed
from tusk_app.parts.words import say
from tusk_app.shell.widgets.begin_button import BeginButton
from tusk_app.shell.widgets.drop_zone import DropZone
from tusk_app.shell.widgets.sample_tile import SampleTile
from tusk_core.resources import resource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFocusEvent, QResizeEvent

    from tusk_app.shell.sample_projects import RealSample

RECENT_ROLE = Qt.ItemDataRole.UserRole
WIDE_ENOUGH = 700
BODY_WIDTH = 940
ICON_SIDE = 44
LEAST_HEIGHT = 440  # below it only the buttons are shown [px]
MAX_ROWS = 4
_KIND_WORDS = {
    "pictures": ("Pictures", "open-images"),
    "video": ("Video", "video"),
    "model": ("Model", "model"),
    "run": ("Training run", "run"),
}

TIPS = (
    "[Points] keep their colour everywhere: on the picture, in the map and in exports.",
    "Shift and drag over a picture to select the [points] in a box; Alt takes them out again.",
    "Hold H over a picture to hide everything drawn on it.",
    "Press Ctrl+Shift+P and type what you want to do; every command is there.",
    "TUSK never needs labels: it finds points that help to redraw the picture.",
    "Many [kinds] look unused early in training. That is normal; most come back.",
    "A run that was started on the command line opens in the same monitor: drop its folder here.",
    "Closing the window during training keeps what was learned; resume later from the Runs panel.",
)


@dataclass(frozen=True, slots=True, eq=False)
class RecentItem:
    """One line of the recent list.

    Attributes:
        kind: ``pictures``, ``video``, ``model`` or ``run``.
        path: what will be opened.
        title: its name.
        subtitle: where it is.
        picture: small picture, or None.
    """

    kind: str
    path: str
    title: str
    subtitle: str
    picture: QImage | None = None


class WelcomePage(Themed, QScrollArea):
    """What the user sees first.

    Signals:
        open_images, try_sample, open_model: one of the large buttons was pressed.
        sample_chosen: name of real sample pictures to discover kinds in.
        project_chosen: name of a bundled model to look at, with pictures for it.
        recent_chosen: str kind, str path.
        recent_cleared: the user wants an empty list.
        tour_wanted: the user wants to be shown around.
        camera_wanted: the user wants to see what a camera sees.
    """

    open_images = Signal()
    try_sample = Signal()
    open_model = Signal()
    recent_chosen = Signal(str, str)
    recent_cleared = Signal()
    tour_wanted = Signal()
    camera_wanted = Signal()
    project_chosen = Signal(str)
    sample_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        page = QWidget(self)
        outer = QHBoxLayout(page)
        outer.setContentsMargins(24, 20, 24, 20)
        outer.addStretch(1)
        body = QWidget(page)
        body.setMaximumWidth(BODY_WIDTH)
        body.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        outer.addWidget(body, 20)
        outer.addStretch(1)
        self._column = QVBoxLayout(body)
        self._column.setSpacing(16)
        self._column.addStretch(1)
        self._column.addLayout(self._make_head(body))
        self._column.addLayout(self._make_buttons(body))
        self._column.addLayout(self._make_samples())
        self._column.addWidget(self._make_projects(body))
        self.drop_zone = DropZone(body)
        self._column.addWidget(self.drop_zone)
        self._column.addWidget(self._make_recent(body))
        self._foot_box = self._make_foot(body)
        self._column.addWidget(self._foot_box)
        self._column.addStretch(2)
        self.setWidget(page)
        self.follow_theme()

    def set_keys(self, images: str, sample: str, model: str) -> None:
        """Show the keys in force for the three buttons."""
        self._images.set_keys(images)
        self._sample.set_keys(sample)
        self._model.set_keys(model)

    def set_projects(self, projects: Sequence[tuple[str, str, str]]) -> None:
        """Offer trained models to look at: name, title and tip of each."""
        while self._projects.count() > 1:
            item = self._projects.takeAt(1)
            button = item.widget() if item else None
            if button is not None:
                button.deleteLater()
        for name, title, tip in projects:
            button = QPushButton(title, self._projects_box)
            button.setObjectName(f"project-{name}")
            button.setToolTip(tip)
            button.setAccessibleDescription(tip)
            button.clicked.connect(lambda *_, chosen=name: self.project_chosen.emit(chosen))
            self._projects.addWidget(button)
        self._projects.addStretch(1)
        self._projects.addWidget(self._make_camera())
        self._projects_box.setVisible(bool(projects))

    def set_samples(self, samples: Sequence[RealSample]) -> None:
        """Offer real pictures that came with the program."""
        for place, sample in enumerate(samples):
            picture = QImage(str(resource(sample.picture)))
            tile = SampleTile(picture, sample.title, sample.tip, sample.licence, self)
            tile.clicked.connect(lambda *_, name=sample.name: self.sample_chosen.emit(name))
            self._samples.addWidget(tile, 1, place)
            self._tiles.append(tile)
        self._fit()

    def set_recent(self, items: Sequence[RecentItem]) -> None:
        """Show what was opened lately."""
        self._recent.clear()
        for item in items:
            words, icon = _KIND_WORDS.get(item.kind, ("", "folder"))
            row = QListWidgetItem(f"{item.title}\n{words} · {item.subtitle}")
            row.setData(RECENT_ROLE, (item.kind, item.path))
            row.setToolTip(item.path)
            row.setIcon(self._recent_icon(item, icon))
            self._recent.addItem(row)
        self._measure_recent()
        self._fit()

    def set_tip(self, index: int) -> None:
        """Show one of the tips."""
        self._tip.setText(f"<b>Tip</b>&nbsp; {say(TIPS[index % len(TIPS)])}")

    def set_ready(self, *, ready: bool, text: str = "") -> None:
        """Say whether the engine is still being prepared."""
        self._state.setText("" if ready else (text or "Preparing the engine…"))

    def restyle(self) -> None:
        """Draw the mark for this screen, and fit the list to the text."""
        self._mark.setPixmap(icons.pixmap("tusk", 64, "#000000", self.devicePixelRatioF()))
        self.refit()

    def refit(self) -> None:
        """Fit the list to the text."""
        height = max(54, round(self.fontMetrics().height() * 2.6))
        width = round(self.fontMetrics().averageCharWidth() * 40)
        self._recent.setGridSize(QSize(width, height))
        self._measure_recent()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the buttons side by side or one above the other."""
        super().resizeEvent(event)
        self._arrange()
        self._measure_recent()
        self._fit()

    def _fit(self) -> None:
        """Between panels only the buttons are shown, so that none of them is cut."""
        has_room = self.viewport().height() >= LEAST_HEIGHT
        for tile in self._tiles:
            tile.setVisible(has_room)
        self._samples_title.setVisible(has_room and bool(self._tiles))
        for part in (self.drop_zone, self._foot_box):
            part.setVisible(has_room)
        self._recent_box.setVisible(has_room and self._recent.count() > 0)

    def _make_head(self, parent: QWidget) -> QHBoxLayout:
        self._mark = QLabel(parent)
        title = QLabel("TUSK", parent)
        title.setProperty("role", "title")
        line = QLabel(say("Find [points] in your own pictures, without a single label."), parent)
        line.setProperty("role", "muted")
        line.setWordWrap(True)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(title)
        words.addWidget(line)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(self._mark)
        head.addLayout(words, 1)
        return head

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Pass the focus on to what should be pressed first."""
        super().focusInEvent(event)
        self._images.setFocus(event.reason())

    def _make_buttons(self, parent: QWidget) -> QGridLayout:
        self._images = BeginButton(
            "open-images",
            "Open images…",
            "A folder of your own: see what recurs in them, then name it, follow it, train on it.",
            parent,
        )
        self._sample = BeginButton(
            "sample",
            "Try the sample",
            "Handwritten digits: found, sorted and redrawn without a label, in seconds.",
            parent,
        )
        self._model = BeginButton(
            "model", "Open model…", "A model somebody trained, or one that came with the program.",
            parent,
        )  # fmt: skip
        self._images.make_primary()
        # No focus proxy: Tab would pass over the button that is one.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._images.clicked.connect(self.open_images)
        self._sample.clicked.connect(self.try_sample)
        self._model.clicked.connect(self.open_model)
        self._grid = QGridLayout()
        self._grid.setSpacing(12)
        return self._grid

    def _make_samples(self) -> QGridLayout:
        self._tiles: list[SampleTile] = []
        self._samples_title = QLabel("Or discover what recurs in real pictures:", self)
        self._samples_title.setProperty("role", "muted")
        self._samples_title.hide()
        self._samples = QGridLayout()
        self._samples.setSpacing(12)
        self._samples.addWidget(self._samples_title, 0, 0, 1, 2)
        return self._samples

    def _make_projects(self, parent: QWidget) -> QWidget:
        self._projects_box = QWidget(parent)
        self._projects = QHBoxLayout(self._projects_box)
        self._projects.setContentsMargins(0, 0, 0, 0)
        self._projects.setSpacing(8)
        words = QLabel("Explore with a trained model:", self._projects_box)
        words.setProperty("role", "muted")
        self._projects.addWidget(words)
        self._projects_box.hide()
        return self._projects_box

    def _make_camera(self) -> QPushButton:
        self.camera_button = QPushButton("Your camera", self._projects_box)
        self.camera_button.setToolTip(
            "Start a camera; Discover then finds what recurs in what it sees, and follows it live"
        )
        self.camera_button.clicked.connect(self.camera_wanted)
        return self.camera_button

    def _make_recent(self, parent: QWidget) -> QWidget:
        self._recent_box = QWidget(parent)
        column = QVBoxLayout(self._recent_box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        head = QHBoxLayout()
        title = QLabel("Recent", self._recent_box)
        title.setProperty("role", "heading")
        clear = QPushButton("Clear list", self._recent_box)
        clear.setProperty("flat", "true")
        clear.clicked.connect(self.recent_cleared)
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(clear)
        column.addLayout(head)
        self._recent = QListWidget(self._recent_box)
        self._recent.setObjectName("recent")
        self._recent.setAccessibleName("Recently opened")
        self._recent.setViewMode(QListWidget.ViewMode.ListMode)
        self._recent.setMovement(QListWidget.Movement.Static)
        self._recent.setFlow(QListWidget.Flow.LeftToRight)
        self._recent.setResizeMode(QListWidget.ResizeMode.Adjust)
        self._recent.setWrapping(True)
        self._recent.setUniformItemSizes(True)
        self._recent.setIconSize(QSize(ICON_SIDE, ICON_SIDE))
        self._recent.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._recent.itemActivated.connect(self._choose_recent)
        self._recent.itemClicked.connect(self._choose_recent)
        column.addWidget(self._recent)
        self._recent_box.hide()
        return self._recent_box

    def _make_foot(self, parent: QWidget) -> QWidget:
        box = QWidget(parent)
        self._tip = QLabel(box)
        self._tip.setWordWrap(True)
        self._tip.setProperty("role", "muted")
        self._state = QLabel(box)
        self._state.setProperty("role", "muted")
        tour = QPushButton("Take a tour", box)
        tour.clicked.connect(self.tour_wanted)
        foot = QHBoxLayout(box)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(12)
        foot.addWidget(self._tip, 1)
        foot.addWidget(self._state)
        foot.addWidget(tour)
        self.set_tip(0)
        return box

    def _arrange(self) -> None:
        is_wide = self.viewport().width() >= WIDE_ENOUGH * self.fontMetrics().height() / 16
        for place, button in enumerate((self._images, self._sample, self._model)):
            self._grid.addWidget(button, 0 if is_wide else place, place if is_wide else 0)

    def _measure_recent(self) -> None:
        """Give the list as many rows as it needs, four at most."""
        cell, count = self._recent.gridSize(), self._recent.count()
        for row in range(count):
            self._recent.item(row).setSizeHint(cell)
        across = max(1, (min(BODY_WIDTH, self.viewport().width() - 48) - 20) // cell.width())
        rows = min(MAX_ROWS, -(-count // across))
        self._recent.setFixedHeight(rows * cell.height() + 8)

    def _recent_icon(self, item: RecentItem, name: str) -> QIcon:
        """Return the picture, or the drawing of its kind, on a square ground of its own."""
        colours, ratio = theme.of(self.palette()), self.devicePixelRatioF()
        ground = QPixmap(round(ICON_SIDE * ratio), round(ICON_SIDE * ratio))
        ground.setDevicePixelRatio(ratio)
        ground.fill(QColor(colours.canvas))
        painter = QPainter(ground)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        whole = QRectF(0, 0, ICON_SIDE, ICON_SIDE)
        if item.picture is not None and not item.picture.isNull():
            size = item.picture.size().scaled(
                QSize(ICON_SIDE, ICON_SIDE), Qt.AspectRatioMode.KeepAspectRatio
            )
            shown = QRectF(0, 0, size.width(), size.height())
            shown.moveCenter(whole.center())
            painter.drawImage(shown, item.picture)
        else:
            mark = icons.pixmap(name, ICON_SIDE // 2, colours.muted, ratio)
            painter.drawPixmap(ICON_SIDE // 4, ICON_SIDE // 4, mark)
        painter.end()
        return QIcon(ground)

    def _choose_recent(self, item: QListWidgetItem) -> None:
        kind, path = item.data(RECENT_ROLE)
        self.recent_chosen.emit(kind, path)

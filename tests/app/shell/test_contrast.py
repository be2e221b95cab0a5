"""Every text can be read: in both themes, usable or not, against what is really drawn behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QListWidget, QWidget

from tusk_app.export.dialog import ExportDialog
from tusk_app.export.model_dialog import ModelExportDialog
from tusk_app.gallery.merge_dialog import MergeDialog, MergeOffer
from tusk_app.parts import theme
from tusk_app.several.dialog import SeveralDialog, SeveralPlan
from tusk_app.shell.command_palette import PaletteRow
from tusk_app.tracks.settings_dialog import TrackSettingsDialog
from tusk_core import api
from tusk_core.config import TrackConfig

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_app.app import Program

# What WCAG asks of large text; drawn letters are thin, so their ink is never the full colour.
READABLE, READABLE_WHEN_OFF = 3.0, 1.6


def pixels(widget: QWidget) -> NDArray[np.uint8]:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def drawn_contrast(window: NDArray[np.uint8], of: QWidget, inside: QWidget) -> float:
    """Return how the ink of a text stands out from its ground, 1 to 21."""
    corner = of.mapTo(inside, of.rect().topLeft())
    ratio = inside.devicePixelRatioF()
    x, y = (max(0, round(v * ratio)) for v in (corner.x(), corner.y()))
    right = round((corner.x() + of.width()) * ratio)
    below = round((corner.y() + of.height()) * ratio)
    part = window[y:below, x:right].reshape(-1, 3)
    colours, counts = np.unique(part, axis=0, return_counts=True)
    ground = colours[counts.argmax()]
    names = ["#{:02x}{:02x}{:02x}".format(*colour) for colour in (ground, *colours)]
    return max(theme.contrast(names[0], name) for name in names[1:])


def unreadable(inside: QWidget) -> list[str]:
    window = pixels(inside)
    found = []
    for kind in (QLabel, QAbstractButton):
        for widget in inside.findChildren(kind):
            text = widget.text().replace("&", "").strip()
            is_seen = widget.isVisibleTo(inside) and not widget.visibleRegion().isEmpty()
            if not text or not is_seen or text.startswith("<"):
                continue
            if widget.visibleRegion().boundingRect() != widget.rect():
                continue  # cut off by a scroll area
            row = widget.parent()
            is_on = widget.isEnabled() and not (isinstance(row, PaletteRow) and not row.is_usable)
            least = READABLE if is_on else READABLE_WHEN_OFF
            contrast = drawn_contrast(window, widget, inside)
            if contrast < least:
                found.append(f"{text!r} {contrast:.2f}")
    return found


@pytest.mark.parametrize("name", ["dark", "light"])
def test_texts_of_the_window_and_of_the_palette_stand_out(program: Program, name: str) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    try:
        theme.apply(application, name)
        assert unreadable(program.window) == []
        program.window.openers.palette()
        palette = program.window.openers.command_palette
        assert palette is not None
        rows = palette.findChild(QListWidget)
        assert isinstance(rows, QListWidget)
        assert unreadable(palette) == []
        rows.setCurrentRow(3)
        assert unreadable(palette) == []
        palette.hide()
        # The other theme, while the palette is already there.
        theme.apply(application, "light" if name == "dark" else "dark")
        program.window.openers.palette()
        assert unreadable(palette) == []
        palette.hide()
    finally:
        theme.apply(application, "light")


@pytest.mark.parametrize("name", ["dark", "light"])
def test_texts_of_the_dialogs_stand_out(
    qtbot, program: Program, picture_folder: Path, name: str
) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    openers = program.window.openers
    try:
        theme.apply(application, name)
        openers.open_data(str(picture_folder))
        page = openers.opened("open-data-dialog")
        qtbot.waitUntil(lambda: page.can_open)
        assert unreadable(page) == []
        page.close()
        for show, called in (
            (openers.preferences, "preferences-dialog"),
            (openers.shortcuts, "shortcuts-dialog"),
            (openers.about, "about-dialog"),
            (openers.system_information, "system-information-dialog"),
            (lambda: openers.training("new", None), "training-dialog"),
        ):
            show()
            dialog = openers.opened(called)
            assert unreadable(dialog) == [], type(dialog).__name__
            dialog.close()
    finally:
        theme.apply(application, "light")


@pytest.mark.parametrize("name", ["dark", "light"])
def test_texts_of_the_dialogs_of_panels_stand_out(qtbot, tmp_path: Path, name: str) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    offer = MergeOffer(
        groups=lambda _number: np.array([0, 0, 2, 2]),
        likely=2,
        counts=np.array([5, 4, 3, 2]),
        names=("ear", "#1", "#2", "#3"),
        cosines=np.full((4, 4), 0.25),
    )
    plan = SeveralPlan(("video.mp4",), tmp_path, follow=True, format="")
    try:
        theme.apply(application, name)
        for dialog in (
            ExportDialog(api.export_formats(), "12 detections."),
            ModelExportDialog(api.model_formats(), "my model", tmp_path),
            MergeDialog(offer),
            TrackSettingsDialog(TrackConfig()),
            SeveralDialog(plan, api.export_formats(), "my model"),
        ):
            qtbot.addWidget(dialog)
            dialog.show()
            assert unreadable(dialog) == [], type(dialog).__name__
            dialog.close()
    finally:
        theme.apply(application, "light")

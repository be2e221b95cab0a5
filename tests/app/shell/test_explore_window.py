"""Explore in the whole window: the arrangement of its panels, and what a theme does to them."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QImage
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QTabBar

from tusk_app.parts import theme
from tusk_app.parts.empty_hint import EmptyHint

# WCAG asks for 3:1 of a drawing that tells something.
LEAST_CONTRAST = 3.0


def line_colour(icon: QIcon, mode: QIcon.Mode) -> str:
    """Return the colour of an icon's lines, ``#rrggbb``."""
    picture = icon.pixmap(QSize(20, 20), 1.0, mode).toImage()
    picture = picture.convertToFormat(QImage.Format.Format_RGBA8888)
    pixels = np.frombuffer(picture.constBits(), np.uint8).reshape(-1, 4)
    strong = pixels[pixels[:, 3] > 200][:, :3]
    return QColor(*(int(part) for part in np.median(strong, axis=0))).name()


def icon_buttons(window) -> list[QAbstractButton]:
    """Return every button of ours that has an icon and stands on the window's own ground."""
    return [
        button
        for button in window.findChildren(QAbstractButton)
        if not button.icon().isNull()
        and button.property("primary") is None
        and not button.objectName().startswith("qt_")
        and not isinstance(button.parent(), QLineEdit | QTabBar)
    ]


@pytest.mark.parametrize("first", ["light", "dark"])
def test_every_icon_follows_the_theme(qtbot, window, first) -> None:
    app = QApplication.instance()
    theme.apply(app, first, 1.0)
    window.layouts.switch("Explore")
    for module in window.docks:
        window.layouts.show_dock(module)
    second = theme.apply(app, "dark" if first == "light" else "light", 1.0)
    buttons = icon_buttons(window)
    assert len(buttons) > 40
    for button in buttons:
        name = button.accessibleName() or button.text() or button.toolTip() or repr(button)
        lines = line_colour(button.icon(), QIcon.Mode.Normal)
        contrast = theme.contrast(lines, second.window)
        assert contrast >= LEAST_CONTRAST, f"{name}: {lines} on {second.window}"
        weak = line_colour(button.icon(), QIcon.Mode.Disabled)
        assert theme.contrast(weak, second.window) < contrast, f"{name}: looks usable"


def test_each_panel_on_the_right_has_the_whole_height(qtbot, window) -> None:
    window.resize(1280, 800)
    window.layouts.switch("Explore")
    names = ("inspector", "reconstruction", "overlay")
    docks = [window.docks[name] for name in names]
    assert set(window.tabifiedDockWidgets(docks[0])) >= set(docks[1:])
    qtbot.waitUntil(lambda: docks[0].height() > 0.7 * window.height())
    window.layouts.switch("Data")
    assert docks[2] not in window.tabifiedDockWidgets(docks[0])


def has_drawing(hint: EmptyHint) -> bool:
    labels = hint.findChildren(QLabel)
    return any(not each.pixmap().isNull() and each.isVisible() for each in labels)


def test_a_hint_says_all_of_it_in_a_low_panel(qtbot) -> None:
    hint = EmptyHint("grid", "No detections yet", "Words that go on in a second line. " * 2, "Do")
    qtbot.addWidget(hint)
    hint.resize(360, 240)
    hint.show()
    assert has_drawing(hint)
    hint.resize(360, 116)
    assert not has_drawing(hint)
    (text,) = [each for each in hint.findChildren(QLabel) if each.text().startswith("Words")]
    assert text.height() >= text.heightForWidth(text.width())
    assert hint.rect().contains(hint.button.geometry())


def test_a_tall_panel_gives_the_picture_its_room_back(qtbot, window) -> None:
    window.resize(1280, 800)
    window.layouts.switch("Explore")
    picture = window.centralWidget()
    qtbot.waitUntil(lambda: picture.height() > 0.35 * window.height())
    before = picture.height()
    window.layouts.show_dock("training")
    qtbot.waitUntil(lambda: picture.height() < before - 50)
    window.docks["training"].hide()
    qtbot.waitUntil(lambda: picture.height() > before - 40)

"""Widgets follow the theme and the size of the text."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from tusk_app.compare.widgets.correspondence_view import CorrespondenceView
from tusk_app.gallery.widgets.prototype_tiles import PrototypeTiles
from tusk_app.parts.marked_picture import MarkedPicture
from tusk_app.parts.picture_tile import PictureTile
from tusk_app.parts.scatter.view import ScatterView
from tusk_app.parts.themed import Themed
from tusk_app.timeline.widgets.bar import Strip, TimelineBar

if TYPE_CHECKING:
    from collections.abc import Callable


class Paints(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def recoloured(widget: QWidget, ground: str) -> None:
    palette = QPalette(widget.palette())
    for role in (QPalette.ColorRole.Base, QPalette.ColorRole.Window):
        palette.setColor(role, QColor(ground))
    widget.setPalette(palette)


@pytest.mark.parametrize(
    "make",
    [
        CorrespondenceView,
        functools.partial(MarkedPicture, "left"),
        functools.partial(PictureTile, "mean"),
        PrototypeTiles,
        ScatterView,
    ],
)
def test_what_only_paints_is_painted_again_in_another_theme(
    qtbot, make: Callable[[], QWidget]
) -> None:
    widget = make()
    qtbot.addWidget(widget)
    widget.resize(160, 120)
    widget.show()
    surface = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
    paints = Paints(surface)
    qtbot.waitUntil(lambda: paints.count > 0)
    before = paints.count
    recoloured(widget, "#123456")
    qtbot.waitUntil(lambda: paints.count > before)


class Card(Themed, QWidget):
    """Says what was asked of it."""

    def __init__(self, *, follows: bool) -> None:
        super().__init__()
        self.asked: list[str] = []
        if follows:
            self.follow_theme()

    def restyle(self) -> None:
        self.asked.append("restyle")

    def refit(self) -> None:
        self.asked.append("refit")


def test_hooks_are_called_at_first_and_at_changes_of_theme_and_text(qtbot) -> None:
    card, deaf = Card(follows=True), Card(follows=False)
    for each in (card, deaf):
        qtbot.addWidget(each)
        recoloured(each, "#123456")
        each.setFont(QFont(each.font().family(), 31))
    assert card.asked == ["restyle", "restyle", "refit"]
    assert deaf.asked == []


def test_the_time_line_draws_its_strips_in_the_new_colours(qtbot) -> None:
    bar = TimelineBar()
    qtbot.addWidget(bar)
    bar.resize(300, 60)
    bar.set_frames(40)
    values = np.linspace(0, 1, 40).astype(np.float32)
    bar.set_strips((Strip("score", values, (255, 0, 0)),), np.ones(40, np.bool_))
    before = bar.grab().toImage()
    recoloured(bar, "#003300")
    assert bar.grab().toImage() != before

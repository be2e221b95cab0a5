"""Texts that widgets and delegates paint by themselves stand out from what is behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QMainWindow, QWidget

from tests.app.shell.test_contrast import READABLE, READABLE_WHEN_OFF, pixels
from tests.support.explore_bench import close, make_bench, open_everything
from tests.support.explore_values import ShapesSource
from tusk_app.parts import theme
from tusk_app.shell.main_window import DOCKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tusk_app.settings import Settings

_drawn = QPainter.drawText


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[QRectF, str, str]]:
    """Collects what is drawn: place in the widget that is grabbed, colour, text."""
    found: list[tuple[QRectF, str, str]] = []

    def drawing(painter: QPainter, *arguments: object) -> object:
        text = next((str(a) for a in reversed(arguments) if isinstance(a, str)), "")
        first = arguments[0]
        if isinstance(first, QRect | QRectF):
            place = QRectF(first)
        else:
            is_point = isinstance(first, QPoint | QPointF)
            corner = QPointF(first) if is_point else QPointF(*arguments[:2])
            place = QRectF(painter.fontMetrics().boundingRect(text)).translated(corner)
        if text.strip() and painter.opacity() == 1:
            mapped = painter.combinedTransform().mapRect(place)
            found.append((mapped, painter.pen().color().name(), text))
        return _drawn(painter, *arguments)

    monkeypatch.setattr(QPainter, "drawText", drawing)
    return found


def faint(
    inside: QWidget, texts: list[tuple[QRectF, str, str]], least: float, noted: set[str]
) -> list[str]:
    """Return the painted texts that do not stand out; all that are seen go into ``noted``."""
    told = []
    window, ratio = pixels(inside), inside.devicePixelRatioF()
    for widget in [inside, *inside.findChildren(QWidget)]:
        if not widget.isVisibleTo(inside) or widget.visibleRegion().isEmpty():
            continue
        if isinstance(widget, QAbstractScrollArea):  # its view port is painted by itself
            continue
        texts.clear()
        alone = QImage(widget.size(), QImage.Format.Format_RGB32)
        widget.render(alone, QPoint(), QRegion(), QWidget.RenderFlag.DrawWindowBackground)
        corner = QPointF(widget.mapTo(inside, QPoint()))
        for place, colour, text in list(texts):
            seen = (place & QRectF(widget.rect())).translated(corner)
            x, y, right, below = (
                max(0, round(v * ratio))
                for v in (seen.left(), seen.top(), seen.right(), seen.bottom())
            )
            part = window[y:below, x:right].reshape(-1, 3)
            if not len(part):
                continue
            colours, counts = np.unique(part, axis=0, return_counts=True)
            ground = "#{:02x}{:02x}{:02x}".format(*colours[counts.argmax()])
            contrast = theme.contrast(ground, colour)
            noted.add(text)
            if ground != colour and contrast < least:
                words = f"{text!r} {colour} on {ground} {contrast:.2f}"
                told.append(f"{type(widget).__name__}: {words}")
    return told


@pytest.fixture
def panels(qtbot, settings: Settings) -> Iterator[list[QWidget]]:
    """Every panel, shown one after the other, with pictures, a model and results open."""
    bench, _, source = make_bench(settings, ShapesSource(8))
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(900, 520)
    with qtbot.waitExposed(window):
        window.show()
    open_everything(bench, source, qtbot)
    made = []
    for spec in DOCKS:
        try:
            made.append(spec.make(bench, window))
        except (TypeError, AttributeError, KeyError):
            continue  # needs the whole program
    yield made
    window.close()
    close(bench)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_painted_texts_of_all_panels(qtbot, panels, texts, name: str) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    assert len(panels) >= 15
    seen: set[str] = set()
    try:
        theme.apply(application, name)
        for panel in panels:
            panel.setFloating(True)
            panel.resize(700, 460)
            panel.show()
            for is_on in (True, False):
                panel.setEnabled(is_on)
                least = READABLE if is_on else READABLE_WHEN_OFF
                assert faint(panel, texts, least, seen) == [], type(panel).__name__
            panel.hide()
        # Of tiles, bars and legends, which are painted by delegates and by widgets themselves.
        assert len(seen) >= 20, seen
    finally:
        theme.apply(application, "light")


def test_a_text_that_does_not_stand_out_is_found(qtbot, texts) -> None:
    class Faint(QWidget):
        def paintEvent(self, _event: QPaintEvent) -> None:
            painter = QPainter(self)
            painter.setPen(self.palette().window().color().darker(110))
            painter.drawText(self.rect(), 0, "hardly to be read")

    widget = Faint()
    qtbot.addWidget(widget)
    widget.show()
    noted: set[str] = set()
    (told,) = faint(widget, texts, READABLE, noted)
    assert "hardly to be read" in told
    assert noted == {"hardly to be read"}

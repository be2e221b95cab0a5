"""A screen reader can name everything that is pressed, typed into or chosen from."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollBar,
    QTabBar,
    QWidget,
)

from tusk_app.app import compose
from tusk_app.shell.main_window import MainWindow

KINDS = (
    QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit,
)  # fmt: skip
# Parts of other widgets, which speak for them.
INSIDE = (QComboBox, QAbstractSpinBox, QAbstractItemView, QTabBar, QLineEdit)


def is_named(widget: QWidget, buddies: set[QWidget]) -> bool:
    words = widget.text() if isinstance(widget, QAbstractButton) else ""
    is_waiting = isinstance(widget, QPushButton) and widget.icon().isNull()  # hidden without words
    return bool(widget.accessibleName() or words.strip()) or widget in buddies or is_waiting


def is_part(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, INSIDE):
            return True
        parent = parent.parentWidget()
    return isinstance(widget, QScrollBar | QHeaderView) or widget.objectName().startswith("qt_")


def test_everything_in_the_window_has_a_name(qtbot, settings) -> None:
    bench = compose(settings)
    window = MainWindow(bench)
    qtbot.addWidget(window)
    buddies = {label.buddy() for label in window.findChildren(QLabel) if label.buddy() is not None}
    nameless = [
        f"{type(w).__name__} {w.toolTip()!r} in {type(w.parentWidget()).__name__}"
        for kind in KINDS
        for w in window.findChildren(kind)
        if not is_part(w) and not is_named(w, buddies)
    ]
    assert not nameless, "\n".join(sorted(set(nameless)))
    for name, dock in window.docks.items():
        assert dock.accessibleName(), name
    assert bench.shut_down() == []

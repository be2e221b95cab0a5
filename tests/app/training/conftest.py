"""The program without its window, and the training panel in a window of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow

from tusk_app.app import compose
from tusk_app.training.dock import TrainingDock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tusk_app.shell.workshop import Workshop


@pytest.fixture
def bench(qtbot, settings) -> Iterator[Workshop]:
    made = compose(settings)
    yield made
    assert made.shut_down() == []


@pytest.fixture
def dock(qtbot, bench) -> Iterator[TrainingDock]:
    window = QMainWindow()
    qtbot.addWidget(window)
    made = TrainingDock(bench, window)
    window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, made)
    window.resize(1100, 500)
    window.show()
    yield made
    assert made.shutdown()
    window.close()

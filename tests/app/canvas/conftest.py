"""The canvas with a picture, a model and what it found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.media_bench import open_model, piece_source, shown_area

if TYPE_CHECKING:
    from tusk_app.canvas.area import CanvasArea


@pytest.fixture
def area(bench, qtbot) -> CanvasArea:
    """A canvas in a window of its own, which has the focus."""
    area = shown_area(bench, qtbot, (620, 560))
    open_model(bench, qtbot)
    bench.document.set_source(piece_source(6))
    qtbot.waitUntil(lambda: bench.document.detection is not None)
    area.canvas.setFocus()
    return area

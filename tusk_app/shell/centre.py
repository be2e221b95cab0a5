"""The middle of the window: the canvas, with what other features do on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_app.camera.live_view import LiveView
from tusk_app.canvas.area import CanvasArea
from tusk_app.export.clip_commands import ClipCommands
from tusk_app.export.commands import ExportCommands
from tusk_app.export.report_commands import ReportCommands
from tusk_app.several.commands import SeveralCommands

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from tusk_app.shell.workshop import Workshop


def make_centre(workshop: Workshop, parent: QWidget | None = None) -> CanvasArea:
    """Return the canvas; the camera shows on it, and what was found leaves from it."""
    area = CanvasArea(workshop, parent)
    LiveView(workshop, area.canvas, area.binding, area.banner)
    ExportCommands(workshop, area)
    SeveralCommands(workshop, area)
    ReportCommands(workshop, area)
    ClipCommands(workshop, area)
    return area

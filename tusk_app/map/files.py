"""Pictures the map can be saved to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_app.map.widgets.export import map_svg
from tusk_app.parts.saving import save_image
from tusk_core.atomic import write_text

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_app.parts.scatter.view import ScatterView


def save_picture(scatter: ScatterView, path: Path) -> None:
    """Write the map as PNG at twice its size on the screen, or as SVG, by the file's name.

    Raises:
        OSError: if it cannot be written.
    """
    if path.suffix.lower() == ".svg":
        write_text(path, map_svg(scatter.state, scatter.view))
    else:
        save_image(scatter.picture(), path)

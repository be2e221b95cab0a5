"""Draw the program's mark at every size Windows and macOS ask for.

    python tools/make_icons.py

Writes packaging/tusk.ico and packaging/tusk.icns from resources/icons/tusk.svg, so that the
drawing is the one source of all three.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

ROOT = Path(__file__).resolve().parent.parent
DRAWING = ROOT / "resources" / "icons" / "tusk.svg"
PACKAGING = ROOT / "packaging"
# Title bar, task bar, desktop at 100 to 200 %; 256 is what Explorer scales everything else from.
WINDOWS_SIDES = (16, 20, 24, 32, 40, 48, 64, 128, 256)
# 16, 32, 128, 256 and 512 points, each at 100 and 200 %.
MACOS_SIDES = (16, 32, 64, 128, 256, 512, 1024)
# Apple's grid leaves a tenth of the side free around the mark.
MACOS_MARGIN = 0.1


def drawn(side: int, margin: float = 0.0) -> Picture:
    """Return the mark as a Pillow picture with transparency.

    Args:
        side: in pixels.
        margin: share of the side left free on each side.
    """
    from PIL import Image
    from PySide6.QtCore import QBuffer, QIODevice, QRectF
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    picture = QImage(side, side, QImage.Format.Format_ARGB32)
    picture.fill(0)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    free = side * margin
    area = QRectF(free, free, side - 2 * free, side - 2 * free)
    QSvgRenderer(str(DRAWING)).render(painter, area)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")  # type: ignore[call-overload]
    return Image.open(BytesIO(bytes(buffer.data().data()))).convert("RGBA")


def write_icons(folder: Path) -> tuple[Path, Path]:
    """Write both icon files and return their paths."""
    windows, macos = folder / "tusk.ico", folder / "tusk.icns"
    pictures = [drawn(side) for side in WINDOWS_SIDES]
    sizes = [(side, side) for side in WINDOWS_SIDES]
    pictures[-1].save(windows, sizes=sizes, append_images=pictures[:-1])
    pictures = [drawn(side, MACOS_MARGIN) for side in MACOS_SIDES]
    pictures[-1].save(macos, append_images=pictures[:-1])
    return windows, macos


def main() -> None:
    """Write the icon files for Windows and macOS from the drawing."""
    for path in write_icons(PACKAGING):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()

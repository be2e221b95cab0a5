"""Pictures written whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice

from tusk_core.atomic import write_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QImage


def save_image(image: QImage, path: Path) -> None:
    """Write a picture; its ending names the format, PNG where it names none.

    Raises:
        OSError: if it cannot be written.
    """
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    kind = path.suffix.removeprefix(".").upper() or "PNG"
    # The stubs ask for bytes, which PySide itself refuses.
    if not image.save(buffer, kind):  # type: ignore[call-overload]
        raise OSError(f"pictures cannot be written as {path.suffix}")
    write_bytes(path, bytes(buffer.data().data()))

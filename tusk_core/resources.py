"""The only code that knows where bundled files are: checkout, wheel or frozen bundle."""

from __future__ import annotations

import sys
from pathlib import Path


def resource_root() -> Path:
    """Return the folder that holds icons, models, samples and licences.

    Raises:
        FileNotFoundError: if the installation is incomplete.
    """
    package = Path(__file__).resolve().parent
    frozen = getattr(sys, "_MEIPASS", None)
    candidates = [package / "_resources", package.parent / "resources"]
    if frozen is not None:
        candidates.insert(0, Path(frozen) / "resources")
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise FileNotFoundError("TUSK's bundled files are missing. Install the program again.")


def resource(name: str) -> Path:
    """Return the path of one bundled file or folder, such as ``"models/tetrominoes"``."""
    return resource_root() / name


def guide_root() -> Path | None:
    """Return the folder of the guides, with ``guide`` and ``pictures`` in it; None without them."""
    beside = Path(__file__).resolve().parent.parent / "docs"
    folders = (resource_root() / "docs", beside)
    return next((folder for folder in folders if (folder / "guide").is_dir()), None)


def bundled_models() -> dict[str, Path]:
    """Return the models that ship with the program, by name."""
    folder = resource("models")
    if not folder.is_dir():
        return {}
    return {p.name: p for p in sorted(folder.iterdir()) if (p / "model.safetensors").is_file()}

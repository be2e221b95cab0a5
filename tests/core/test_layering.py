"""The door of the engine is light.

That the engine knows no window toolkit is an import contract, and ``test_cli_bare`` runs it without
one.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "cv2", "PySide6", "shiboken6", "pyqtgraph", "umap", "openTSNE", "h5py", "scipy")


def modules_after(statement: str) -> set[str]:
    """Return the top-level modules a fresh interpreter holds after running ``statement``."""
    code = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, text=True, capture_output=True
    )
    return set(done.stdout.split())


def test_the_door_loads_nothing_heavy() -> None:
    names = ("api", "config", "control", "events", "results", "resources")
    loaded = modules_after("import " + ", ".join(f"tusk_core.{name}" for name in names))
    assert not loaded.intersection(HEAVY)

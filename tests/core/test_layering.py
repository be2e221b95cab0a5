"""The door of the engine is light, and its packages keep to their layers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "cv2", "PySide6", "shiboken6", "pyqtgraph", "umap", "openTSNE", "h5py", "scipy")


def modules_after(statement: str) -> set[str]:
    """Return the top-level modules a fresh interpreter holds after running ``statement``."""
    code = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, text=True, capture_output=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module",
    ["api", "config", "control", "events", "results", "resources"],
)
def test_the_door_loads_nothing_heavy(module: str) -> None:
    loaded = modules_after(f"import tusk_core.{module}")
    assert not loaded.intersection(HEAVY)


def test_the_engine_needs_no_window_toolkit() -> None:
    statement = (
        "import pkgutil, importlib, tusk_core\n"
        "for found in pkgutil.walk_packages(tusk_core.__path__, 'tusk_core.'):\n"
        "    if not found.name.endswith('__main__'):\n"
        "        importlib.import_module(found.name)"
    )
    assert not modules_after(statement).intersection({"PySide6", "shiboken6", "pyqtgraph"})


def test_the_window_starts_without_torch() -> None:
    loaded = modules_after("import tusk_app.app, tusk_app.shell.main_window")
    assert not loaded.intersection({"torch", "umap", "openTSNE", "numba"})

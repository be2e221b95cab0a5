"""Threads and shared state import nothing of Qt that needs a screen.

An import contract cannot tell one part of PySide6 from another, so the files are read.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import tusk_app

ROOT = Path(tusk_app.__file__).parent
FOLDERS = ("engine", "state", "threads")
FILES = ("controller.py", "worker.py", "model.py")
QUIET = [
    *(file for folder in FOLDERS for file in (ROOT / folder).glob("*.py")),
    *(file for name in FILES for file in ROOT.glob(f"*/{name}")),
]


@pytest.mark.parametrize("file", QUIET, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_widget_is_imported_where_there_is_no_screen(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert "PySide6.QtWidgets" not in names

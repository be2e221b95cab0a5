"""The reference pages say what the program says."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    path = ROOT / "tools" / "make_reference.py"
    spec = importlib.util.spec_from_file_location("make_reference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = before
    return module


@pytest.mark.parametrize("page", ["settings.md", "presets.md", "commands.md", "exports.md"])
def test_pages_are_up_to_date(tool: ModuleType, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "96")
    written = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8")
    assert tool.PAGES[page]().rstrip() == written.rstrip(), (
        f"docs/reference/{page} is out of date: run `make reference`"
    )


def test_every_setting_is_described(tool: ModuleType) -> None:
    rows = [line for line in tool.settings_page().splitlines() if line.startswith("| `")]
    assert len(rows) > 60
    for row in rows:
        *_, about = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert len(about) > 5, row

"""The registry of commands, the palette and the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLineEdit, QTreeWidget, QWidget

from tests.support import screen
from tusk_app.parts.actions import ActionRegistry
from tusk_app.shell.command_palette import CommandPalette, fuzzy_score, rank
from tusk_app.shell.shortcuts import ShortcutsDialog

if TYPE_CHECKING:
    from tusk_app.settings import Settings


@pytest.fixture
def registry(qapp) -> ActionRegistry:
    made = ActionRegistry()
    made.add("file.open", "&Open images…", menu="File", shortcut="Ctrl+O")
    made.add("file.quit", "&Quit", menu="File", shortcut="Ctrl+Q")
    made.add("go.next", "&Next picture", menu="Go", shortcut="Right; D", canvas_only=True)
    return made


def test_an_id_is_registered_once(registry: ActionRegistry) -> None:
    with pytest.raises(ValueError, match="already"):
        registry.add("file.open", "Again")


def test_plain_and_checkable_commands_call_their_slot(qapp) -> None:
    calls: list[object] = []
    registry = ActionRegistry()
    registry.add("a.plain", "Plain", lambda: calls.append("plain"))
    registry.add("a.switch", "Switch", calls.append, checkable=True)
    registry.trigger("a.plain")
    registry.trigger("a.switch")
    assert calls == ["plain", True]


def test_keys_of_the_canvas_act_on_the_canvas_only(qtbot, registry: ActionRegistry) -> None:
    canvas = QWidget()
    qtbot.addWidget(canvas)
    registry.set_canvas(canvas)
    registry.add("view.fit", "Fit", shortcut="F", canvas_only=True)
    assert {a.objectName() for a in canvas.actions()} == {"go.next", "view.fit"}
    context = registry.get("go.next").shortcutContext()
    assert context is Qt.ShortcutContext.WidgetWithChildrenShortcut


def test_the_users_keys_win_and_can_be_set_back(qapp) -> None:
    registry = ActionRegistry(shortcuts={"file.open": "Ctrl+L"})
    action = registry.add("file.open", "Open", shortcut="Ctrl+O")
    assert action.shortcut() == QKeySequence("Ctrl+L")
    registry.set_shortcut("file.open", None)
    assert registry.keys("file.open") == "Ctrl+O"
    assert registry.overrides() == {}


def test_taken_keys_are_found(registry: ActionRegistry) -> None:
    assert registry.conflict("file.open", "Ctrl+Q") == "file.quit"
    assert registry.conflict("file.open", "Ctrl+O") is None


@pytest.mark.parametrize(("typed", "text", "fits"), [
    ("oi", "Open images", True), ("opimg", "Open images", True), ("", "Open images", True),
    ("xq", "Open images", False), ("io", "Open", False),
])  # fmt: skip
def test_fuzzy_letters_in_order(typed: str, text: str, fits: bool) -> None:
    assert (fuzzy_score(typed, text) is not None) is fits


def test_words_that_begin_with_the_letters_come_first(registry: ActionRegistry) -> None:
    registry.add("x.other", "Stop in gloom")
    assert rank(registry.all(), "oi")[0].id == "file.open"


def test_the_palette_runs_what_is_highlighted(qtbot) -> None:
    calls: list[str] = []
    registry = ActionRegistry()
    registry.add("a.one", "Compute map", lambda: calls.append("map"))
    registry.add("a.two", "Reset layout", lambda: calls.append("layout"))
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 600)
    window.show()
    palette = CommandPalette(registry, window)
    palette.open_over(window)
    qtbot.keyClicks(palette.findChild(QLineEdit), "layout")
    qtbot.keyClick(palette.findChild(QLineEdit), Qt.Key.Key_Return)
    assert calls == ["layout"]
    assert not palette.isVisible()


def test_the_palette_does_not_run_what_is_disabled(qtbot) -> None:
    calls: list[str] = []
    registry = ActionRegistry()
    registry.add("a.one", "Pause", lambda: calls.append("x")).setEnabled(False)
    window = QWidget()
    qtbot.addWidget(window)
    palette = CommandPalette(registry, window)
    palette.type("pause")
    palette.run_current()
    assert screen.says(palette, "Pause")
    assert calls == []


def test_keys_can_be_changed_in_the_dialog(
    qtbot, registry: ActionRegistry, settings: Settings
) -> None:
    dialog = ShortcutsDialog(registry, settings)
    qtbot.addWidget(dialog)
    listed = dialog.findChild(QTreeWidget)
    everywhere = Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive
    assert all(listed.findItems(entry.title, everywhere) for entry in registry.all())
    dialog.select("file.open")
    dialog.assign("Ctrl+Q")
    assert registry.keys("file.open") == "Ctrl+O", "taken keys are refused"
    dialog.assign("Ctrl+L")
    assert settings.shortcuts() == {"file.open": "Ctrl+L"}
    dialog.set_back()
    assert settings.shortcuts() == {}

"""What takes long to open says so, and can be given up: what was open stays."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QPushButton

from tusk_app.pictures import controller
from tusk_core import api

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from pytestqt.qtbot import QtBot

    from tusk_app.app import Program


def test_a_slow_disk_can_be_given_up(
    qtbot: QtBot, program: Program, picture_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, sources = program.workbench.document, program.workbench.sources
    sources.open_pictures(str(picture_folder))
    qtbot.waitUntil(lambda: document.picture is not None, timeout=20_000)
    before, release = document.source, threading.Event()
    open_watched = api.open_watched

    def slowly(*arguments: object, **more: object) -> object:
        assert release.wait(60)
        return open_watched(*arguments, **more)

    monkeypatch.setattr(api, "open_watched", slowly)
    monkeypatch.setattr(controller, "PATIENCE_MS", 0)
    sources.open_pictures("sample:tetrominoes?count=4")
    toasts = program.window.toasts

    def offers() -> list[QPushButton]:
        buttons = [b for card in toasts.cards for b in card.findChildren(QPushButton)]
        return [button for button in buttons if button.text() == "Cancel"]

    qtbot.waitUntil(lambda: bool(offers()), timeout=20_000)
    offers()[0].click()
    qtbot.waitUntil(lambda: not offers(), timeout=20_000)
    release.set()
    with qtbot.waitSignal(sources.opened, timeout=20_000):
        sources.open_pictures("sample:digits?count=3")
    assert document.source is not before
    assert document.source.source == "sample:digits?count=3"  # not the one given up
    assert not offers()

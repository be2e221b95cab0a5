"""A dialog that is shown at most once and taken back when what it offers no longer holds."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QDialog, QWidget

from tests.support import screen
from tusk_app.parts.one_dialog import OneDialog


def test_one_is_open_withdrawn_and_gone(qtbot) -> None:
    window, owner = QWidget(), QObject()
    qtbot.addWidget(window)
    held: OneDialog[QDialog] = OneDialog(owner)
    held.withdraw()
    assert not held.bring_forward()
    first = held.hold(QDialog(window))
    ends: list[int] = []
    first.finished.connect(ends.append)
    first.show()
    assert held.bring_forward()
    second = held.hold(QDialog(window))
    second.show()
    assert ends == [QDialog.DialogCode.Rejected]
    assert screen.dialog(window, QDialog) is second
    second.accept()
    assert not held.is_open
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert window.findChildren(QDialog) == []
    held.withdraw()

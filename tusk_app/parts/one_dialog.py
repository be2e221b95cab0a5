"""A dialog that is shown at most once: brought forward when asked for again, or withdrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from PySide6.QtCore import QObject, Qt, Slot

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog

D = TypeVar("D", bound="QDialog")


class OneDialog(QObject, Generic[D]):
    """Holds a dialog while it is open, and lets go of it, for good, when it ends."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._dialog: D | None = None

    @property
    def is_open(self) -> bool:
        """True from ``hold`` until the user, or ``withdraw``, ends the dialog."""
        return self._dialog is not None

    def bring_forward(self) -> bool:
        """Raise the dialog; False if there is none and it is to be made."""
        if self._dialog is None:
            return False
        self._dialog.raise_()
        self._dialog.activateWindow()
        return True

    def hold(self, dialog: D) -> D:
        """Take a new dialog, before it is shown; one that is still open is withdrawn."""
        self.withdraw()
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._forget)
        self._dialog = dialog
        return dialog

    @Slot()
    def withdraw(self) -> None:
        """End the dialog as if the user had cancelled it: what it offers no longer holds."""
        if self._dialog is not None:
            self._dialog.reject()

    @Slot()
    def _forget(self) -> None:
        self._dialog = None

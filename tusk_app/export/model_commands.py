"""Export of the model itself: asks for format and folder, writes as a job."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices

from tusk_app.export.model_dialog import ModelExportDialog
from tusk_app.parts.one_dialog import OneDialog
from tusk_core import api
from tusk_core.events import JobProgress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from tusk_app.workbench import Workbench
    from tusk_core.control import RunControl


class ModelExportCommands(QObject):
    """Registers the command and carries it out."""

    def __init__(self, workbench: Workbench, parent: QWidget) -> None:
        super().__init__(parent)
        self._bench, self._window = workbench, parent
        self._asking: OneDialog[ModelExportDialog] = OneDialog(self)
        self._action = workbench.actions.add(
            "file.export-model", "Export &model…", self.ask, menu="File", icon="export",
            tip="Write the model for other programs: ONNX, or a folder for the Hugging Face Hub",
        )  # fmt: skip
        workbench.document.model_changed.connect(self._enable)
        self._enable()

    @Slot()
    def ask(self) -> None:
        """Show the formats."""
        model, settings = self._bench.document.model, self._bench.settings
        if model is None:
            self._bench.notices.status("Open or train a model first.")
            return
        if self._asking.bring_forward():
            return
        first = settings.value("export/model-format", "onnx")
        dialog = self._asking.hold(
            ModelExportDialog(
                api.model_formats(), model.name, settings.last_folder, first=first,
                parent=self._window,
            )
        )  # fmt: skip
        dialog.chosen.connect(self.export_to)
        dialog.show()

    @Slot(str, object)
    def export_to(self, file_format: str, folder: Path) -> None:
        """Write the open model into a folder; returns at once.

        A missing package or a full disk is told by the job, in the words of the engine.
        """
        model = self._bench.document.model
        if model is None:
            return
        self._bench.settings.set_value("export/model-format", file_format)
        self._bench.settings.last_folder = folder.parent
        work = functools.partial(
            _write,
            model=model.path,
            folder=folder,
            file_format=file_format,
            num_keypoints=self._bench.document.num_keypoints,
        )
        job = self._bench.jobs.start(f"Export {model.name} as {file_format}", work)
        job.produced.connect(functools.partial(self._tell, folder))

    def _tell(self, folder: Path, files: object) -> None:
        num = len(files) if isinstance(files, list) else 0
        place = QUrl.fromLocalFile(str(folder))
        self._bench.notices.toast(
            f"The model was written into {folder.name}: {num} files.",
            "success",
            "Show folder",
            lambda: QDesktopServices.openUrl(place),
        )

    @Slot()
    def _enable(self) -> None:
        self._action.setEnabled(self._bench.document.model is not None)


def _write(
    _control: RunControl,
    *,
    model: Path,
    folder: Path,
    file_format: str,
    num_keypoints: int | None,
) -> Iterator[JobProgress | list[Path]]:
    yield JobProgress(0, 0, "Writing the model.")
    yield api.export_model(model, folder, file_format=file_format, num_keypoints=num_keypoints)

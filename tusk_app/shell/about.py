"""What this program is, what it is built on, and under which licences."""

from __future__ import annotations

import json
import platform
from importlib import metadata

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts import icons
from tusk_core.resources import resource_root

# What the larger parts are for; the list itself is made from the installed packages.
USES = {
    "h5py": "result files",
    "numba": "fast maps",
    "numpy": "arrays",
    "opencv-python-headless": "pictures, video, cameras",
    "opentsne": "maps",
    "platformdirs": "folders",
    "pydantic": "settings",
    "pyqtgraph": "curves and plots",
    "pyside6-essentials": "window toolkit (Qt)",
    "safetensors": "model files",
    "scikit-learn": "clustering",
    "scipy": "numerics",
    "send2trash": "the trash",
    "torch": "tensors and training",
    "umap-learn": "maps",
}

METHOD = (
    "The method is TUSK, Task-agnostic Unsupervised Keypoints (Jin and co-authors, NeurIPS 2022): "
    "an encoder finds keypoints with a descriptor each, prototypes learn to stand for kinds of "
    "parts, and a decoder must redraw the picture from the keypoints alone. This program is an "
    "independent implementation."
)


def version_of(name: str) -> str:
    """Return the version of an installed package, or a dash."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "–"


def program_version() -> str:
    """Return the version of this program."""
    version = version_of("tusk-studio")
    if version == "–":
        from tusk_core import __version__

        return str(__version__)
    return version


def bundled_parts() -> tuple[tuple[str, str, str, str], ...]:
    """Return (name, version, use, licence) of everything the program is built on.

    ``tools/licences.py`` writes the list. What is installed now may be newer than what is listed;
    the stand-alone program contains what is listed.
    """
    path = resource_root() / "licences" / "parts.json"
    listed = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    rows = [("Python", platform.python_version(), "the language", "PSF-2.0")]
    for part in listed:
        name, installed = part["name"], version_of(part["name"])
        version = part["version"] if installed == "–" else installed.partition("+")[0]
        rows.append((name, version, USES.get(name, ""), part["licence"]))
    return tuple(rows)


class AboutDialog(QDialog):
    """Version, method, parts and licences."""

    def __init__(self, parent: QWidget | None = None, *, show_licences: bool = False) -> None:
        super().__init__(parent)
        self.setObjectName("about-dialog")
        self.setWindowTitle("About TUSK")
        self.resize(620, 520)
        mark = QLabel(self)
        mark.setPixmap(icons.pixmap("tusk", 72, ratio=self.devicePixelRatioF()))
        name = QLabel("TUSK", self)
        name.setProperty("role", "title")
        line = QLabel(f"Version {program_version()} · unsupervised keypoints", self)
        line.setProperty("role", "muted")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(name)
        words.addWidget(line)
        words.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(mark)
        head.addLayout(words, 1)
        self._tabs = QTabWidget(self)
        self._tabs.addTab(self._make_about(), "About")
        self._tabs.addTab(self._make_parts(), "Built on")
        self._tabs.addTab(self._make_licences(), "Licences")
        self._tabs.setCurrentIndex(2 if show_licences else 0)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 14)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(self._tabs, 1)
        column.addWidget(buttons)

    def _make_about(self) -> QWidget:
        page = QWidget(self)
        method = QLabel(METHOD, page)
        method.setWordWrap(True)
        licence = QLabel(
            "The program is free software under the Apache License 2.0. It uses Qt through PySide6 "
            f"{version_of('PySide6_Essentials')} (Qt {qVersion()}) under the GNU LGPL 3; you may "
            "replace these libraries by your own builds. Their source is at "
            '<a href="https://download.qt.io/official_releases/QtForPython/">download.qt.io</a>.',
            page,
        )
        licence.setWordWrap(True)
        licence.setOpenExternalLinks(True)
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 14, 8, 8)
        column.setSpacing(12)
        column.addWidget(method)
        column.addWidget(licence)
        column.addStretch(1)
        return page

    def _make_parts(self) -> QWidget:
        tree = QTreeWidget(self)
        tree.setRootIsDecorated(False)
        tree.setHeaderLabels(["Part", "Version", "For", "Licence"])
        for row in bundled_parts():
            item = QTreeWidgetItem(tree, list(row))
            item.setToolTip(3, row[3])
        for column in range(3):
            tree.resizeColumnToContents(column)
        return tree

    def _make_licences(self) -> QWidget:
        text = QPlainTextEdit(licence_text(), self)
        text.setReadOnly(True)
        text.setAccessibleName("Licence texts")
        text.moveCursor(text.textCursor().MoveOperation.Start)
        text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        return text


def licence_text() -> str:
    """Return the licence texts that ship with the program."""
    folder = resource_root() / "licences"
    files = sorted(folder.glob("*.txt")) + sorted(folder.glob("*.md")) if folder.is_dir() else []
    if not files:
        return "The licence texts are missing; install the program again."
    parts = [f"{file.name}\n\n{file.read_text(encoding='utf-8')}" for file in files]
    return f"\n\n{'─' * 60}\n\n".join(parts)

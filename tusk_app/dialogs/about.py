"""What this program is, what it is built on, and under which licences."""

from __future__ import annotations

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

from tusk_app import icons
from tusk_core.resources import resource_root

PARTS = (
    ("PySide6_Essentials", "window toolkit (Qt)", "LGPL-3.0"),
    ("torch", "tensors and training", "BSD-3-Clause"),
    ("numpy", "arrays", "BSD-3-Clause"),
    ("scipy", "numerics", "BSD-3-Clause"),
    ("opencv-python-headless", "pictures, video, cameras", "Apache-2.0"),
    ("pyqtgraph", "curves and plots", "MIT"),
    ("pydantic", "settings", "MIT"),
    ("safetensors", "model files", "Apache-2.0"),
    ("h5py", "result files", "BSD-3-Clause"),
    ("umap-learn", "maps", "BSD-3-Clause"),
    ("openTSNE", "maps", "BSD-3-Clause"),
    ("platformdirs", "folders", "MIT"),
    ("send2trash", "the trash", "BSD-3-Clause"),
)

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
        for name, use, licence in PARTS:
            QTreeWidgetItem(tree, [name, version_of(name), use, licence])
        for column in range(4):
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
        return "\n".join(f"{name}: {licence}" for name, _, licence in PARTS)
    parts = [f"{file.name}\n\n{file.read_text(encoding='utf-8')}" for file in files]
    return f"\n\n{'─' * 60}\n\n".join(parts)

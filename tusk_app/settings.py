"""What the program remembers between two starts, typed; and where its folders are."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Literal, TypeVar, cast

import platformdirs
from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

from tusk_core.places import default_run_root, kept_in
from tusk_core.resources import resource_root

T = TypeVar("T", bool, int, float, str)

ThemeChoice = Literal["auto", "light", "dark"]
RecentKind = Literal["pictures", "video", "model", "run"]

MAX_RECENT = 12
FONT_SCALES = (0.85, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0)

log = logging.getLogger(__name__)


def config_dir() -> Path:
    """Return the folder of settings and own presets; it may not exist yet."""
    return kept_in("config", Path(platformdirs.user_config_dir("tusk", appauthor=False)))


def cache_dir() -> Path:
    """Return the folder of what can be made again; it may not exist yet."""
    return kept_in("cache", Path(platformdirs.user_cache_dir("tusk", appauthor=False)))


def data_dir() -> Path:
    """Return the folder of samples and results; it may not exist yet."""
    return kept_in("data", Path(platformdirs.user_data_dir("tusk", appauthor=False)))


def names_folder(model: Path, fingerprint: str) -> Path | None:
    """Return the folder for the names of a model's prototypes: its own, where it is the user's.

    Names of a bundled model, and of one that lies where nobody can write, go to the user's data;
    None where that cannot be written either.
    """
    is_bundled = model.resolve().is_relative_to(resource_root().resolve())
    if not is_bundled and os.access(model, os.W_OK):
        return model
    folder = data_dir() / "prototypes" / fingerprint
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        log.warning("Names cannot be kept in %s: %s", folder, problem)
        return None
    return folder if os.access(folder, os.W_OK) else None


def log_dir() -> Path:
    """Return the folder of log files; it may not exist yet."""
    return kept_in("logs", Path(platformdirs.user_log_dir("tusk", appauthor=False)))


class Settings(QObject):
    """Typed access to what is remembered.

    Panels keep their own values with ``value`` and ``set_value`` under keys such as
    ``"training/log-scale"``.

    Signals:
        theme_changed: the theme choice changed.
        font_scale_changed: the text size changed.
        recent_changed: the list of recent items changed.
        changed: str, key of any value that was set.
    """

    theme_changed = Signal()
    font_scale_changed = Signal()
    recent_changed = Signal()
    changed = Signal(str)

    def __init__(self, store: QSettings | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        if store is None:
            store = QSettings(str(config_dir() / "settings.ini"), QSettings.Format.IniFormat)
        self._store = store

    def value(self, key: str, default: T) -> T:
        """Return the value of ``key`` in the type of ``default``; a spoilt value gives that."""
        raw = self._store.value(key)
        if raw is None:
            return default
        kind = type(default)
        if kind is bool:
            return kind(str(raw).lower() in {"true", "1"})
        try:
            return kind(str(raw))
        except ValueError:
            return default

    def set_value(self, key: str, value: bool | float | str) -> None:
        """Remember a plain value."""
        self._store.setValue(key, value)
        self.changed.emit(key)

    def strings(self, key: str) -> list[str]:
        """Return a remembered list of texts; empty if there is none."""
        raw = self._store.value(key)
        if raw is None:
            return []
        return [str(item) for item in raw] if isinstance(raw, list) else [str(raw)]

    def set_strings(self, key: str, values: list[str]) -> None:
        """Remember a list of texts."""
        self._store.setValue(key, values)
        self.changed.emit(key)

    def bytes(self, key: str) -> QByteArray:
        """Return remembered bytes, such as a window layout; empty if there are none."""
        raw = self._store.value(key)
        return raw if isinstance(raw, QByteArray) else QByteArray()

    def set_bytes(self, key: str, value: QByteArray) -> None:
        """Remember bytes."""
        self._store.setValue(key, value)

    def remove(self, key: str) -> None:
        """Forget a key and all keys below it."""
        self._store.remove(key)

    def sync(self) -> None:
        """Write to disk now."""
        self._store.sync()

    @property
    def file(self) -> Path:
        """The file the settings are kept in."""
        return Path(self._store.fileName())

    @property
    def theme(self) -> ThemeChoice:
        """``auto`` follows the system."""
        choice = self.value("appearance/theme", "auto")
        return cast("ThemeChoice", choice) if choice in {"light", "dark"} else "auto"

    @theme.setter
    def theme(self, choice: ThemeChoice) -> None:
        self.set_value("appearance/theme", choice)
        self.theme_changed.emit()

    @property
    def font_scale(self) -> float:
        """Text size relative to the system's, 0.85 to 2."""
        scale = self.value("appearance/font-scale", 1.0)
        return min(max(scale, FONT_SCALES[0]), FONT_SCALES[-1])

    @font_scale.setter
    def font_scale(self, scale: float) -> None:
        self.set_value("appearance/font-scale", scale)
        self.font_scale_changed.emit()

    @property
    def shows_terms(self) -> bool:
        """Whether the method's terms stand in place of plain words, from the next start on."""
        return self.value("appearance/method-terms", False)

    @shows_terms.setter
    def shows_terms(self, on: bool) -> None:
        self.set_value("appearance/method-terms", on)

    @property
    def run_root(self) -> Path:
        """Folder under which new runs are made."""
        return Path(self.value("folders/runs", str(default_run_root())))

    @run_root.setter
    def run_root(self, folder: Path) -> None:
        self.set_value("folders/runs", str(folder))

    @property
    def last_folder(self) -> Path:
        """Folder in which the last file dialog was."""
        return Path(self.value("folders/last", str(Path.home())))

    @last_folder.setter
    def last_folder(self, folder: Path) -> None:
        self.set_value("folders/last", str(folder))

    @property
    def device(self) -> str:
        """Device the user prefers: ``auto``, ``cpu``, ``cuda`` or ``mps``."""
        return self.value("engine/device", "auto")

    @device.setter
    def device(self, name: str) -> None:
        self.set_value("engine/device", name)

    def recent(self) -> list[tuple[RecentKind, str]]:
        """Return what was opened lately, newest first: kind and path or source."""
        items = []
        for text in self.strings("recent/items"):
            kind, _, path = text.partition("|")
            if kind in {"pictures", "video", "model", "run"} and path:
                items.append((cast("RecentKind", kind), path))
        return items

    def add_recent(self, kind: RecentKind, path: str | Path) -> None:
        """Put something that was opened at the head of the list."""
        item = (kind, str(path))
        items = [item, *(other for other in self.recent() if other != item)][:MAX_RECENT]
        self._keep_recent(items)

    def remove_recent(self, path: str | Path) -> None:
        """Take something that is gone out of the list."""
        self._keep_recent([item for item in self.recent() if item[1] != str(path)])

    def clear_recent(self) -> None:
        """Empty the list."""
        self._keep_recent([])

    def _keep_recent(self, items: list[tuple[RecentKind, str]]) -> None:
        self.set_strings("recent/items", [f"{kind}|{path}" for kind, path in items])
        self.recent_changed.emit()

    def shortcuts(self) -> dict[str, str]:
        """Return the user's own keys by command id."""
        self._store.beginGroup("shortcuts")
        keys = {name: str(self._store.value(name)) for name in self._store.childKeys()}
        self._store.endGroup()
        return keys

    def set_shortcuts(self, keys: dict[str, str]) -> None:
        """Remember the user's own keys by command id."""
        self._store.remove("shortcuts")
        for name, value in keys.items():
            self._store.setValue(f"shortcuts/{name}", value)

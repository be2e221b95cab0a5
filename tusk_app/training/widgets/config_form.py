"""A form made from the schema of the settings: what comes first, the rest, live validation."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from tusk_app.parts.collapsible import CollapsibleGroup
from tusk_app.parts.config_fields import FieldSpec, field_specs, group_titles
from tusk_app.parts.config_row import ConfigRow
from tusk_app.parts.flow_layout import FlowLayout
from tusk_core.config import TrainConfig, describe_error

# Edited by widgets of the dialog that know more than a line of text.
ELSEWHERE = frozenset({"data.source", "run.device"})
# What everybody decides: how long, how many in a picture, how many kinds. "More" has the rest.
FIRST = ("optim.minutes", "keypoints.num_keypoints", "prototypes.num_prototypes")


class ConfigForm(QObject):
    """Three widgets, ``basic``, ``more`` and ``advanced``, that together edit a ``TrainConfig``.

    Signals:
        changed: any value changed, also to one that cannot be used.
    """

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.basic = QWidget(parent)
        self.more = QWidget(parent)
        self.advanced = QWidget(parent)
        self._base = TrainConfig()
        self._elsewhere: dict[str, Any] = {}
        self._is_setting = False
        self._message = ""
        self._told: dict[str, str] = {}
        self._config: TrainConfig | None = self._base
        specs = [spec for spec in field_specs(TrainConfig) if spec.path not in ELSEWHERE]
        self._rows: dict[str, ConfigRow] = {}
        self._groups: dict[str, CollapsibleGroup] = {}
        self._make_basic([spec for spec in specs if spec.is_basic])
        self._make_advanced([spec for spec in specs if not spec.is_basic])
        for row in self._rows.values():
            row.changed.connect(self._take_change)
        # The form is not a widget, nor are its rows: one filter on the part that always shows.
        self.basic.installEventFilter(self)
        self.set_config(self._base)

    @property
    def rows(self) -> dict[str, ConfigRow]:
        """The settings by their dotted name."""
        return dict(self._rows)

    @property
    def groups(self) -> dict[str, CollapsibleGroup]:
        """The advanced groups by their name."""
        return dict(self._groups)

    @property
    def message(self) -> str:
        """What is wrong, in sentences; empty if the settings can be used."""
        return self._message

    def config(self) -> TrainConfig | None:
        """The settings as they stand; None while one of them cannot be used."""
        return self._config

    def set_config(self, config: TrainConfig, *, baseline: TrainConfig | None = None) -> None:
        """Show ``config``; what differs from ``baseline`` (itself if None) counts as changed."""
        self._is_setting = True
        self._base = config
        tree = config.model_dump()
        base_tree = (baseline or config).model_dump()
        for path, row in self._rows.items():
            row.set_baseline(_at(base_tree, path))
            row.set_value(_at(tree, path))
        self._elsewhere = {path: _at(tree, path) for path in ELSEWHERE}
        self._is_setting = False
        self._take_change()

    def set_elsewhere(self, path: str, value: Any) -> None:
        """Set one of the settings that are edited outside the form."""
        self._elsewhere[path] = value
        self._take_change()

    def behind(self) -> tuple[int, int]:
        """Return how many settings behind "More" cannot be used, and how many are changed."""
        rows = [row for path, row in self._rows.items() if path not in FIRST]
        num_bad = sum(row.spec.path in self._told for row in rows)
        return num_bad, sum(row.is_changed for row in rows)

    def set_enabled(self, *, enabled: bool) -> None:
        """Let the settings be edited or not."""
        for row in self._rows.values():
            row.set_enabled(enabled=enabled)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the theme."""
        if event.type() == QEvent.Type.PaletteChange:
            for row in self._rows.values():
                row.restyle()
        return super().eventFilter(watched, event)

    def _make_basic(self, specs: list[FieldSpec]) -> None:
        first = sorted((s for s in specs if s.path in FIRST), key=lambda s: FIRST.index(s.path))
        rest = [spec for spec in specs if spec.path not in FIRST]
        for holder, members in ((self.basic, first), (self.more, rest)):
            flow = FlowLayout(holder, spacing=14)
            for spec in members:
                row = self._rows[spec.path] = ConfigRow(spec, holder)
                flow.addWidget(row.block())

    def _make_advanced(self, specs: list[FieldSpec]) -> None:
        column = QVBoxLayout(self.advanced)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for name, title in group_titles(TrainConfig).items():
            members = [spec for spec in specs if spec.group == name]
            if members:
                group = CollapsibleGroup(title, self._group_content(members), self.advanced)
                self._groups[name] = group
                column.addWidget(group)

    def _group_content(self, specs: list[FieldSpec]) -> QWidget:
        content = QWidget(self.advanced)
        grid = QGridLayout(content)
        grid.setContentsMargins(24, 2, 8, 8)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(4, 1)
        line, section = 0, ""
        for spec in specs:
            if spec.section != section:
                section = spec.section
                heading = QLabel(section, content)
                heading.setProperty("role", "heading")
                grid.addWidget(heading, line, 0, 1, 5)
                line += 1
            row = self._rows[spec.path] = ConfigRow(spec, content)
            line = row.place_in_grid(grid, line)
        return content

    def _take_change(self) -> None:
        if self._is_setting:
            return
        tree = self._base.model_dump()
        for path, row in self._rows.items():
            _put(tree, path, row.value())
        for path, value in self._elsewhere.items():
            _put(tree, path, value)
        problems: dict[str, str] = {}
        try:
            self._config, self._message = TrainConfig.model_validate(tree), ""
        except ValidationError as error:
            problems = self._problems(error)
            self._config, self._message = None, self._sentences(problems) or describe_error(error)
        for path, row in self._rows.items():
            row.set_problem(problems.get(path, ""))
        self._told = problems
        self._show_marks(problems)
        self.changed.emit()

    def _problems(self, error: ValidationError) -> dict[str, str]:
        """Tell each problem to the setting that it names."""
        problems: dict[str, str] = {}
        for item in error.errors(include_url=False):
            place = ".".join(str(part) for part in item["loc"])
            text = str(item["msg"]).removeprefix("Value error, ")
            path = place if place in self._rows else self._guilty(place, text)
            for other in sorted(self._rows, key=len, reverse=True):
                text = text.replace(other, self._rows[other].spec.label)
            if path:
                problems.setdefault(path, _told(self._rows[path].spec, str(item["type"]), text))
        return problems

    def _sentences(self, problems: dict[str, str]) -> str:
        """All problems in a line, with the names of their settings."""
        told = []
        for path, text in list(problems.items())[:3]:
            label = self._rows[path].spec.label
            told.append(text if text.startswith(label) else f"{label}: {text}")
        return " ".join(told)

    def _guilty(self, place: str, text: str) -> str:
        """The setting that a rule over a whole group, or an item of a list, speaks of."""
        above = place.rpartition(".")[0]
        if above in self._rows:
            return above
        if not place:  # a rule over all groups names settings in full
            return min((p for p in self._rows if p in text), key=text.find, default="")
        members = [path for path in self._rows if path.startswith(f"{place}.")]
        named = [p for p in members if p.rpartition(".")[2].rstrip("s") in text]
        return min(named or members[:1], key=lambda p: text.find(p.rpartition(".")[2]), default="")

    def _show_marks(self, problems: dict[str, str]) -> None:
        for name, group in self._groups.items():
            rows = [r for r in self._rows.values() if r.spec.group == name and not r.spec.is_basic]
            num_bad = sum(row.spec.path in problems for row in rows)
            num_changed = sum(row.is_changed for row in rows)
            if num_bad:
                group.set_mark(
                    "cannot be used" if num_bad == 1 else f"{num_bad} problems", "danger"
                )
            else:
                group.set_mark(f"● {num_changed} changed" if num_changed else "", "muted")


def _told(spec: FieldSpec, kind: str, text: str) -> str:
    """Say what is wrong with a setting in the words of the form."""
    if kind.startswith("int_"):
        return "Enter a whole number."
    if kind.startswith(("float_", "finite")):
        return "Enter a number."
    if kind.startswith(("greater_than", "less_than")):
        return f"Must be {spec.range_text}."
    told = text.replace(spec.path.rpartition(".")[2], spec.label)
    return f"{told[0].upper()}{told[1:].rstrip('.')}."


def _at(tree: dict[str, Any], path: str) -> Any:
    node: Any = tree
    for part in path.split("."):
        node = node[part]
    return node


def _put(tree: dict[str, Any], path: str, value: Any) -> None:
    *groups, leaf = path.split(".")
    node: Any = tree
    for part in groups:
        node = node[part]
    node[leaf] = value

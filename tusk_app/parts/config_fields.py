"""What the form knows of a setting, read from the schema, and the editor that fits its type."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from tusk_app.parts.number_edit import NumberEdit, number_text
from tusk_app.parts.words import say

if typing.TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QWheelEvent

_LABELS = {
    "num_keypoints": "[Points] in a picture",
    "num_prototypes": "[Kinds]",
    "minutes": "Time limit",
}
ENDLESS = 65_536  # limits from here on are no help to anybody
_WORDS = {"nms": "NMS", "kmeans": "k-means", "num": "number of", "recon": "reconstruction"}


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One setting as the form shows it.

    Attributes:
        path: dotted name, such as ``"optim.batch_size"``.
        group: first part of the path.
        section: name of the group inside the group, or empty.
        label: for people.
        annotation: its type.
        description: one sentence.
        unit: such as ``"px"``; may be empty.
        symbol: the paper's; may be empty.
        is_basic: True if it belongs on the first page.
        least: smallest allowed value, or None.
        most: largest allowed value, or None.
        excludes_least: True if ``least`` itself is not allowed.
    """

    path: str
    group: str
    section: str
    label: str
    annotation: Any
    description: str
    unit: str = ""
    symbol: str = ""
    is_basic: bool = False
    least: float | None = None
    most: float | None = None
    excludes_least: bool = False

    @property
    def range_text(self) -> str:
        """Allowed values in words; empty if there is no limit worth telling."""
        most = self.most if self.most is not None and self.most < ENDLESS else None
        above = "above " if self.excludes_least else ""
        if self.least is None:
            return f"up to {_limit(most)}" if most is not None else ""
        if most is not None:
            return f"{above}{_limit(self.least)} to {_limit(most)}"
        return f"above {_limit(self.least)}" if above else f"{_limit(self.least)} or more"

    @property
    def help_text(self) -> str:
        """Description, unit and range."""
        extent = f"{self.range_text} {self.unit}".strip() if self.range_text else ""
        if self.range_text in {"0 or more", "1 or more"}:
            extent = ""
        return (
            f"{self.description} {extent[0].upper()}{extent[1:]}." if extent else self.description
        )


@dataclass(frozen=True, slots=True)
class Editor:
    """A widget that edits one value.

    Attributes:
        widget: to be placed.
        read: returns the value, or text that is not one.
        write: shows a value.
    """

    widget: QWidget
    read: Callable[[], Any]
    write: Callable[[Any], None]


def label_of(name: str) -> str:
    """Return a name for people: ``"num_keypoints"`` gives ``"Number of keypoints"``."""
    if name in _LABELS:
        return say(_LABELS[name])
    text = " ".join(_WORDS.get(word, word) for word in name.split("_"))
    return text[0].upper() + text[1:]


def field_specs(model: type[BaseModel]) -> list[FieldSpec]:
    """Return the settings in the groups of ``model``, in their order, without its own leaves."""
    specs: list[FieldSpec] = []
    for name, field in model.model_fields.items():
        if _is_group(field.annotation):
            specs += _specs_in(typing.cast("type[BaseModel]", field.annotation), name, name, "")
    return specs


def leaf_specs(model: type[BaseModel]) -> list[FieldSpec]:
    """Return the settings of a ``model`` without groups, in their order."""
    return _specs_in(model, "", "", "")


def group_titles(model: type[BaseModel]) -> dict[str, str]:
    """Return the title of each group of ``model``."""
    return {
        name: (field.description or label_of(name)).rstrip(".")
        for name, field in model.model_fields.items()
        if _is_group(field.annotation)
    }


def _specs_in(model: type[BaseModel], path: str, group: str, section: str) -> list[FieldSpec]:
    specs: list[FieldSpec] = []
    for name, field in model.model_fields.items():
        here = f"{path}.{name}" if path else name
        if _is_group(field.annotation):
            inner = typing.cast("type[BaseModel]", field.annotation)
            title = (field.description or label_of(name)).rstrip(".")
            specs += _specs_in(inner, here, group, title)
            continue
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        limits = {type(item).__name__: item for item in field.metadata}
        least = limits.get("Ge") or limits.get("Gt")
        specs.append(
            FieldSpec(
                path=here,
                group=group,
                section=section,
                label=label_of(name),
                annotation=field.annotation,
                description=field.description or "",
                unit=str(extra.get("unit", "")),
                symbol=str(extra.get("symbol", "")),
                is_basic=extra.get("level") == "basic",
                least=getattr(least, "ge", getattr(least, "gt", None)),
                most=getattr(limits.get("Le"), "le", None),
                excludes_least="Gt" in limits,
            )
        )
    return specs


def make_editor(spec: FieldSpec, changed: Callable[[], None], parent: QWidget) -> Editor:
    """Return an editor for the type of ``spec``; ``changed`` is called after each edit."""
    origin = typing.get_origin(spec.annotation)
    if spec.annotation is bool:
        return _box(changed, parent)
    if origin is Literal:
        return _choice(typing.get_args(spec.annotation), changed, parent)
    if spec.annotation in {int, float}:
        return _number(spec, changed, parent)
    if origin is tuple:
        return _numbers(typing.get_args(spec.annotation)[0], changed, parent)
    line = QLineEdit(parent)
    line.textChanged.connect(lambda _text: changed())
    return Editor(line, line.text, line.setText)


def _box(changed: Callable[[], None], parent: QWidget) -> Editor:
    box = QCheckBox("On", parent)
    box.toggled.connect(lambda _on: changed())
    return Editor(box, box.isChecked, box.setChecked)


class CalmComboBox(QComboBox):
    """A choice that the wheel changes only while it has the focus: forms scroll under it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the form unless this field is being edited."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def _choice(choices: tuple[Any, ...], changed: Callable[[], None], parent: QWidget) -> Editor:
    combo = CalmComboBox(parent)
    for choice in choices:
        combo.addItem(str(choice), choice)
    combo.currentIndexChanged.connect(lambda _index: changed())
    return Editor(
        combo, combo.currentData, lambda value: combo.setCurrentIndex(choices.index(value))
    )


def _number(spec: FieldSpec, changed: Callable[[], None], parent: QWidget) -> Editor:
    edit = NumberEdit(is_whole=spec.annotation is int, parent=parent)
    least = -1e300 if spec.least is None else spec.least
    edit.set_range(least, 1e300 if spec.most is None else spec.most)
    edit.changed.connect(changed)
    return Editor(edit, edit.value, edit.set_value)


def _numbers(kind: type, changed: Callable[[], None], parent: QWidget) -> Editor:
    line = QLineEdit(parent)
    line.setPlaceholderText("numbers with commas between them")
    line.textChanged.connect(lambda _text: changed())

    def read() -> tuple[Any, ...] | str:
        parts = [part.strip() for part in line.text().split(",") if part.strip()]
        try:
            return tuple(kind(part) for part in parts)
        except ValueError:
            return line.text()

    return Editor(line, read, lambda values: line.setText(", ".join(map(number_text, values))))


def _is_group(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _limit(value: float) -> str:
    return (
        f"{int(value):,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
        if value == int(value)
        else (f"{value:g}")
    )

"""``tusk settings``: every setting with its range, unit and meaning, from the schema itself."""

from __future__ import annotations

import json
import shutil
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from tusk_core.config import SettingsGroup, TrainConfig, load_preset

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class SettingInfo:
    """One setting as ``--set`` names it.

    Attributes:
        name: dotted.
        default: value where nothing else is said.
        kind: such as ``whole number`` or ``patch | unet``.
        limits: such as ``1 to 512``; empty where there are none.
        unit: empty where there is none.
        symbol: the paper's; empty where there is none.
        level: basic or advanced.
        description: one sentence.
    """

    name: str
    default: Any
    kind: str
    limits: str
    unit: str
    symbol: str
    level: str
    description: str


def all_settings(config: TrainConfig | None = None) -> Iterator[SettingInfo]:
    """Yield every setting; ``config`` gives the values shown as defaults."""
    yield from _walk(TrainConfig if config is None else type(config), config or TrainConfig(), "")


def _walk(model: type[SettingsGroup], values: SettingsGroup, prefix: str) -> Iterator[SettingInfo]:
    for name, field in model.model_fields.items():
        value = getattr(values, name)
        if isinstance(value, SettingsGroup):
            yield from _walk(type(value), value, f"{prefix}{name}.")
        elif prefix or name != "config_schema":
            yield _info(f"{prefix}{name}", field, value)


def _info(name: str, field: FieldInfo, value: Any) -> SettingInfo:
    extra: dict[str, Any] = (
        field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    )
    return SettingInfo(
        name=name,
        default=list(value) if isinstance(value, tuple) else value,
        kind=_kind(field.annotation),
        limits=_limits(field),
        unit=str(extra.get("unit", "")),
        symbol=str(extra.get("symbol", "")),
        level=str(extra.get("level", "advanced")),
        description=field.description or "",
    )


def _kind(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return " | ".join(str(choice) for choice in get_args(annotation))
    if get_origin(annotation) is tuple:
        return "list of whole numbers"
    names = {int: "whole number", float: "number", bool: "true | false", str: "text"}
    return names.get(annotation, str(annotation))


def _limits(field: FieldInfo) -> str:
    bounds = {
        key: getattr(m, key)
        for m in field.metadata
        for key in ("ge", "gt", "le")
        if hasattr(m, key)
    }
    low = f"{bounds['ge']:g}" if "ge" in bounds else ""
    if "gt" in bounds:
        low = f"above {bounds['gt']:g}"
    if "le" in bounds:
        return f"{low} to {bounds['le']:g}" if low else f"up to {bounds['le']:g}"
    return f"{low} and more" if "ge" in bounds else low


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk settings``."""
    parser.add_argument(
        "name", nargs="?", default="", metavar="PART", help="only names with this in them"
    )
    parser.add_argument("--preset", metavar="NAME", help="show a preset's values")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the settings; returns the exit status."""
    from tusk_core.commands.arguments import UsageError

    config = load_preset(arguments.preset) if arguments.preset else None
    found = [info for info in all_settings(config) if arguments.name in info.name]
    if not found:
        raise UsageError(
            f"No setting has {arguments.name!r} in its name. `tusk settings` lists them all."
        )
    if arguments.json:
        rows = [{key: getattr(info, key) for key in SettingInfo.__slots__} for info in found]
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return 0
    width = max(60, min(110, shutil.get_terminal_size((100, 24)).columns))
    for info in found:
        facts = [info.kind, info.limits, info.unit, info.symbol]
        print(f"{info.name} = {json.dumps(info.default, ensure_ascii=False)}")
        print(f"    {', '.join(fact for fact in facts if fact)}")
        print(
            textwrap.fill(info.description, width, initial_indent="    ", subsequent_indent="    ")
        )
    return 0

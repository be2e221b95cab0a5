"""Write docs/reference: settings, presets, commands, exports and licences, from the program itself.

    python tools/make_reference.py [FOLDER]

The pages come from the schema that also makes the forms, the flags and the error messages, so
they cannot disagree with the program; a test compares them with what this script writes.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

MADE = "<!-- Made by tools/make_reference.py (`make reference`); do not edit by hand. -->\n"


def shown(value: Any) -> str:
    """Return a default as it would be typed."""
    if isinstance(value, BaseModel):
        inside = ", ".join(f"{name} = {shown(getattr(value, name))}" for name in fields_of(value))
        return f"{{{inside}}}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(shown(one) for one in value) + "]"
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value:g}" if isinstance(value, float) else str(value)


def fields_of(model: BaseModel | type[BaseModel]) -> dict[str, Any]:
    """Return the fields of a settings model by name."""
    return (model if isinstance(model, type) else type(model)).model_fields


def range_of(field: Any) -> str:
    """Return the values a setting may have."""
    choices = getattr(field.annotation, "__args__", None)
    if choices and all(isinstance(choice, str | int) for choice in choices):
        return " ".join(f"`{choice}`" for choice in choices)
    if field.annotation is bool:
        return "`true` `false`"
    signs = {Ge: "≥", Gt: ">", Le: "≤", Lt: "<"}
    limits = []
    for limit in field.metadata:
        for kind, sign in signs.items():
            if isinstance(limit, kind):
                bound = getattr(limit, kind.__name__.lower())
                limits.append(f"{sign} {bound:,g}".replace(",", " "))
    return ", ".join(limits)


def setting_rows(model: type[BaseModel], prefix: str, defaults: BaseModel) -> list[str]:
    """Return a Markdown row for each setting of a group and the groups in it."""
    rows = []
    for name, field in fields_of(model).items():
        extra = field.json_schema_extra or {}
        value = getattr(defaults, name)
        if isinstance(value, BaseModel):
            rows += setting_rows(type(value), f"{prefix}.{name}", value)
            continue
        unit, symbol = extra.get("unit", ""), extra.get("symbol", "")
        basic = " **basic**" if extra.get("level") == "basic" else ""
        about = (field.description or "").replace("|", "\\|") + basic
        cells = (f"`{prefix}.{name}`", f"`{shown(value)}`", range_of(field), unit, symbol, about)
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def settings_page() -> str:
    """Return the page of all settings."""
    from tusk_core.config import TrainConfig

    defaults = TrainConfig()
    parts = [
        MADE,
        "# Settings\n",
        (
            "Every setting of a run, by group. In a file they are TOML tables (`[optim]`, then "
            "`steps = 500`); on the command line, `--set optim.steps=500`; in the window, the "
            "training dialog, which shows the ones marked **basic** first. The defaults are those "
            "of a run without a preset; [presets](presets.md) change some.\n"
        ),
    ]
    for name, field in fields_of(TrainConfig).items():
        value = getattr(defaults, name)
        if not isinstance(value, BaseModel):
            continue
        parts.append(f"## {field.description}: `{name}`\n")
        parts.append((type(value).__doc__ or "").strip().splitlines()[0] + "\n")
        parts.append("| setting | default | values | unit | paper | what it does |")
        parts.append("|---|---|---|---|---|---|")
        parts += setting_rows(type(value), name, value)
        parts.append("")
    return "\n".join(parts)


def flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested values by dotted name."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def presets_page() -> str:
    """Return the page of the presets and what each changes."""
    from tusk_core.config import TrainConfig, load_preset, preset_names

    defaults = flat(TrainConfig().model_dump())
    parts = [
        MADE,
        "# Presets\n",
        (
            "A preset is a set of settings to start from: `tusk train --preset NAME`. `quick-*` "
            "learn something visible within minutes on two processor cores, `tusk-*` are for real "
            "use, `paper-*` follow the paper (and the released configuration where the paper is "
            "silent). Listed is what differs from the [defaults](settings.md).\n"
        ),
    ]
    for name in preset_names():
        config = load_preset(name)
        parts.append(f"## `{name}`\n")
        parts.append(config.description + "\n")
        values = flat(config.model_dump())
        changed = {key: value for key, value in values.items() if value != defaults[key]}
        for key, value in changed.items():
            if key not in {"preset", "description"}:
                parts.append(f"- `{key} = {shown(value)}`")
        parts.append("")
    return "\n".join(parts)


def commands_page() -> str:
    """Return the page of the commands, as their ``--help`` prints them."""
    from tusk_core.cli import make_parser

    # argparse folds its help at the width of the terminal.
    os.environ["COLUMNS"] = "96"
    parser = make_parser()
    parts = [
        MADE,
        "# Commands\n",
        (
            "`tusk` opens the window; `tusk PATH...` opens pictures, a folder, a video, a model or "
            "a run in it. The commands below need no display and no Qt; `python -m tusk_core "
            "COMMAND` is the same where only the engine is installed. Exit status: 0 done, 2 bad "
            "input (a sentence on the error output), 130 interrupted (the work so far is kept), "
            "1 a bug.\n"
        ),
        "```text",
        parser.format_help().strip(),
        "```\n",
    ]
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        for name, sub in action.choices.items():
            parts += [f"## `tusk {name}`\n", "```text", sub.format_help().strip(), "```\n"]
    return "\n".join(parts)


def licences_page() -> str:
    """Return the page of third-party licences."""
    from licences import INTRODUCTION, installed_parts

    rows = [
        f"| [{part.name}]({part.page}) | {part.version} | {part.licence} |"
        for part in installed_parts()
    ]
    head = ["| package | version | licence |", "|---|---|---|"]
    return "\n".join([MADE, "# Licences\n", INTRODUCTION, *head, *rows, ""])


def exports_page() -> str:
    """Return the page of the export formats."""
    from tusk_core.inference.export import FORMATS
    from tusk_core.inference.export.models import MODEL_FORMATS

    rows = []
    for name, one in FORMATS.items():
        extras = sorted({f"`[{extra}]`" for _, extra in one.needs if extra})
        target = "folder" if one.is_folder else f"`{one.suffix}`"
        loses = one.drops or "Loses nothing."
        rows.append(f"| `{name}` | {one.label} | {target} | {loses} | {', '.join(extras)} |")
    head = ["| `--format` | what | writes | what it drops | extra |", "|---|---|---|---|---|"]
    models = [f"| `{name}` | {about} |" for name, about in MODEL_FORMATS.items()]
    return "\n".join(
        [
            MADE,
            "# Exports\n",
            "Of detections, `tusk export RESULTS --format NAME --out PATH` or in the window:\n",
            *head,
            *rows,
            "\nOf a model: `tusk export MODEL --format NAME --out FOLDER`\n",
            "| `--format` | what |",
            "|---|---|",
            *models,
            "",
        ]
    )


PAGES = {
    "exports.md": exports_page,
    "settings.md": settings_page,
    "presets.md": presets_page,
    "commands.md": commands_page,
    "licences.md": licences_page,
}


def main() -> None:
    """Write every page."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        text = make().rstrip() + "\n"
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        print(folder / name)


if __name__ == "__main__":
    main()

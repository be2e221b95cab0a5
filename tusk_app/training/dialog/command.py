"""Settings as text: the command line that repeats a run, and preset files."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from tusk_core.config import TrainConfig, load_preset, preset_names

if TYPE_CHECKING:
    from tusk_app.training.request import TrainingRequest


def toml_value(value: Any) -> str:
    """Return a plain value as TOML; ``tomllib`` reads back exactly the same."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    return repr(value)


def config_toml(config: TrainConfig) -> str:
    """Return all settings as a TOML file, a table for each group."""
    tree = config.model_dump(mode="json")
    lines = [f"{key} = {toml_value(v)}" for key, v in tree.items() if not isinstance(v, dict)]
    for name, group in tree.items():
        if isinstance(group, dict):
            lines += ["", *_table(name, group)]
    return "\n".join(lines) + "\n"


def differences(config: TrainConfig, base: TrainConfig) -> dict[str, Any]:
    """Return the dotted settings in which ``config`` differs from ``base``."""
    mine, theirs = _leaves(config), _leaves(base)
    return {path: value for path, value in mine.items() if value != theirs[path]}


def nearest_preset(config: TrainConfig) -> str:
    """Return the bundled preset the settings began from, else the one they differ least from."""
    names = preset_names()
    if config.preset in names:
        return config.preset
    return min(names, key=lambda name: len(differences(config, load_preset(name))))


def command_line(request: TrainingRequest) -> str:
    """Return the shell command that does the same as ``request``."""
    words = ["tusk", "train"]
    if request.kind == "resume":
        words += ["--resume", str(request.start_from)]
        words += ["--steps", str(request.steps)] if request.steps is not None else []
        words += ["--minutes", repr(request.minutes)] if request.minutes is not None else []
        words += ["--device", request.device] if request.device is not None else []
        return shlex.join(words)
    config = request.config
    assert config is not None
    preset = nearest_preset(config)
    words += ["--data", config.data.source, "--preset", preset]
    if request.kind == "fine-tune":
        words += ["--start-from", str(request.start_from)]
    for path, value in differences(config, load_preset(preset)).items():
        if path != "data.source":
            words += ["--set", f"{path}={toml_value(value)}"]
    words += ["--run-root", str(request.run_root)]
    return shlex.join(words)


def _table(path: str, group: dict[str, Any]) -> list[str]:
    lines = [f"[{path}]"]
    lines += [f"{key} = {toml_value(v)}" for key, v in group.items() if not isinstance(v, dict)]
    for key, value in group.items():
        if isinstance(value, dict):
            lines += ["", *_table(f"{path}.{key}", value)]
    return lines


def _leaves(config: TrainConfig) -> dict[str, Any]:
    leaves: dict[str, Any] = {}

    def walk(prefix: str, node: dict[str, Any]) -> None:
        for key, value in node.items():
            if isinstance(value, dict):
                walk(f"{prefix}{key}.", value)
            else:
                leaves[f"{prefix}{key}"] = value

    walk("", config.model_dump(mode="json"))
    return leaves

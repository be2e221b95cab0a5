"""From plain values, as files and flags hold them, to a checked configuration."""

from __future__ import annotations

import tomllib
from typing import Any

from pydantic import ValidationError

from tusk_core.config.train_config import TrainConfig
from tusk_core.errors import ConfigError

_MAX_MESSAGE = 300


def describe_error(error: ValidationError) -> str:
    """Return one sentence for each problem, naming the setting, what was wrong and what came."""
    parts = []
    for item in error.errors(include_url=False)[:5]:
        path = ".".join(str(part) for part in item["loc"]) or "settings"
        if item["type"] == "extra_forbidden":
            parts.append(f"There is no setting {path!r}; `tusk settings` lists them all.")
            continue
        message = item["msg"].removeprefix("Value error, ")
        given = repr(item.get("input"))
        shown = f" (got {given})" if len(given) <= 60 and given not in message else ""
        if len(message) > _MAX_MESSAGE:
            message = message[:_MAX_MESSAGE] + "…"
        parts.append(f"Setting {path!r}: {message}{shown}.")
    return " ".join(parts)


def parse_config(values: object) -> TrainConfig:
    """Validate plain values (from TOML or JSON) into a TrainConfig.

    Raises:
        ConfigError: naming each unknown key or bad value in one sentence.
    """
    if not isinstance(values, dict):
        raise ConfigError("Settings must be a table of groups such as [data] and [optim].")
    try:
        return TrainConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError(describe_error(error)) from error
    except RecursionError as error:
        raise ConfigError("The settings are nested too deeply to be a configuration.") from error


def parse_stored(values: object) -> TrainConfig:
    """Validate the settings of a model or a run, as the program that wrote them meant them.

    Raises:
        ConfigError: as ``parse_config``.
    """
    data = values.get("data") if isinstance(values, dict) else None
    if isinstance(values, dict) and isinstance(data, dict) and "brightness" not in data:
        # Before this setting every picture was shown at a brightness of its own.
        values = {**values, "data": {**data, "brightness": "picture"}}
    return parse_config(values)


def replaced(config: TrainConfig, changes: dict[str, Any]) -> TrainConfig:
    """Return ``config`` with dotted settings changed, such as ``{"optim.steps": 100}``.

    Raises:
        ConfigError: if a name is unknown or a value cannot be used.
    """
    tree = config.model_dump(mode="json")
    for path, value in changes.items():
        node: Any = tree
        *groups, leaf = path.split(".")
        for group in groups:
            node = node.get(group) if isinstance(node, dict) else None
        if not isinstance(node, dict) or leaf not in node:
            raise ConfigError(f"There is no setting {path!r}; `tusk settings` lists them all.")
        node[leaf] = value
    return parse_config(tree)


def parse_assignment(text: str) -> tuple[str, Any]:
    """Split ``key.sub=value`` as typed after ``--set``; the value is read as TOML, else as text.

    Raises:
        ConfigError: if there is no ``=``.
    """
    path, equals, raw = text.partition("=")
    if not equals or not path.strip():
        raise ConfigError(f"--set needs name=value, such as optim.steps=500; got {text[:80]!r}.")
    try:
        value = tomllib.loads(f"value = {raw.strip()}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        value = raw.strip()
    return path.strip(), value

"""The presets that come with the program."""

from __future__ import annotations

import tomllib
from importlib import resources

from tusk_core.config.reading import parse_config
from tusk_core.config.train_config import TrainConfig
from tusk_core.errors import ConfigError


def preset_names() -> tuple[str, ...]:
    """Return the bundled presets: ``quick-*`` first, then ``tusk-*``, then ``paper-*``."""
    folder = resources.files("tusk_core") / "presets"
    names = [
        entry.name.removesuffix(".toml")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]
    order = {"quick": 0, "tusk": 1, "paper": 2}
    return tuple(sorted(names, key=lambda name: (order.get(name.partition("-")[0], 3), name)))


def load_preset(name: str) -> TrainConfig:
    """Return the bundled preset ``name``.

    Raises:
        ConfigError: if there is no such preset; the message lists those there are.
    """
    if name not in preset_names():
        raise ConfigError(f"There is no preset {name!r}; there are {', '.join(preset_names())}.")
    text = (resources.files("tusk_core") / "presets" / f"{name}.toml").read_text(encoding="utf-8")
    return parse_config({**tomllib.loads(text), "preset": name})

"""Presets: those that come with the program, and the user's own beside the settings file."""

from __future__ import annotations

import logging
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk_app.parts.words import say
from tusk_app.settings import config_dir
from tusk_app.training.dialog.command import config_toml
from tusk_core.atomic import write_text
from tusk_core.config import ConfigError, TrainConfig, load_preset, parse_config, preset_names

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

FAMILIES = {
    "quick": "Quick look: minutes on a CPU",
    "tusk": "Standard",
    "paper": "As in the paper: for a GPU",
}
TITLES = {
    "quick-default": "Any pictures, a first look",
    "quick-photos": "Photographs and natural video",
    "tusk-default": "Any pictures",
    "tusk-photos": "Photographs and natural video",
    "paper-mnist-hard": "MNIST-Hard",
    "paper-clevr6": "CLEVR, up to six solids",
    "paper-celeba": "CelebA faces",
    "paper-h36m": "Human3.6M",
}
OWN = "Your presets"


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset as a card shows it.

    Attributes:
        name: id; for own ones the name the user gave.
        title: for people.
        family: heading above its card.
        config: its settings.
        is_own: True if the user saved it.
    """

    name: str
    title: str
    family: str
    config: TrainConfig
    is_own: bool = False

    @property
    def figures(self) -> str:
        """Size, keypoints, prototypes and steps in a line."""
        config = self.config
        steps = config.optim.steps
        shown = f"{steps // 1000} k" if steps >= 1000 and steps % 1000 == 0 else str(steps)
        parts = (
            f"{config.data.width}×{config.data.height} px",
            f"{config.keypoints.num_keypoints} [points]",
            f"{config.prototypes.num_prototypes} [kinds]",
            f"{shown} steps",
        )
        # A line breaks between figures, never between a number and its unit.
        return say(" · ".join(part.replace(" ", "\u00a0") for part in parts))


def preset_folder() -> Path:
    """Return the folder of the user's presets; it may not exist yet."""
    return config_dir() / "presets"


def all_presets() -> list[Preset]:
    """Return bundled presets by family, then the user's; a spoilt file is left out and logged."""
    presets = []
    for name in preset_names():
        family, _, rest = name.partition("-")
        title = TITLES.get(name) or rest.replace("-", " ").capitalize() or name.capitalize()
        presets.append(Preset(name, title, FAMILIES.get(family, "Others"), load_preset(name)))
    folder = preset_folder()
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else []:
        try:
            config = parse_config(tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, ConfigError) as error:
            log.warning("The preset %s cannot be read: %s", path, error)
            continue
        presets.append(Preset(config.preset, config.preset, OWN, config, is_own=True))
    return presets


def save_preset(config: TrainConfig, name: str, description: str = "") -> Path:
    """Save ``config`` as the user's preset ``name``; an older one of that name is replaced.

    Raises:
        ConfigError: if the name cannot be used.
        OSError: if the file cannot be written.
    """
    name = " ".join(name.split())
    file_name = re.sub(r"[^\w\- ]", "", name).strip()
    if not file_name:
        raise ConfigError("A preset needs a name with at least one letter or digit.")
    if name in preset_names():
        raise ConfigError(f"{name!r} is the name of a preset that comes with the program.")
    folder = preset_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{file_name}.toml"
    named = config.model_copy(update={"preset": name, "description": description})
    write_text(path, config_toml(named))
    return path

"""``tusk presets``: the bundled settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tusk_core.config import load_preset, preset_names

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk presets``."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="show this one's settings as JSON")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the presets; returns the exit status."""
    if arguments.name is not None:
        print(load_preset(arguments.name).model_dump_json(indent=1))
        return 0
    texts = {name: load_preset(name).description for name in preset_names()}
    if arguments.json:
        print(json.dumps(texts, indent=1, ensure_ascii=False))
        return 0
    width = max(map(len, texts), default=0)
    for name, text in texts.items():
        print(f"{name:<{width}}  {text}".rstrip())
    return 0

"""``tusk devices``: what a model can run on, and why."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from tusk_core import api

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk devices``."""
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the devices; returns the exit status."""
    devices = api.list_devices()
    if arguments.json:
        print(json.dumps([dataclasses.asdict(device) for device in devices], indent=1))
        return 0
    for device in devices:
        state = "usable" if device.available else "not usable"
        print(f"{device.name:<8} {state:<10}  {device.label}. {device.reason}")
    print(f"\nauto takes {devices[0].name}.")
    return 0

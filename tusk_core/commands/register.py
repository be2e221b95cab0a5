"""The commands by name, in the order ``--help`` lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tusk_core.commands import (
    bench,
    clip,
    cut,
    detect,
    devices,
    discover,
    embed,
    evaluate,
    export,
    info,
    kinds,
    presets,
    reconstruct,
    report,
    sample_data,
    settings,
    track,
    train,
)

if TYPE_CHECKING:
    import argparse


class Command(Protocol):
    """What a command's module offers.

    Attributes:
        SUMMARY: one sentence for the list of commands.
    """

    SUMMARY: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it; returns the exit status."""


COMMANDS: dict[str, Command] = {
    "train": train,
    "discover": discover,
    "kinds": kinds,
    "detect": detect,
    "track": track,
    "reconstruct": reconstruct,
    "embed": embed,
    "evaluate": evaluate,
    "report": report,
    "clip": clip,
    "sample-data": sample_data,
    "cut": cut,
    "export": export,
    "info": info,
    "bench": bench,
    "presets": presets,
    "settings": settings,
    "devices": devices,
}

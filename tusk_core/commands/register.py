"""The commands by name, in the order ``--help`` lists them; each is loaded when it is used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    import argparse


class Command(Protocol):
    """What a command's module offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it; returns the exit status."""


SUMMARIES = {
    "train": "Train a model on a folder, a video or sample pictures.",
    "discover": "Find kinds of place that recur in pictures, without training.",
    "kinds": "List a model's kinds; make new ones from places, refuse, keep and ignore.",
    "detect": "Find keypoints in pictures, a video or a camera.",
    "track": "Follow individuals over time, in one video or many.",
    "reconstruct": "Rebuild pictures from their keypoints, with layers and masks.",
    "embed": "Lay the keypoints' descriptors out in the plane.",
    "evaluate": "Score a model on pictures with ground truth.",
    "report": "Write what a model finds in a data set as one HTML page.",
    "clip": "Write a clip to show: original, keypoints and redrawing side by side.",
    "sample-data": "Write made-up pictures with ground truth.",
    "cut": "Cut pieces out of pictures: empty ones, or with an object in the middle.",
    "export": "Write a model, or its detections, in another program's format.",
    "info": "Describe a picture folder, model, run or results file.",
    "bench": "Measure how fast this machine trains and detects.",
    "presets": "List the presets, or show the settings of one.",
    "settings": "List every setting with its range, unit and meaning.",
    "devices": "List the devices a model can run on, and why.",
}


def load_command(name: str) -> Command:
    """Return the module of a command of ``SUMMARIES``."""
    return cast("Command", importlib.import_module(f"{__package__}.{name.replace('-', '_')}"))

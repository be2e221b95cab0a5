"""Arguments that several commands share, and errors as sentences instead of usage texts."""

from __future__ import annotations

import argparse
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DEVICES_HELP = "auto, cpu, cuda, cuda:N or mps (default: auto)"
MODEL_HELP = "model folder, run folder (its best checkpoint) or name of a bundled model"
SOURCE_HELP = "folder, flat:FOLDER (none inside it), picture, video, camera:0 or sample:NAME"
_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d{1,3})?")


class UsageError(Exception):
    """Arguments that cannot be used; the message is one or two sentences."""


class CommandParser(argparse.ArgumentParser):
    """A parser whose errors are raised as sentences, and whose arguments may be declared late.

    A command is loaded to declare its arguments, which takes longer than to list all commands.
    """

    _declare: Callable[[CommandParser], None] | None = None

    def declare_late(self, declare: Callable[[CommandParser], None]) -> None:
        """Let ``declare`` add the arguments once they are needed."""
        self._declare = declare

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[Any, list[str]]:
        """Declare what was put off, and parse."""
        self._declare_now()
        return super().parse_known_args(args, namespace)

    def format_help(self) -> str:
        """Declare what was put off, and return the help."""
        self._declare_now()
        return super().format_help()

    def _declare_now(self) -> None:
        declare, self._declare = self._declare, None
        if declare is not None:
            declare(self)

    def error(self, message: str) -> NoReturn:
        """Raise ``UsageError`` instead of printing the usage."""
        text = message[:1].upper() + message[1:]
        raise UsageError(f"{text.rstrip('.')}. `{self.prog} --help` lists the arguments.")


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add ``--device``."""
    parser.add_argument("--device", type=device, default="auto", help=DEVICES_HELP)


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add ``MODEL``."""
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)


def add_sources(parser: argparse.ArgumentParser) -> None:
    """Add one or more ``SOURCE`` and what several need."""
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help=SOURCE_HELP)
    _add_frames(parser)
    add_again(parser)


def add_again(parser: argparse.ArgumentParser) -> None:
    """Add ``--again``."""
    parser.add_argument(
        "--again",
        action="store_true",
        help="of several, also do those again whose file is there already",
    )


def add_source(parser: argparse.ArgumentParser) -> None:
    """Add ``SOURCE``."""
    parser.add_argument("source", metavar="SOURCE", help=SOURCE_HELP)
    _add_frames(parser)


def _add_frames(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--frames",
        type=whole_number,
        default=100,
        metavar="N",
        help="frames taken from a camera (default: 100)",
    )


def add_detection(parser: argparse.ArgumentParser) -> None:
    """Add ``--num-keypoints`` and ``--min-score``."""
    parser.add_argument(
        "--num-keypoints",
        type=whole_number,
        metavar="K",
        help="keypoints per picture (default: as trained)",
    )
    parser.add_argument(
        "--min-score",
        type=share,
        metavar="S",
        help="leave out keypoints below this score, 0 to 1 (default: the model's)",
    )


def add_region(parser: argparse.ArgumentParser) -> None:
    """Add ``--region``."""
    parser.add_argument(
        "--region",
        type=path,
        metavar="FILE|off",
        help="leave out keypoints outside the rectangle or polygon in this JSON file (default: "
        "the region drawn in the window, VIDEO.regions.json beside the video)",
    )


def add_tiles(parser: argparse.ArgumentParser) -> None:
    """Add ``--tiles``."""
    parser.add_argument(
        "--tiles",
        type=tiles,
        default=None,
        metavar="auto|PX|off",
        help="search larger pictures in overlapping tiles with this longer side, K keypoints in "
        "each (default: auto, as the model was trained)",
    )


def add_prototypes(parser: argparse.ArgumentParser) -> None:
    """Add ``--prototypes``."""
    parser.add_argument(
        "--prototypes",
        type=path,
        metavar="FILE",
        help="apply names, merges and hidden prototypes from this prototypes.json "
        "(default: only the names beside the model)",
    )


def device(text: str) -> str:
    """Read a device's name."""
    if not _DEVICE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"must be auto, cpu, cuda, cuda:N or mps, got {text!r}")
    return text


def whole_number(text: str) -> int:
    """Read a whole number from 1."""
    if not re.fullmatch(r"\d{1,9}", text) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, got {text!r}")
    return int(text)


def tiles(text: str) -> int | None:
    """Read the side of a tile: None for auto, 0 for off."""
    if text == "auto":
        return None
    if text == "off":
        return 0
    if not re.fullmatch(r"\d{1,5}", text) or not 8 <= int(text) <= 65_536:
        raise argparse.ArgumentTypeError(
            f"must be auto, off or a number of pixels from 8 to 65536, got {text!r}"
        )
    return int(text)


def seed(text: str) -> int:
    """Read a seed: a whole number from 0."""
    if not re.fullmatch(r"\d{1,10}", text) or int(text) > 2**31 - 1:
        raise argparse.ArgumentTypeError(
            f"must be a whole number from 0 to 2147483647, got {text!r}"
        )
    return int(text)


def index(text: str) -> int:
    """Read the number of a picture, from 0."""
    return seed(text)


def positive(text: str) -> float:
    """Read a number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"must be a number above 0, got {text!r}")
    return value


def share(text: str) -> float:
    """Read a number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 1, got {text!r}")
    return value


def path(text: str) -> Path:
    """Read a path; ``~`` is the home folder."""
    if not text.strip() or "\0" in text:
        raise argparse.ArgumentTypeError("must be a path, got nothing usable")
    return Path(text).expanduser()

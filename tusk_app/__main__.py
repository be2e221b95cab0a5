"""Entry points: ``tusk`` opens the window, ``tusk COMMAND`` works without a display and Qt."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tusk_core.loading import interruptible

if TYPE_CHECKING:
    from collections.abc import Sequence

HELP_FLAGS = frozenset({"-h", "--help", "--version"})
SAMPLE_FLAG = "--sample"
USAGE = """usage: tusk [PATH ...]        open the window, with pictures, a video, a model or a run
       tusk --sample          open the window with sample pictures and a bundled model
       tusk COMMAND ...      work without a window; `tusk COMMAND --help` tells more
"""


def console() -> int:
    """Run the command line, or the window if no command was given; returns the exit status."""
    return interruptible(_run_console)


def _run_console() -> int:
    arguments = sys.argv[1:]
    if arguments and (arguments[0] in HELP_FLAGS or arguments[0] in engine_commands()):
        return run_command(arguments)
    if arguments[:1] == ["self-test"]:
        from tusk_app.self_test import run_self_test

        return run_self_test(arguments[1:])
    return open_window(arguments)


def main() -> int:
    """Open the window; returns the exit status."""
    return interruptible(lambda: open_window(sys.argv[1:]))


def engine_commands() -> frozenset[str]:
    """Return the names of the commands that need no window."""
    from tusk_core.cli import COMMAND_NAMES

    return frozenset(COMMAND_NAMES)


def run_command(arguments: Sequence[str]) -> int:
    """Hand over to the engine's command line."""
    from tusk_core.cli import main as engine_main

    if arguments[0] in {"-h", "--help"}:
        sys.stdout.write(USAGE + "\n")
    return int(
        engine_main(list(arguments), benches={"ui": measure_window, "scale": measure_scale}) or 0
    )


def measure_window() -> dict[str, Any]:
    """Return how promptly the real window answers, for ``tusk bench``."""
    from tusk_app.measure.window import run_bench

    return run_bench()


def measure_scale(counts: Sequence[int]) -> dict[str, Any]:
    """Return how the window bears so many pictures, points and keypoints, for ``tusk bench``."""
    from tusk_app.measure.scale import measure_scale as measured

    return measured(counts)


def open_window(paths: Sequence[str]) -> int:
    """Check that a window can be opened, then open it."""
    sample = SAMPLE_FLAG in paths
    paths = [path for path in paths if path != SAMPLE_FLAG]
    options = [path for path in paths if path.startswith("-")]
    if options:
        sys.stderr.write(f"There is no option {options[0]}; `tusk --help` tells what there is.\n")
        return 2
    problem = mistyped_command(paths) or version_problem()
    if problem is None:
        from tusk_app import preflight

        problem = preflight.display_problem()
    if problem is not None:
        sys.stderr.write(problem + "\n")
        return 2
    try:
        from tusk_app.app import run
    except ImportError as missing:
        from tusk_app import preflight

        if not preflight.is_system_library(missing):
            raise
        sys.stderr.write(preflight.library_advice(str(missing)) + "\n")
        return 2
    return run(paths, sample=sample)


def mistyped_command(paths: Sequence[str]) -> str | None:
    """Return a sentence where the first word is neither a command nor anything that exists."""
    if not paths or not re.fullmatch(r"[A-Za-z][A-Za-z-]*", paths[0]) or Path(paths[0]).exists():
        return None
    import difflib

    word, commands = paths[0], sorted(engine_commands() | {"self-test"})
    close = difflib.get_close_matches(word.lower(), commands, n=1)
    guess = f" Did you mean `tusk {close[0]}`?" if close else ""
    return f"There is no command, file or folder {word}.{guess} `tusk --help` lists the commands."


def version_problem(
    python: tuple[int, int] = sys.version_info[:2], installed: str | None = None
) -> str | None:
    """Return why this PySide6 cannot be used with this Python; None if it can.

    PySide6 6.12 drops a reference to None at nearly every call; before Python 3.12 that ends the
    process within seconds.
    """
    if python >= (3, 12):
        return None
    import importlib.metadata

    try:
        version = installed or importlib.metadata.version("PySide6_Essentials")
    except importlib.metadata.PackageNotFoundError:
        return None
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < (6, 12):
        return None
    return (
        f"PySide6 {version} crashes on Python {python[0]}.{python[1]}. "
        'Install an older one: pip install "PySide6-Essentials<6.12", or use Python 3.12.'
    )


if __name__ == "__main__":
    sys.exit(console())

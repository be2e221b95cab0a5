"""Measure how long the program takes to start, and print it as a table.

    python tools/start_up.py [--times N]

Each start is a new process with an empty home, so the first may read from the disk what the others
find in memory. Beside the waited seconds stand those of the processor, which other work on the
machine changes little, and the load average.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHOWN = "--until-shown"
STARTS = {
    "`tusk --help`": ["-m", "tusk_app", "--help"],
    "`import tusk_core.api`": ["-c", "import tusk_core.api"],
    "`import torch`, for comparison": ["-c", "import torch"],
    "the window, until its welcome page is painted": [__file__, SHOWN],
}


@dataclass(frozen=True)
class Start:
    """One start of a program.

    Attributes:
        waited: seconds until it ended.
        computed: seconds of the processor, of the process alone.
        load: processes that wanted a processor in the last minute, on average.
    """

    waited: float
    computed: float
    load: float


def started(arguments: list[str]) -> Start:
    """Start Python on ``arguments`` and wait for its end."""
    with tempfile.TemporaryDirectory(prefix="tusk-start-", ignore_cleanup_errors=True) as home:
        environment = {"QT_QPA_PLATFORM": "offscreen", "PYTHONUTF8": "1"} | os.environ
        environment |= {"TUSK_HOME": home, "PYTHONPATH": str(ROOT)}
        before, began = os.times(), time.monotonic()
        subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        waited, after = time.monotonic() - began, os.times()
    computed = after.children_user + after.children_system
    computed -= before.children_user + before.children_system
    return Start(waited, computed, os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0)


def show_window() -> None:
    """Open the window, and end once its welcome page has been painted."""
    from PySide6.QtCore import QEvent, QObject

    from tusk_app.app import Program, make_application
    from tusk_app.settings import Settings

    app = make_application(["tusk"])
    program = Program(Settings())

    class Painted(QObject):
        """Ends the process at the first picture of the welcome page."""

        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
            if event.type() == QEvent.Type.Paint:
                os._exit(0)
            return False

    painted = Painted()
    page = program.window.welcome.widget()
    assert page is not None
    page.installEventFilter(painted)
    program.show()
    app.exec()


def main() -> None:
    """Start everything in turn, so that a busy moment does not fall on one of them alone."""
    if SHOWN in sys.argv:
        show_window()
        return
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=3, help="starts of each")
    times = parser.parse_args().times
    measured: dict[str, list[Start]] = {what: [] for what in STARTS}
    for _ in range(times):
        for what, arguments in STARTS.items():
            measured[what].append(started(arguments))
    print("| start | waited, s | computed, s | load average |\n|---|---|---|---|")
    for what, starts in measured.items():
        waited = " / ".join(f"{start.waited:.1f}" for start in starts)
        computed = " / ".join(f"{start.computed:.2f}" for start in starts)
        load = " / ".join(f"{start.load:.0f}" for start in starts)
        print(f"| {what} | {waited} | {computed} | {load} |")


if __name__ == "__main__":
    main()

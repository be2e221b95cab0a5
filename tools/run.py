"""Open the window; without a display, show what the program does in the terminal instead."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROBE = "from PySide6.QtGui import QGuiApplication; QGuiApplication([])"


def display_problem() -> str:
    """Return why no window can be shown here, or an empty text.

    Qt aborts the process where a display or one of its libraries is missing, so a child tries.
    """
    if sys.platform.startswith("linux") and not os.environ.get("QT_QPA_PLATFORM"):
        if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            return "there is no display (DISPLAY is not set)"
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROBE], check=False, capture_output=True, text=True, timeout=60
        )
    except subprocess.TimeoutExpired:
        return "the display does not answer"
    if done.returncode == 0:
        return ""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return lines[0].strip() if lines else "Qt could not open the display"


def main() -> None:
    """Open the window, or train the sample where there is no display."""
    problem = display_problem()
    if not problem:
        command = [sys.executable, "-m", "tusk_app", *(sys.argv[1:] or ["--sample"])]
    else:
        print(f"No window: {problem}. Training the quick sample here instead.", flush=True)
        command = [sys.executable, str(ROOT / "tools" / "first_run.py")]
    os.chdir(ROOT)
    if os.name == "nt":
        raise SystemExit(subprocess.run(command, check=False).returncode)
    # In place of this process, so that Ctrl-C reaches the program alone.
    sys.stdout.flush()
    os.execv(command[0], command)


if __name__ == "__main__":
    main()

"""Training from the command line beside training in the window: what the window costs.

Both rates count the steps that ended within the same wall time. On a machine that does other work
too, the processor time that the window takes is the fairer figure.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Moment:
    """Steps, wall time and processor time [s] at one moment of a run."""

    steps: int
    wall: float
    processor: float


def rates(first: Moment, last: Moment, batch_size: int) -> dict[str, float]:
    """Return pictures for a second of wall time, and of processor time."""
    pictures = (last.steps - first.steps) * batch_size
    wall, processor = last.wall - first.wall, last.processor - first.processor
    return {
        "pictures_per_second": pictures / wall if wall > 0 else NAN,
        "pictures_per_processor_second": pictures / processor if processor > 0 else NAN,
    }


def cost(window: dict[str, float], command_line: dict[str, float]) -> dict[str, float]:
    """Return what the window costs.

    ``window_slower_by`` is the share of pictures lost in the same wall time;
    ``window_share_of_a_core`` the processor time beyond training's, which hardly depends on how
    busy the machine is.
    """
    wall, processor = "pictures_per_second", "pictures_per_processor_second"
    if not command_line[wall] or not command_line[processor] or not window[processor]:
        return {"window_slower_by": NAN, "window_share_of_a_core": NAN}
    extra = window[wall] * (1 / window[processor] - 1 / command_line[processor])
    return {
        "window_slower_by": 1 - window[wall] / command_line[wall],
        "window_share_of_a_core": extra,
    }


def measure_command_line(
    preset: str,
    changes: dict[str, Any],
    batch_size: int,
    folder: Path,
    seconds: tuple[float, float],
    live_for: Callable[[float], None],
) -> dict[str, float] | None:
    """Train from the command line for a while; None where that cannot be measured.

    Args:
        preset: name of the settings.
        changes: settings that differ, by dotted name.
        batch_size: pictures in a step.
        folder: an empty one, under which the run goes.
        seconds: warm-up, and time that counts.
        live_for: waits.
    """
    if getattr(sys, "frozen", False) or os.name == "nt":
        return None
    arguments = [part for name, value in changes.items() for part in ("--set", f"{name}={value}")]
    command = [sys.executable, "-m", "tusk_core", "train", "--preset", preset, *arguments,
               "--run-root", str(folder)]  # fmt: skip
    root = str(Path(__file__).resolve().parents[2])
    search = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    child = subprocess.Popen(  # noqa: S603 - this program, with settings made above
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": search},
    )
    try:
        deadline = time.perf_counter() + 300
        while _steps(folder) == 0 and child.poll() is None and time.perf_counter() < deadline:
            live_for(0.2)
        live_for(seconds[0])
        first = _moment(child.pid, folder)
        live_for(seconds[1])
        return rates(first, _moment(child.pid, folder), batch_size)
    finally:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(60)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _moment(pid: int, folder: Path) -> Moment:
    return Moment(_steps(folder), time.perf_counter(), _processor_seconds(pid))


def _steps(folder: Path) -> int:
    """Count the steps in the log of the only run under ``folder``."""
    return sum(path.read_bytes().count(b'"StepDone"') for path in folder.glob("*/events.jsonl"))


def _processor_seconds(pid: int) -> float:
    """Return the processor time a process has used; NaN where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return NAN
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

"""``tusk bench``: how fast this machine trains and detects, as medians."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
from typing import TYPE_CHECKING, Any

from tusk_core.atomic import write_text
from tusk_core.commands import bench_history
from tusk_core.commands.arguments import UsageError, add_device, path, whole_number
from tusk_core.commands.opening import all_cores
from tusk_core.commands.outputs import check_file
from tusk_core.commands.terminal import Terminal

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

PARTS = ("train", "detect", "ui", "scale", "all")
OF_THE_WINDOW = ("ui", "scale")
COUNTS = (10_000, 100_000)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk bench``."""
    parser.add_argument(
        "part", nargs="?", choices=PARTS, default="all", help="default: all but scale"
    )
    parser.add_argument("--json", type=path, metavar="FILE", help="also write the numbers")
    parser.add_argument(
        "--preset", metavar="NAME", help="settings to measure (default: quick-digits)"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="key.sub=value", help="change one"
    )
    parser.add_argument("--steps", type=whole_number, default=10, metavar="N", help="default: 10")
    parser.add_argument(
        "--pictures",
        type=whole_number,
        default=200,
        metavar="N",
        help="picture files that a whole detection is measured on (default: 200)",
    )
    parser.add_argument(
        "--frames",
        type=whole_number,
        default=400,
        metavar="N",
        help="and frames of a video (default: 400)",
    )
    parser.add_argument(
        "--counts",
        type=whole_number,
        nargs="+",
        default=COUNTS,
        metavar="N",
        help="scale: pictures, points and keypoints in the window (default: 10000 100000)",
    )
    parser.add_argument(
        "--beside",
        type=whole_number,
        default=0,
        metavar="N",
        help="measure beside N other processes that keep a core busy each",
    )
    add_device(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure; returns the exit status."""
    check_file(arguments.json)
    chosen = ("train", "detect", "ui") if arguments.part == "all" else (arguments.part,)
    parts = [part for part in PARTS if part in chosen]
    numbers: dict[str, Any] = {}
    for part in parts:
        with _busy_processes(arguments.beside):
            measured = _measure(part, arguments)
        if measured is not None:
            numbers[part] = measured
            _compare(part, measured, arguments.beside)
    if arguments.json is not None:
        write_text(arguments.json, json.dumps(numbers, indent=1) + "\n")
        print(f"Numbers: {arguments.json}")
    return 0


def _measure(part: str, arguments: argparse.Namespace) -> dict[str, Any] | None:
    if part in OF_THE_WINDOW:
        return _measure_window(part, arguments)
    from tusk_core.commands.bench_engine import measure_detection, measure_training
    from tusk_core.config import load_preset, parse_assignment, replaced

    config = load_preset(arguments.preset or "quick-digits")
    changes = {"run.threads": all_cores(), **dict(map(parse_assignment, arguments.set))}
    config = replaced(config, changes)
    terminal = Terminal()
    try:
        if part == "train":
            return measure_training(config, arguments.device, arguments.steps, terminal)
        counts = (arguments.pictures, arguments.frames)
        return measure_detection(config, arguments.device, arguments.steps, counts, terminal)
    finally:
        terminal.clear()


def _measure_window(part: str, arguments: argparse.Namespace) -> dict[str, Any] | None:
    # Whoever has a window brings its measurements along: the engine works without one.
    measure = arguments.benches.get(part)
    if measure is not None:
        numbers: dict[str, Any] = measure(arguments.counts) if part == "scale" else measure()
        return numbers
    if arguments.part == part:
        raise UsageError(
            f"The window is measured by `tusk bench {part}`, where it is installed; this is the "
            "engine alone."
        )
    return None


@contextlib.contextmanager
def _busy_processes(count: int) -> Iterator[None]:
    """Keep ``count`` other processes computing meanwhile."""
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_keep_busy, daemon=True) for _ in range(count)]
    for other in others:
        other.start()
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.join()


def _keep_busy() -> None:
    parent = os.getppid()
    while os.getppid() == parent:  # it may be killed before it can end this one
        sum(range(1_000_000))


def _compare(part: str, numbers: dict[str, Any], beside: int) -> None:
    """Show the numbers of a part, each time and rate with its ratio to the last result here."""
    key = bench_history.key_of(f"{part} beside {beside}" if beside else part, numbers)
    last = bench_history.last_result(key)
    bench_history.store(key, numbers)
    if last is None:
        _show(part, numbers, {})
        return
    _show(part, numbers, bench_history.ratios(numbers, last["numbers"]))
    print(f"  × : times the last result of such a machine, {last.get('when', 'some time ago')}")


def _show(
    part: str, numbers: dict[str, Any], ratios: dict[str, float], above: str = "", indent: str = ""
) -> None:
    print(f"{indent}{part.replace('_', ' ')}")
    for name, value in numbers.items():
        here = f"{above}.{name}" if above else name
        if isinstance(value, dict):
            _show(name, value, ratios, here, indent + "  ")
        else:
            text = f"{value:.4g}" if isinstance(value, float) else str(value)
            ratio = f"  × {ratios[here]:.2f}" if here in ratios else ""
            print(f"{indent}  {name.replace('_', ' '):<36} {text:<12}{ratio}".rstrip())

"""``tusk info``: what a folder, a model, a run or a results file is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tusk_core import api

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk info``."""
    parser.add_argument(
        "thing", metavar="THING", help="pictures, video, model, run, results file or bundled name"
    )
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Describe it; returns the exit status."""
    facts = describe(arguments.thing)
    if arguments.json:
        print(json.dumps(facts, indent=1, ensure_ascii=False, default=str))
        return 0
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        if value not in (None, "", [], {}):
            print(f"{name.replace('_', ' '):<{width}}  {_shown(value)}")
    return 0


def _shown(value: Any) -> str:
    if isinstance(value, list):
        text = ", ".join(str(item) for item in value[:8])
        return text + (f" and {len(value) - 8} more" if len(value) > 8 else "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def describe(thing: str) -> dict[str, Any]:
    """Return what ``thing`` is, with times as a person reads them."""
    from tusk_core.commands.terminal import duration

    facts = api.describe(thing)
    if "training_seconds" in facts:
        facts["training_time"] = duration(facts.pop("training_seconds"))
    return facts

"""``tusk kinds``: list a model's kinds, make new ones, refuse, keep and ignore, make all anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tusk_core.commands.arguments import (
    UsageError,
    add_device,
    add_model,
    path,
    seed,
    whole_number,
)
from tusk_core.kind_edits import KindEdit

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from tusk_core.kind_edits import KindEdits

SUMMARY = "List a model's kinds; make new ones from places, refuse, keep and ignore."
_PLACE = ("PICTURE", "X", "Y")
_MAX_BYTES = 2**24


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk kinds``."""
    add_model(parser)
    parser.add_argument(
        "--new", nargs=3, action="append", default=[], metavar=_PLACE, help="this place is a kind"
    )
    parser.add_argument("--name", default="", metavar="TEXT", help="name of the new kind")
    parser.add_argument(
        "--more",
        nargs=4,
        action="append",
        default=[],
        metavar=("KIND", *_PLACE),
        help="this place is of that kind, too",
    )
    parser.add_argument(
        "--not",
        nargs=3,
        action="append",
        default=[],
        dest="refused",
        metavar=_PLACE,
        help="places like this one are of no kind",
    )
    parser.add_argument("--keep", nargs="+", default=[], metavar="KIND", help="these kinds count")
    parser.add_argument("--ignore", nargs="+", default=[], metavar="KIND", help="these do not")
    parser.add_argument(
        "--apply",
        type=path,
        metavar="FILE.json",
        help='a list such as [{"does": "new", "picture": "a.jpg", "xy": [40, 52]}]',
    )
    parser.add_argument("--undo", action="store_true", help="take back the last edit")
    parser.add_argument(
        "--refit",
        metavar="SOURCE",
        default="",
        help="make the kinds anew from these pictures, without labels, and write a new model to "
        "--out; for models with one heat map",
    )
    parser.add_argument(
        "--count", type=whole_number, default=0, metavar="N", help="kinds that --refit makes"
    )
    parser.add_argument("--out", type=path, metavar="FOLDER", help="model that --refit writes")
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="of --refit's draws")
    add_device(parser)


def run(arguments: argparse.Namespace) -> int:
    """Edit and list; returns the exit status."""
    from tusk_core import api

    if arguments.refit:
        return _refit(arguments)
    edits = api.kind_edits(arguments.model)
    if arguments.undo:
        edits = edits.undone()
    wanted = list(_wanted(arguments))
    if any(edit.picture for edit in wanted):
        predictor = api.open_predictor(arguments.model, device=arguments.device)
        wanted = [api.with_descriptor(predictor, edit) if edit.picture else edit for edit in wanted]
    for edit in wanted:
        edits = edits.added(edit)
    if wanted or arguments.undo:
        api.save_kind_edits(arguments.model, edits)
    _list(arguments.model, edits)
    return 0


def _refit(arguments: argparse.Namespace) -> int:
    """Make the kinds anew; returns the exit status."""
    from tusk_core import api
    from tusk_core.commands.interrupts import stopping
    from tusk_core.commands.terminal import Terminal, follow
    from tusk_core.control import RunControl

    if arguments.out is None or not arguments.count:
        raise UsageError("--refit needs --count, how many kinds, and --out, a folder to write to.")
    control = RunControl()
    job = api.refit_kinds(
        arguments.model,
        arguments.refit,
        arguments.out,
        arguments.count,
        control,
        seed=arguments.seed,
        device=arguments.device,
    )
    with stopping(control, "Stopping; nothing is written."):
        list(follow(job, Terminal()))
    print(f"Model: {arguments.out}")
    return 0


def _wanted(arguments: argparse.Namespace) -> Iterator[KindEdit]:
    if arguments.apply is not None:
        yield from _from_file(arguments.apply)
    for picture, x, y in arguments.new:
        yield KindEdit("new", picture=picture, xy=_xy(x, y), name=arguments.name)
    for kind, picture, x, y in arguments.more:
        yield KindEdit("more", _number(kind), picture, _xy(x, y))
    for picture, x, y in arguments.refused:
        yield KindEdit("not", picture=picture, xy=_xy(x, y))
    for kind in arguments.keep:
        yield KindEdit("keep", _number(kind))
    for kind in arguments.ignore:
        yield KindEdit("ignore", _number(kind))


def _from_file(file: Path) -> Sequence[KindEdit]:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise UsageError(f"{file} is too large to hold edits of kinds.")
        entries: Any = json.loads(file.read_bytes())
        return [
            KindEdit(
                does=entry["does"],
                kind=int(entry.get("kind", -1)),
                # A place is said relative to the file.
                picture=str(file.parent / entry["picture"]) if "picture" in entry else "",
                xy=_xy(*entry.get("xy", (0, 0))),
                name=str(entry.get("name", "")),
            )
            for entry in entries
        ]
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}.") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UsageError(
            f"{file} is not a list of edits such as "
            '[{"does": "new", "picture": "a.jpg", "xy": [40, 52]}].'
        ) from error


def _xy(x: object, y: object) -> tuple[float, float]:
    try:
        return float(str(x)), float(str(y))
    except ValueError as error:
        raise UsageError(f"A place needs two numbers, pixels; got {x} and {y}.") from error


def _number(text: str) -> int:
    if not text.isdecimal():
        raise UsageError(f"A kind is a number from 0, got {text!r}.")
    return int(text)


def _list(model: str, edits: KindEdits) -> None:
    from tusk_core import api

    print("kind  score  kept  name")
    for kind in api.list_kinds(model):
        kept = "yes" if kind.is_kept else "no"
        print(f"{kind.number:4d}  {kind.score:5.2f}  {kept:4s}  {kind.name}")
    if edits.edits:
        last = edits.edits[-1]
        about = f" {last.kind}" if last.kind >= 0 else ""
        print(f"{len(edits.edits)} edits, the last: {last.does}{about}.")

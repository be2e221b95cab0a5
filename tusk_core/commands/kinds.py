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
from tusk_core.commands.interrupts import stopping
from tusk_core.commands.terminal import Terminal, follow
from tusk_core.control import RunControl
from tusk_core.kind_edits import KindEdit

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from tusk_core.kind_edits import KindEdits
    from tusk_core.results import Analysis

_PLACE = ("PICTURE", "X", "Y")
_MAX_BYTES = 2**24
_RESULTS = frozenset({".h5", ".hdf5", ".npz"})


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
        help="this place is of that kind, too; a kind is a number or a name",
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
    parser.add_argument(
        "--background",
        metavar="DATA",
        help="list the kinds that look like background in these pictures, or in a results file",
    )
    parser.add_argument(
        "--hide", action="store_true", help="with --background: ignore the kinds it lists"
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
    if arguments.hide and not arguments.background:
        raise UsageError("--hide needs --background DATA, which says what to hide.")
    if arguments.background:
        return _background(arguments)
    edits = api.kind_edits(arguments.model)
    if arguments.undo:
        edits = edits.undone()
    wanted = list(_wanted(arguments, _Names(arguments.model)))
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


def _background(arguments: argparse.Namespace) -> int:
    """List the kinds that look like background and, where asked, ignore them."""
    from tusk_core import api

    found = api.background_kinds(_analysed(arguments))
    if not found:
        print("No kind looks like background.")
        return 0
    print("kind  detections  where")
    for kind in found:
        print(f"{kind.number:4d}  {kind.count:10d}  {kind.reason}")
    if not arguments.hide:
        print("Nothing was changed; --hide ignores them.")
        return 0
    file = api.hide_kinds(arguments.model, [kind.number for kind in found])
    print(f"{len(found)} kinds are ignored from now on, by {file}.")
    return 0


def _analysed(arguments: argparse.Namespace) -> Analysis:
    """Return the results in a file, or what the model finds in the pictures."""
    from tusk_core import api
    from tusk_core.results import Analysis

    file = Path(arguments.background)
    if file.suffix.lower() in _RESULTS and file.is_file():
        return api.open_analysis(file)
    predictor = api.open_predictor(arguments.model, device=arguments.device)
    terminal, control = Terminal(), RunControl()
    with (
        stopping(control, "Stopping; nothing was changed."),
        api.open_source(arguments.background) as source,
    ):
        job = api.detect(predictor, source, control)
        return next(each for each in follow(job, terminal) if isinstance(each, Analysis))


class _Names:
    """Numbers of kinds by what a person calls them; the model is asked when a name is used."""

    def __init__(self, model: str) -> None:
        self._model = model

    def number(self, text: str) -> int:
        """Return the number of a kind given by number or name."""
        if text.isdecimal():
            return int(text)
        from tusk_core import api

        called = text.strip().casefold()
        found = [k for k in api.list_kinds(self._model) if k.name.casefold() == called]
        if len(found) != 1:
            known = "several kinds have" if found else "there is not one with"
            raise UsageError(
                f"A kind is a number from 0 or a name; {known} the name {text!r}. `tusk kinds "
                f"{self._model}` lists them."
            )
        return found[0].number


def _wanted(arguments: argparse.Namespace, names: _Names) -> Iterator[KindEdit]:
    if arguments.apply is not None:
        yield from _from_file(arguments.apply)
    for picture, x, y in arguments.new:
        yield KindEdit("new", picture=picture, xy=_xy(x, y), name=arguments.name)
    for kind, picture, x, y in arguments.more:
        yield KindEdit("more", names.number(kind), picture, _xy(x, y))
    for picture, x, y in arguments.refused:
        yield KindEdit("not", picture=picture, xy=_xy(x, y))
    for kind in arguments.keep:
        yield KindEdit("keep", names.number(kind))
    for kind in arguments.ignore:
        yield KindEdit("ignore", names.number(kind))


def _from_file(file: Path) -> Sequence[KindEdit]:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise UsageError(f"{file} is too large to hold edits of kinds.")
        entries: Any = json.loads(file.read_bytes())
        return [_entry(entry, file.parent) for entry in entries]
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}.") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UsageError(
            f"{file} is not a list of edits such as "
            '[{"does": "new", "picture": "a.jpg", "xy": [40, 52]}].'
        ) from error


def _entry(entry: Any, folder: Path) -> KindEdit:
    """Return one entry of a file; pictures are said relative to its ``folder``."""
    does, about_kinds = entry["does"], entry["does"] in {"keep", "ignore"}
    return KindEdit(
        does=does,
        kind=int(entry.get("kind", -1)),
        picture="" if about_kinds else str(folder / entry["picture"]),
        xy=(0.0, 0.0) if about_kinds else _xy(*entry["xy"]),
        name=str(entry.get("name", "")),
    )


def _xy(x: object, y: object) -> tuple[float, float]:
    try:
        return float(str(x)), float(str(y))
    except ValueError as error:
        raise UsageError(f"A place needs two numbers, pixels; got {x} and {y}.") from error


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

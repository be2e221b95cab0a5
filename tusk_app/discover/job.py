"""The work of a discovery, called in a job's thread: a model folder appears whole or not at all."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tusk_app.discover.model import Found, write_found
from tusk_core import api
from tusk_core.control import Cancelled
from tusk_core.events import DiscoveryDone, KindFound, Notice
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tusk_core.config import DataConfig
    from tusk_core.control import RunControl
    from tusk_core.events import DiscoveryEvent

UNFINISHED = ".unfinished-"
_ABANDONED_S = 24 * 3600


def discovery(
    control: RunControl,
    *,
    source: str,
    folder: Path,
    name: str,
    device: str,
    shown_as: DataConfig | None = None,
    side: int = 0,
) -> Iterator[DiscoveryEvent]:
    """Find kinds and write their model into a new folder below ``folder``.

    Args:
        control: a stop request leaves nothing behind.
        source: pictures.
        folder: of all discoveries; made if missing.
        name: of the model; a number follows where it is taken.
        device: as in the settings.
        shown_as: channels, and what is black and white; None leaves it to the pictures.
        side: longer side to work at, pixels; 0 decides by the pictures.

    Raises:
        Cancelled: if ``control`` asked for it.
        SourceError: if pictures cannot be read or the model cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        clear_leftovers(folder)
        with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder) as holder:
            place = free_place(folder, name)
            work = Path(holder) / place.name
            events = api.discover(
                source, work, control, device=device, shown_as=shown_as, side=side
            )
            yield from _into(work, place, control, source, events)
    except OSError as error:
        raise SourceError(
            f"The model cannot be written to {folder} ({error.strerror or error}). Choose another "
            "folder for runs in the preferences."
        ) from error


def _into(
    work: Path, place: Path, control: RunControl, source: str, events: Iterator[DiscoveryEvent]
) -> Iterator[DiscoveryEvent]:
    found = Found(source)
    for event in events:
        if isinstance(event, DiscoveryDone):
            write_found(work, found.final())
            if control.stop_requested:
                raise Cancelled
            work.rename(place)
            yield replace(event, model_dir=place)
            return
        if isinstance(event, KindFound):
            found = found.with_kind(event)
        elif isinstance(event, Notice):
            found = replace(found, notes=(*found.notes, event.message))
        yield event


def clear_leftovers(folder: Path) -> None:
    """Remove what discoveries left in ``folder`` when the program ended in their midst.

    One that another window is at now is younger than a day and stays.
    """
    latest = time.time() - _ABANDONED_S
    for place in folder.glob(f"{UNFINISHED}*"):
        with contextlib.suppress(OSError):
            if place.stat().st_mtime < latest:
                shutil.rmtree(place)


def free_place(folder: Path, name: str, what: str = "kinds") -> Path:
    """Return a path in ``folder`` that nothing has yet, called after ``name`` and ``what``."""
    plain = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "pictures"
    place, number = folder / f"{plain}-{what}", 2
    while place.exists():
        place, number = folder / f"{plain}-{what}-{number}", number + 1
    return place

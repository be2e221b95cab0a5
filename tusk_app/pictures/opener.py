"""Opens pictures in the background; of a large folder the first are there before the rest."""

from __future__ import annotations

import functools
import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.pictures.thumbnails import to_image
from tusk_app.settings import RecentKind, cache_dir
from tusk_app.threads.latest_task import LatestTask
from tusk_core import api
from tusk_core.control import RunControl
from tusk_core.results import TuskError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QImage

    from tusk_core.config import DataConfig
    from tusk_core.interfaces import FolderSoFar

log = logging.getLogger(__name__)

RECENT_SIDE = 96


@dataclass(frozen=True, slots=True)
class OpeningWish:
    """What shall be opened.

    Attributes:
        source: path, ``flat:FOLDER`` or ``sample:NAME``.
        kind: how the recent list calls it.
        select: file name to go to first; empty for the first picture.
        shown_as: channels, and what is black and white; None leaves it to the pictures.
    """

    source: str
    kind: RecentKind = "pictures"
    select: str = ""
    shown_as: DataConfig | None = None


@dataclass(frozen=True, slots=True, eq=False)
class OpenedPictures:
    """A source that was opened in the background.

    Attributes:
        source: what to read from.
        kind: how the recent list calls it.
        first: picture to show first.
        shown_as: channels and brightness that were chosen for it.
        is_photographic: whether they look like photographs.
        places: where the pictures told before are, (n,) int64, -1 for gone; None if none were.
    """

    source: api.PictureSource
    kind: RecentKind
    first: int = 0
    shown_as: DataConfig | None = None
    is_photographic: bool = False
    places: NDArray[np.int64] | None = None


class Opener(QObject):
    """One opening at a time; a new one ends the one before.

    Signals:
        first_found: OpenedPictures, some pictures of a folder that is still being read.
        counted: int, pictures of it found so far.
        opened: OpenedPictures, all of them.
        failed: Exception.
        busy_changed: bool.
    """

    first_found = Signal(object)
    counted = Signal(int)
    opened = Signal(object)
    failed = Signal(object)
    busy_changed = Signal(bool)
    _told = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._control, self._wish = RunControl(), OpeningWish("")
        self._task = LatestTask("opening pictures", self)
        self._task.done.connect(self.opened)
        self._task.failed.connect(self.failed)
        self._task.busy_changed.connect(self.busy_changed)
        self._told.connect(self._take)

    @property
    def is_busy(self) -> bool:
        """True while something is being opened."""
        return self._task.is_busy

    @property
    def wish(self) -> OpeningWish:
        """What was asked for last."""
        return self._wish

    def request(self, wish: OpeningWish) -> None:
        """Open something; returns at once."""
        self._control.request_stop()
        control = self._control = RunControl()
        self._wish = wish
        tell = functools.partial(self._told.emit, control)
        self._task.request(functools.partial(_open, wish, tell, control))

    def cancel(self) -> None:
        """End it; no answer will come."""
        self._control.request_stop()
        self._task.cancel()

    def shutdown(self) -> bool:
        """End the thread; False if it did not end in time."""
        self._control.request_stop()
        return self._task.shutdown()

    @Slot(object, object)
    def _take(self, control: RunControl, so_far: FolderSoFar) -> None:
        if control is not self._control or control.stop_requested:
            return
        if so_far.first is not None:
            wish, pictures = self._wish, so_far.first
            first = place_of(pictures, wish.select)
            self.first_found.emit(OpenedPictures(pictures, wish.kind, first, wish.shown_as))
        self.counted.emit(so_far.num_pictures)


def place_of(pictures: api.PictureSource, file_name: str) -> int:
    """Return the number of the first picture whose file is called so; 0 where there is none."""
    if not file_name:
        return 0
    names = (pictures.name(i).rpartition("/")[2] for i in range(len(pictures)))
    return next((i for i, name in enumerate(names) if name == file_name), 0)


def recent_picture(path: str) -> Path:
    """Return the file that holds the small picture of a recent item; it may not exist."""
    key = hashlib.blake2b(path.encode(), digest_size=12).hexdigest()
    return cache_dir() / "recent" / f"{key}.png"


def _open(
    wish: OpeningWish, tell: Callable[[FolderSoFar], object], control: RunControl
) -> OpenedPictures:
    told: list[api.PictureSource] = []

    def pass_on(so_far: FolderSoFar) -> None:
        if so_far.first is not None:
            told.append(so_far.first)
        tell(so_far)

    opened = api.open_watched(wish.source, pass_on, control, wanted=wish.select)
    if wish.shown_as is not None:
        opened.use_settings(wish.shown_as)
    first = place_of(opened, wish.select)
    places = api.places_in(opened, told[0]) if told else None
    kind: RecentKind = "video" if opened.kind == "video" else wish.kind
    _keep_recent_picture(opened, first)
    photographs = api.looks_photographic(opened)
    return OpenedPictures(opened, kind, first, wish.shown_as, photographs, places)


def _keep_recent_picture(source: api.OpenedSource, index: int) -> None:
    """Write the small picture of the recent list; a list without pictures is no disaster."""
    try:
        path = recent_picture(source.source)
        path.parent.mkdir(parents=True, exist_ok=True)
        image: QImage = to_image(source.small(index, RECENT_SIDE))
        image.save(str(path))
    except (TuskError, OSError, IndexError) as problem:
        log.info("no picture for the recent list: %s", problem)

"""Cuts small pictures around detections out of their source, outside the GUI thread."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.pictures.opening import open_as
from tusk_app.threads.mailbox import LatestValue
from tusk_core.results import TuskError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tusk_core.api import PictureSource
    from tusk_core.config import DataConfig
    from tusk_core.control import RunControl

    Opener = Callable[[str, DataConfig | None], PictureSource]

log = logging.getLogger(__name__)

BATCH = 24
_KEPT_PICTURES = 12


@dataclass(frozen=True, slots=True, eq=False)
class PatchRequest:
    """Patches to cut.

    Attributes:
        source: as ``open_source`` takes it.
        rows: (n,) int64, what the patches are known by.
        pictures: (n,) int64, index of the picture of each.
        xy: (n, 2) float32, centre in pixels of the picture.
        half: (n,) float32, half the side of the square that is cut, pixels of the picture.
        side: side of the patch that comes out, pixels.
        shown_as: channels and brightness of the pictures; None leaves them to these.
    """

    source: str
    rows: NDArray[np.int64]
    pictures: NDArray[np.int64]
    xy: NDArray[np.float32]
    half: NDArray[np.float32]
    side: int
    shown_as: DataConfig | None = None


class PatchQueue:
    """Holds the newest request; the worker can see that a newer one has come."""

    def __init__(self) -> None:
        self._newest: LatestValue[PatchRequest] = LatestValue()
        self._is_closed = False  # one reference, replaced at once

    def put(self, request: PatchRequest) -> None:
        """Replace what waits."""
        self._newest.put(request)

    def take(self) -> PatchRequest | None:
        """Return what waits, and empty the slot."""
        request = self._newest.take()
        return None if self._is_closed else request

    def close(self) -> None:
        """Let the worker stop after the picture in hand."""
        self._is_closed = True

    @property
    def interrupts(self) -> bool:
        """True if what is being done is no longer wanted."""
        return self._is_closed or self._newest.is_full


class PatchLoader(QObject):
    """Lives in a thread of its own; keeps the source open between requests.

    Signals:
        patches_ready: (NDArray[int64] rows, NDArray[uint8] patches (n, s, s, 3)).
        failed: str, once for each source that cannot be opened.
    """

    patches_ready = Signal(object, object)
    failed = Signal(str)

    def __init__(self, queue: PatchQueue, opener: Opener = open_as) -> None:
        super().__init__()
        self._queue, self._opener = queue, opener
        self._pictures = KeptPictures(opener)

    @Slot()
    def work(self) -> None:
        """Serve the newest request; stop early when a newer one comes."""
        request = self._queue.take()
        if request is None:
            return
        try:
            self._serve(request)
        except (TuskError, OSError) as error:
            log.warning("no patches: %s", error)
            self.failed.emit(str(error))

    @Slot()
    def close(self) -> None:
        """Release files; called in the thread before it ends."""
        self._pictures.close()

    def _serve(self, request: PatchRequest) -> None:
        order = np.argsort(request.pictures, kind="stable")
        rows: list[int] = []
        patches: list[NDArray[np.uint8]] = []
        for i in order:
            if self._queue.interrupts:
                break
            picture = self._pictures.read(
                request.source, int(request.pictures[i]), request.shown_as
            )
            if picture is None:
                patch = missing_patch(request.side)
            else:
                patch = cut(picture, request.xy[i], float(request.half[i]), request.side)
            rows.append(int(request.rows[i]))
            patches.append(patch)
            if len(rows) >= BATCH:
                self.patches_ready.emit(np.array(rows), np.stack(patches))
                rows, patches = [], []
        if rows:
            self.patches_ready.emit(np.array(rows), np.stack(patches))


class KeptPictures:
    """Reads pictures of one source at a time and keeps the last few; one thread."""

    def __init__(self, opener: Opener = open_as) -> None:
        self._opener = opener
        self._source: PictureSource | None = None
        self._opened: tuple[str, DataConfig | None] = ("", None)
        self._kept: OrderedDict[int, NDArray[np.uint8]] = OrderedDict()

    def read(
        self, source: str, index: int, shown_as: DataConfig | None = None
    ) -> NDArray[np.uint8] | None:
        """Return a picture, (H, W, 3) uint8; None if that one cannot be read.

        Args:
            source: as typed.
            index: of the picture.
            shown_as: channels, and what is black and white; None leaves it to the pictures.

        Raises:
            SourceError: if the source cannot be opened.
        """
        if (source, shown_as) != self._opened:
            self.close()
            self._source = self._opener(source, shown_as)
            self._opened = (source, shown_as)
        if index in self._kept:
            self._kept.move_to_end(index)
            return self._kept[index]
        assert self._source is not None
        try:
            picture = self._source.read(index)
        except (TuskError, OSError, IndexError) as error:
            log.info("picture %d cannot be read: %s", index, error)
            return None
        self._kept[index] = picture
        if len(self._kept) > _KEPT_PICTURES:
            self._kept.popitem(last=False)
        return picture

    def close(self) -> None:
        """Release files."""
        if self._source is not None:
            self._source.close()
        self._source, self._opened = None, ("", None)
        self._kept.clear()


def cut(
    picture: NDArray[np.uint8], centre: NDArray[np.floating], half: float, side: int
) -> NDArray[np.uint8]:
    """Return the square around ``centre``, (side, side, 3) uint8; black beyond the edge."""
    import cv2

    scale = side / max(2.0 * half, 1e-6)
    if scale < 0.75:
        return _shrunk(picture, centre, half, side)
    # The middle of the patch lies between its pixels when the side is even.
    shift = side / 2.0 - 0.5 - np.asarray(centre, np.float64) * scale
    matrix = np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])
    out = cv2.warpAffine(
        picture, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
    )
    return np.asarray(out, np.uint8)


def _shrunk(
    picture: NDArray[np.uint8], centre: NDArray[np.floating], half: float, side: int
) -> NDArray[np.uint8]:
    """Like ``cut`` where the square is larger than the patch: averaged, not sampled."""
    import cv2

    reach = max(1, round(half))
    x, y = (int(v) for v in np.rint(centre))
    height, width = picture.shape[:2]
    square = np.zeros((2 * reach, 2 * reach, 3), np.uint8)
    left, top = max(0, x - reach), max(0, y - reach)
    right, bottom = min(width, x + reach), min(height, y + reach)
    if right > left and bottom > top:
        dx, dy = left - (x - reach), top - (y - reach)
        square[dy : dy + bottom - top, dx : dx + right - left] = picture[top:bottom, left:right]
    return np.asarray(cv2.resize(square, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def missing_patch(side: int) -> NDArray[np.uint8]:
    """Return what stands for a picture that cannot be read: grey with a diagonal."""
    patch = np.full((side, side, 3), 96, np.uint8)
    patch[np.arange(side), np.arange(side)] = 160
    return patch


def mean_patches(
    request: PatchRequest,
    labels: NDArray[np.integer],
    num: int,
    control: RunControl,
    opener: Opener = open_as,
) -> NDArray[np.uint8]:
    """Return the mean patch of each label, (num, s, s, 3) uint8; black where there is none.

    Args:
        request: the patches to average.
        labels: (n,) which mean each belongs to.
        num: how many means.
        control: stops early with the means so far.
        opener: opens the source.
    """
    sums = np.zeros((num, request.side, request.side, 3), np.float32)
    counts = np.zeros(num, np.int64)
    reader = KeptPictures(opener)
    try:
        for i in np.argsort(request.pictures, kind="stable"):
            if control.stop_requested:
                break
            picture = reader.read(request.source, int(request.pictures[i]), request.shown_as)
            if picture is not None:
                patch = cut(picture, request.xy[i], float(request.half[i]), request.side)
                sums[labels[i]] += patch
                counts[labels[i]] += 1
    finally:
        reader.close()
    means = sums / np.maximum(counts, 1)[:, None, None, None]
    return np.asarray(np.rint(means), np.uint8)

"""Reads pictures of the open source outside the GUI thread; the newest request wins."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_core import api
from tusk_core.results import TuskError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tusk_app.threads.mailbox import LatestValue
    from tusk_core.api import PictureSource
    from tusk_core.results import GroundTruth

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class ReadRequest:
    """Read picture ``index`` of ``source``, or only what is known to be in it.

    Attributes:
        source: the open pictures.
        index: which.
        with_truth: also tell the ground truth, if there is any.
        with_picture: False leaves the picture out.
    """

    source: PictureSource
    index: int
    with_truth: bool = False
    with_picture: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class ReadPicture:
    """A picture, or the sentence why it cannot be read."""

    source: PictureSource
    index: int
    picture: NDArray[np.uint8] | None
    problem: str = ""
    truth: GroundTruth | None = None
    has_picture: bool = True


class PictureReader(QObject):
    """Lives in the reader thread.

    Signals:
        read: ReadPicture, for every request that was not replaced by a newer one.
    """

    read = Signal(object)

    def __init__(self, requests: LatestValue[ReadRequest]) -> None:
        super().__init__()
        self._requests = requests

    @Slot()
    def work(self) -> None:
        """Read the newest requested picture."""
        request = self._requests.take()
        if request is None:
            return
        picture, truth, problem = None, None, ""
        try:
            if request.with_picture:
                picture = request.source.read(request.index)
            if request.with_truth:
                truth = api.ground_truth(request.source, request.index)
        except (TuskError, OSError) as refusal:
            problem = str(refusal)
        except Exception as bug:
            log.exception("picture could not be read")
            problem = f"It could not be read: {bug}. The log has the details."
        self.read.emit(
            ReadPicture(
                request.source, request.index, picture, problem, truth, request.with_picture
            )
        )

    @Slot(object)
    def close(self, source: PictureSource) -> None:
        """Release the files of a source that is no longer open."""
        try:
            source.close()
        except (TuskError, OSError) as problem:
            log.info("source did not close well: %s", problem)

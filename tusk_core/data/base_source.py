"""What every source of pictures can do; the door's ``PictureSource`` and what caching needs."""

from __future__ import annotations

import hashlib
import json
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from tusk_core.arrays import sealed
from tusk_core.data.fitting import ReducedPicture, place_within
from tusk_core.data.looks import Look, look_of
from tusk_core.data.sample import Vocabulary
from tusk_core.results import SourceError, UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.config import DataConfig
    from tusk_core.control import RunControl
    from tusk_core.data.cache_folder import Progress
    from tusk_core.data.decoded import Brightness
    from tusk_core.data.fitting import Way
    from tusk_core.data.sample import ObjectTruth
    from tusk_core.results import SourceKind


@dataclass(frozen=True, slots=True, eq=False)
class PictureTruth:
    """What is known to be in one picture.

    Attributes:
        objects: in the order of the mask's numbers.
        mask: (H, W) uint8, 1 + index of the object, 0 = background; None where there is none.
    """

    objects: tuple[ObjectTruth, ...]
    mask: NDArray[np.uint8] | None = None


class BaseSource(ABC):
    """Pictures by number, decoded on demand.

    Attributes:
        source: as given by the user.
        kind: folder, picture, video, sample or dataset.
        fps: frames per second of a video, else 0; the mean where the rate varies.
        notes: sentences on ground truth that was left out because something is wrong with it.
    """

    kind: ClassVar[SourceKind] = "folder"
    has_ground_truth: bool = False
    vocabulary: Vocabulary = Vocabulary(())

    def __init__(self, source: str) -> None:
        self.source = source
        self.fps = 0.0
        self.notes: tuple[str, ...] = ()

    @abstractmethod
    def __len__(self) -> int:
        """Pictures or frames."""

    @abstractmethod
    def name(self, index: int) -> str:
        """Path relative to the source, or ``frame 000123``."""

    @abstractmethod
    def read(self, index: int) -> NDArray[np.uint8]:
        """Return picture ``index`` as (H, W, 3) uint8 RGB, owned and read-only.

        Raises:
            SourceError: if it cannot be read.
        """

    def reduced(self, index: int, way: Way | None) -> ReducedPicture:
        """Return one picture, at a fraction of its size if ``way`` needs no more; see ``read``."""
        del way  # few files can be read so
        return ReducedPicture(self.read(index))

    def small(self, index: int, side: int) -> NDArray[np.uint8]:
        """Return one picture scaled down to at most ``side`` pixels; see ``read``."""
        way = place_within(side)
        picture = self.reduced(index, way)
        return sealed(picture.laid(way(picture.size)))

    @abstractmethod
    def identity(self) -> object:
        """Plain values that change when the pictures do: names, sizes, times of the files."""

    def size(self, index: int) -> tuple[int, int]:
        """Return (width, height) of one picture, by its header where possible."""
        height, width = self.read(index).shape[:2]
        return width, height

    def time(self, index: int) -> float:
        """Return when a picture is shown, seconds from the start; NaN where there are no times."""
        self._check(index)
        return math.nan

    def use_settings(self, data: DataConfig) -> bool:
        """Show pictures of more than eight bits or three channels as these settings say.

        Returns:
            whether pictures that were read before look otherwise now.
        """
        return self.set_look(look_of(data))

    def set_look(self, look: Look) -> bool:
        """Decide what the files leave open; True if what was read before looks otherwise now."""
        del look  # most sources have eight bits and three channels
        return False

    def brightness(self) -> Brightness | None:
        """Return what is black and white in pictures of more than eight bits; None without them.

        It may be measured now, on a sample.
        """
        return None

    def used_brightness(self) -> Brightness | None:
        """Return what pictures read so far were shown at; None if none needed it."""
        return None

    def truth(self, index: int) -> PictureTruth | None:
        """Return what is known of one picture; None where there is no ground truth."""
        self._check(index)
        return None

    def failure(self, index: int, error: SourceError) -> UnreadableFile:
        """Return a picture that could not be read, with the reason in a few words."""
        path = Path(self.name(index))
        return UnreadableFile(path, reason_in_short(path, error))

    def stream(
        self, indices: Sequence[int]
    ) -> Iterator[tuple[int, NDArray[np.uint8] | SourceError]]:
        """Read many pictures in the given, ascending order; a failure comes as its error."""
        for index in indices:
            try:
                yield index, self.read(index)
            except SourceError as error:
                yield index, error

    def stream_reduced(
        self, indices: Sequence[int], way: Way | None
    ) -> Iterator[tuple[int, ReducedPicture | SourceError]]:
        """Do as ``stream``, each picture as ``reduced`` returns it."""
        del way
        for index, picture in self.stream(indices):
            if isinstance(picture, SourceError):
                yield index, picture
            else:
                yield index, ReducedPicture(picture)

    def prepare(  # noqa: B027 - most sources are ready at once
        self, progress: Progress | None = None, control: RunControl | None = None
    ) -> None:
        """Do what takes long before the first picture, such as unpacking one large file.

        Raises:
            SourceError: if the file is damaged or the disk is full.
            Cancelled: if ``control`` asked for it.
        """

    def close(self) -> None:  # noqa: B027 - most sources hold no file open
        """Release files; twice does no harm."""

    def fingerprint(self) -> str:
        """Return a short hash that changes when the pictures do."""
        text = json.dumps(self.identity(), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check(self, index: int) -> None:
        if not 0 <= index < len(self):
            raise SourceError(
                f"There is no picture {index}; {self.source} has 0 to {len(self) - 1}."
            )


def reason_in_short(path: Path, error: SourceError) -> str:
    """Return what an error says about a file, without naming it again."""
    return str(error).removeprefix(str(path)).strip().removesuffix(".")

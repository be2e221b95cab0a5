"""What the engine hands out that has methods: an opened model and an opened source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.config import DataConfig
    from tusk_core.results import Detection, Keypoints, ModelInfo, Reconstruction, SourceError


class Predictor(Protocol):
    """An opened model: numpy pictures in, frozen results out. One thread at a time."""

    @property
    def info(self) -> ModelInfo:
        """What is known about the model."""

    def detect(
        self,
        image: NDArray[np.uint8],
        *,
        num_keypoints: int | None = None,
        min_score: float = 0.0,
        with_heat_map: bool = False,
        network_size: tuple[int, int] | None = None,
        tiles: int | None = None,
    ) -> Detection:
        """Find keypoints in one picture.

        Args:
            image: (H, W, 3) or (H, W) uint8 RGB or grey, any size.
            num_keypoints: K; None takes the training value.
            min_score: keypoints below it are left out, [0, 1].
            with_heat_map: also return the score map, at the original picture's size.
            network_size: (width, height) to run at instead of the training size, [px].
            tiles: longer side of the overlapping tiles that a larger picture is searched in, K
                keypoints in each, [px of the picture]; 0 sees it whole, None does as the model
                was trained.
        """

    def detect_many(
        self,
        images: Sequence[NDArray[np.uint8]],
        *,
        num_keypoints: int | None = None,
        min_score: float = 0.0,
        tiles: int | None = None,
    ) -> list[Detection]:
        """Like ``detect`` for several pictures; those seen whole take one pass of the network."""

    def reconstruct(
        self, image: NDArray[np.uint8], keypoints: Keypoints | None = None
    ) -> Reconstruction:
        """Rebuild a picture from its keypoints (detected when None), with every layer.

        ``keypoints`` may be edited by hand: only xy (original pixels), scores and descriptors
        are used.
        """

    def decode_prototypes(self, indices: Sequence[int] | None = None) -> NDArray[np.uint8]:
        """Draw each prototype alone in the middle of the picture (Figs. 3 and 8).

        Returns:
            (n, h, w, 3) uint8.
        """


class PictureSource(Protocol):
    """Pictures of a folder, video or data set, decoded on demand; thread-safe for one reader."""

    source: str
    fps: float

    @property
    def kind(self) -> str:
        """What it is: folder, picture, video, sample or dataset."""

    def __len__(self) -> int:
        """Pictures or frames."""

    def name(self, index: int) -> str:
        """Path relative to the source, or ``frame 000123``."""

    def read(self, index: int) -> NDArray[np.uint8]:
        """Return picture ``index`` as (H, W, 3) uint8 RGB, owned and read-only; exact seek.

        Raises:
            SourceError: if that file cannot be read.
        """

    def time(self, index: int) -> float:
        """Return when a frame is shown, seconds from the first one; NaN where there are no times.

        The time is the one that the file gives, whatever its mean rate.
        """

    def use_settings(self, data: DataConfig) -> bool:
        """Show pictures of more than eight bits or three channels as these settings say.

        With the settings of a model they look as the model saw them in training.

        Returns:
            whether pictures that were read before look otherwise now.
        """

    def close(self) -> None:
        """Release files."""


class OpenedSource(PictureSource, Protocol):
    """A source as ``open_source`` returns it: also read in one go, and closed by ``with``."""

    def stream(
        self, indices: Sequence[int]
    ) -> Iterator[tuple[int, NDArray[np.uint8] | SourceError]]:
        """Read many pictures in the given, ascending order; a failure comes as its error."""

    def small(self, index: int, side: int) -> NDArray[np.uint8]:
        """Return picture ``index`` scaled down to at most ``side`` pixels, as ``read`` does.

        Large JPEG files are read so in a third of the time.

        Raises:
            SourceError: if that file cannot be read.
        """

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class FolderSoFar:
    """How far a folder with very many files is read.

    Attributes:
        num_pictures: found so far.
        first: some hundreds of them in natural order, told once; another picture may come between
            any two of them later. None in what is told after that.
    """

    num_pictures: int
    first: OpenedSource | None = None

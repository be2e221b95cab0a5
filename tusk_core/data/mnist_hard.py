"""MNIST-Hard as MIST released it: ``SPLIT.txt``, ``SPLIT_labels.txt``, ``SPLIT_keypoints.npy``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tusk_core.data.base_source import PictureTruth
from tusk_core.data.digits import VOCABULARY
from tusk_core.data.folders import FileSource
from tusk_core.data.sample import ObjectTruth
from tusk_core.data.source_names import SourceName, check_options, one_of, user_path
from tusk_core.data.text_lists import inside, lines_of
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.data.text_lists import inside, lines_of
from tusk_core.results import SourceKind


class MnistHardSource(FileSource):
    """One split of the set.

    Attributes:
        labels: (N, 9) int32 digits.
        keypoints: (N, 9, 3) float32, x, y and half the side of the box, pixels.
    """

    kind: ClassVar[SourceKind] = "dataset"
    has_ground_truth = True

    def __init__(
        self,
        source: str,
        root: Path,
        names: list[str],
        labels: NDArray[np.int32],
        keypoints: NDArray[np.float32],
    ) -> None:
        super().__init__(source, root, names)
        self.labels = labels
        self.keypoints = keypoints
        self.vocabulary = VOCABULARY

    def truth(self, index: int) -> PictureTruth | None:
        """Return the nine digits of one picture; there are no masks."""
        self._check(index)
        return PictureTruth(
            tuple(
                _digit(int(label), float(x), float(y), float(half))
                for label, (x, y, half) in zip(
                    self.labels[index], self.keypoints[index], strict=True
                )
            )
        )


def _digit(label: int, x: float, y: float, half: float) -> ObjectTruth:
    corner = half - 0.5  # from the middle of the box to the middle of its first pixel
    box = (x - corner, y - corner, 2 * half, 2 * half)
    return ObjectTruth(x, y, box, label, VOCABULARY.categories[label])


def open_mnist_hard(name: SourceName) -> MnistHardSource:
    """Open ``mnist-hard:FOLDER?split=train|valid|test`` (train by default).

    Raises:
        SourceError: if the files are not as published.
    """
    check_options(name, ("split",))
    split = one_of(name, "split", "train", ("train", "valid", "test"))
    root = user_path(name.target)
    if not (root / f"{split}.txt").is_file() and (root / "mnist_hard").is_dir():
        root /= "mnist_hard"
    try:
        names = inside(lines_of(root / f"{split}.txt"))
        labels = np.array(
            [line.split(",") for line in lines_of(root / f"{split}_labels.txt")], np.int32
        )
        keypoints = np.load(root / f"{split}_keypoints.npy", allow_pickle=False)
    except (OSError, ValueError, EOFError, OverflowError) as error:
        raise SourceError(
            f"MNIST-Hard cannot be read from {root} ({error}). It needs {split}.txt, "
            f"{split}_labels.txt and {split}_keypoints.npy, as released with MIST."
        ) from error
    if labels.shape != (len(names), 9) or keypoints.shape != (len(names), 9, 3) or not names:
        raise SourceError(
            f"The files of MNIST-Hard in {root} disagree: {len(names)} pictures, labels "
            f"{labels.shape}, keypoints {keypoints.shape}."
        )
    if labels.min() < 0 or labels.max() > 9:
        raise SourceError(f"{split}_labels.txt in {root} holds other numbers than digits 0 to 9.")
    source = f"mnist-hard:{name.target}?split={split}"
    return MnistHardSource(source, root, names, labels, keypoints.astype(np.float32))

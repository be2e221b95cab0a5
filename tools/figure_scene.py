"""What the figures of tools/figures.py are drawn from: a model, pictures, what it found in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tusk_core.control import RunControl
from tusk_core.data.source import open_source
from tusk_core.inference.analysis import collect
from tusk_core.inference.collect import Wanted
from tusk_core.inference.predictor import load_predictor
from tusk_core.results import Keypoints

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tusk_core.config import TrainConfig
    from tusk_core.data.base_source import BaseSource, PictureTruth
    from tusk_core.inference.embedding import Method
    from tusk_core.inference.predictor import TorchPredictor
    from tusk_core.results import Analysis, ModelInfo

    Picture = NDArray[np.uint8]


@dataclass
class Scene:
    """What every figure is drawn from."""

    predictor: TorchPredictor
    pictures: list[NDArray[np.uint8]]
    analysis: Analysis
    rows: int
    method: Method

    @property
    def info(self) -> ModelInfo:
        """What is known about the model."""
        return self.predictor.info

    @property
    def counts(self) -> NDArray[np.int64]:
        """Detections of each prototype, (M,)."""
        return np.bincount(self.analysis.labels, minlength=len(self.info.prototypes)).astype(
            np.int64
        )

    @property
    def by_use(self) -> list[int]:
        """Prototypes in use, most used first."""
        counts = self.counts
        order = np.argsort(-counts, kind="stable")
        return [int(index) for index in order if counts[index]]

    @property
    def name(self) -> str:
        """The model's name."""
        return self.info.name

    @property
    def num_keypoints(self) -> int:
        """Keypoints per picture in training."""
        return self.info.config.keypoints.num_keypoints


def open_scene(arguments: argparse.Namespace) -> Scene:
    """Look with the model at a share of the pictures, spread evenly."""
    predictor = load_predictor(arguments.model)
    with open_source(arguments.data) as source:
        count = min(len(source), arguments.pictures)
        chosen = np.unique(np.linspace(0, len(source) - 1, count).round().astype(int))
        pictures = [source.read(int(index)) for index in chosen[: arguments.rows]]
        part = cast("BaseSource", _Part(source, [int(index) for index in chosen]))
        job = collect(predictor, part, Wanted(), RunControl())
        try:
            while True:
                next(job)
        except StopIteration as end:
            analysis = end.value
    return Scene(predictor, pictures, analysis, arguments.rows, arguments.method)


class _Part:
    """Some pictures of a source, as a source."""

    def __init__(self, source: BaseSource, indices: list[int]) -> None:
        self._source, self._indices = source, indices

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def __len__(self) -> int:
        return len(self._indices)

    def name(self, index: int) -> str:
        """Return its name in the source."""
        return self._source.name(self._indices[index])

    def size(self, index: int) -> tuple[int, int]:
        """Return its (width, height)."""
        return self._source.size(self._indices[index])

    def truth(self, index: int) -> PictureTruth | None:
        """Return what is known to be in it."""
        return self._source.truth(self._indices[index])

    def stream(self, indices: Sequence[int]) -> Iterator[tuple[int, Any]]:
        """Yield pictures with their numbers here."""
        back = {own: number for number, own in enumerate(self._indices)}
        for index, picture in self._source.stream([self._indices[i] for i in indices]):
            yield back[index], picture


def around_middle(picture: Picture, config: TrainConfig) -> Picture:
    """Return the part of a decoded picture that one keypoint in its middle can draw."""
    if config.decoder.kind != "patch":
        return picture
    height, width = picture.shape[:2]
    reach = min(config.decoder.patch_size, height, width)
    top, left = (height - reach) // 2, (width - reach) // 2
    return picture[top : top + reach, left : left + reach]


def replaced_points(points: Keypoints, **changes: Any) -> Keypoints:
    """Return keypoints with some of their fields changed."""
    values = {name: getattr(points, name) for name in Keypoints.__slots__}
    return Keypoints(**{**values, **changes})


def between(
    first: NDArray[np.float32], second: NDArray[np.float32], share: float
) -> NDArray[np.float32]:
    """Return a unit vector on the great circle from one to the other."""
    angle = np.arccos(np.clip(first @ second, -1, 1))
    if angle < 1e-4:
        return first
    mixed = np.sin((1 - share) * angle) * first + np.sin(share * angle) * second
    return np.asarray(mixed / np.sin(angle), np.float32)


def alone(scene: Scene, descriptor: NDArray[np.float32]) -> Picture:
    """Return one descriptor drawn in the middle of a black picture."""
    data = scene.info.config.data
    black = np.zeros((data.height, data.width, 3), np.uint8)
    point = Keypoints(
        xy=np.array([[(data.width - 1) / 2, (data.height - 1) / 2]], np.float32),
        scores=np.ones(1, np.float32),
        labels=np.zeros(1, np.int32),
        descriptors=descriptor[None].astype(np.float32),
        confidences=np.ones(1, np.float32),
    )
    rebuilt = scene.predictor.reconstruct(black, point)
    if not len(rebuilt.alpha):
        return rebuilt.composite
    return np.asarray(rebuilt.rgb[0] * rebuilt.alpha[0][..., None], np.uint8)


def network_size(predictor: TorchPredictor, size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return (width, height) with the picture's shape, its longer side about ``side``."""
    multiple = predictor.info.config.size_multiple
    scale = side / max(size)
    width, height = (max(multiple, round(one * scale / multiple) * multiple) for one in size)
    return width, height

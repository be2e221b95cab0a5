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

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tusk_core.data.base_source import BaseSource, PictureTruth
    from tusk_core.inference.embedding import Method
    from tusk_core.inference.predictor import TorchPredictor
    from tusk_core.results import Analysis, ModelInfo


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

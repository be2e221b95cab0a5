"""What the figures of tools/figures.py are drawn from: a model, pictures, what it found in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.control import RunControl
from tusk_core.data.source import open_source
from tusk_core.inference.analysis import collect
from tusk_core.inference.collect import Wanted
from tusk_core.inference.predictor import load_predictor

if TYPE_CHECKING:
    import argparse


@dataclass
class Scene:
    """What every figure is drawn from."""

    predictor: object
    pictures: list[np.ndarray]
    analysis: object
    rows: int
    method: str

    @property
    def info(self):
        return self.predictor.info

    @property
    def counts(self) -> np.ndarray:
        return np.bincount(self.analysis.labels, minlength=len(self.info.prototypes))

    @property
    def by_use(self) -> list[int]:
        """Prototypes in use, most used first."""
        counts = self.counts
        order = np.argsort(-counts, kind="stable")
        return [int(index) for index in order if counts[index]]

    @property
    def name(self) -> str:
        return self.info.name

    @property
    def num_keypoints(self) -> int:
        return self.info.config.keypoints.num_keypoints


def open_scene(arguments: argparse.Namespace) -> Scene:
    """Look with the model at a share of the pictures, spread evenly."""
    predictor = load_predictor(arguments.model)
    with open_source(arguments.data) as source:
        count = min(len(source), arguments.pictures)
        chosen = np.unique(np.linspace(0, len(source) - 1, count).round().astype(int))
        pictures = [source.read(int(index)) for index in chosen[: arguments.rows]]
        part = _Part(source, [int(index) for index in chosen])
        job = collect(predictor, part, Wanted(), RunControl())
        try:
            while True:
                next(job)
        except StopIteration as end:
            analysis = end.value
    return Scene(predictor, pictures, analysis, arguments.rows, arguments.method)


class _Part:
    """Some pictures of a source, as a source."""

    def __init__(self, source, indices: list[int]) -> None:
        self._source, self._indices = source, indices

    def __getattr__(self, name: str):
        return getattr(self._source, name)

    def __len__(self) -> int:
        return len(self._indices)

    def name(self, index: int) -> str:
        return self._source.name(self._indices[index])

    def size(self, index: int) -> tuple[int, int]:
        return self._source.size(self._indices[index])

    def truth(self, index: int):
        return self._source.truth(self._indices[index])

    def stream(self, indices):
        back = {own: number for number, own in enumerate(self._indices)}
        for index, picture in self._source.stream([self._indices[i] for i in indices]):
            yield back[index], picture

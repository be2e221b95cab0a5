"""What no training reaches: k-means on frozen features, at random or corner points or everywhere.

A baseline is named like a model, ``baseline:corners?points=8&kinds=32``, and scored by the same
protocols. Its clusters are fitted on the pictures it is scored on, without their labels.

Shapes: P pictures, K points, M clusters, D feature length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from tusk_core.data.source_names import check_options, parse_source, whole_number
from tusk_core.evaluation.cluster_baseline import open_clusters
from tusk_core.evaluation.clustering import fit_kmeans, nearest_centre
from tusk_core.evaluation.collect import Points
from tusk_core.evaluation.task import PREFIX, RIVALS
from tusk_core.geometry.grids import to_unit
from tusk_core.inference.walk import Walk, walk
from tusk_core.losses.reconstruction import PerceptualLoss
from tusk_core.results import TuskError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from tusk_core.control import RunControl
    from tusk_core.data.base_source import BaseSource
    from tusk_core.evaluation.collect import ModelFinder
    from tusk_core.events import JobProgress

Where = Literal["random", "corners"]
PLACES: tuple[Where, ...] = ("random", "corners")
CLUSTERS = "clusters"
NUM_FIT_PICTURES = 300
NUM_COMPONENTS = 64
# Blocks of the network whose last activations make the descriptor: relu3_3 and relu4_3.
_BLOCKS_USED = (2, 3)
_SIDE = 224


class FrozenFeatures:
    """VGG16 features, bundled with the program, read at any points of a picture."""

    def __init__(self) -> None:
        self._network = PerceptualLoss()

    def at(self, image: NDArray[np.uint8], xy: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return (K, D) features of a picture (H, W, 3) at points (K, 2), pixels."""
        height, width = image.shape[:2]
        with torch.inference_mode():
            # A copy: torch does not take read-only arrays.
            picture = torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)[None]
            places = to_unit(torch.from_numpy(xy).float(), (width, height))[None, None]
            found = [_read(features, places) for features in self._maps(picture)]
            result: NDArray[np.float32] = torch.cat(found, dim=-1).numpy()
        return result

    def _maps(self, picture: Tensor) -> list[Tensor]:
        # The network knows photographs of 224 px; small pictures gain nothing beyond twice theirs.
        scale = min(2.0, _SIDE / max(picture.shape[-2:]))
        x = F.interpolate(picture / 255, scale_factor=scale, mode="bilinear")
        x = x - self._network.mean
        maps = []
        for number, block in enumerate(self._network.blocks):
            x = block(F.max_pool2d(x, 2) if number else x)
            if number in _BLOCKS_USED:
                maps.append(x)
        return maps


def _read(features: Tensor, places: Tensor) -> Tensor:
    read = F.grid_sample(features, places, padding_mode="border", align_corners=False)
    return F.normalize(read[0, :, 0].T, dim=-1)


def random_points(
    size: tuple[int, int], count: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Return (K, 2) places drawn uniformly in a (width, height) picture, pixels."""
    return generator.uniform(-0.5, np.array(size) - 0.5, (count, 2))


def corner_points(
    image: NDArray[np.uint8], count: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Return (K, 2) Shi-Tomasi corners, best first; random places where there are fewer."""
    height, width = image.shape[:2]
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    apart = max(3.0, min(width, height) / 16)
    found = cv2.goodFeaturesToTrack(grey, count, qualityLevel=0.01, minDistance=apart)
    corners = np.zeros((0, 2))
    if found is not None:
        corners = np.asarray(found, dtype=np.float64).reshape(-1, 2)
    missing = random_points((width, height), count - len(corners), generator)
    return np.concatenate([corners, missing])


class BaselineFinder:
    """Points without learning, named by k-means clusters of their frozen features.

    Args:
        where: random places or Shi-Tomasi corners.
        num_points: K.
        num_labels: M.
        seed: of points and clusters.
    """

    def __init__(self, where: Where, num_points: int, num_labels: int, seed: int) -> None:
        self._where, self._num_points, self._num_labels = where, num_points, num_labels
        self._seed = seed
        self._features = FrozenFeatures()
        self._mean = np.zeros(0)
        self._components = np.zeros((0, 0))
        self._centres = np.zeros((0, 0))

    @property
    def num_labels(self) -> int:
        """Number of clusters, M."""
        return self._num_labels

    @property
    def min_score(self) -> float:
        """Every point counts."""
        return 0.0

    @property
    def num_keypoints(self) -> int:
        """Points of a picture, K."""
        return self._num_points

    @property
    def kind_rank(self) -> None:
        """No cluster is better than another."""
        return None

    def with_every_peak(self) -> None:
        """Clusters have no peaks."""
        return

    def describe(self, image: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the features (K, D) of the points of a picture."""
        return self._points_of(image)[1]

    def fit(self, described: NDArray[np.float64]) -> None:
        """Learn principal components and clusters of the features (n, D) of some pictures."""
        self._mean = described.mean(0)
        centred = described - self._mean
        _, _, axes = np.linalg.svd(centred, full_matrices=False)
        self._components = axes[:NUM_COMPONENTS].T
        reduced = centred @ self._components
        self._centres = fit_kmeans(reduced, min(self._num_labels, len(reduced)), seed=self._seed)

    def find(self, images: Sequence[NDArray[np.uint8]]) -> Points:
        """Return the points of pictures; ``fit`` must have been called."""
        xy, labels = [], []
        for image in images:
            places, described = self._points_of(image)
            reduced = (described - self._mean) @ self._components
            xy.append(places)
            labels.append(nearest_centre(reduced, self._centres))
        shape = (len(images), self._num_points)
        return Points(
            np.reshape(xy, (*shape, 2)),
            np.ones(shape),
            np.reshape(labels, shape).astype(np.int64),
            np.ones(shape, dtype=bool),
        )

    def _points_of(
        self, image: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        # The picture seeds its own points, so that their number and order do not matter.
        generator = np.random.default_rng([self._seed, int(image.sum(dtype=np.int64))])
        if self._where == "random":
            size = (image.shape[1], image.shape[0])
            places = random_points(size, self._num_points, generator)
        else:
            places = corner_points(image, self._num_points, generator)
        return places, self._features.at(image, places).astype(np.float64)


def open_baseline(
    name: str, source: BaseSource, seed: int, control: RunControl | None = None
) -> Generator[JobProgress, None, BaselineFinder | ModelFinder]:
    """Fit the baseline ``baseline:PLACE?points=K&kinds=M`` on pictures of ``source``.

    ``baseline:clusters`` is discovery without training; see ``cluster_baseline``.

    Yields progress; the generator's value is the baseline.

    Raises:
        Cancelled: when asked to stop.
        TuskError: if there is no such baseline.
    """
    parsed = parse_source(name, frozenset({PREFIX}))
    if parsed.target == CLUSTERS:
        return (yield from open_clusters(parsed, source, seed, control))
    if parsed.target not in PLACES:
        known = ", ".join((*PLACES, CLUSTERS, *RIVALS))
        raise TuskError(f"There is no baseline {parsed.target!r}; there are {known}.")
    check_options(parsed, ("points", "kinds"))
    num_points = whole_number(parsed, "points", 8, least=1, most=512)
    num_labels = whole_number(parsed, "kinds", 32, least=2, most=4096)
    finder = BaselineFinder(parsed.target, num_points, num_labels, seed)
    step = max(1, len(source) // NUM_FIT_PICTURES)
    indices = range(0, len(source), step)[:NUM_FIT_PICTURES]
    described = []
    for progress, batch in walk(source, Walk(1, indices, with_truth=False, control=control), []):
        yield progress
        described += [finder.describe(item.picture) for item in batch]
    finder.fit(np.concatenate(described))
    return finder

"""What pictures without the subject say: kinds that are scenery, and a threshold above the rest.

Shapes: N pictures without the subject, M kinds.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from tusk_core.control import Cancelled
from tusk_core.data.cache import build_empty_cache
from tusk_core.data.cache_features import batch_pictures, open_features
from tusk_core.discovery.blobs import find_blobs
from tusk_core.discovery.clusters import kind_maps
from tusk_core.discovery.ranking import sure_blobs
from tusk_core.discovery.reporting import told

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from tusk_core.config import DataConfig
    from tusk_core.control import RunControl
    from tusk_core.data.cache import PictureCache
    from tusk_core.data.cache_features import Features
    from tusk_core.data.cache_folder import Progress
    from tusk_core.discovery.clusters import Clusters
    from tusk_core.discovery.proposals import Proposal
    from tusk_core.events import JobProgress
    from tusk_core.nn.photo_model import PhotoModel
    from tusk_core.nn.trunk import Trunk

# Of the pictures without the subject, so many have no keypoint; the rest may show some of it.
_LEFT_EMPTY = 0.95
_HIGHEST = 0.9999


def read_empty(
    data: DataConfig, empty: str, trunk: Trunk, seed: int, control: RunControl
) -> Generator[JobProgress, None, Features | None]:
    """Return the features of the pictures without the subject; None where none were given.

    Args:
        data: settings of the pictures with the subject.
        empty: source of those without, as typed; nothing for none.
        trunk: on the device to compute on.
        seed: of their crops.
        control: a stop request ends it.

    Raises:
        SourceError: if not one of them can be read.
        Cancelled: if ``control`` asked for it.
    """
    config = data.model_copy(update={"empty": empty})
    pictures = yield from told(
        lambda report: build_empty_cache(config, seed=seed, progress=report, control=control)
    )
    if pictures is None:
        return None
    features: Features = yield from told(
        lambda report: open_features(pictures, trunk, progress=report, control=control)
    )
    return features


def presence_in(features: Features, clusters: Clusters) -> NDArray[np.float64]:
    """Return (M,) the share of pictures that have one of each kind beyond doubt."""
    maps = kind_maps(features.batches(), clusters)
    blobs = find_blobs(maps.kinds, maps.strength)
    present = np.zeros((len(features), len(clusters.centres)), bool)
    sure = sure_blobs(blobs)
    present[blobs.picture[sure], blobs.kind[sure]] = True
    return np.asarray(present.mean(axis=0), np.float64)


def only_here(here: NDArray[np.float64], elsewhere: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (M,) how much each kind belongs to the subject: 0 for what is elsewhere as often.

    Args:
        here: (M,) the share of pictures with the subject that have one of the kind.
        elsewhere: (M,) the same of those without.
    """
    return np.asarray(np.clip(1 - elsewhere / np.maximum(here, 1e-9), 0, 1), np.float64)


@torch.inference_mode()
def best_of_empty(
    model: PhotoModel, pictures: PictureCache, report: Progress, control: RunControl
) -> NDArray[np.float64]:
    """Return the best score (N,) that each picture without the subject has, [0, 1].

    Args:
        model: that finds the kinds.
        pictures: without the subject, at the model's size.
        report: told about every batch.
        control: a stop request ends it.

    Raises:
        Cancelled: if ``control`` asked for it.
    """
    device = next(model.buffers()).device
    step = batch_pictures(pictures)
    best = []
    for start in range(0, len(pictures), step):
        if control.stop_requested:
            raise Cancelled
        some = torch.from_numpy(np.array(pictures.images[start : start + step])).to(device)
        encoded = model.encode(some.permute(0, 3, 1, 2).float().div_(255))
        best.append(encoded.score_map.amax(dim=(1, 2, 3)).cpu().numpy())
        report(start + len(some), len(pictures), f"Picture {start + len(some)} without the subject")
    return np.concatenate(best).astype(np.float64)


def above_empty(proposal: Proposal, best: NDArray[np.float64]) -> Proposal:
    """Return the proposal with a threshold that leaves most pictures without the subject empty.

    Args:
        proposal: whose threshold is kept where it is high enough.
        best: (N,) the best score of each such picture, N at least 1.
    """
    least = math.ceil(float(np.quantile(best, _LEFT_EMPTY, method="higher")) * 1e4 + 1) / 1e4
    return replace(proposal, min_score=min(_HIGHEST, max(proposal.min_score, least)))

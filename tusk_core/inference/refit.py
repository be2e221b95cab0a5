"""Kinds made anew from what a model says of some pictures: as many as wanted, for these pictures.

A model divides what it learned from into as many kinds as it has prototypes. On pictures of
another hand, or where the number of kinds is known, the same descriptors are better divided anew:
spherical k-means, from several draws, of which the one with the shortest distances is kept. Labels
are not needed, the network does not change, and it takes seconds.

Shapes: N descriptors, M new kinds, C descriptor length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from tusk_core.atomic import filling
from tusk_core.config import replaced
from tusk_core.inference.predictor import load_predictor
from tusk_core.inference.walk import Walk, walk
from tusk_core.nn.model import TuskModel
from tusk_core.nn.model_files import save_model
from tusk_core.nn.seed_kinds import spherical_kmeans
from tusk_core.results import SourceError, TuskError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from tusk_core.control import RunControl
    from tusk_core.data.base_source import BaseSource
    from tusk_core.events import JobProgress
    from tusk_core.inference.predictor import TorchPredictor

MOST_PICTURES = 600
NUM_DRAWS = 8
_BATCH = 16


def refit_kinds(
    model: str | Path,
    source: BaseSource,
    out: Path,
    num_kinds: int,
    control: RunControl,
    *,
    seed: int = 0,
    device: str = "auto",
) -> Iterator[JobProgress]:
    """Write a model whose kinds are made anew; see ``tusk_core.api.refit_kinds``."""
    predictor = load_predictor(model, device=device)
    config = predictor.info.config
    if config.encoder.has_backbone or config.is_channel_wise:
        raise TuskError(
            f"{predictor.info.name} has a map for each of its kinds, so they cannot be made anew "
            "from descriptors. Use a model with one heat map, or `tusk discover` on these pictures."
        )
    config = replaced(config, {"prototypes.num_prototypes": num_kinds})
    descriptors = torch.from_numpy((yield from _described(predictor, source, control)))
    if len(descriptors) < num_kinds:
        raise TuskError(
            f"{len(descriptors)} keypoints were found, too few for {num_kinds} kinds. Give more "
            "pictures, or ask for fewer kinds."
        )
    centres = refitted(descriptors, num_kinds, seed)
    fresh = TuskModel(config)
    weights = predictor.model.state_dict() | {"prototypes.vectors": centres}
    fresh.load_state_dict({name: value.cpu() for name, value in weights.items()})
    counts = torch.bincount((descriptors @ centres.T).argmax(dim=1), minlength=num_kinds)
    usage = (counts / counts.sum()).tolist()
    try:
        with filling(out) as folder:
            save_model(folder, fresh, step=predictor.info.step, usage=usage, name=out.name)
    except OSError as error:
        raise SourceError(
            f"The model cannot be written to {out} ({error.strerror or error}). Choose another "
            "folder."
        ) from error


def refitted(descriptors: Tensor, num_kinds: int, seed: int) -> Tensor:
    """Return the centres (M, C) of the best of several spherical k-means; unit length.

    Args:
        descriptors: (N, C), unit length, N at least M.
        num_kinds: M.
        seed: of the draws.
    """
    generator = torch.Generator().manual_seed(seed)
    drawn = [spherical_kmeans(descriptors, num_kinds, generator) for _ in range(NUM_DRAWS)]
    nearness = torch.stack([(descriptors @ c.T).amax(dim=1).mean() for c in drawn])
    return drawn[int(nearness.argmax())]


def _described(
    predictor: TorchPredictor, source: BaseSource, control: RunControl
) -> Generator[JobProgress, None, NDArray[np.float32]]:
    """Find the keypoints of up to ``MOST_PICTURES``, evenly spread; returns descriptors (N, C)."""
    count = min(len(source), MOST_PICTURES)
    rows = np.linspace(0, len(source) - 1, count).round().astype(int).tolist()
    way = Walk(_BATCH, indices=rows, with_truth=False, control=control)
    found = [np.zeros((0, predictor.info.config.encoder.num_features), np.float32)]
    for progress, batch in walk(source, way, []):
        yield progress
        for detection in predictor.detect_many([item.picture for item in batch]):
            points = detection.keypoints
            # A keypoint that had no peak lies anywhere.
            found.append(points.descriptors[points.scores > 0].astype(np.float32))
    stacked = torch.from_numpy(np.concatenate(found))
    return F.normalize(stacked, dim=1).numpy()

"""Prototypes joined before a model is scored: by a mapping, or into a number of groups.

A one-to-one mapping of prototypes to classes can use only as many prototypes as there are classes.
A model that divides kinds loses the rest, although what it found is right.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.evaluation.collect import BATCH
from tusk_core.inference.export.table import merge_target
from tusk_core.inference.merging import join_prototypes
from tusk_core.inference.walk import Walk, walk
from tusk_core.results import TuskError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.data.base_source import BaseSource
    from tusk_core.events import JobProgress
    from tusk_core.inference.predictor import TorchPredictor


@dataclass(frozen=True, slots=True)
class Joining:
    """How prototypes are joined.

    Attributes:
        groups: into this many, found from the descriptors in the pictures, without their ground
            truth; 0 joins by ``merged`` alone.
        merged: prototype -> the one it is counted as, as the window saves it.
    """

    groups: int = 0
    merged: Mapping[int, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.groups > 0 or bool(self.merged)


def joined_targets(
    predictor: TorchPredictor, source: BaseSource, joining: Joining, control: RunControl | None
) -> Generator[JobProgress, None, NDArray[np.int64] | None]:
    """Yield progress; the generator's value is what each prototype is counted as, (M,), or None.

    Raises:
        TuskError: if both a mapping and a number of groups are given.
    """
    if not joining:
        return None
    num = len(predictor.info.prototypes)
    if not joining.groups:
        known = {a: b for a, b in joining.merged.items() if 0 <= a < num and 0 <= b < num}
        return np.array([merge_target(index, known) for index in range(num)], np.int64)
    if joining.merged:
        raise TuskError("Give either a number of groups or a mapping of prototypes, not both.")
    descriptors, labels = yield from _described(predictor, source, control)
    return join_prototypes(descriptors, labels, num).groups(joining.groups)


def _described(
    predictor: TorchPredictor, source: BaseSource, control: RunControl | None
) -> Generator[JobProgress, None, tuple[NDArray[np.float16], NDArray[np.int64]]]:
    """Find all keypoints and keep descriptors, (N, C), and labels, (N,)."""
    descriptors, labels = [], []
    for progress, batch in walk(source, Walk(BATCH, with_truth=False, control=control), []):
        yield progress
        for detection in predictor.detect_many([item.picture for item in batch]):
            descriptors.append(detection.keypoints.descriptors.astype(np.float16))
            labels.append(detection.keypoints.labels.astype(np.int64))
    return np.concatenate(descriptors), np.concatenate(labels)

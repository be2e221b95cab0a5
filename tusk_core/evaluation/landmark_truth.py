"""Landmarks of a data set as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core.evaluation.landmark_regression import LandmarkTable
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tusk_core.data.base_source import BaseSource, PictureTruth


def landmark_table(source: BaseSource, truths: Sequence[PictureTruth]) -> LandmarkTable:
    """Return the landmarks of all pictures.

    Raises:
        SourceError: if the pictures have none.
    """
    del truths
    raise SourceError(f"{source.source} has no landmarks, which this protocol compares.")
